/**
 * One replica's shards on a memory log, put together as the service does it, with what a test wants otherwise. Holds no
 * ingress and no group: who uses it assigns the shards.
 */
import type { RuleSettings } from '../../machines/context.ts'
import { createStepper, type Stepper } from '../../src/actor/stepper.ts'
import type { Random } from '../../src/clock.ts'
import { type CompiledDefinition, makeCatalogue } from '../../src/definitions/catalogue.ts'
import { type Recorder, silentJournal } from '../../src/journal/recorder.ts'
import type { Neighbours } from '../../src/outbox/outbox.ts'
import { EffectRunner, type MonsterClient } from '../../src/shard/effect-runner.ts'
import { type LookupClient, LookupRunner } from '../../src/shard/lookup-runner.ts'
import { type LookupServices, Registrar } from '../../src/shard/registrar.ts'
import { ResidencyBudget } from '../../src/shard/residency.ts'
import { RuleBook } from '../../src/shard/rule-book.ts'
import type { ShardDependencies } from '../../src/shard/shard-dependencies.ts'
import { ShardSet } from '../../src/shard/shard-set.ts'
import { Supervisor } from '../../src/shard/supervisor.ts'
import { silentTelemetry, type Telemetry } from '../../src/telemetry.ts'
import { silentTracer, type Tracer } from '../../src/tracing.ts'
import type { MemoryLog } from '../../src/transport/memory/memory-log.ts'
import { createMemoryTransport } from '../../src/transport/memory/memory-transport.ts'
import type { Transport } from '../../src/transport/port.ts'
import { quest } from './definitions.ts'
import type { ManualClock } from './manual-clock.ts'
import { type RecordedLog, recordedLog } from './recorded-log.ts'

export interface ReplicaOptions {
  readonly definitions?: readonly CompiledDefinition[]
  readonly rules?: Partial<RuleSettings>
  readonly services?: Partial<LookupServices>
  readonly lookupClient?: LookupClient
  readonly monsterClient?: MonsterClient | undefined
  readonly stepper?: Stepper
  readonly residentInstances?: number
  readonly batchRecordsMax?: number
  readonly telemetry?: Telemetry
  readonly tracer?: Tracer
  readonly journal?: Recorder
  readonly neighbours?: Neighbours
  /** What stands between the replica and the log: another release, say. */
  readonly transport?: (transport: Transport) => Transport
}

export interface Replica {
  readonly name: string
  readonly shards: ShardSet
  readonly log: RecordedLog
  /** Errors that would have ended the process. */
  readonly fatal: readonly unknown[]
  /** Epoch milliseconds of what the group would tell. */
  heartbeatAt: number
  /** Ends as a process that is killed does: nothing is finished, nothing is said. */
  kill(): void
}

/** Where it runs, and what its log calls things. */
interface ReplicaPlace {
  readonly name: string
  readonly clock: ManualClock
  readonly log: MemoryLog
  readonly random: Random
  readonly names: Pick<ShardDependencies, 'topics' | 'gameTopics' | 'internal' | 'groupId'>
  readonly onKill: () => void
}

const noLookups: LookupClient = {
  ask: () => Promise.reject(new Error('this test answers no look-up')),
}

export function openReplica(
  options: ReplicaOptions & { readonly neighbours: Neighbours },
  { name, clock, log: memoryLog, random, names, onKill }: ReplicaPlace,
): Replica {
  const plain = createMemoryTransport(memoryLog, { name, advertisedUrl: '' })
  const transport = options.transport?.(plain) ?? plain
  const fatal: unknown[] = []
  const log = recordedLog()
  const shared = { transport, reader: transport.openReader('shards'), appender: transport.openAppender('lookups') }
  const telemetry = options.telemetry ?? silentTelemetry
  const ruleBook = new RuleBook(makeCatalogue(options.definitions ?? [quest()]), {
    advance: 'command',
    requirements: 'enforce',
    lobbyLimitSeconds: 3600,
    bonusLimitSeconds: 1800,
    ...options.rules,
  })
  const supervisor = new Supervisor(options.stepper ?? createStepper('shards'))
  const services = { parties: false, guilds: false, ...options.services }
  const client = options.lookupClient ?? noLookups
  const dependencies: Omit<ShardDependencies, 'shard' | 'transactionalId'> = {
    ...shared,
    admin: transport.admin,
    ...names,
    neighbours: options.neighbours,
    limits: { batchRecordsMax: options.batchRecordsMax ?? 500 },
    budget: new ResidencyBudget(options.residentInstances ?? 1000),
    ruleBook,
    supervisor,
    registrar: new Registrar({ supervisor, ruleBook, services, clusterId: transport.clusterId, log }),
    lookups: new LookupRunner({ client, timeoutMs: 3000, clock, random, telemetry }),
    effects: new EffectRunner({ client: options.monsterClient, clock, random, telemetry }),
    clock,
    random,
    log,
    telemetry,
    tracer: options.tracer ?? silentTracer,
    journal: options.journal ?? silentJournal,
  }
  const replica: Replica = {
    name,
    log,
    fatal,
    heartbeatAt: 0,
    shards: new ShardSet({
      dependenciesOf: shard => ({ ...dependencies, shard, transactionalId: `pq.shard-${shard}` }),
      lastHeartbeatAt: () => replica.heartbeatAt,
      clock,
      random,
      log,
      onFatal: error => fatal.push(error),
    }),
    kill: () => {
      memoryLog.disconnect(name)
      replica.shards.assign([])
      onKill()
    },
  }
  return replica
}
