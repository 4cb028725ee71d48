/**
 * What one ingress reads and where it sends it: the commands, or one topic of the game's events. Pure but for what it
 * counts. A record's shards follow from its bytes alone: that, and nothing else, makes two copies of it one effect.
 */
import type { Clock } from '../clock.ts'
import { type GameTopic, gameOriginTopic, MAY_BE_OURS } from '../contract/game-events.ts'
import { type LogRecord, partitionName } from '../contract/log-record.ts'
import { eventRouteOf, isShardOfOrigin, routeOf } from '../contract/routing.ts'
import type { Log } from '../log.ts'
import { Reminder, SELDOM_MS } from '../reminder.ts'
import type { Telemetry } from '../telemetry.ts'
import type { ReadAhead, Sieve } from '../transport/port.ts'

export interface Intake {
  /** For client ids and the log. */
  readonly name: string
  readonly topic: string
  /** Under which name a shard keeps how far it has applied the topic. */
  readonly originTopic: string
  /** Where a partition begins of which the group knows nothing. */
  readonly begins: 'earliest' | 'end'
  readonly keep?: Sieve
  readonly readAhead?: ReadAhead
  /** None: not ours. */
  shardsOf(record: LogRecord, shards: number): readonly number[]
  /** Whether this shard is told of a record that does not fit shard-commands. */
  isOversizedFor(record: LogRecord, shard: number, shards: number): boolean
  /** So many records were turned down by `keep`. */
  passedOver(count: number): void
}

export interface IntakeOptions {
  readonly topic: string
  readonly clock: Clock
  readonly log: Log
  readonly telemetry: Telemetry
}

const NOWHERE: readonly number[] = []

export function commandIntake({ topic, telemetry }: Pick<IntakeOptions, 'topic' | 'telemetry'>): Intake {
  return {
    name: 'ingress',
    topic,
    originTopic: topic,
    begins: 'earliest',
    shardsOf: (record, shards) => {
      const route = routeOf(record, shards)
      if (route.kind === 'shard') return [route.shard]
      if (route.kind === 'every-shard') return Array.from({ length: shards }, (_, shard) => shard)
      telemetry.commandHandled(route.type, 'skipped')
      return NOWHERE
    },
    // One dead letter, also of a record that is for all shards.
    isOversizedFor: (record, shard, shards) =>
      routeOf(record, shards).kind !== 'every-shard' || isShardOfOrigin(record, shard, shards),
    passedOver: () => {},
  }
}

export interface GameIntakeOptions extends IntakeOptions {
  readonly game: GameTopic
  /** Of the topic as it is now: one that was deleted and made again has other offsets, and another id. */
  readonly topicId: string
  /** Nobody asks for what happened before somebody read the topic; one that was just made is read whole. */
  readonly begins: Intake['begins']
}

/** Tens of thousands of records a second: many at a time, few polls. */
const READ_AHEAD: ReadAhead = { recordsMax: 5000, bytesMax: 4 << 20, pollBytesMin: 512 << 10 }

export function gameIntake({ game, topic, topicId, begins, clock, log, telemetry }: GameIntakeOptions): Intake {
  const malformed = new Reminder(clock, SELDOM_MS)
  return {
    name: `ingress-${game}`,
    topic,
    originTopic: gameOriginTopic(topic, topicId),
    begins,
    keep: MAY_BE_OURS[game],
    readAhead: READ_AHEAD,
    shardsOf: (record, shards) => {
      const route = eventRouteOf(game, record, shards)
      if (route.kind === 'shard') {
        telemetry.gameEvents(game, 'forwarded', 1)
        return [route.shard]
      }
      telemetry.gameEvents(game, route.kind, 1)
      if (route.kind === 'malformed') {
        const place = `${partitionName(record)}@${record.offset}`
        malformed.happened(times =>
          log.warn(
            { place, reason: route.reason, malformed: times },
            'an event of another service is malformed and was skipped: ask whoever sends it',
          ),
        )
      }
      return NOWHERE
    },
    // An event that large is none of the game's, and no dead letter is wanted of it.
    isOversizedFor: () => false,
    passedOver: count => telemetry.gameEvents(game, 'foreign', count),
  }
}
