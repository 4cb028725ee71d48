/**
 * The real thing for the game's events: both topics, their ingresses, four shards, on the memory log. It gives records
 * in, and tells what came of them: what was forwarded, what was counted, what every reader sees. Judges nothing but that
 * all of it lives, and that it was said no more than once a minute that there was something to skip.
 */
import { type GameTopic, gameOfOrigin } from '../../src/contract/game-events.ts'
import type { LogRecord, NewRecord } from '../../src/contract/log-record.ts'
import { readShardCommand } from '../../src/contract/shard-command.ts'
import type { Tenant } from '../../src/contract/tenant.ts'
import { GameEventsIngress } from '../../src/ingress/game-events-ingress.ts'
import { type GameEventOutcome, silentTelemetry } from '../../src/telemetry.ts'
import { createMemoryTransport } from '../../src/transport/memory/memory-transport.ts'
import type { Appender, Transport } from '../../src/transport/port.ts'
import { quest, stage } from '../support/definitions.ts'
import { logOf } from '../support/recorded-log.ts'
import type { Replica } from '../support/replica.ts'
import { GAME_TOPICS, INTERNAL, NEIGHBOUR_TOPICS, ShardHarness, TOPICS } from '../support/shard-harness.ts'
import { type InRecord, SHARDS } from './arena.ts'
import { FRIENDLY, STAGE_MAPS } from './event-cases.ts'

const WATCH = quest({
  questId: 'watch_pq',
  registration: { type: 'individual', mode: 'instant' },
  startRequirements: [],
  stages: [
    stage(0, {
      mapIds: STAGE_MAPS,
      properties: {
        countKills: true,
        friendlyMonster: {
          monsterId: FRIENDLY,
          onDamaged: { hitInterval: 1, message: 'hit' },
          onDrop: { messageTemplate: '{count} dropped' },
          onKilled: { message: 'dead' },
        },
      },
    }),
  ],
})
export const GAMES = ['character', 'monster'] as const satisfies readonly GameTopic[]
const SKIPPED = 'an event of another service is malformed and was skipped: ask whoever sends it'
const MINUTE_MS = 60_000
/** Turns of the event loop, none of which waits for time: far more than any chunk needs. */
const TURNS_MAX = 5_000

export interface EventRecord extends InRecord {
  readonly game: GameTopic
}

export type Counts = Readonly<Record<GameEventOutcome, number>>

export interface Came {
  /** In the order of the records: whether it was handed to a shard. */
  readonly isForwarded: readonly boolean[]
  readonly counts: Readonly<Record<GameTopic, Counts>>
  /** What was said to characters, and of them, in order. */
  readonly messages: readonly LogRecord[]
}

const noCounts = () => ({ foreign: 0, malformed: 0, forwarded: 0, applied: 0, skipped: 0, fault: 0 })

export class EventArena {
  readonly harness: ShardHarness
  readonly #replica: Replica
  readonly #ingress: GameEventsIngress
  readonly #appender: Appender
  readonly #fatal: unknown[]
  readonly #counts: Readonly<Record<GameTopic, Record<GameEventOutcome, number>>>
  readonly #said: readonly Said[]
  readonly #handed: NewRecord[]
  readonly #read = new Map<string, number>()

  private constructor(harness: ShardHarness, replica: Replica, ingress: GameEventsIngress, watched: Watched) {
    this.harness = harness
    this.#replica = replica
    this.#ingress = ingress
    this.#fatal = watched.fatal
    this.#counts = watched.counts
    this.#said = watched.said
    this.#handed = watched.handed
    this.#appender = createMemoryTransport(harness.log, { name: 'sender', advertisedUrl: '' }).openAppender('sender')
  }

