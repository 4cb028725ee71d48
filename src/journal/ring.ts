/** The last operations of one instance: so many entries at most, and so much weight; the oldest go. */
import type { InstanceId } from '../contract/ids.ts'
import { type Entry, weightOf } from './entry.ts'

export const OPERATIONS_MAX = 50
/** In entries (weightOf): one with more is kept alone. */
const WEIGHT_MAX = 200

export class Ring {
  readonly id: InstanceId
  readonly shard: number
  /** Neighbours in the order of the last touch; kept by the journal. */
  older: Ring | undefined
  newer: Ring | undefined
  readonly #entries: (Entry | undefined)[] = []
  #first: number
  #next: number
  #weight = 0

  /** `first`: the sequence of its first entry. */
  constructor(id: InstanceId, shard: number, first: number) {
    this.id = id
    this.shard = shard
    this.#first = first
    this.#next = first
  }

  get weight(): number {
    return this.#weight
  }

  get last(): Entry | undefined {
    return this.#entries[(this.#next - 1) % OPERATIONS_MAX]
  }

  /** Returns by how much it is heavier now, which may be less than nothing. */
  push(entry: Entry): number {
    const before = this.#weight
    if (this.#next - this.#first === OPERATIONS_MAX) this.#dropFirst()
    this.#entries[this.#next % OPERATIONS_MAX] = entry
    this.#next += 1
    this.#weight += weightOf(entry)
    while (this.#weight > WEIGHT_MAX && this.#next - this.#first > 1) this.#dropFirst()
    return this.#weight - before
  }

  /** Oldest first, each with its sequence. */
  *entries(): Iterable<{ readonly sequence: number; readonly entry: Entry }> {
    for (let sequence = this.#first; sequence < this.#next; sequence += 1) {
      const entry = this.#entries[sequence % OPERATIONS_MAX]
      if (entry !== undefined) yield { sequence, entry }
    }
  }

  #dropFirst(): void {
    const at = this.#first % OPERATIONS_MAX
    const entry = this.#entries[at]
    if (entry !== undefined) this.#weight -= weightOf(entry)
    this.#entries[at] = undefined
    this.#first += 1
  }
}
