/**
 * One owner's right to write a shard's transactions. Five requests each: partitions, offsets, records (one leg a leader),
 * the group's offset, the end. A refusal that comes before anything was written is waited out; any other doubt kills
 * the sink, because a producer that goes on after one can lose or double records. Never aborts: the next fence does.
 */
import type { NewRecord, TopicPartition } from '../../contract/log-record.ts'
import { InvariantError, TransportUnavailableError } from '../../errors.ts'
import { createPartitioner } from '../partitioner.ts'
import type { SinkOptions, TransactionalSink } from '../port.ts'
import { codeOf, translate, translateCommit } from './broker-errors.ts'
import type { CoordinatorKind } from './cluster-requests.ts'
import type { Connections } from './connections.ts'
import { type KafkaOptions, REQUEST_TIMEOUT_MS } from './kafka-options.ts'
import {
  batchesOf,
  byPartition,
  type Leaders,
  legsOf,
  type PartitionRecords,
  type Sender,
  type Sequences,
  sendLeg,
} from './produce-legs.ts'
import { CODE, type ProtocolRequest } from './protocol.ts'
import {
  addOffsetsRequest,
  addPartitionsRequest,
  commitRequest,
  initProducerIdRequest,
  txnOffsetCommitRequest,
  type Writer,
} from './transaction-requests.ts'

/**
 * Said by a coordinator that did nothing. CONCURRENT_TRANSACTIONS is the usual answer to the first request after a
 * commit, which returns before its markers are written: a matter of a millisecond, for which kafkajs waits 300.
 */
const NOT_YET: ReadonlySet<number> = new Set([
  CODE.concurrentTransactions,
  CODE.coordinatorLoading,
  CODE.coordinatorNotAvailable,
  CODE.notCoordinator,
])
const NOT_YET_WAIT_MS_MAX = 50
/** Markers wait for the leaders of their partitions: a dead one is replaced after about ten seconds. */
const NOT_YET_PATIENCE_MS = 20_000
const PARTITIONER_STARTS = 1 << 30

/** What a sink needs of Connections. */
export interface SinkConnections extends Leaders, Pick<Connections, 'knownLeader' | 'leader' | 'topic' | 'want'> {
  coordinator(kind: CoordinatorKind, key: string): Promise<Sender>
  forgetCoordinator(kind: CoordinatorKind, key: string): void
}

/** @throws ShardFencedError, TransportUnavailableError */
export async function fence(
  connections: SinkConnections,
  options: KafkaOptions,
  { transactionalId, groupId }: SinkOptions,
): Promise<TransactionalSink> {
  try {
    const request = initProducerIdRequest(transactionalId, options.transactionTimeoutMs)
    const owner = await askUntilDone(connections, options, 'transaction', transactionalId, request)
    return new KafkaSink(connections, options, owner, groupId)
  } catch (error) {
    throw translate(error, { doing: `fencing ${transactionalId}`, brokers: options.bootstrapServers })
  }
}

class KafkaSink implements TransactionalSink {
  readonly #connections: SinkConnections
  readonly #options: KafkaOptions
  readonly #owner: Writer
  readonly #groupId: string
  readonly #sequences: Sequences = new Map()
  readonly #partitionOf: ReturnType<typeof createPartitioner>
  #state: 'ready' | 'committing' | 'dead' = 'ready'

  constructor(connections: SinkConnections, options: KafkaOptions, owner: Writer, groupId: string) {
    this.#connections = connections
    this.#options = options
    this.#owner = owner
    this.#groupId = groupId
    this.#partitionOf = createPartitioner(Math.floor(options.random.fraction() * PARTITIONER_STARTS))
  }

