/**
 * All that the rest of the code knows of a log. Two adapters: kafka/ and memory/, held to one contract suite
 * (test/transport/contract.ts). Words are Kafka's. Every promise is in a docstring here, and tested there.
 *
 * A failed call throws one of errors.ts: TransportUnavailableError unless its docstring says otherwise.
 */
import type { LogRecord, NewRecord, TopicPartition } from '../contract/log-record.ts'

export interface Transport {
  /** Names the log for ever; part of every InstanceId. Known after `connect`. */
  readonly clusterId: string
  /** Whether records outlive this process. */
  readonly durable: boolean
  /** One try to reach the log. */
  connect(): Promise<void>
  readonly admin: LogAdmin
  /** Joins at once and keeps rejoining by itself until `leave`. */
  joinGroup(options: GroupOptions): GroupMembership
  /** A reader of its own connections, so that its long polls hold up nobody else. `name` shows in client ids. */
  openReader(name: string, readAhead?: ReadAhead): LogReader
  openAppender(name: string): Appender
  /**
   * Takes the transactional id for us: from here on no older owner of it can commit, and a transaction that
   * one left open is aborted.
   */
  fence(options: SinkOptions): Promise<TransactionalSink>
  /**
   * Every committed record from the start of a partition to its last stable offset, as it is after compaction
   * or before it, in order, in chunks. Resolves with the offset at which it stopped; rejects when `signal` aborts.
   */
  readToEnd(
    partition: TopicPartition,
    onRecords: (records: readonly LogRecord[]) => void,
    signal: AbortSignal,
  ): Promise<number>
  close(): Promise<void>
}

export interface LogAdmin {
  brokerCount(): Promise<number>
  /** `undefined` for a topic that does not exist. */
  describeTopics(names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription | undefined>>
  /** A topic that somebody else has made meanwhile is not an error. */
  createTopics(topics: readonly TopicSpec[]): Promise<void>
  /** First and next offset of each partition, by partition number. */
  offsets(topic: string): Promise<readonly OffsetRange[]>
  /** What a group committed for each, asked without being a member; `undefined` where there is none. */
  committed(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly (CommittedOffset | undefined)[]>
  /** The records below `before` may go. */
  deleteRecords(partition: TopicPartition, before: number): Promise<void>
}

export interface OffsetRange {
  readonly earliest: number
  readonly end: number
}

export interface CommittedOffset {
  readonly next: number
  /** What its member wrote beside it; empty where it wrote nothing. */
  readonly note: string
}

export interface TopicDescription {
  /** Another one for a topic that was deleted and made again under its old name. */
  readonly id: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly cleanupPolicy: string
  readonly recordBytesMax: number
}

export interface TopicSpec {
  readonly topic: string
  readonly partitions: number
  readonly replicationFactor: number
  readonly config: Readonly<Record<string, string>>
}

/**
 * A group that only elects: it tells which partitions are ours and reads nothing itself.
 * The assignment is sticky: a partition moves only when it must.
 */
export interface GroupOptions {
  readonly groupId: string
  readonly topics: readonly string[]
  /**
   * The whole of what is ours from now on. Called again only with a changed or confirmed assignment (a newer
   * generation); while a rebalance goes on, or the group cannot be reached, the last one stands.
   */
  readonly onAssigned: (assignment: Assignment) => void
}

export interface Assignment {
  /** Grows with each assignment. */
  readonly generation: number
  readonly partitions: readonly TopicPartition[]
}

export interface Member {
  /** `REPLICA_NAME` */
  readonly name: string
  readonly advertisedUrl: string
  readonly partitions: readonly TopicPartition[]
}

export interface NextOffset extends TopicPartition {
  readonly next: number
  /** For whoever reads the offset (LogAdmin.committed); a few hundred characters at most. */
  readonly note?: string
}

export interface GroupMembership {
  /** Epoch milliseconds of the last answer to a heartbeat or join; 0 before the first. */
  readonly lastHeartbeatAt: number
  /** The offset that the group committed for each; `undefined` where there is none. */
  committed(partitions: readonly TopicPartition[]): Promise<readonly (number | undefined)[]>
  /** Commits next offsets as a member of the present generation. Refused for a member that was replaced. */
  commit(offsets: readonly NextOffset[]): Promise<void>
  members(): Promise<readonly Member[]>
  /**
   * Leaves at once, so that others take over without waiting for a session to run out. Never fails: whom it could not
   * tell finds out by the session.
   */
  leave(): Promise<void>
}

/** How far each feed of a reader may fetch ahead of its taker; by default 1,000 records or 4 MiB. */
export interface ReadAhead {
  readonly recordsMax: number
  /** One poll may overshoot it by as much again, and by a batch that is larger. */
  readonly bytesMax: number
  /** A poll may wait a moment until so many bytes have come; by default it is answered with the first. */
  readonly pollBytesMin?: number
}

/**
 * Whether a record is to be given at all, by the bytes of its value, from `start` to before `end`: what it turns down
 * is passed over before anything else of the record is read. Called for each record, once or more; must not throw.
 */
export type Sieve = (bytes: Buffer, start: number, end: number) => boolean

/** Long-polls all its open feeds together, committed records only. */
export interface LogReader {
  /** `keep` is not asked about a record without a value: that one is given. */
  open(partition: TopicPartition, from: number, keep?: Sieve): PartitionFeed
  close(): Promise<void>
}

/**
 * The records of one partition from an offset on, fetched ahead into a bounded queue; at the bound the partition
 * is not polled until there is room again. Broker errors are absorbed: the feed waits and goes on where it was.
 */
export interface PartitionFeed {
  /** Up to `max` records, in order; empty when none wait. */
  take(max: number): readonly LogRecord[]
  /**
   * Resolves when records wait or the feed is closed.
   * @throws OffsetOutOfRangeError the position is not in the log; the feed is then closed.
   */
  ready(): Promise<void>
  /** Offset after the last record in the log, as far as known: what is left is the lag. */
  readonly end: number
  /** Offset of the next record that `take` may give. */
  readonly position: number
  /** How many records the sieve has turned down so far. `ready` does not resolve for them; `position` moves past. */
  readonly passedOver: number
  close(): void
}

/** At least once, never idempotent, acknowledged by all in-sync replicas. */
export interface Appender {
  /**
   * Appends records with explicit partitions, each partition's in the order given. When it throws, any of them may
   * have been written: the caller starts again from the first, or stops.
   * @throws RecordTooLargeError
   */
  append(records: readonly (NewRecord & { readonly partition: number })[]): Promise<void>
  close(): Promise<void>
}

export interface SinkOptions {
  readonly transactionalId: string
  /** The consumer group whose offset moves in the transaction. */
  readonly groupId: string
}

/** One owner's right to write a shard's transactions. */
export interface TransactionalSink {
  /**
   * Writes `records` and moves the group's offset, all together or not at all; records of one partition keep
   * their order. After any throw the sink is dead and must be closed: only a new fence tells what happened.
   * @throws ShardFencedError, CommitUnknownError, RecordTooLargeError
   */
  commit(records: readonly NewRecord[], offset: TopicPartition & { readonly next: number }): Promise<void>
  /** Aborts nothing, waits for nothing: the next owner's fence ends what is open. */
  close(): Promise<void>
}
