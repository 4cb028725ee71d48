/**
 * Times commands that are under way by what a read_committed reader sees of them: a lap ends with the last message of an
 * instance's command. One command of an instance at a time.
 */

export class Stopwatch {
  /** Milliseconds, in the order in which they ended. */
  readonly #laps: number[] = []
  readonly #messages: number
  readonly #open = new Map<string, { readonly at: number; left: number }>()

  /** @param messages that each command has */
  constructor(messages: number) {
    this.#messages = messages
  }

  get laps(): readonly number[] {
    return this.#laps
  }

  get openLaps(): number {
    return this.#open.size
  }

  isOpen(instanceId: string): boolean {
    return this.#open.has(instanceId)
  }

  start(instanceId: string, now: number): void {
    this.#open.set(instanceId, { at: now, left: this.#messages })
  }

  /** A message of it was read. Of one that is not under way it is none of ours. */
  saw(instanceId: string, now: number): void {
    const open = this.#open.get(instanceId)
    if (open === undefined) return
    open.left -= 1
    if (open.left > 0) return
    this.#laps.push(now - open.at)
    this.#open.delete(instanceId)
  }

  /** Forgets the laps until now: they were the warm-up. */
  reset(): void {
    this.#laps.length = 0
  }
}

/** The instance that a status event or a CHANGE_MAP is of. */
export function instanceOf(value: Buffer | null): string {
  const message: { instanceId?: string; body?: { instance?: string } } = JSON.parse(value?.toString() ?? '{}')
  return message.instanceId ?? message.body?.instance ?? ''
}
