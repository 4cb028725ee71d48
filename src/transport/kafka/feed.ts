/**
 * The records of one partition, fetched ahead: a bounded queue between the reader's long polls and whoever takes.
 * Knows nothing of brokers; the reader fills it, and asks whether it has room.
 */
import type { LogRecord, TopicPartition } from '../../contract/log-record.ts'
import type { PartitionFeed, ReadAhead, Sieve } from '../port.ts'
import type { CommittedRecords } from './read-committed.ts'

/** At either bound the partition is not polled; one poll may overshoot it by what fetch-bounds.ts grants a partition. */
export const READ_AHEAD: ReadAhead = { recordsMax: 1000, bytesMax: 4 * 1024 * 1024 }

export class Feed implements PartitionFeed {
  readonly partition: TopicPartition
  readonly keep: Sieve | undefined
  readonly #readAhead: ReadAhead
  readonly #onRoom: () => void
  readonly #onClose: () => void
  #queue: readonly LogRecord[] = []
  #taken = 0
  #bytes = 0
  #next: number
  #end: number
  #passedOver = 0
  #state: 'open' | 'closed' = 'open'
  #failure: Error | undefined
  #wake: (() => void)[] = []

  constructor(
    partition: TopicPartition,
    from: number,
    readAhead: ReadAhead,
    onRoom: () => void,
    onClose: () => void,
    keep?: Sieve,
  ) {
    this.partition = partition
    this.keep = keep
    this.#readAhead = readAhead
    this.#next = from
    this.#end = from
    this.#onRoom = onRoom
    this.#onClose = onClose
  }

  get end(): number {
    return Math.max(this.#end, this.#next)
  }

  get position(): number {
    return this.#queue[this.#taken]?.offset ?? this.#next
  }

  get passedOver(): number {
    return this.#passedOver
  }

  take(max: number): readonly LogRecord[] {
    const waiting = this.#queue.length - this.#taken
    const count = Math.min(max, waiting)
    if (count <= 0) return []
    const had = this.hasRoom()
    const records = this.#queue.slice(this.#taken, this.#taken + count)
    this.#taken += count
    // What one record weighs is not known any more; their mean is near enough for a bound.
    this.#bytes -= (this.#bytes * count) / waiting
    if (this.#taken === this.#queue.length) this.#forgetQueue()
    if (!had && this.hasRoom()) this.#onRoom()
    return records
  }

  async ready(): Promise<void> {
    while (this.#state === 'open' && this.#taken === this.#queue.length) {
      await new Promise<void>(resolve => this.#wake.push(resolve))
    }
    if (this.#failure) throw this.#failure
  }

  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#forgetQueue()
    this.#onClose()
    this.#wakeAll()
  }

  /** Whether the reader may fetch more for it. */
  hasRoom(): boolean {
    const { recordsMax, bytesMax } = this.#readAhead
    return this.#state === 'open' && this.#queue.length - this.#taken < recordsMax && this.#bytes < bytesMax
  }

  /** Offset to fetch from. */
  get fetchFrom(): number {
    return this.#next
  }

  /** What a fetch from `fetchFrom` brought: perhaps no records, but always where to go on. */
  offer({ records, next, passedOver }: CommittedRecords, bytes: number, end: number): void {
    if (this.#state === 'closed') return
    this.#passedOver += passedOver
    this.#next = next
    this.#end = end
    if (records.length === 0) return
    this.#queue = this.#taken === this.#queue.length ? records : [...this.#queue.slice(this.#taken), ...records]
    this.#taken = 0
    this.#bytes += bytes
    this.#wakeAll()
  }

  fail(failure: Error): void {
    if (this.#state === 'closed') return
    this.#failure = failure
    this.close()
  }

  #forgetQueue(): void {
    this.#queue = []
    this.#taken = 0
    this.#bytes = 0
  }

  #wakeAll(): void {
    const woken = this.#wake
    this.#wake = []
    for (const wake of woken) wake()
  }
}
