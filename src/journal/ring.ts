/** The last operations of one instance: so many entries at most, and so much weight; the oldest go. */
import type { InstanceId } from '../contract/ids.ts'
import type { Entry } from './entry.ts'
import type { EntryStore } from './entry-store.ts'

export const OPERATIONS_MAX = 50
/** In entries (weightOf): one with more is kept alone. */
const WEIGHT_MAX = 200

export class Ring {
  readonly id: InstanceId
  readonly shard: number
  /** Whether it was pushed to since the journal last thought of giving it up. */
  isTouched = false
  readonly #store: EntryStore
  /** By sequence modulo OPERATIONS_MAX. */
  readonly #places: number[] = []
  #first: number
  #next: number
  #weight = 0

  /** `first`: the sequence of its first entry. */
  constructor(store: EntryStore, id: InstanceId, shard: number, first: number) {
    this.#store = store
    this.id = id
    this.shard = shard
    this.#first = first
    this.#next = first
  }

  get weight(): number {
    return this.#weight
  }

  get last(): Entry | undefined {
    const place = this.#lastPlace
    return place === undefined ? undefined : this.#store.read(place, this.id)
  }

  /** Epoch milliseconds of the last one's beginning. */
  get lastAt(): number | undefined {
    const place = this.#lastPlace
    return place === undefined ? undefined : this.#store.atOf(place)
  }

  /** Returns by how much it is heavier now, which may be less than nothing. */
  push(entry: Entry): number {
    this.isTouched = true
    const before = this.#weight
    const slot = this.#next % OPERATIONS_MAX
    let place = this.#places[slot]
    if (this.#next - this.#first === OPERATIONS_MAX && place !== undefined) {
      this.#weight -= this.#store.weightOf(place)
      this.#store.replace(place, entry)
      this.#first += 1
    } else {
      place = this.#store.add(entry)
      this.#places[slot] = place
    }
    this.#next += 1
    this.#weight += this.#store.weightOf(place)
    while (this.#weight > WEIGHT_MAX && this.#next - this.#first > 1) this.#dropFirst()
    return this.#weight - before
  }

  /** Whether the entry of that sequence is here, and of that time (epoch milliseconds). */
  has(sequence: number, at: number): boolean {
    const place = this.#places[sequence % OPERATIONS_MAX]
    return place !== undefined && sequence >= this.#first && sequence < this.#next && this.#store.atOf(place) === at
  }

  /** Oldest first, each with its sequence, which is `from` at the least. */
  *entries(from = this.#first): Iterable<{ readonly sequence: number; readonly entry: Entry }> {
    for (let sequence = from; sequence < this.#next; sequence += 1) {
      const place = this.#places[sequence % OPERATIONS_MAX]
      if (place !== undefined) yield { sequence, entry: this.#store.read(place, this.id) }
    }
  }

  /** Gives all its places back; it is not to be asked any more. */
  clear(): void {
    while (this.#first < this.#next) this.#dropFirst()
  }

  get #lastPlace(): number | undefined {
    return this.#first === this.#next ? undefined : this.#places[(this.#next - 1) % OPERATIONS_MAX]
  }

  #dropFirst(): void {
    const place = this.#places[this.#first % OPERATIONS_MAX]
    this.#first += 1
    if (place === undefined) return
    this.#weight -= this.#store.weightOf(place)
    this.#store.drop(place)
  }
}
