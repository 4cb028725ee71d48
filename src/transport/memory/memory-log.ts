/**
 * The whole log of a process without brokers: topics, groups, transactional ids, shared by any number of replicas.
 * Bounded: topics keep at most `retainedRecordsMax` records a partition and drop the oldest, but a compacted topic
 * compacts itself, and one with `retention.ms` -1 shrinks by deleteRecords only. Owns the faults that a test asks for.
 */
import type { Clock } from '../../clock.ts'
import { type NewRecord, partitionName, type TopicPartition } from '../../contract/log-record.ts'
import { RecordTooLargeError, TransportUnavailableError } from '../../errors.ts'
import type { Partitioner } from '../partitioner.ts'
import type { TopicDescription, TopicSpec } from '../port.ts'
import { FaultGate, type Intercept } from './fault-gate.ts'
import { MemoryGroup } from './memory-group.ts'
import { PartitionLog } from './partition-log.ts'
import { copyRecord, type RecordBytes, recordSize } from './record-bytes.ts'
import { type PlacedRecords, TransactionLog } from './transaction-log.ts'

export interface MemoryLogOptions {
  readonly clock: Clock
  readonly clusterId: string
  /** Records (and transaction markers) kept in each partition of a topic with finite retention. */
  readonly retainedRecordsMax?: number
  /** How long a disconnected replica stays a member of its groups. */
  readonly sessionTimeoutMs?: number
  /** Called around every call of every replica. */
  readonly intercept?: Intercept
}

const RETAINED_RECORDS_MAX = 100_000
const SESSION_TIMEOUT_MS = 6_000
/** The brokers' default of `max.message.bytes`. */
const RECORD_BYTES_MAX = 1_048_588

interface Topic {
  readonly description: TopicDescription
  readonly limits: { readonly compacted: boolean; readonly retainedRecordsMax: number }
  readonly partitions: readonly PartitionLog[]
}

export class MemoryLog {
  readonly clusterId: string
  readonly clock: Clock
  readonly gate: FaultGate
  readonly transactions = new TransactionLog()
  readonly #retainedRecordsMax: number
  readonly #sessionTimeoutMs: number
  readonly #topics = new Map<string, Topic>()
  readonly #groups = new Map<string, MemoryGroup>()
  readonly #topicWatchers = new Set<() => void>()
  /** Ended by `reconnect`: what waits for the end of a disconnected replica's session. */
  readonly #sessions = new Map<string, AbortController>()
  #joins = 0
  #topicsMade = 0

  constructor(options: MemoryLogOptions) {
    this.clusterId = options.clusterId
    this.clock = options.clock
    this.gate = new FaultGate(options.clock, options.intercept)
    this.#retainedRecordsMax = options.retainedRecordsMax ?? RETAINED_RECORDS_MAX
    this.#sessionTimeoutMs = options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS
  }

