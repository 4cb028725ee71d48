/**
 * The effects of one shard that wait to be done, by name, and the number that the next one gets. Bounded, because a
 * service that is away would let them grow for as long as quests are played; what happens at the bound is the batch's
 * business.
 */
import { effectName, type PendingEffect } from '../contract/effect-record.ts'

/** Each has some 500 bytes; at a minute before one is given up, more than 150 a second must have failed. */
export const PENDING_EFFECTS_MAX = 10_000

export class PendingEffects {
  readonly #waiting = new Map<string, PendingEffect>()
  #lastNumber = 0
  /**
   * Offset of `shard-commands` up to which the log may say of those that were restored that they are settled: none is
   * done again before that was read.
   */
  heldUntil = 0

  get size(): number {
    return this.#waiting.size
  }

  /** The highest that was ever given, as far as this owner knows. */
  get lastNumber(): number {
    return this.#lastNumber
  }

  get(name: string): PendingEffect | undefined {
    return this.#waiting.get(name)
  }

  /** In the order in which they were decided. */
  inOrder(): readonly PendingEffect[] {
    return [...this.#waiting.values()].sort((one, other) => one.number - other.number)
  }

  set(pending: PendingEffect): void {
    this.#waiting.set(effectName(pending), pending)
    this.#lastNumber = Math.max(this.#lastNumber, pending.number)
  }

  delete(name: string): void {
    this.#waiting.delete(name)
  }
}
