/**
 * Follows whole topics: all their partitions, committed records only, from their first record or from now on. Takes
 * only as fast as its taker does. Belongs to no group, moves nobody's offset, never writes.
 */
import { requireTopics } from '../api/existing-topics.ts'
import type { LogRecord, TopicPartition } from '../contract/log-record.ts'
import { OffsetOutOfRangeError } from '../errors.ts'
import type { LogReader, PartitionFeed, ReadAhead, Transport } from '../transport/port.ts'

export interface FollowOptions {
  /** Connected. */
  readonly transport: Pick<Transport, 'admin' | 'openReader'>
  /** Shows in client ids. */
  readonly name: string
  readonly topics: readonly string[]
  /** `latest`: what is written after `followTopics` has resolved, and perhaps a little before. */
  readonly from: 'earliest' | 'latest'
  /** Where many follow at once, each partition of each must not be read far ahead. */
  readonly readAhead?: ReadAhead
  /** Records of one partition, in order. The next ones of that partition wait until it resolves. */
  readonly onRecords: (records: readonly LogRecord[]) => void | Promise<void>
}

export interface TopicFollower {
  /** Rejects when `onRecords` does; resolves after `close`. */
  readonly done: Promise<void>
  close(): Promise<void>
}

const TAKE_RECORDS_MAX = 100

/** @throws TransportUnavailableError the log cannot be reached, or has no such topic. */
export async function followTopics(options: FollowOptions): Promise<TopicFollower> {
  const { transport, name, topics, from } = options
  await requireTopics(transport.admin, topics)
  const starts: (TopicPartition & { offset: number })[] = []
  for (const topic of topics) {
    const ranges = await transport.admin.offsets(topic)
    for (const [partition, { earliest, end }] of ranges.entries()) {
      starts.push({ topic, partition, offset: from === 'earliest' ? earliest : end })
    }
  }
  return new Follower(transport.openReader(name, options.readAhead), starts, options.onRecords)
}

class Follower implements TopicFollower {
  readonly done: Promise<void>
  readonly #reader: LogReader
  readonly #onRecords: FollowOptions['onRecords']
  readonly #feeds = new Map<TopicPartition, PartitionFeed>()
  #isClosed = false

  constructor(
    reader: LogReader,
    starts: readonly (TopicPartition & { offset: number })[],
    onRecords: FollowOptions['onRecords'],
  ) {
    this.#reader = reader
    this.#onRecords = onRecords
    this.done = Promise.all(starts.map(start => this.#run(start, start.offset))).then(() => {})
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const feed of this.#feeds.values()) feed.close()
    await this.#reader.close()
  }

  async #run(partition: TopicPartition, from: number): Promise<void> {
    let next = from
    while (!this.#isClosed) {
      const feed = this.#reader.open(partition, next)
      this.#feeds.set(partition, feed)
      try {
        while (!this.#isClosed) {
          await feed.ready()
          const records = feed.take(TAKE_RECORDS_MAX)
          next = feed.position
          if (records.length > 0) await this.#onRecords(records)
        }
      } catch (error) {
        if (!(error instanceof OffsetOutOfRangeError)) throw error
        // Retention went past us, or the topic was made again: what is gone is gone.
        next = next < error.earliest ? error.earliest : error.end
      } finally {
        feed.close()
      }
    }
  }
}
