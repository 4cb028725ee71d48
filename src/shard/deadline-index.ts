/**
 * When each instance's earliest timer runs out. Only an index: the deadlines themselves are in the snapshots.
 * A moved deadline leaves its old entry in the heap, where it is passed over when its turn comes.
 */
import TinyQueue from 'tinyqueue'
import type { InstanceId } from '../contract/ids.ts'

interface Entry {
  readonly at: number
  readonly id: InstanceId
}

/** Stale entries that the heap may hold beside as many live ones before it is made anew. */
const STALE_ENTRIES_MAX = 1024

export class DeadlineIndex {
  readonly #armed = new Map<InstanceId, number>()
  #heap = new TinyQueue<Entry>([], byDeadline)

  get size(): number {
    return this.#armed.size
  }

  /** Epoch milliseconds of the next deadline. */
  next(): number | undefined {
    for (;;) {
      const entry = this.#heap.peek()
      if (entry === undefined || this.#armed.get(entry.id) === entry.at) return entry?.at
      this.#heap.pop()
    }
  }

  /** Arms, moves or (`undefined`) disarms the instance's entry. */
  set(id: InstanceId, at: number | undefined): void {
    if (this.#armed.get(id) === at) return
    if (at === undefined) {
      this.#armed.delete(id)
      return
    }
    this.#armed.set(id, at)
    this.#heap.push({ at, id })
    if (this.#heap.length > 2 * this.#armed.size + STALE_ENTRIES_MAX) this.#rebuild()
  }

  /** Takes the instances due at `now`, in deadline order, at most `max`; who takes one must `set` it again. */
  takeDue(now: number, max: number): readonly InstanceId[] {
    const due: InstanceId[] = []
    while (due.length < max) {
      const at = this.next()
      if (at === undefined || at > now) break
      const entry = this.#heap.pop()
      if (entry === undefined) break
      this.#armed.delete(entry.id)
      due.push(entry.id)
    }
    return due
  }

  #rebuild(): void {
    const live = Array.from(this.#armed, ([id, at]) => ({ at, id }))
    this.#heap = new TinyQueue(live, byDeadline)
  }
}

function byDeadline(a: Entry, b: Entry): number {
  return a.at - b.at
}
