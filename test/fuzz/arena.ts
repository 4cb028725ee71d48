/**
 * The real thing for bad records: the public command topic, the ingress, four shards, on the memory log. It gives
 * records in, waits until each was dealt with, and reads back what every reader sees. In each shard lives a neighbour
 * that wants nothing but to be served.
 */

import type { TenantId } from '../../src/contract/ids.ts'
import type { Headers, LogRecord } from '../../src/contract/log-record.ts'
import { shardKeyHash, shardOf } from '../../src/contract/shard-key.ts'
import { type Tenant, tenantHeaders } from '../../src/contract/tenant.ts'
import { Ingress } from '../../src/ingress/ingress.ts'
import { commandIntake } from '../../src/ingress/intake.ts'
import { type CommandOutcome, silentTelemetry } from '../../src/telemetry.ts'
import { createMemoryTransport } from '../../src/transport/memory/memory-transport.ts'
import type { Appender } from '../../src/transport/port.ts'
import { quest, stage, TIMED } from '../support/definitions.ts'
import { recordedLog } from '../support/recorded-log.ts'
import type { Replica } from '../support/replica.ts'
import { INTERNAL, ShardHarness, TOPICS } from '../support/shard-harness.ts'

export const SHARDS = 4
/** Everything ends by itself within a minute, so that nothing piles up over a long run. */
const SHORT = { duration: 60 }
const SOLO = { registration: { type: 'individual', mode: 'instant' }, startRequirements: [], ...SHORT }
const PASS = { type: 'item', operator: '>=', value: 1, referenceId: 4001008 }

export const DEFINITIONS = [
  quest({ questId: 'solo_pq', ...SOLO, stages: [stage(0, { clearConditions: [PASS] }), stage(1)] }),
  /** Long enough that a chunk seldom comes to its end. */
  quest({
    questId: 'tower_pq',
    ...SOLO,
    stages: Array.from({ length: 50 }, (_, index) => stage(index, { clearConditions: [PASS] })),
  }),
  quest({ questId: 'mill_pq', ...SHORT }),
  quest({ questId: 'timed_pq', registration: { ...TIMED, duration: 20 }, ...SHORT }),
  quest({
    questId: 'guild_hall_pq',
    registration: { type: 'individual', mode: 'timed', duration: 10, mapId: 1, affinity: 'guild' },
    bonus: { mapId: 500, duration: 5, entry: 'auto' },
    advance: 'automatic',
    ...SHORT,
  }),
]

export interface InRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Headers
}

export interface Out {
  readonly messages: readonly LogRecord[]
  readonly deadLetters: readonly LogRecord[]
}

/** Turns of the event loop, none of which waits for time: far more than any chunk needs. */
const TURNS_MAX = 5_000
const NEIGHBOUR: Tenant = {
  id: '11111111-2222-4333-8444-555555555555' as TenantId,
  region: 'NEIGHBOUR',
  majorVersion: 1,
  minorVersion: 1,
}
const NEIGHBOUR_CHARACTER = 7

export class Arena {
  readonly harness: ShardHarness
  readonly outcomes: Record<CommandOutcome, number>
  readonly #replica: Replica
  readonly #ingress: Ingress
  readonly #appender: Appender
  readonly #fatal: unknown[]
  readonly #read = new Map<string, number>()
  #published = 0

  private constructor(
    harness: ShardHarness,
    replica: Replica,
    ingress: Ingress,
    outcomes: Record<CommandOutcome, number>,
    fatal: unknown[],
  ) {
    this.harness = harness
    this.#replica = replica
    this.#ingress = ingress
    this.outcomes = outcomes
    this.#fatal = fatal
    this.#appender = createMemoryTransport(harness.log, { name: 'sender', advertisedUrl: '' }).openAppender('sender')
  }

  static async open(): Promise<Arena> {
    const outcomes = { applied: 0, refused: 0, skipped: 0, duplicate: 0 }
    const telemetry = {
      ...silentTelemetry,
      commandHandled: (_: string, outcome: CommandOutcome) => {
        outcomes[outcome] += 1
      },
    }
    const harness = ShardHarness.withoutReplica({
      shards: SHARDS,
      definitions: DEFINITIONS,
      rules: { lobbyLimitSeconds: 60 },
      // No original is cut: what comes back is to be compared whole.
      deadLetterBytesMax: 4 << 20,
      telemetry,
    })
    const replica = await harness.takeOver()
    const transport = createMemoryTransport(harness.log, { name: 'ingress', advertisedUrl: '' })
    const fatal: unknown[] = []
    const ingress = new Ingress({
      transport,
      admin: transport.admin,
      intake: commandIntake({ topic: TOPICS.commands, telemetry }),
      groupId: 'pq.ingress',
      shardCommands: INTERNAL.shardCommands,
      shards: SHARDS,
      shardCommandsId: 'first',
      lookAtTopics: async () => {},
      onLost: error => fatal.push(error),
      clock: harness.clock,
      random: { fraction: () => 0.5, bytes: count => Buffer.alloc(count) },
      log: recordedLog(),
      telemetry,
    })
    ingress.start(error => fatal.push(error))
    await harness.clock.settle()
    return new Arena(harness, replica, ingress, outcomes, fatal)
  }

  async close(): Promise<void> {
    await this.#ingress.close()
    await this.harness.stop()
  }