  async commit(records: readonly NewRecord[], offset: TopicPartition & { readonly next: number }): Promise<void> {
    const { transactionalId } = this.#owner
    if (this.#state === 'committing') throw new InvariantError(`two commits of ${transactionalId} at once`)
    if (this.#state === 'dead') {
      throw new TransportUnavailableError(`the sink of ${transactionalId} is dead since an error: fence anew`)
    }
    this.#state = 'committing'
    try {
      await this.#write(records, offset)
      await this.#end()
      this.#state = 'ready'
    } catch (error) {
      this.#state = 'dead'
      throw error
    }
  }

  async close(): Promise<void> {
    this.#state = 'dead'
  }

  /** Before: nothing is in the transaction. After: all of it is, and nobody can read it yet. */
  async #write(records: readonly NewRecord[], offset: TopicPartition & { readonly next: number }): Promise<void> {
    const { transactionalId, producerId, producerEpoch } = this.#owner
    try {
      const partitions = byPartition(records, await this.#partitioner(records))
      if (partitions.length > 0) await this.#begin(addPartitionsRequest(this.#owner, partitions))
      else await this.#begin(addOffsetsRequest(this.#owner, this.#groupId))

      const timestamp = this.#options.clock.now()
      const producer = { producerId, producerEpoch, transactional: true }
      const batches = partitions.map(one => batchesOf(one, producer, this.#sequences, timestamp))
      const timeoutMs = this.#options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS
      const legs = await legsOf(this.#connections, batches)
      const parts = [
        this.#moveOffset(offset, partitions),
        ...legs.map(leg => sendLeg(this.#connections, leg, transactionalId, timeoutMs)),
      ]
      // All must have answered before the end: one still on its way would land in the next transaction.
      for (const part of await Promise.allSettled(parts)) if (part.status === 'rejected') throw part.reason
    } catch (error) {
      throw translate(error, {
        doing: `writing a transaction of ${transactionalId}`,
        brokers: this.#options.bootstrapServers,
      })
    }
  }

  /** Before: all is written. After: all of it can be read. On an error, nobody knows, unless it was refused. */
  async #end(): Promise<void> {
    const { transactionalId } = this.#owner
    try {
      const coordinator = await this.#connections.coordinator('transaction', transactionalId)
      await coordinator.send(commitRequest(this.#owner))
    } catch (error) {
      throw translateCommit(error, {
        doing: `committing a transaction of ${transactionalId}`,
        brokers: this.#options.bootstrapServers,
      })
    }
  }

  async #moveOffset(
    offset: TopicPartition & { readonly next: number },
    partitions: readonly PartitionRecords[],
  ): Promise<void> {
    if (partitions.length > 0) await this.#begin(addOffsetsRequest(this.#owner, this.#groupId))
    const request = txnOffsetCommitRequest(this.#owner, this.#groupId, offset)
    await askUntilDone(this.#connections, this.#options, 'group', this.#groupId, request)
  }

  async #begin(request: ProtocolRequest<void>): Promise<void> {
    await askUntilDone(this.#connections, this.#options, 'transaction', this.#owner.transactionalId, request)
  }

  /** Looks up how many partitions a topic has only where a record leaves the choice to us. */
  async #partitioner(records: readonly NewRecord[]): Promise<(record: NewRecord) => number> {
    const counts = new Map<string, number>()
    for (const { topic, partition } of records) {
      this.#connections.want(topic)
      if (partition !== undefined || counts.has(topic)) continue
      counts.set(topic, (await this.#connections.topic(topic)).leaders.size)
    }
    return record => this.#partitionOf(record, counts.get(record.topic) ?? 1)
  }
}

/** Asks a coordinator again while it says that it did nothing yet. Any other error is the caller's. */
async function askUntilDone<T>(
  connections: SinkConnections,
  { clock }: KafkaOptions,
  kind: CoordinatorKind,
  key: string,
  request: ProtocolRequest<T>,
): Promise<T> {
  const since = clock.elapsed()
  for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, NOT_YET_WAIT_MS_MAX)) {
    try {
      return await (await connections.coordinator(kind, key)).send(request)
    } catch (error) {
      const code = codeOf(error)
      if (code === undefined || !NOT_YET.has(code) || clock.elapsed() - since > NOT_YET_PATIENCE_MS) throw error
      if (code !== CODE.concurrentTransactions) connections.forgetCoordinator(kind, key)
      await clock.sleep(waitMs)
    }
  }
}
