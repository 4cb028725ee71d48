/**
 * What happened last to each instance of this process, for people: rings of entries, bounded each and in all; those to
 * which nothing happened for long go first (touched ones have a second chance). Told only of what is committed. Knows no
 * shard's state, makes no document, and is nothing that a quest depends on: losing it loses a view and no more.
 */
import type { Instance } from '../actor/instance.ts'
import type { InstanceId } from '../contract/ids.ts'
import type { Entry } from './entry.ts'
import { EntryStore } from './entry-store.ts'
import type { Recorder } from './recorder.ts'
import { Ring } from './ring.ts'

/** Entries in all, weighed (weightOf): about 30 MB where all of them are there. */
const WEIGHT_MAX = 100_000
/** Instances that ended and can still be looked at. */
const ENDED_MAX = 1000

export interface JournalLimits {
  readonly weightMax: number
  readonly endedMax: number
}

/** Told of a batch behind its commit, in the shard's own time: it must be quick and must not throw. */
export type JournalListener = (entries: readonly Entry[], shard: number) => void

export interface Recorded {
  /** Grows within an instance; has no gaps, but where its ring was given up for want of room and begun anew. */
  readonly sequence: number
  readonly entry: Entry
}

export class Journal implements Recorder {
  readonly isSilent = false
  readonly #limits: JournalLimits
  readonly #store = new EntryStore()
  readonly #rings = new Map<InstanceId, Ring>()
  /** In the order in which they ended. */
  readonly #ended = new Map<InstanceId, Instance>()
  readonly #listeners = new Set<JournalListener>()
  #weight = 0
  #recorded = 0

  constructor(limits: JournalLimits = { weightMax: WEIGHT_MAX, endedMax: ENDED_MAX }) {
    this.#limits = limits
  }

  /** Operations that were recorded so far, forgotten ones included. */
  get recorded(): number {
    return this.#recorded
  }

  record(shard: number, entries: readonly Entry[]): void {
    for (const entry of entries) this.#add(shard, entry)
    if (this.#listeners.size === 0) return
    for (const listener of this.#listeners) listener(entries, shard)
  }

  forget(shard: number): void {
    for (const ring of this.#rings.values()) if (ring.shard === shard) this.#drop(ring)
  }

  /** Oldest first; empty where nothing is known. */
  operations(id: InstanceId): readonly Recorded[] {
    return [...(this.#rings.get(id)?.entries() ?? [])]
  }

  /** Those behind the one of `sequence` and `at` (epoch milliseconds); `undefined` where that one is not known. */
  operationsAfter(id: InstanceId, sequence: number, at: number): readonly Recorded[] | undefined {
    const ring = this.#rings.get(id)
    return ring?.has(sequence, at) ? [...ring.entries(sequence + 1)] : undefined
  }

  last(id: InstanceId): Entry | undefined {
    return this.#rings.get(id)?.last
  }

  /** When that began, in epoch milliseconds. */
  lastAt(id: InstanceId): number | undefined {
    return this.#rings.get(id)?.lastAt
  }

  /** What an instance that ended was before its last operation, and where; `undefined` for one that lives, or is forgotten. */
  ended(id: InstanceId): { readonly last: Instance; readonly shard: number } | undefined {
    const last = this.#ended.get(id)
    const ring = this.#rings.get(id)
    return last === undefined || ring === undefined ? undefined : { last, shard: ring.shard }
  }

  /** Those that ended and are not forgotten, in the order of their ends. */
  allEnded(): readonly { readonly id: InstanceId; readonly last: Instance; readonly shard: number }[] {
    return [...this.#ended.keys()].flatMap(id => {
      const ended = this.ended(id)
      return ended === undefined ? [] : [{ id, ...ended }]
    })
  }

  /** Returns how to stop. */
  watch(listener: JournalListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #add(shard: number, entry: Entry): void {
    const { id } = entry
    let ring = this.#rings.get(id)
    if (ring === undefined) {
      // Where the beginning was not seen, or was forgotten: beyond whatever its operations had been numbered with.
      ring = new Ring(this.#store, id, shard, entry.from === undefined ? 0 : this.#recorded)
      this.#rings.set(id, ring)
    }
    this.#recorded += 1
    this.#weight += ring.push(entry)
    if (entry.last !== undefined) this.#end(id, entry.last)
    if (this.#weight > this.#limits.weightMax) this.#makeRoom(ring)
  }

  /** Gives up the rings that stand first and were not touched since they came to stand there; those that were go last. */
  #makeRoom(besides: Ring): void {
    for (const ring of this.#rings.values()) {
      if (this.#weight <= this.#limits.weightMax || this.#rings.size === 1) return
      if (ring === besides || ring.isTouched) {
        ring.isTouched = false
        this.#rings.delete(ring.id)
        this.#rings.set(ring.id, ring)
      } else {
        this.#drop(ring)
      }
    }
  }

  #end(id: InstanceId, last: Instance): void {
    this.#ended.set(id, last)
    if (this.#ended.size <= this.#limits.endedMax) return
    for (const oldest of this.#ended.keys()) {
      const ring = this.#rings.get(oldest)
      if (ring !== undefined) this.#drop(ring)
      return
    }
  }

  #drop(ring: Ring): void {
    this.#rings.delete(ring.id)
    this.#ended.delete(ring.id)
    this.#weight -= ring.weight
    ring.clear()
  }
}
