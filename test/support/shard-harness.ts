/**
 * Real shards on the memory log, under a clock that the test holds. Commands go the way that they go in the service:
 * onto the public topic, then through routing and forwarding to `shard-commands`; what is read back is what a
 * reader of the public topics sees. Instances are called #1, #2, … in the order in which they are announced.
 */

import type { Random } from '../../src/clock.ts'
import { type GameTopic, gameOriginTopic } from '../../src/contract/game-events.ts'
import type { InstanceId } from '../../src/contract/ids.ts'
import type { Header, Headers, LogRecord } from '../../src/contract/log-record.ts'
import { eventRouteOf, routeOf } from '../../src/contract/routing.ts'
import { forward, forwardOversized } from '../../src/contract/shard-command.ts'
import { type Tenant, tenantHeaders } from '../../src/contract/tenant.ts'
import type { Neighbours } from '../../src/outbox/outbox.ts'
import type { Intercept } from '../../src/transport/memory/fault-gate.ts'
import { createMemoryLog, type MemoryLog } from '../../src/transport/memory/memory-log.ts'
import { createMemoryTransport } from '../../src/transport/memory/memory-transport.ts'
import type { Appender } from '../../src/transport/port.ts'
import { ManualClock } from './manual-clock.ts'
import { openReplica, type Replica, type ReplicaOptions } from './replica.ts'
import { TENANT } from './tenants.ts'

export const TOPICS = {
  commands: 'commands',
  statusEvents: 'status',
  characterCommands: 'characters',
  deadLetters: 'dead-letters',
} as const
/** Where no test says otherwise, they are there. */
export const NEIGHBOUR_TOPICS = { reactor: 'reactors', systemMessage: 'system-messages', map: 'maps' } as const
export const GAME_TOPICS = { character: 'character-events', monster: 'monster-events' } as const
export const allThere: Neighbours = {
  topicOf: destination => NEIGHBOUR_TOPICS[destination],
  isThere: () => true,
  dropped: () => {},
}
export const INTERNAL = { shardCommands: 'pq.shard-commands', shardState: 'pq.shard-state' } as const

const NAMES = { topics: TOPICS, gameTopics: GAME_TOPICS, internal: INTERNAL, groupId: 'pq.shards' } as const

export interface HarnessOptions extends ReplicaOptions {
  readonly shards?: number
  readonly deadLetterBytesMax?: number
}

export interface SendOptions {
  readonly tenant?: Tenant
  /** Behind the tenant's. */
  readonly headers?: Headers
  readonly worldId?: number
  readonly channelId?: number
}

export interface RegisterOptions extends SendOptions {
  readonly questId?: string
  readonly partyId?: number
  readonly mapId?: number
}

/** What became visible since one looked last. */
export interface Seen {
  /** `#1 STARTED {"stageIndex":0,"mapIds":[100]}` */
  readonly events: readonly string[]
  /** `1001 to 100 in #1` */
  readonly warps: readonly string[]
  /** Codes. */
  readonly refused: readonly string[]
}

export class ShardHarness {
  readonly clock = new ManualClock()
  readonly log: MemoryLog
  readonly #options: HarnessOptions
  readonly #appender: Appender
  readonly #ids: string[] = []
  readonly #read = new Map<string, number>()
  readonly #replicas = new Set<Replica>()
  #intercept: Intercept = () => {}
  #spans = 0
  #named = 0

  private constructor(options: HarnessOptions) {
    this.#options = options
    this.log = createMemoryLog({
      clock: this.clock,
      clusterId: 'test-cluster',
      intercept: call => this.#intercept(call),
    })
    const { shards = 1, deadLetterBytesMax = 1_048_588 } = options
    const topic = (name: string, partitions: number, config: Record<string, string> = {}) => ({
      topic: name,
      partitions,
      replicationFactor: 1,
      config,
    })
    this.log.createTopics([
      topic(TOPICS.commands, 2),
      topic(TOPICS.statusEvents, 1),
      topic(TOPICS.characterCommands, 1),
      ...Object.values({ ...NEIGHBOUR_TOPICS, ...GAME_TOPICS }).map(name => topic(name, 1)),
      topic(TOPICS.deadLetters, 1, { 'max.message.bytes': String(deadLetterBytesMax) }),
      topic(INTERNAL.shardCommands, shards, { 'retention.ms': '-1', 'max.message.bytes': '100000000' }),
      topic(INTERNAL.shardState, shards, { 'cleanup.policy': 'compact', 'max.message.bytes': '100000000' }),
    ])
    this.#appender = createMemoryTransport(this.log, { name: 'sender', advertisedUrl: '' }).openAppender('sender')
  }

