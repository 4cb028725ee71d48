/**
 * The registrations of one shard that wait for the answer to a look-up, by name of origin. They are bounded, in number
 * and in bytes, because a service that stays silent would let them grow for as long as players go on registering; what
 * happens at the bound is the batch's business.
 */
import { recordBytes } from '../contract/log-record.ts'
import type { PendingRegistration } from '../contract/state-record.ts'

export const PENDING_REGISTRATIONS_MAX = 10_000
/** Of their original records; an ordinary one has 350 bytes, and nothing but its topic keeps one from having a million. */
export const PENDING_BYTES_MAX = 8 << 20

export class PendingRegistrations {
  readonly #waiting = new Map<string, PendingRegistration>()
  #bytes = 0

  get size(): number {
    return this.#waiting.size
  }

  /** Of the original records. */
  get bytes(): number {
    return this.#bytes
  }

  get(name: string): PendingRegistration | undefined {
    return this.#waiting.get(name)
  }

  values(): Iterable<PendingRegistration> {
    return this.#waiting.values()
  }

  set(name: string, pending: PendingRegistration): void {
    this.delete(name)
    this.#waiting.set(name, pending)
    this.#bytes += recordBytes(pending.original)
  }

  delete(name: string): void {
    const pending = this.#waiting.get(name)
    if (pending === undefined) return
    this.#waiting.delete(name)
    this.#bytes -= recordBytes(pending.original)
  }
}

/** Whether one more may wait beside so many with so many bytes, its own included. */
export function mayWait(registrations: number, bytes: number): boolean {
  return registrations < PENDING_REGISTRATIONS_MAX && bytes <= PENDING_BYTES_MAX
}
