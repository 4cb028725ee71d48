/** What one shard is given: everything it talks to, so that a test or a simulation can stand in for any of it. */
import type { Clock, Random } from '../clock.ts'
import type { GameTopic } from '../contract/game-events.ts'
import type { Recorder } from '../journal/recorder.ts'
import type { Log } from '../log.ts'
import type { Neighbours, OutboxTopics } from '../outbox/outbox.ts'
import type { Telemetry } from '../telemetry.ts'
import type { Tracer } from '../tracing.ts'
import type { Appender, LogAdmin, LogReader, Transport } from '../transport/port.ts'
import type { EffectRunner } from './effect-runner.ts'
import type { LookupRunner } from './lookup-runner.ts'
import type { Registrar } from './registrar.ts'
import type { ResidencyBudget } from './residency.ts'
import type { RuleBook } from './rule-book.ts'
import type { Supervisor } from './supervisor.ts'

export interface InternalTopics {
  readonly shardCommands: string
  readonly shardState: string
}

export interface ShardLimits {
  /** Records, and as many timers, in one transaction. */
  readonly batchRecordsMax: number
}

export interface ShardDependencies {
  readonly shard: number
  readonly transport: Transport
  /** Shared by all shards of the process: it long-polls for all of them together. */
  readonly reader: LogReader
  /** For the answers of look-ups, and for effects that are settled. */
  readonly appender: Appender
  readonly admin: LogAdmin
  readonly topics: OutboxTopics & { readonly commands: string }
  /** Topics of other services, in and out. */
  readonly neighbours: Neighbours
  /** Names of the topics of the game's events; `null`: not read. */
  readonly gameTopics: Readonly<Record<GameTopic, string | null>>
  readonly internal: InternalTopics
  /** `<prefix>.shards`: the consumer group whose offset moves with each transaction. */
  readonly groupId: string
  readonly transactionalId: string
  readonly limits: ShardLimits
  readonly budget: ResidencyBudget
  readonly ruleBook: RuleBook
  readonly supervisor: Supervisor
  readonly registrar: Registrar
  readonly lookups: LookupRunner
  readonly effects: EffectRunner
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly telemetry: Telemetry
  readonly tracer: Tracer
  /** One for all shards of the process. */
  readonly journal: Recorder
}