  /** With one replica that runs every shard, unless the test brings its own. */
  static async start(options: HarnessOptions = {}): Promise<ShardHarness> {
    const harness = new ShardHarness(options)
    await harness.takeOver()
    return harness
  }

  static withoutReplica(options: HarnessOptions = {}): ShardHarness {
    return new ShardHarness(options)
  }

  /** A new replica, with all shards assigned to it; options on top of the harness's own. */
  async takeOver(options: ReplicaOptions = {}): Promise<Replica> {
    const replica = this.#replica({ ...this.#options, ...options })
    const { shards = 1 } = this.#options
    replica.shards.assign(Array.from({ length: shards }, (_, shard) => shard))
    await this.clock.settle()
    return replica
  }

  /** Stops every replica as a deploy does, then starts a new one. */
  async restart(options: ReplicaOptions = {}): Promise<Replica> {
    await this.stop()
    return await this.takeOver(options)
  }

  async stop(): Promise<void> {
    for (const replica of this.#replicas) await replica.shards.close()
    this.#replicas.clear()
  }

  /** Called around every call to the log, until the next `intercept`. */
  intercept(intercept: Intercept): void {
    this.#intercept = intercept
  }

  /** Loses the answer of the next commit: it took effect, and its owner cannot know. */
  loseNextCommitAnswer(error: Error, phase: 'before' | 'after' = 'after'): void {
    this.intercept(call => {
      if (call.operation !== 'sink.end' || call.phase !== phase) return
      this.intercept(() => {})
      throw error
    })
  }

  // -- in

  async register(characterId: number, options: RegisterOptions = {}): Promise<LogRecord> {
    const { questId = 'mill_pq', partyId = 0, channelId = 1, mapId = 0, worldId = 0 } = options
    const body = { questId, partyId, channelId, mapId }
    return await this.send(JSON.stringify({ worldId, characterId, type: 'REGISTER', body }), options)
  }

  /** `instance`: the number behind the #, or an id. */
  async command(type: string, instance: number | InstanceId, body: object = {}, options: SendOptions = {}) {
    const instanceId = typeof instance === 'number' ? this.id(instance) : instance
    return await this.send(
      JSON.stringify({ worldId: 0, characterId: 1001, type, body: { instanceId, ...body } }),
      options,
    )
  }

  async send(value: string | Buffer, { tenant = TENANT, headers = [] }: SendOptions = {}): Promise<LogRecord> {
    const record = await this.publish(value, [...tenantHeaders(tenant), ...headers])
    await this.forward(record)
    return record
  }

  /** Onto the public topic only. */
  async publish(value: string | Buffer | null, headers: Headers, key: Buffer | null = null): Promise<LogRecord> {
    const place = { topic: TOPICS.commands, partition: 0 }
    const bytes = typeof value === 'string' ? Buffer.from(value) : value
    await this.#appender.append([{ ...place, key, value: bytes, headers }])
    const record = this.records(TOPICS.commands).at(-1)
    if (record === undefined) throw new Error('what was published is not there')
    return record
  }

  /** To its shard, once more if it was forwarded before. */
  async forward(...records: readonly LogRecord[]): Promise<void> {
    const { shards = 1 } = this.#options
    const routed = records.flatMap(record => {
      const route = routeOf(record, shards)
      if (route.kind !== 'every-shard')
        return forward(record, route.kind === 'shard' ? route.shard : 0, INTERNAL.shardCommands)
      return Array.from({ length: shards }, (_, shard) => forward(record, shard, INTERNAL.shardCommands))
    })
    await this.#appender.append(routed)
    await this.clock.settle()
  }

  /** What the game tells, on its topic and to the shard that it concerns; nothing where that is none. */
  async tell(
    game: GameTopic,
    event: object,
    { tenant = TENANT }: Pick<SendOptions, 'tenant'> = {},
  ): Promise<LogRecord> {
    const { shards = 1 } = this.#options
    const topic = GAME_TOPICS[game]
    const value = Buffer.from(JSON.stringify(event))
    await this.#appender.append([{ topic, partition: 0, key: null, value, headers: tenantHeaders(tenant) }])
    const record = this.records(topic).at(-1)
    if (record === undefined) throw new Error('what was told is not there')
    const route = eventRouteOf(game, record, shards)
    if (route.kind === 'shard') {
      const from = { ...record, topic: gameOriginTopic(topic, 'id-of-the-topic') }
      await this.#appender.append([forward(from, route.shard, INTERNAL.shardCommands)])
    }
    await this.clock.settle()
    return record
  }

  /** As the ingress sends what does not fit. */
  async forwardOversized(record: LogRecord): Promise<void> {
    await this.#appender.append([forwardOversized(record, 0, INTERNAL.shardCommands)])
    await this.clock.settle()
  }

  // -- out

  seen(): Seen {
    return {
      events: this.#unread(TOPICS.statusEvents).map(record => this.#eventLine(record)),
      warps: this.#unread(TOPICS.characterCommands).flatMap(record => this.#warpLines(record)),
      refused: this.#unread(TOPICS.deadLetters).map(({ headers }) => textOf(headers, 'error-code')),
    }
  }

  /** Every committed record of partition 0. */
  records(topic: string, partition = 0): readonly LogRecord[] {
    const log = this.log.partition({ topic, partition })
    return log.read(log.earliest, Number.POSITIVE_INFINITY).records
  }

  deadLetters(): readonly LogRecord[] {
    return this.records(TOPICS.deadLetters)
  }

  /** The keys that a restoring shard finds, with their values. */
  state(shard = 0): ReadonlyMap<string, string> {
    const latest = new Map<string, string>()
    for (const { key, value } of this.records(INTERNAL.shardState, shard)) {
      const name = key?.toString() ?? ''
      if (value === null) latest.delete(name)
      else latest.set(name, value.toString())
    }
    return latest
  }

  /** Kinds of the state's records: `instance`, `definition`, … */
  stateKinds(): readonly string[] {
    return [...this.state().keys()].map(key => key.replace(/\/.*/s, '')).sort()
  }

  /** Writes a state record past every owner, as a bug or another release would. */
  async plantState(key: string, value: string | null, shard = 0): Promise<void> {
    const bytes = value === null ? null : Buffer.from(value)
    const headers: Headers = []
    await this.#appender.append([
      { topic: INTERNAL.shardState, partition: shard, key: Buffer.from(key), value: bytes, headers },
    ])
  }

  id(number: number): InstanceId {
    const id = this.#ids[number - 1]
    if (id === undefined) throw new Error(`no instance #${number} was seen yet: call seen() first`)
    return id as InstanceId
  }

  #unread(topic: string): readonly LogRecord[] {
    const from = this.#read.get(topic) ?? 0
    const unread = this.records(topic).filter(({ offset }) => offset >= from)
    this.#read.set(topic, (unread.at(-1)?.offset ?? from - 1) + 1)
    return unread
  }

  #eventLine({ value }: LogRecord): string {
    const { instanceId, type, body } = JSON.parse(value?.toString() ?? '')
    return `${this.#name(instanceId)} ${type} ${JSON.stringify(body).replaceAll(instanceId, this.#name(instanceId))}`
  }

  #warpLines({ value }: LogRecord): readonly string[] {
    const { characterId, type, body } = JSON.parse(value?.toString() ?? '')
    return type === 'CHANGE_MAP' ? [`${characterId} to ${body.mapId} in ${this.#name(body.instance)}`] : []
  }

  #name(id: string): string {
    if (/^[0-]+$/.test(id)) return 'nil'
    if (!this.#ids.includes(id)) this.#ids.push(id)
    return `#${this.#ids.indexOf(id) + 1}`
  }

  // -- a replica

  #replica(options: ReplicaOptions): Replica {
    const name = `replica-${++this.#named}`
    const { clock, log } = this
    const given = { neighbours: allThere, ...options }
    const place = { name, clock, log, random: this.#random(), names: NAMES }
    const replica = openReplica(given, { ...place, onKill: () => this.#replicas.delete(replica) })
    this.#replicas.add(replica)
    return replica
  }

  /** No back-off is drawn out, and the spans are counted: 1, 2, 3, … */
  #random(): Random {
    return {
      fraction: () => 0.5,
      bytes: count => {
        const bytes = Buffer.alloc(count)
        bytes.writeUInt32BE(++this.#spans, count - 4)
        return bytes
      },
    }
  }
}

export function textOf(headers: Headers, name: string): string {
  return headers.find(([header]: Header) => header === name)?.[1]?.toString() ?? ''
}