  static async open(): Promise<EventArena> {
    const counts = { character: noCounts(), monster: noCounts() }
    const telemetry = {
      ...silentTelemetry,
      gameEvents: (game: GameTopic, outcome: GameEventOutcome, count: number) => {
        counts[game][outcome] += count
      },
    }
    const harness = ShardHarness.withoutReplica({ shards: SHARDS, definitions: [WATCH], telemetry })
    const replica = await harness.takeOver()
    const { clock } = harness
    const said: Said[] = []
    const fatal: unknown[] = []
    const handed: NewRecord[] = []
    const plain = createMemoryTransport(harness.log, { name: 'ingress', advertisedUrl: '' })
    // Looked at on its way: shards trim what they have committed.
    const transport: Transport = {
      ...plain,
      openAppender: name => {
        const appender = plain.openAppender(name)
        const append: Appender['append'] = async records => {
          await appender.append(records)
          handed.push(...records)
        }
        return { append, close: () => appender.close() }
      },
    }
    const ingress = new GameEventsIngress({
      transport,
      admin: transport.admin,
      groupPrefix: 'pq',
      topics: GAME_TOPICS,
      shardCommands: INTERNAL.shardCommands,
      shards: SHARDS,
      shardCommandsId: 'first',
      clock,
      random: { fraction: () => 0.5, bytes: count => Buffer.alloc(count) },
      log: logOf(level => (fields, message) => {
        if (level !== 'debug' && level !== 'info') said.push({ at: clock.elapsed(), message, fields })
      }),
      telemetry,
      onFatal: error => fatal.push(error),
    })
    const found = await transport.admin.describeTopics(Object.values(GAME_TOPICS))
    await ingress.follow({ idOf: topic => found.get(topic)?.id })
    await clock.advance(1000)
    return new EventArena(harness, replica, ingress, { counts, said, handed, fatal })
  }

  async close(): Promise<void> {
    await this.#ingress.close()
    await this.harness.stop()
  }

  /** Resolves with the id of the instance that he is alone in. */
  async enter(characterId: number, channelId: number, tenant: Tenant): Promise<string> {
    await this.harness.register(characterId, { questId: 'watch_pq', channelId, tenant })
    for (const { value } of this.#unread(TOPICS.statusEvents)) {
      const { type, instanceId } = JSON.parse(String(value))
      if (type === 'STARTED') return String(instanceId)
    }
    throw new Error(`${characterId} could not enter in channel ${channelId}`)
  }

