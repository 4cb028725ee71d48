/**
 * Somebody who uses the service by its topics only: sends commands and reads what came out, by Kafka's own Java client.
 * Knows when nothing is left to do from the committed offsets. Judges nothing.
 */
import { randomBytes } from 'node:crypto'
import { type Admin, Kafka, logLevel } from 'kafkajs'
import type { CommandValue } from '../../src/cli/command-value.ts'
import type { Tenant } from '../../src/contract/tenant.ts'
import { eventually } from './eventually.ts'
import {
  type JavaNewRecord,
  type JavaPosition,
  type JavaRecord,
  javaProduce,
  readCommitted,
} from './kafka/independent-client.ts'

const IDLE_LIMIT_MS = 30_000
const IDLE_POLL_MS = 100

export interface PublicTopics {
  readonly commands: string
  readonly status: string
  readonly character: string
  readonly deadLetters: string
}

/** Those of the ecosystem's later version. */
export interface LaterTopics {
  readonly reactor: string
  readonly systemMessage: string
  readonly map: string
  /** Of other services; read by ours. */
  readonly characterStatus: string
  readonly monsterStatus: string
}

/** What the topics hold, committed records only, each partition in order. */
export interface Observed {
  readonly commands: readonly JavaRecord[]
  readonly status: readonly JavaRecord[]
  readonly character: readonly JavaRecord[]
  readonly deadLetters: readonly JavaRecord[]
  /** What was sent to reactors, maps and screens; absent: not looked at. */
  readonly elsewhere?: readonly JavaRecord[]
}

export interface QuestClientOptions {
  readonly bootstrap: string
  readonly topics: PublicTopics
  /** Absent: what goes there is not looked at. */
  readonly later?: LaterTopics
  /** INTERNAL_TOPIC_PREFIX */
  readonly prefix: string
}

type NewHeaders = NonNullable<JavaNewRecord['headers']>

export class QuestClient {
  readonly #options: QuestClientOptions
  readonly #admin: Admin
  #clusterId: string | undefined

  constructor(options: QuestClientOptions) {
    this.#options = options
    const brokers = options.bootstrap.split(',')
    this.#admin = new Kafka({ clientId: 'quest-client', brokers, logLevel: logLevel.NOTHING }).admin()
  }

  async connect(): Promise<void> {
    await this.#admin.connect()
    this.#clusterId = (await this.#admin.describeCluster()).clusterId
  }

  close(): Promise<void> {
    return this.#admin.disconnect()
  }

  get clusterId(): string {
    if (this.#clusterId === undefined) throw new Error('the cluster id is known after connect()')
    return this.#clusterId
  }

  /** Resolves with where they lie, in the order given; records of one partition keep that order. */
  send(records: readonly Omit<JavaNewRecord, 'topic'>[]): Promise<readonly JavaPosition[]> {
    return javaProduce(
      this.#options.bootstrap,
      records.map(record => ({ ...record, topic: this.#options.topics.commands })),
    )
  }

  /** To a topic of another service. */
  sendElsewhere(topic: 'characterStatus' | 'monsterStatus', records: readonly Omit<JavaNewRecord, 'topic'>[]) {
    const name = this.#options.later?.[topic]
    if (name === undefined) throw new Error(`the client was not told of the topic ${topic}`)
    return javaProduce(
      this.#options.bootstrap,
      records.map(record => ({ ...record, topic: name })),
    )
  }

  /** All that there is, commands included. */
  async read(): Promise<Observed> {
    const { bootstrap, topics, later } = this.#options
    const elsewhere = later === undefined ? [] : [later.reactor, later.systemMessage, later.map]
    // The commands last: whatever came out was caused by one that is among them.
    const out = await readCommitted(bootstrap, [topics.status, topics.character, topics.deadLetters, ...elsewhere])
    const commands = await readCommitted(bootstrap, [topics.commands])
    const of = (topic: string) => out.filter(record => record.topic === topic)
    return {
      commands,
      ...{ status: of(topics.status), character: of(topics.character), deadLetters: of(topics.deadLetters) },
      ...(later === undefined ? {} : { elsewhere: elsewhere.flatMap(of) }),
    }
  }

  /** The status events alone. */
  readStatus(): Promise<readonly JavaRecord[]> {
    return readCommitted(this.#options.bootstrap, [this.#options.topics.status])
  }

  /** Records that were accepted and have not had their effect yet, in both hops. */
  async undone(): Promise<number> {
    const { topics, later, prefix } = this.#options
    const hops = [
      { groupId: `${prefix}.ingress`, topic: topics.commands },
      ...(later === undefined
        ? []
        : [
            { groupId: `${prefix}.ingress-character`, topic: later.characterStatus },
            { groupId: `${prefix}.ingress-monster`, topic: later.monsterStatus },
          ]),
      { groupId: `${prefix}.shards`, topic: `${prefix}.shard-commands` },
    ]
    let undone = 0
    for (const { groupId, topic } of hops) {
      const [committed] = await this.#admin.fetchOffsets({ groupId, topics: [topic] })
      const next = new Map(committed?.partitions.map(({ partition, offset }) => [partition, Number(offset)]))
      for (const { partition, low, high } of await this.#admin.fetchTopicOffsets(topic)) {
        undone += Number(high) - Math.max(next.get(partition) ?? 0, Number(low), 0)
      }
    }
    return undone
  }

  /** Resolves when what other services tell is read from now on, in every partition. */
  async untilEventsAreRead(): Promise<void> {
    const { later, prefix } = this.#options
    if (later === undefined) throw new Error('the client was not told of the topics of events')
    for (const [game, topic] of [
      ['character', later.characterStatus] as const,
      ['monster', later.monsterStatus] as const,
    ]) {
      await eventually(
        async () => {
          const [found] = await this.#admin.fetchOffsets({ groupId: `${prefix}.ingress-${game}`, topics: [topic] })
          return found?.partitions.every(({ offset }) => Number(offset) >= 0) === true && found.partitions.length > 0
        },
        { limitMs: IDLE_LIMIT_MS, pollMs: IDLE_POLL_MS },
      )
    }
  }

  /** Resolves when every accepted record has had its effect. */
  async untilIdle(limitMs = IDLE_LIMIT_MS): Promise<void> {
    await eventually(
      async () => {
        const undone = await this.undone()
        if (undone > 0) throw new Error(`${undone} records have had no effect yet`)
        return true
      },
      { limitMs, pollMs: IDLE_POLL_MS },
    )
  }
}

/** The record of a command as another service writes it: JSON, tenant headers, a trace of its own. */
export function commandRecord(command: CommandValue, tenant: Tenant, partition: number): Omit<JavaNewRecord, 'topic'> {
  return {
    partition,
    key: String(command.characterId),
    value: JSON.stringify(command),
    headers: [...tenantHeaderList(tenant), ['traceparent', newTraceparent()]],
  }
}

export function tenantHeaderList({ id, region, majorVersion, minorVersion }: Tenant): NewHeaders {
  return [
    ['TENANT_ID', id],
    ['REGION', region],
    ['MAJOR_VERSION', Buffer.from([majorVersion >> 8, majorVersion & 0xff])],
    ['MINOR_VERSION', Buffer.from([minorVersion >> 8, minorVersion & 0xff])],
  ]
}

export function newTraceparent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`
}
