/**
 * The port on a Kafka cluster, put together: connections apart for whoever must not wait for another's long poll, and
 * everything closed with it. A broker answers one request a connection at a time.
 */
import type { LogRecord, TopicPartition } from '../../contract/log-record.ts'
import { InvariantError, TransportUnavailableError } from '../../errors.ts'
import type {
  Appender,
  GroupMembership,
  GroupOptions,
  LogAdmin,
  LogReader,
  ReadAhead,
  SinkOptions,
  TransactionalSink,
  Transport,
} from '../port.ts'
import { KafkaAdmin } from './admin.ts'
import { KafkaAppender } from './appender.ts'
import { translate } from './broker-errors.ts'
import { Connections } from './connections.ts'
import { KafkaGroup } from './group.ts'
import type { KafkaOptions } from './kafka-options.ts'
import { Reader } from './reader.ts'
import { readToEnd } from './state-reader.ts'
import { fence } from './transaction.ts'
import { checkWire } from './wire.ts'

/** Connections to each broker that the sinks share: so many transactions proceed beside each other. */
const SINK_LANES = 4

/** Opens nothing yet. @throws ConfigError kafkajs is not the version that we know. */
export function createKafkaTransport(options: KafkaOptions): Transport {
  checkWire()
  return new KafkaTransport(options)
}

class KafkaTransport implements Transport {
  readonly durable = true
  readonly admin: LogAdmin
  readonly #options: KafkaOptions
  readonly #adminConnections: Connections
  readonly #stateConnections: Connections
  readonly #sinkLanes: readonly Connections[]
  readonly #connections = new Set<Connections>()
  readonly #groups = new Set<KafkaGroup>()
  readonly #readers = new Set<Reader>()
  readonly #joinedBefore = new Set<string>()
  readonly #closing = new AbortController()
  #clusterId: string | undefined
  #nextLane = 0

  constructor(options: KafkaOptions) {
    this.#options = options
    this.#adminConnections = this.#connectionsFor('admin')
    this.#stateConnections = this.#connectionsFor('state')
    this.#sinkLanes = Array.from({ length: SINK_LANES }, (_, lane) => this.#connectionsFor(`sink-${lane}`))
    this.admin = new KafkaAdmin(this.#adminConnections, options)
  }

  get clusterId(): string {
    if (this.#clusterId === undefined) throw new InvariantError('the cluster id is known after connect()')
    return this.#clusterId
  }

  async connect(): Promise<void> {
    this.#refuseClosed()
    try {
      this.#clusterId = (await this.#adminConnections.refresh()).clusterId
    } catch (error) {
      throw this.#translated('connecting', error)
    }
  }

  joinGroup(group: GroupOptions): GroupMembership {
    this.#refuseClosed()
    const first = !this.#joinedBefore.has(group.groupId)
    this.#joinedBefore.add(group.groupId)
    // The group knows its members by client id, and the dead of our own name by this one.
    const connections = { membership: this.#connectionsFor(), requests: this.#adminConnections }
    const membership = new KafkaGroup(connections, this.#options, group, first)
    this.#groups.add(membership)
    return membership
  }

  openReader(name: string, readAhead?: ReadAhead): LogReader {
    this.#refuseClosed()
    const connections = this.#connectionsFor(`reader-${name}`)
    const reader = new Reader(connections, this.#options, () => this.#readers.delete(reader), readAhead)
    this.#readers.add(reader)
    return reader
  }

  openAppender(name: string): Appender {
    this.#refuseClosed()
    return new KafkaAppender(this.#connectionsFor(`appender-${name}`), this.#options)
  }

  async fence(sink: SinkOptions): Promise<TransactionalSink> {
    this.#nextLane = (this.#nextLane + 1) % SINK_LANES
    return fence(this.#sinkLanes[this.#nextLane] ?? this.#adminConnections, this.#options, sink)
  }

  async readToEnd(
    partition: TopicPartition,
    onRecords: (records: readonly LogRecord[]) => void,
    signal: AbortSignal,
  ): Promise<number> {
    const either = AbortSignal.any([signal, this.#closing.signal])
    try {
      return await readToEnd(this.#stateConnections, this.#options, partition, onRecords, either)
    } catch (error) {
      if (signal.aborted) throw error
      this.#refuseClosed()
      throw this.#translated(`reading ${partition.topic}/${partition.partition} to its end`, error)
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    for (const reader of this.#readers) await reader.close()
    await Promise.all([...this.#groups].map(group => group.leave()))
    for (const connections of this.#connections) connections.close()
  }

  #refuseClosed(): void {
    if (!this.#closing.signal.aborted) return
    throw new TransportUnavailableError(`the transport of ${this.#options.clientId} is closed: open a new one`)
  }

  #connectionsFor(purpose?: string): Connections {
    const { clientId } = this.#options
    const name = purpose === undefined ? clientId : `${clientId}-${purpose}`
    const connections = new Connections(this.#options, name, () => this.#connections.delete(connections))
    this.#connections.add(connections)
    return connections
  }

  #translated(doing: string, error: unknown): Error {
    return translate(error, { doing, brokers: this.#options.bootstrapServers })
  }
}