  /** Onto their topics, then waits until each was dealt with. */
  async play(records: readonly EventRecord[]): Promise<Came> {
    const before = structuredClone(this.#counts)
    const ends = { character: this.#end('character'), monster: this.#end('monster') }
    const placed = records.map(({ game, ...record }) => ({ topic: GAME_TOPICS[game], partition: 0, ...record }))
    await this.#appender.append(placed)
    const forwarded = await this.#settled(before, records.length)
    const isForwarded = records.map(({ game }) => forwarded.delete(`${game}@${ends[game]++}`))
    if (forwarded.size > 0) throw new Error(`forwarded, and nobody sent it: ${[...forwarded].join()}`)
    const counts = {
      character: less(this.#counts.character, before.character),
      monster: less(this.#counts.monster, before.monster),
    }
    const messages = [...this.#unread(TOPICS.statusEvents), ...this.#unread(NEIGHBOUR_TOPICS.systemMessage)]
    return { isForwarded, counts, messages }
  }

  /** Time passes. Then all that was read must be committed, and nothing said that should not be. */
  async goOn(ms: number): Promise<void> {
    await this.harness.clock.advance(ms)
    this.assertAlive()
    for (const game of GAMES) {
      const at = { topic: GAME_TOPICS[game], partition: 0 }
      const [committed] = this.harness.log.group(`pq.ingress-${game}`).committed([at])
      if (committed !== this.#end(game)) throw new Error(`${game} stands at ${committed} of ${this.#end(game)}`)
      this.harness.log.partition(at).deleteBefore(committed)
    }
    if (this.harness.deadLetters().length > 0) throw new Error('an event became a dead letter')
    this.#assertQuiet()
  }

  assertAlive(): void {
    const [fatal] = [...this.#replica.fatal, ...this.#fatal]
    if (fatal !== undefined) throw new Error('the process would have ended', { cause: fatal })
    for (const [shard, phase] of this.#replica.shards.phases()) {
      if (phase !== 'running') throw new Error(`shard ${shard} is ${phase}`)
    }
    const [line] = this.#replica.log.lines.filter(({ level }) => level !== 'info' && level !== 'debug')
    if (line !== undefined) throw new Error(`a shard said: ${line.message}`)
  }

  /** Of each topic a warning a minute, and no more malformed ones in them than were counted. */
  #assertQuiet(): void {
    for (const game of GAMES) {
      const warnings = this.#said.filter(({ fields }) => String(fields.place).startsWith(GAME_TOPICS[game]))
      for (const [index, { at }] of warnings.entries()) {
        const last = warnings[index - 1]?.at ?? Number.NEGATIVE_INFINITY
        if (at - last < MINUTE_MS) throw new Error(`two warnings within ${at - last} ms: ${warnings[index]?.message}`)
      }
      const told = warnings.reduce((sum, { fields }) => sum + Number(fields.malformed), 0)
      const { malformed } = this.#counts[game]
      if (told > malformed || (told === 0 && malformed > 0)) throw new Error(`${told} of ${malformed} were told of`)
    }
    const [other] = this.#said.filter(({ message }) => message !== SKIPPED)
    if (other !== undefined) throw new Error(`an ingress said: ${other.message}`)
  }

  /** Resolves with what was handed to the shards, as `game@offset`, once all are counted. */
  async #settled(before: Readonly<Record<GameTopic, Counts>>, wanted: number): Promise<Set<string>> {
    const ended = (counts: Counts) => counts.foreign + counts.malformed + counts.forwarded
    const handled = (counts: Counts) => counts.applied + counts.skipped + counts.fault
    const since = (game: GameTopic) => less(this.#counts[game], before[game])
    const isDone = () =>
      GAMES.every(game => handled(since(game)) >= since(game).forwarded) &&
      GAMES.reduce((sum, game) => sum + ended(since(game)), 0) >= wanted
    for (let turn = 0; !isDone(); turn++) {
      this.assertAlive()
      if (turn === TURNS_MAX) throw new Error(`${wanted} records came to these ends: ${JSON.stringify(this.#counts)}`)
      await this.harness.clock.settle()
    }
    await this.harness.clock.settle()
    this.assertAlive()
    return this.#forwarded()
  }

  #forwarded(): Set<string> {
    const places = new Set<string>()
    for (const record of this.#handed.splice(0)) {
      const read = readShardCommand({ ...record, partition: 0, offset: 0, timestamp: 0 })
      const game = read.kind === 'forwarded' ? gameOfOrigin(read.origin.topic, GAME_TOPICS) : undefined
      const place = read.kind === 'forwarded' ? `${game}@${read.origin.offset}` : read.kind
      if (places.has(place)) throw new Error(`${place} was forwarded twice`)
      places.add(place)
    }
    return places
  }

  #end(game: GameTopic): number {
    return this.harness.log.partition({ topic: GAME_TOPICS[game], partition: 0 }).end
  }

  #unread(topic: string): readonly LogRecord[] {
    const log = this.harness.log.partition({ topic, partition: 0 })
    const { records, next } = log.read(this.#read.get(topic) ?? 0, Number.POSITIVE_INFINITY)
    this.#read.set(topic, next)
    return records
  }
}

interface Said {
  /** Milliseconds of the arena's clock. */
  readonly at: number
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

interface Watched {
  readonly counts: Readonly<Record<GameTopic, Record<GameEventOutcome, number>>>
  readonly said: readonly Said[]
  /** What the ingresses appended since it was last looked at. */
  readonly handed: NewRecord[]
  readonly fatal: unknown[]
}

function less(now: Counts, before: Counts): Counts {
  const { foreign, malformed, forwarded, applied, skipped, fault } = before
  return {
    foreign: now.foreign - foreign,
    malformed: now.malformed - malformed,
    forwarded: now.forwarded - forwarded,
    applied: now.applied - applied,
    skipped: now.skipped - skipped,
    fault: now.fault - fault,
  }
}
