/**
 * The feeds of one reader. Each fetches ahead of its taker into a bounded queue, as one over a network would, so that
 * a fault between replica and log is felt here too. Never writes.
 */
import { type LogRecord, partitionName, type TopicPartition } from '../../contract/log-record.ts'
import { TransportUnavailableError } from '../../errors.ts'
import type { LogReader, PartitionFeed, Sieve } from '../port.ts'
import type { MemoryLog } from './memory-log.ts'
import type { PartitionLog } from './partition-log.ts'

/**
 * Unless told: at the bound the feed does not fetch until half of it is taken. Bytes are not counted, because records
 * that wait here are those of the log and take no room of their own.
 */
const QUEUE_RECORDS_MAX = 1_000
/** How long a feed waits when the log cannot be reached. */
const RETRY_MS = 100

export class MemoryReader implements LogReader {
  readonly #log: MemoryLog
  readonly #replica: string
  readonly #queueRecordsMax: number
  readonly #onClosed: () => void
  readonly #feeds = new Set<MemoryFeed>()

  constructor(log: MemoryLog, replica: string, queueRecordsMax = QUEUE_RECORDS_MAX, onClosed: () => void) {
    this.#log = log
    this.#replica = replica
    this.#queueRecordsMax = queueRecordsMax
    this.#onClosed = onClosed
  }

  open(partition: TopicPartition, from: number, keep?: Sieve): PartitionFeed {
    const onClosed = () => this.#feeds.delete(feed)
    const feed = new MemoryFeed(this.#log, this.#replica, this.#queueRecordsMax, partition, from, onClosed, keep)
    this.#feeds.add(feed)
    return feed
  }

  async close(): Promise<void> {
    for (const feed of [...this.#feeds]) feed.close()
    this.#onClosed()
  }
}

class MemoryFeed implements PartitionFeed {
  readonly #log: MemoryLog
  readonly #replica: string
  readonly #queueRecordsMax: number
  readonly #partition: TopicPartition
  readonly #onClosed: () => void
  readonly #keep: Sieve | undefined
  #passedOver = 0
  readonly #closed = new AbortController()
  #queue: LogRecord[] = []
  #fetchedTo: number
  #end: number
  #failure: unknown
  /** Something happened since the last fetch: it must not be slept over. */
  #nudged = false
  #onNudge: (() => void) | undefined
  readonly #unwatchTopics: () => void
  #unwatchPartition: () => void = () => {}
  /** Another one when the topic was deleted and made again. */
  #watched: PartitionLog | undefined
  #onReady: (() => void)[] = []

  constructor(
    log: MemoryLog,
    replica: string,
    queueRecordsMax: number,
    partition: TopicPartition,
    from: number,
    onClosed: () => void,
    keep: Sieve | undefined,
  ) {
    this.#keep = keep
    this.#log = log
    this.#replica = replica
    this.#queueRecordsMax = queueRecordsMax
    this.#partition = partition
    this.#fetchedTo = from
    this.#end = from
    this.#onClosed = onClosed
    this.#unwatchTopics = log.watchTopics(() => this.#nudge())
    void this.#run()
  }

  take(max: number): readonly LogRecord[] {
    const taken = this.#queue.splice(0, max)
    if (taken.length > 0 && this.#queue.length <= this.#queueRecordsMax / 2) this.#nudge()
    return taken
  }

  async ready(): Promise<void> {
    while (this.#queue.length === 0 && !this.#closed.signal.aborted) {
      await new Promise<void>(resolve => this.#onReady.push(resolve))
    }
    if (this.#queue.length === 0 && this.#failure !== undefined) throw this.#failure
  }

  get passedOver(): number {
    return this.#passedOver
  }

  get end(): number {
    return this.#end
  }

  get position(): number {
    return this.#queue[0]?.offset ?? this.#fetchedTo
  }

  close(): void {
    this.#queue = []
    this.#stop()
  }

  async #run(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      this.#nudged = false
      try {
        const fetched = this.#queue.length <= this.#queueRecordsMax / 2 && (await this.#fetch())
        if (!fetched) await this.#wait()
      } catch (error) {
        if (error instanceof TransportUnavailableError) {
          await this.#log.clock.sleep(RETRY_MS, this.#closed.signal)
        } else {
          this.#failure = error
          this.#stop()
        }
      }
    }
  }

  /** Whether the position moved. */
  async #fetch(): Promise<boolean> {
    const room = this.#queueRecordsMax - this.#queue.length
    const answer = await this.#log.gate.call(this.#replica, 'reader.fetch', partitionName(this.#partition), () => {
      // A topic that is not there yet is waited for, as a broker's reader does.
      if (!this.#log.describe(this.#partition.topic)) return undefined
      const partition = this.#log.partition(this.#partition)
      if (this.#watched !== partition) {
        this.#unwatchPartition()
        this.#watched = partition
        this.#unwatchPartition = partition.watch(() => this.#nudge())
      }
      return partition.read(this.#fetchedTo, room)
    })
    if (!answer || this.#closed.signal.aborted) return false
    await this.#log.gate.breathe(answer.records.length)
    if (this.#closed.signal.aborted) return false
    const moved = answer.next > this.#fetchedTo
    const kept = answer.records.filter(record => this.#isKept(record))
    this.#queue.push(...kept)
    this.#passedOver += answer.records.length - kept.length
    this.#fetchedTo = answer.next
    this.#end = answer.end
    if (kept.length > 0) this.#wakeTakers()
    return moved
  }

  #isKept({ value }: LogRecord): boolean {
    return this.#keep === undefined || value === null || this.#keep(value, 0, value.length)
  }

  async #wait(): Promise<void> {
    if (this.#nudged || this.#closed.signal.aborted) return
    await new Promise<void>(resolve => {
      this.#onNudge = resolve
    })
  }

  #nudge(): void {
    this.#nudged = true
    this.#onNudge?.()
    this.#onNudge = undefined
  }

  #stop(): void {
    if (this.#closed.signal.aborted) return
    this.#closed.abort()
    this.#unwatchTopics()
    this.#unwatchPartition()
    this.#nudge()
    this.#wakeTakers()
    this.#onClosed()
  }

  #wakeTakers(): void {
    const waiting = this.#onReady
    this.#onReady = []
    for (const resolve of waiting) resolve()
  }
}
