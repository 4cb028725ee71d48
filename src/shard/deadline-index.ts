/**
 * When each instance's earliest timer runs out. Only an index: the deadlines themselves are in the snapshots.
 * A binary heap in typed arrays that knows where each instance stands in it, so that a deadline that moves takes its
 * entry along: nothing stale, nothing on the heap of the process.
 */
import type { InstanceId } from '../contract/ids.ts'
import { Roster } from './roster.ts'

const FIRST_ENTRIES = 64

export class DeadlineIndex {
  readonly #roster: Roster
  /** By place in the heap: no parent is later than its children. */
  #at = new Float64Array(FIRST_ENTRIES)
  #number = new Uint32Array(FIRST_ENTRIES)
  /** By number of the instance: 1 more than its place in the heap; 0 for none. */
  #place = new Uint32Array(FIRST_ENTRIES)
  #size = 0

  constructor(roster = new Roster()) {
    this.#roster = roster
  }

  get size(): number {
    return this.#size
  }

  /** Epoch milliseconds of the next deadline. */
  next(): number | undefined {
    return this.#size === 0 ? undefined : this.#at[0]
  }

  /** Arms, moves or (`undefined`) disarms the instance's entry. */
  set(id: InstanceId, at: number | undefined): void {
    if (at === undefined) {
      const number = this.#roster.find(id)
      if (number !== undefined) this.#disarm(number)
      return
    }
    this.arm(this.#roster.add(id), at)
  }

  /** Arms or moves the entry of the instance with this number of the roster. */
  arm(number: number, at: number): void {
    if (number >= this.#place.length) this.#place = grown(this.#place, new Uint32Array(roomFor(number)))
    const place = (this.#place[number] ?? 0) - 1
    if (place < 0) this.#push(number, at)
    else if (this.#at[place] !== at) this.#settle(place, number, at)
  }

  /** Takes the instances due at `now`, in deadline order, at most `max`; who takes one must `set` it again. */
  takeDue(now: number, max: number): readonly InstanceId[] {
    const due: InstanceId[] = []
    while (due.length < max && this.#size > 0 && (this.#at[0] ?? 0) <= now) {
      const number = this.#number[0] ?? 0
      const id = this.#roster.id(number)
      this.#disarm(number)
      if (id !== undefined) due.push(id)
    }
    return due
  }

  #push(number: number, at: number): void {
    if (this.#size === this.#at.length) {
      this.#at = grown(this.#at, new Float64Array(roomFor(this.#size)))
      this.#number = grown(this.#number, new Uint32Array(roomFor(this.#size)))
    }
    this.#size += 1
    this.#settle(this.#size - 1, number, at)
  }

  #disarm(number: number): void {
    const place = (this.#place[number] ?? 0) - 1
    if (place < 0) return
    this.#place[number] = 0
    this.#size -= 1
    // The last entry fills the gap, unless it was the last itself.
    if (place < this.#size) this.#settle(place, this.#number[this.#size] ?? 0, this.#at[this.#size] ?? 0)
  }

  /** Puts an entry where it belongs, starting from a place whose own entry is gone or its own. */
  #settle(from: number, number: number, at: number): void {
    let place = from
    for (let parent = (place - 1) >> 1; place > 0 && (this.#at[parent] ?? 0) > at; parent = (place - 1) >> 1) {
      this.#move(parent, place)
      place = parent
    }
    for (let child = this.#earlierChild(place); child < this.#size && (this.#at[child] ?? 0) < at; ) {
      this.#move(child, place)
      place = child
      child = this.#earlierChild(place)
    }
    this.#at[place] = at
    this.#number[place] = number
    this.#place[number] = place + 1
  }

  /** Beyond the heap where there is none. */
  #earlierChild(place: number): number {
    const left = 2 * place + 1
    const right = left + 1
    return right < this.#size && (this.#at[right] ?? 0) < (this.#at[left] ?? 0) ? right : left
  }

  #move(from: number, to: number): void {
    const number = this.#number[from] ?? 0
    this.#at[to] = this.#at[from] ?? 0
    this.#number[to] = number
    this.#place[number] = to + 1
  }
}

function roomFor(index: number): number {
  return 2 * (index + 1)
}

function grown<Numbers extends Float64Array | Uint32Array>(from: Numbers, into: Numbers): Numbers {
  into.set(from)
  return into
}
