/**
 * What happened last to each instance of this process, for people: so much of each and so much in all; what happened the
 * longest time ago goes first. Told only of what is committed. Knows no shard's state, makes no document, and is nothing
 * that a quest depends on: losing it loses a view and no more.
 */
import type { Instance } from '../actor/instance.ts'
import type { InstanceId } from '../contract/ids.ts'
import type { Entry } from './entry.ts'
import { EntryLog } from './entry-log.ts'
import type { Recorder } from './recorder.ts'

/** Entries in all, weighed (weightOf): about 30 MB where all of them are there. */
const WEIGHT_MAX = 100_000
/** Of one instance. */
const OPERATIONS_MAX = 50
/** Of one instance, in entries (weightOf): one with more is shown alone. */
const OPERATIONS_WEIGHT_MAX = 200
/** Instances that ended and can still be looked at. */
const ENDED_MAX = 1000

export interface JournalLimits {
  readonly weightMax: number
  readonly endedMax: number
}

/** Told of a batch behind its commit, in the shard's own time: it must be quick and must not throw. */
export type JournalListener = (entries: readonly Entry[], shard: number) => void

export interface Recorded {
  /** Grows within an instance; has no gaps, but where all of it was given up for want of room and began anew. */
  readonly sequence: number
  readonly entry: Entry
}

/** Of one instance. */
interface Trail {
  readonly shard: number
  /** Its last entry's number in the log. */
  newest: number
  /** The sequence of the next one. */
  next: number
}

export class Journal implements Recorder {
  readonly isSilent = false
  readonly #limits: JournalLimits
  readonly #log: EntryLog
  readonly #trails = new Map<InstanceId, Trail>()
  /** In the order in which they ended. */
  readonly #ended = new Map<InstanceId, Instance>()
  readonly #listeners = new Set<JournalListener>()

  constructor(limits: JournalLimits = { weightMax: WEIGHT_MAX, endedMax: ENDED_MAX }) {
    this.#limits = limits
    this.#log = new EntryLog(limits.weightMax)
  }

  /** Operations that were recorded so far, forgotten ones included. */
  get recorded(): number {
    return this.#log.end
  }

  record(shard: number, entries: readonly Entry[]): void {
    for (const entry of entries) this.#add(shard, entry)
    if (this.#listeners.size === 0) return
    for (const listener of this.#listeners) listener(entries, shard)
  }

  forget(shard: number): void {
    for (const [id, trail] of this.#trails) if (trail.shard === shard) this.#drop(id)
  }

  /** Oldest first; empty where nothing is known. */
  operations(id: InstanceId): readonly Recorded[] {
    return this.#behind(id, 0)
  }

  /** Those behind the one of `sequence` and `at` (epoch milliseconds); `undefined` where that one is not known. */
  operationsAfter(id: InstanceId, sequence: number, at: number): readonly Recorded[] | undefined {
    const [known, ...behind] = this.#behind(id, sequence)
    return known?.sequence === sequence && known.entry.at === at ? behind : undefined
  }

  last(id: InstanceId): Entry | undefined {
    const trail = this.#trail(id)
    return trail && this.#log.read(trail.newest, id)
  }

  /** When that began, in epoch milliseconds. */
  lastAt(id: InstanceId): number | undefined {
    const trail = this.#trail(id)
    return trail && this.#log.atOf(trail.newest)
  }

  /** What an instance that ended was before its last operation, and where; `undefined` for one that lives, or is forgotten. */
  ended(id: InstanceId): { readonly last: Instance; readonly shard: number } | undefined {
    const last = this.#ended.get(id)
    const trail = this.#trail(id)
    return last === undefined || trail === undefined ? undefined : { last, shard: trail.shard }
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

  /** Of an instance of which at least one operation is held. */
  #trail(id: InstanceId): Trail | undefined {
    const trail = this.#trails.get(id)
    return trail === undefined || trail.newest < this.#log.first ? undefined : trail
  }

  /** From the one of `sequence` on, as far as they are held and within the bounds of an instance. */
  #behind(id: InstanceId, sequence: number): readonly Recorded[] {
    const found: Recorded[] = []
    const trail = this.#trail(id)
    if (trail === undefined) return found
    let number = trail.newest
    let at = trail.next - 1
    for (let weight = 0; number >= this.#log.first && at >= sequence && found.length < OPERATIONS_MAX; at -= 1) {
      weight += this.#log.weightOf(number)
      if (weight > OPERATIONS_WEIGHT_MAX && found.length > 0) break
      found.push({ sequence: at, entry: this.#log.read(number, id) })
      number = this.#log.previousOf(number)
    }
    return found.reverse()
  }

  #add(shard: number, entry: Entry): void {
    const { id } = entry
    let trail = this.#trails.get(id)
    if (trail === undefined) {
      // Where the beginning was not seen, or was forgotten: beyond whatever its operations had been numbered with.
      trail = { shard, newest: -1, next: entry.from === undefined ? 0 : this.#log.end }
      this.#trails.set(id, trail)
    }
    trail.newest = this.#log.add(entry, trail.newest)
    trail.next += 1
    if (entry.last !== undefined) this.#end(id, entry.last)
    if (trail.newest % this.#limits.weightMax === 0) this.#dropCold()
  }

  /** Trails of which nothing is held any more: seldom looked for, so that it costs nothing to speak of. */
  #dropCold(): void {
    for (const [id, { newest }] of this.#trails) if (newest < this.#log.first) this.#drop(id)
  }

  #end(id: InstanceId, last: Instance): void {
    this.#ended.set(id, last)
    if (this.#ended.size <= this.#limits.endedMax) return
    for (const oldest of this.#ended.keys()) {
      this.#drop(oldest)
      return
    }
  }

  #drop(id: InstanceId): void {
    this.#trails.delete(id)
    this.#ended.delete(id)
  }
}
