/**
 * One partition: entries by growing offset, some of them in transactions, with Kafka's visibility (nothing at or
 * above the last stable offset, nothing aborted), retention and compaction. Decides nothing about who may write,
 * and knows no time of its own.
 */
import type { LogRecord, TopicPartition } from '../../contract/log-record.ts'
import { OffsetOutOfRangeError } from '../../errors.ts'
import type { RecordBytes } from './record-bytes.ts'

/** Shared by the entries of one transaction, in whatever partitions they are: one change decides them all. */
export interface TransactionMark {
  outcome: 'open' | 'committed' | 'aborted'
}

interface Entry {
  readonly offset: number
  /** `undefined` for the marker that ends a transaction: it takes an offset and is never seen. */
  readonly record: LogRecord | undefined
  readonly transaction: TransactionMark | undefined
}

export interface PartitionLimits {
  readonly compacted: boolean
  /** Entries beyond which the oldest go; ignored where `compacted`. */
  readonly retainedRecordsMax: number
}

export interface FetchAnswer {
  readonly records: readonly LogRecord[]
  /** Where the next fetch goes on. */
  readonly next: number
  /** Offset after the last entry of the log, stable or not. */
  readonly end: number
}

/** Below this many entries a partition never compacts by itself: not worth the walk. */
const COMPACTION_ENTRIES_MIN = 1_000
/** A compacted partition that holds this many times its live keys compacts itself. */
const COMPACTION_RATIO = 4
/** Dropped entries stay in the array until there are this many and they are a quarter of it. */
const DROPPED_ENTRIES_MIN = 1_024

export class PartitionLog {
  readonly #place: TopicPartition
  readonly #limits: PartitionLimits
  #entries: Entry[] = []
  /** Entries before this index are dropped already. */
  #head = 0
  #start = 0
  #end = 0
  /** Open transactions with the offset of their first entry here, oldest first. */
  readonly #open = new Map<TransactionMark, number>()
  #compactAt = COMPACTION_ENTRIES_MIN
  readonly #watchers = new Set<() => void>()

  constructor(place: TopicPartition, limits: PartitionLimits) {
    this.#place = place
    this.#limits = limits
  }

  get earliest(): number {
    return this.#start
  }

  get end(): number {
    return this.#end
  }

  /** The first offset of the oldest open transaction, or the end: readers see nothing from here on. */
  get lastStable(): number {
    for (const first of this.#open.values()) return first
    return this.#end
  }

  /** Entries held, markers among them: what the bounds count. */
  get size(): number {
    return this.#entries.length - this.#head
  }

  append(records: readonly RecordBytes[], timestamp: number, transaction?: TransactionMark): void {
    const { topic, partition } = this.#place
    if (transaction && records.length > 0 && !this.#open.has(transaction)) this.#open.set(transaction, this.#end)
    for (const { key, value, headers } of records) {
      const offset = this.#end
      this.#end += 1
      const record = { topic, partition, offset, timestamp, key, value, headers }
      this.#entries.push({ offset, record, transaction })
    }
    this.#changed()
  }

  /** Writes the marker of a transaction whose outcome is decided. */
  close(transaction: TransactionMark): void {
    this.#open.delete(transaction)
    this.#entries.push({ offset: this.#end, record: undefined, transaction })
    this.#end += 1
    this.#changed()
  }

  /**
   * Up to `max` committed records from `from` on.
   * @throws OffsetOutOfRangeError
   */
  read(from: number, max: number): FetchAnswer {
    if (from < this.#start || from > this.#end) {
      const { topic, partition } = this.#place
      throw new OffsetOutOfRangeError(
        this.#start,
        this.#end,
        `offset ${from} of ${topic}/${partition} is not in the log (${this.#start} to ${this.#end}): start at one that is`,
      )
    }
    const stable = this.lastStable
    const records: LogRecord[] = []
    for (let at = this.#indexOf(from); at < this.#entries.length; at += 1) {
      const entry = this.#entries[at]
      if (!entry || entry.offset >= stable) break
      if (!isVisible(entry)) continue
      if (records.length === max) return { records, next: entry.offset, end: this.#end }
      records.push(entry.record)
    }
    return { records, next: Math.max(from, stable), end: this.#end }
  }

  /** Drops what lies below `before`; an offset in the past changes nothing. */
  deleteBefore(before: number): void {
    if (before <= this.#start) return
    this.#start = Math.min(before, this.#end)
    this.#dropTo(this.#indexOf(this.#start))
    this.#changed()
  }

  /** Keeps the last committed value of each key below the last stable offset; drops tombstones and markers there. */
  compact(): void {
    const stable = this.lastStable
    const split = this.#indexOf(stable)
    const latest = new Map<string, Entry>()
    for (let at = this.#head; at < split; at += 1) {
      const entry = this.#entries[at]
      if (!entry || !isVisible(entry)) continue
      // Deleted first, so that the map's order is the order of offsets.
      const key = entry.record.key?.toString('latin1') ?? ''
      latest.delete(key)
      if (entry.record.value) latest.set(key, entry)
    }
    this.#entries = [...latest.values(), ...this.#entries.slice(split)]
    this.#head = 0
    this.#compactAt = Math.max(COMPACTION_ENTRIES_MIN, COMPACTION_RATIO * latest.size)
  }

  /** Calls back, synchronously, after each change until the function that it returns is called. */
  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange)
    return () => this.#watchers.delete(onChange)
  }

  #changed(): void {
    if (this.#limits.compacted) {
      if (this.size > this.#compactAt && this.#open.size === 0) this.compact()
    } else if (this.size > this.#limits.retainedRecordsMax) {
      this.#retain()
    }
    for (const onChange of [...this.#watchers]) onChange()
  }

  #retain(): void {
    const oldest = this.#entries[this.#entries.length - this.#limits.retainedRecordsMax]
    const start = Math.min(oldest?.offset ?? this.#end, this.lastStable)
    if (start <= this.#start) return
    this.#start = start
    this.#dropTo(this.#indexOf(start))
  }

  #dropTo(index: number): void {
    this.#head = index
    if (index < DROPPED_ENTRIES_MIN || index * 4 < this.#entries.length) return
    this.#entries = this.#entries.slice(index)
    this.#head = 0
  }

  /** Index of the first entry at or above an offset: offsets have gaps. */
  #indexOf(offset: number): number {
    let low = this.#head
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle]?.offset ?? offset) < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}

function isVisible(entry: Entry): entry is Entry & { readonly record: LogRecord } {
  return entry.record !== undefined && (entry.transaction === undefined || entry.transaction.outcome === 'committed')
}
