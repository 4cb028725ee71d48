/**
 * Long-polls every open feed: one fetch a leader at a time, for all feeds of that leader that have room. Errors of a
 * broker are absorbed here, each for its partition alone: look the leader up again, wait a little, go on from the same
 * offset. Only a position that the log does not have reaches the feed's reader.
 */
import { partitionName, type TopicPartition } from '../../contract/log-record.ts'
import { OffsetOutOfRangeError } from '../../errors.ts'
import type { LogReader, PartitionFeed, ReadAhead, Sieve } from '../port.ts'
import { reasonOf } from './broker-errors.ts'
import type { Connections } from './connections.ts'
import { Feed, READ_AHEAD } from './feed.ts'
import { fetchBounds } from './fetch-bounds.ts'
import { type FetchedPartition, fetchRequest } from './fetch-request.ts'
import type { KafkaOptions } from './kafka-options.ts'
import { offsetsOf } from './offset-lookup.ts'
import type { Leaders } from './produce-legs.ts'
import { CODE, ProtocolError } from './protocol.ts'
import { type CommittedRecords, readCommitted } from './read-committed.ts'
import { readBatches } from './record-batch-decoder.ts'

/** Before a partition or a leader in trouble is asked again. */
const TROUBLE_WAIT_MS = 100
/** The same, where only somebody's work will help: no right to read, bytes that nobody understands. */
const HELPLESS_WAIT_MS = 10_000
/** What a partition answers while its leadership moves, or its topic has just been made. */
const MOVING: ReadonlySet<number> = new Set([3, 5, 6, 9, 56, 74, 75, 76, 78])

/** What a reader needs of Connections. */
export interface ReaderConnections
  extends Leaders,
    Pick<Connections, 'knownLeader' | 'leader' | 'refresh' | 'want' | 'close'> {}

export class Reader implements LogReader {
  readonly #connections: ReaderConnections
  readonly #options: KafkaOptions
  readonly #feeds = new Set<Feed>()
  /** Feeds that wait for the end of a trouble, each alone. */
  readonly #troubled = new Set<Feed>()
  readonly #polling = new Set<number>()
  readonly #closing = new AbortController()
  readonly #readAhead: ReadAhead
  readonly #onClose: () => void
  #lookingUp = false
  #turn = 0

  constructor(
    connections: ReaderConnections,
    options: KafkaOptions,
    onClose: () => void,
    readAhead: ReadAhead = READ_AHEAD,
  ) {
    this.#readAhead = readAhead
    this.#connections = connections
    this.#options = options
    this.#onClose = onClose
  }

  open(partition: TopicPartition, from: number, keep?: Sieve): PartitionFeed {
    const feed = new Feed(
      partition,
      from,
      this.#readAhead,
      () => this.#pollAll(),
      () => this.#feeds.delete(feed),
      keep,
    )
    if (this.#closing.signal.aborted) {
      feed.close()
      return feed
    }
    this.#feeds.add(feed)
    this.#connections.want(partition.topic)
    this.#pollAll()
    return feed
  }