  /** Every call of that replica fails with TransportUnavailableError; after its session its groups go on without it. */
  disconnect(replica: string): void {
    if (this.gate.cutSince(replica) !== undefined) return
    this.gate.cut(replica)
    const session = new AbortController()
    this.#sessions.set(replica, session)
    void this.clock.sleep(this.#sessionTimeoutMs, session.signal).then(() => {
      if (!session.signal.aborted) this.expireMember(replica)
    })
  }

  reconnect(replica: string): void {
    this.gate.mend(replica)
    this.#sessions.get(replica)?.abort()
    this.#sessions.delete(replica)
    for (const group of this.#groups.values()) group.tellAgain(replica)
  }

  /** Its groups go on without that replica at once, as if its session had run out; it joins again when it can. */
  expireMember(replica: string): void {
    for (const group of this.#groups.values()) {
      for (const { member } of group.membersNamed(replica)) group.remove(member.id, 'expired')
    }
  }

  /** As the broker does when a transaction's time is up: aborts it and fences its owner. */
  expireTransaction(transactionalId: string): void {
    this.transactions.fence(transactionalId)
  }

  /** Compacts every partition of the topic now. */
  compact(topic: string): void {
    for (const partition of this.partitions(topic)) partition.compact()
  }

  /** For a member that went without the group's knowing. */
  expireAfterSession(group: MemoryGroup, memberId: string): void {
    void this.clock.sleep(this.#sessionTimeoutMs).then(() => group.remove(memberId, 'expired'))
  }

  memberId(replica: string): string {
    this.#joins += 1
    return `${replica}-${this.#joins}`
  }

  group(groupId: string): MemoryGroup {
    let group = this.#groups.get(groupId)
    if (!group) {
      group = new MemoryGroup(groupId, topics => this.#partitionsOf(topics))
      this.#groups.set(groupId, group)
    }
    return group
  }

  describe(topic: string): TopicDescription | undefined {
    return this.#topics.get(topic)?.description
  }

  createTopics(specs: readonly TopicSpec[]): void {
    const made = specs.filter(spec => !this.#topics.has(spec.topic))
    for (const spec of made) this.#topics.set(spec.topic, this.#topic(spec))
    const names = new Set(made.map(spec => spec.topic))
    for (const group of this.#groups.values()) if (group.wantsAny(names)) group.rebalance()
    if (made.length > 0) for (const onChange of [...this.#topicWatchers]) onChange()
  }

  /** With its records, and the offsets that groups committed for it, as on a broker. */
  deleteTopic(topic: string): void {
    const partitions = this.#partitionsOf([topic])
    this.#topics.delete(topic)
    for (const group of this.#groups.values()) group.forgetOffsets(partitions)
  }

  /** As an operator does on a running broker. */
  addPartitions(topic: string, count: number): void {
    const { partitions, limits, description } = this.#existing(topic)
    const first = partitions.length
    const added = Array.from({ length: count }, (_, at) => new PartitionLog({ topic, partition: first + at }, limits))
    const all = [...partitions, ...added]
    this.#topics.set(topic, { limits, partitions: all, description: { ...description, partitions: all.length } })
    for (const group of this.#groups.values()) if (group.wantsAny(new Set([topic]))) group.rebalance()
  }

  /** Calls back after topics were made, until the function that it returns is called. */
  watchTopics(onChange: () => void): () => void {
    this.#topicWatchers.add(onChange)
    return () => this.#topicWatchers.delete(onChange)
  }

  /** @throws TransportUnavailableError there is no such topic. */
  partitions(topic: string): readonly PartitionLog[] {
    return this.#existing(topic).partitions
  }

  /** @throws TransportUnavailableError there is no such partition. */
  partition(place: TopicPartition): PartitionLog {
    return partitionOf(this.#existing(place.topic), place)
  }

  /**
   * Copies records and finds where they go; writes nothing.
   * @throws RecordTooLargeError, TransportUnavailableError
   */
  place(records: readonly NewRecord[], partitioner: Partitioner): PlacedRecords {
    const placed = new Map<PartitionLog, RecordBytes[]>()
    for (const record of records) {
      const { topic } = record
      const existing = this.#existing(topic)
      refuseUnfit(record, existing)
      const partition = partitionOf(existing, { topic, partition: partitioner(record, existing.partitions.length) })
      const bytes = copyRecord(record, existing.limits.compacted)
      const beside = placed.get(partition)
      if (beside) beside.push(bytes)
      else placed.set(partition, [bytes])
    }
    return placed
  }

  #existing(topic: string): Topic {
    const found = this.#topics.get(topic)
    if (!found) throw new TransportUnavailableError(`topic ${topic} is not in the memory log: create it first`)
    return found
  }

  #topic({ topic, partitions, replicationFactor, config }: TopicSpec): Topic {
    const cleanupPolicy = config['cleanup.policy'] ?? 'delete'
    const retainedRecordsMax = config['retention.ms'] === '-1' ? Number.POSITIVE_INFINITY : this.#retainedRecordsMax
    const compacted = cleanupPolicy.includes('compact')
    const limits = { compacted, retainedRecordsMax }
    const recordBytesMax = Number(config['max.message.bytes'] ?? RECORD_BYTES_MAX)
    this.#topicsMade += 1
    return {
      description: { id: `topic-${this.#topicsMade}`, partitions, replicationFactor, cleanupPolicy, recordBytesMax },
      limits,
      partitions: Array.from({ length: partitions }, (_, partition) => new PartitionLog({ topic, partition }, limits)),
    }
  }

  #partitionsOf(topics: readonly string[]): readonly TopicPartition[] {
    return topics.flatMap(topic =>
      (this.#topics.get(topic)?.partitions ?? []).map((_, partition) => ({ topic, partition })),
    )
  }
}

/** A log of its own; replicas share it through `createMemoryTransport`. */
export function createMemoryLog(options: MemoryLogOptions): MemoryLog {
  return new MemoryLog(options)
}

function partitionOf({ partitions }: Topic, place: TopicPartition): PartitionLog {
  const found = partitions[place.partition]
  if (!found) {
    throw new TransportUnavailableError(
      `partition ${partitionName(place)} is not in the memory log: ${place.topic} has ${partitions.length}`,
    )
  }
  return found
}

function refuseUnfit(record: NewRecord, { description: { recordBytesMax }, limits: { compacted } }: Topic): void {
  const { topic, key } = record
  const size = recordSize(record)
  if (size > recordBytesMax) {
    throw new RecordTooLargeError(
      topic,
      `a record of ${size} bytes is too large for ${topic}, which takes ${recordBytesMax}: raise its max.message.bytes`,
    )
  }
  if (compacted && key === null) {
    throw new TransportUnavailableError(`a record without a key for ${topic}, which is compacted: give it one`)
  }
}
