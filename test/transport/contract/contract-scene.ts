/**
 * What every part of the contract suite stands on: replicas that are closed behind each test, topics of its own for
 * each, and the few verbs in which givens and thens are written. Asserts nothing but that things arrive.
 */
import { afterEach, expect } from 'vitest'
import type { LogRecord, NewRecord, TopicPartition } from '../../../src/contract/log-record.ts'
import type { PartitionFeed, Transport } from '../../../src/transport/port.ts'
import { eventually } from '../../support/eventually.ts'

/** An adapter and its log, as the suite needs them. */
export interface ContractLog {
  /** Begins every topic, group and transactional id of the suite. */
  readonly topicPrefix: string
  /** That many connected transports of one log, each with a name that was never used before. */
  replicas(count: number): Promise<ContractReplica[]>
  /** Leaves these records in an open transaction, as an owner does that died before it could commit. */
  leaveOpen(transactionalId: string, records: readonly NewRecord[]): Promise<void>
  /** Compacts the topic, for a log that can be told to. */
  compact?(topic: string): Promise<void>
  close(): Promise<void>
}

export interface ContractReplica {
  readonly name: string
  readonly advertisedUrl: string
  readonly transport: Transport
}

/** For what a group over a network does at its own pace. */
export const GROUP_LIMIT_MS = 30_000
export const GROUP_TEST_MS = 90_000

export class ContractScene {
  #log: ContractLog | undefined
  #replicas: ContractReplica[] = []
  #names = 0

  open(log: ContractLog): void {
    this.#log = log
  }

  async close(): Promise<void> {
    await this.#log?.close()
  }

  get log(): ContractLog {
    if (!this.#log) throw new Error('the scene is not open yet: use it inside a test')
    return this.#log
  }

  /** To be called once in each describe. */
  closeReplicasAfterEach(): void {
    afterEach(async () => {
      const replicas = this.#replicas
      this.#replicas = []
      await Promise.all(replicas.map(({ transport }) => transport.close()))
    })
  }

  async replicas(count: number): Promise<ContractReplica[]> {
    const replicas = await this.log.replicas(count)
    this.#replicas.push(...replicas)
    return replicas
  }

  async transport(): Promise<Transport> {
    const [replica] = await this.replicas(1)
    if (!replica) throw new Error('replicas(1) gave none')
    return replica.transport
  }

  async twoTransports(): Promise<[Transport, Transport]> {
    return [await this.transport(), await this.transport()]
  }

  name(word: string): string {
    this.#names += 1
    return `${this.log.topicPrefix}-${this.#names}-${word}`
  }

  /** A new topic, known to the brokers when this resolves. */
  async topic(transport: Transport, partitions = 1, config: Readonly<Record<string, string>> = {}): Promise<string> {
    const topic = this.name('topic')
    await transport.admin.createTopics([{ topic, partitions, replicationFactor: 1, config }])
    await eventually(async () => (await transport.admin.offsets(topic)).length === partitions)
    return topic
  }
}

export function newRecord(
  topic: string,
  value: string | Buffer,
  more: Partial<NewRecord> = {},
): NewRecord & { readonly partition: number } {
  return { topic, partition: 0, key: null, value: Buffer.from(value), headers: [], ...more }
}

export function texts(records: readonly LogRecord[]): (string | undefined)[] {
  return records.map(record => record.value?.toString())
}

/** Takes until that many records have come; fails when more or fewer do. */
export async function takeExactly(feed: PartitionFeed, count: number): Promise<LogRecord[]> {
  const taken: LogRecord[] = []
  await eventually(
    () => {
      taken.push(...feed.take(1_000))
      return taken.length >= count
    },
    { limitMs: 15_000 },
  )
  expect(taken).toHaveLength(count)
  return taken
}

/** Reads that many records of one partition with a reader of its own. */
export async function read(transport: Transport, place: TopicPartition, count: number, from = 0): Promise<LogRecord[]> {
  const reader = transport.openReader('contract')
  try {
    return await takeExactly(reader.open(place, from), count)
  } finally {
    await reader.close()
  }
}

export interface WholePartition {
  readonly records: LogRecord[]
  readonly stoppedAt: number
}

export async function readWhole(transport: Transport, place: TopicPartition): Promise<WholePartition> {
  const records: LogRecord[] = []
  const collect = (chunk: readonly LogRecord[]) => void records.push(...chunk)
  const stoppedAt = await transport.readToEnd(place, collect, new AbortController().signal)
  return { records, stoppedAt }
}

export async function append(transport: Transport, records: readonly NewRecord[]): Promise<void> {
  const appender = transport.openAppender('contract')
  try {
    await appender.append(records.map(record => ({ ...record, partition: record.partition ?? 0 })))
  } finally {
    await appender.close()
  }
}