  /** Onto the public topic, then waits until each was dealt with. Resolves with where each was written. */
  async play(records: readonly InRecord[]): Promise<readonly string[]> {
    const ends = [0, 1].map(partition => this.harness.log.partition({ topic: TOPICS.commands, partition }).end)
    const placed = records.map((record, index) => ({ topic: TOPICS.commands, partition: index % 2, ...record }))
    await this.#appender.append(placed)
    this.#published += records.length
    await this.#settled()
    return placed.map(({ partition }, index) => placeOf(partition, (ends[partition] ?? 0) + Math.floor(index / 2)))
  }

  /** What became visible since the last look. */
  out(): Out {
    const deadLetters = this.#unread(TOPICS.deadLetters)
    return { messages: [...this.#unread(TOPICS.statusEvents), ...this.#unread(TOPICS.characterCommands)], deadLetters }
  }

  /** Lets timers run, and forgets what was read. */
  async goOn(ms: number): Promise<void> {
    await this.harness.clock.advance(ms)
    this.assertAlive()
    for (const topic of Object.values(TOPICS)) {
      for (const partition of this.harness.log.partitions(topic)) {
        const read = this.#read.get(topic) ?? Number.POSITIVE_INFINITY
        partition.deleteBefore(Math.min(read, partition.end))
      }
    }
  }

  /** A neighbour in each shard registers. Resolves with their ids. */
  async neighboursRegister(): Promise<readonly string[]> {
    await this.play(
      Array.from({ length: SHARDS }, (_, shard) => {
        const body = { questId: 'solo_pq', channelId: channelIn(shard) }
        return this.#asNeighbour({ type: 'REGISTER', characterId: NEIGHBOUR_CHARACTER, body })
      }),
    )
    const { messages } = this.out()
    const ids = messages.map(textOf).flatMap(text => {
      const { type, instanceId } = JSON.parse(text)
      return type === 'INSTANCE_CREATED' ? [String(instanceId)] : []
    })
    if (ids.length !== SHARDS) throw new Error(`${ids.length} of ${SHARDS} neighbours could register`)
    return ids
  }

  /** They play their quest to an end, and must get every message of it. */
  async neighboursPlay(ids: readonly string[]): Promise<void> {
    const types = ['UPDATE_STAGE_STATE', 'STAGE_CLEAR_ATTEMPT', 'STAGE_ADVANCE', 'FORFEIT']
    for (const type of types) {
      const counts = type === 'UPDATE_STAGE_STATE' ? { itemCounts: { 4001008: 1 } } : {}
      await this.play(ids.map(instanceId => this.#asNeighbour({ type, body: { instanceId, ...counts } })))
    }
    const { messages, deadLetters } = this.out()
    for (const id of ids) {
      const served = messages.map(textOf).filter(text => text.includes(`"instanceId":"${id}"`))
      const events = served.map(text => String(JSON.parse(text).type)).join()
      if (events === 'STAGE_CLEARED,STAGE_ADVANCED,FAILED,INSTANCE_DESTROYED') continue
      const letters = deadLetters.map(({ headers }) => String(headers.find(([name]) => name === 'error-message')?.[1]))
      throw new Error(`the neighbour ${id} was not served: ${events || 'nothing'}; refused: ${letters.join('; ')}`)
    }
  }

  assertAlive(): void {
    const [fatal] = [...this.#replica.fatal, ...this.#fatal]
    if (fatal !== undefined) throw new Error('the process would have ended', { cause: fatal })
    for (const [shard, phase] of this.#replica.shards.phases()) {
      if (phase !== 'running') throw new Error(`shard ${shard} is ${phase}: ${this.#replica.log.at('warn').at(-1)}`)
    }
  }

  async #settled(): Promise<void> {
    const { clock } = this.harness
    for (let turn = 0; this.#dealtWith() < this.#published; turn++) {
      this.assertAlive()
      if (turn === TURNS_MAX) throw new Error(`${this.#dealtWith()} of ${this.#published} records came to an end`)
      await clock.settle()
    }
    await clock.settle()
    this.assertAlive()
    if (this.#dealtWith() === this.#published && this.outcomes.duplicate === 0) return
    throw new Error(`${this.#published} records had more outcomes: ${JSON.stringify(this.outcomes)}`)
  }

  #dealtWith(): number {
    const { applied, refused, skipped, duplicate } = this.outcomes
    return applied + refused + skipped + duplicate
  }

  #unread(topic: string): readonly LogRecord[] {
    const log = this.harness.log.partition({ topic, partition: 0 })
    const { records, next } = log.read(this.#read.get(topic) ?? 0, Number.POSITIVE_INFINITY)
    this.#read.set(topic, next)
    return records
  }

  #asNeighbour(command: object): InRecord {
    return { key: null, value: Buffer.from(JSON.stringify(command)), headers: tenantHeaders(NEIGHBOUR) }
  }
}

/** `partition@offset` on the command topic. */
export function placeOf(partition: number | string, offset: number | string): string {
  return `${partition}@${offset}`
}

function textOf({ value }: LogRecord): string {
  return value?.toString() ?? ''
}

function channelIn(shard: number): number {
  for (let channel = 0; channel < 256; channel++) {
    if (shardOf(shardKeyHash(NEIGHBOUR.id, 0, channel), SHARDS) === shard) return channel
  }
  throw new Error(`no channel of the neighbour is in shard ${shard}`)
}