  async close(): Promise<void> {
    this.#closing.abort()
    for (const feed of this.#feeds) feed.close()
    this.#connections.close()
    this.#onClose()
  }

  /** Starts a poll for each leader that has none under way and feeds with room. */
  #pollAll(): void {
    if (this.#closing.signal.aborted) return
    const byLeader = new Map<number, Feed[]>()
    let unknown = false
    for (const feed of this.#feeds) {
      if (!feed.hasRoom() || this.#troubled.has(feed)) continue
      const leader = this.#connections.knownLeader(feed.partition)
      if (leader === undefined) unknown = true
      else byLeader.set(leader, [...(byLeader.get(leader) ?? []), feed])
    }
    for (const [leader, feeds] of byLeader) if (!this.#polling.has(leader)) this.#poll(leader, feeds)
    if (unknown && !this.#lookingUp) this.#lookUp()
  }

  async #lookUp(): Promise<void> {
    this.#lookingUp = true
    try {
      await this.#connections.refresh()
    } catch (error) {
      this.#notice('a reader cannot find the leaders of its partitions, and tries again', error)
    }
    const leaderless = [...this.#feeds].some(feed => this.#connections.knownLeader(feed.partition) === undefined)
    if (leaderless) await this.#options.clock.sleep(TROUBLE_WAIT_MS, this.#closing.signal)
    this.#lookingUp = false
    this.#pollAll()
  }

  async #poll(leader: number, feeds: readonly Feed[]): Promise<void> {
    this.#polling.add(leader)
    try {
      const asked = this.#inTurn(feeds).map(feed => ({ feed, from: feed.fetchFrom }))
      const node = await this.#connections.node(leader)
      const request = fetchRequest(
        asked.map(({ feed, from }) => ({ ...feed.partition, from })),
        fetchBounds(this.#readAhead),
      )
      const fetched = await node.send(request)
      for (const { feed, from } of asked) {
        const answer = fetched.get(partitionName(feed.partition))
        if (answer) this.#settle(feed, from, answer)
      }
    } catch (error) {
      if (!this.#closing.signal.aborted) {
        this.#notice(`a fetch from broker ${leader} failed, and is tried again`, error)
        for (const feed of feeds) this.#connections.forget(feed.partition.topic)
        await this.#options.clock.sleep(TROUBLE_WAIT_MS, this.#closing.signal)
      }
    }
    this.#polling.delete(leader)
    this.#pollAll()
  }

  /** Another feed first each time: a broker fills its answer in the order asked, and stops when it is full. */
  #inTurn(feeds: readonly Feed[]): readonly Feed[] {
    this.#turn = (this.#turn + 1) % feeds.length
    const turned = [...feeds.slice(this.#turn), ...feeds.slice(0, this.#turn)]
    // One feed a partition: an answer names only the partition, not the offset that was asked for.
    return [...new Map(turned.map(feed => [partitionName(feed.partition), feed])).values()]
  }

  #settle(feed: Feed, from: number, answer: FetchedPartition): void {
    // A leader that stood still for a while answers what the new one has long answered.
    if (feed.fetchFrom !== from) return
    if (answer.code === CODE.offsetOutOfRange) {
      this.#outOfRange(feed, from)
      return
    }
    if (answer.code !== 0) {
      this.#connections.forget(feed.partition.topic)
      if (MOVING.has(answer.code)) this.#hold(feed, TROUBLE_WAIT_MS)
      else this.#complain(feed, from, new ProtocolError(answer.code, 'a fetch'))
      return
    }
    let committed: CommittedRecords
    try {
      committed = readCommitted(readBatches(answer.batches), answer.aborted, feed.partition, from, feed.keep)
    } catch (error) {
      // Never skipped, since nobody knows what it holds: the partition stands still.
      this.#complain(feed, from, error)
      return
    }
    feed.offer(committed, answer.batches.length, answer.highWatermark)
  }

  async #outOfRange(feed: Feed, from: number): Promise<void> {
    const done = this.#hold(feed, TROUBLE_WAIT_MS)
    try {
      const [earliest = 0] = await offsetsOf(this.#connections, [feed.partition], 'earliest')
      const [end = 0] = await offsetsOf(this.#connections, [feed.partition], 'end')
      // A leader that was just elected may not know its end yet; it does by now.
      if (from >= earliest && from <= end) return
      const where = partitionName(feed.partition)
      const message = `offset ${from} is not in ${where}, which holds ${earliest} to ${end}`
      feed.fail(new OffsetOutOfRangeError(earliest, end, message))
    } catch (error) {
      this.#notice(`the offsets of ${partitionName(feed.partition)} cannot be read, and are asked again`, error)
      this.#connections.forget(feed.partition.topic)
    } finally {
      await done
    }
  }

  /** Leaves a feed out of the polls for a while. */
  async #hold(feed: Feed, waitMs: number): Promise<void> {
    this.#troubled.add(feed)
    await this.#options.clock.sleep(waitMs, this.#closing.signal)
    this.#troubled.delete(feed)
    this.#pollAll()
  }

  #complain(feed: Feed, from: number, error: unknown): void {
    const message = `${partitionName(feed.partition)} cannot be read at offset ${from}: it waits for somebody's help`
    this.#options.onNotice('warn', message, { reason: reasonOf(error) })
    this.#hold(feed, HELPLESS_WAIT_MS)
  }

  #notice(message: string, error: unknown): void {
    if (!this.#closing.signal.aborted) this.#options.onNotice('debug', message, { reason: reasonOf(error) })
  }
}
