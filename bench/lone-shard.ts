/**
 * A shard without a log, for what is measured of its own work alone: it applies, encodes and settles as a running one
 * does, and whoever measures hands it records and takes what it would commit. Deterministic but for its clock.
 */
import { createStepper } from '../src/actor/stepper.ts'
import { systemClock, systemRandom } from '../src/clock.ts'
import { silentLog } from '../src/log.ts'
import { EffectRunner } from '../src/shard/effect-runner.ts'
import { LookupRunner } from '../src/shard/lookup-runner.ts'
import { Overlay } from '../src/shard/overlay.ts'
import { Registrar } from '../src/shard/registrar.ts'
import { ResidencyBudget } from '../src/shard/residency.ts'
import type { ShardDependencies } from '../src/shard/shard-dependencies.ts'
import { ShardState } from '../src/shard/shard-state.ts'
import { Supervisor } from '../src/shard/supervisor.ts'
import { silentTelemetry } from '../src/telemetry.ts'
import { silentTracer } from '../src/tracing.ts'
import { createMemoryLog } from '../src/transport/memory/memory-log.ts'
import { createMemoryTransport } from '../src/transport/memory/memory-transport.ts'
import { Population } from './population.ts'
import { compiledQuest } from './quest.ts'

/** Commands of one transaction: BATCH_RECORDS_MAX as it is by default. */
export const BATCH = 250
export const SHARD_COMMANDS = 'shard-commands'
const PARTY_SIZE = 4

const compiled = compiledQuest(PARTY_SIZE)
const stepper = createStepper('bench')
const population = new Population({ compiled, stepper, partySize: PARTY_SIZE })

export interface LoneShard {
  readonly state: ShardState
  readonly dependencies: ShardDependencies
  readonly instanceIds: readonly string[]
}

/** A shard that holds so many instances in the first stages of the bench quest. */
export function createLoneShard(instances: number, journal: ShardDependencies['journal']): LoneShard {
  const dependencies = dependenciesOf(journal)
  const state = new ShardState(dependencies.budget, population.ruleBook)
  const born = new Overlay(state)
  for (let index = 0; index < instances; index++) {
    born.keep(population.birth(population.halfPlayed(index)), compiled)
  }
  state.settle(born)
  const instanceIds = Array.from({ length: instances }, (_, index) => population.identity(index).instanceId)
  return { state, dependencies, instanceIds }
}

function dependenciesOf(journal: ShardDependencies['journal']): ShardDependencies {
  const clock = systemClock
  const random = systemRandom
  const log = createMemoryLog({ clock, clusterId: 'bench', intercept: () => {} })
  const transport = createMemoryTransport(log, { name: 'bench', advertisedUrl: '' })
  const { ruleBook } = population
  const supervisor = new Supervisor(stepper)
  const client = { ask: () => Promise.reject(new Error('the bench looks nothing up')) }
  return {
    shard: 0,
    transport,
    reader: transport.openReader('bench'),
    appender: transport.openAppender('bench'),
    admin: transport.admin,
    topics: { commands: 'commands', statusEvents: 'status', characterCommands: 'characters', deadLetters: 'letters' },
    neighbours: { topicOf: () => undefined, isThere: () => false, dropped: () => {} },
    gameTopics: { character: null, monster: null },
    internal: { shardCommands: SHARD_COMMANDS, shardState: 'shard-state' },
    groupId: 'bench',
    transactionalId: 'bench',
    limits: { batchRecordsMax: BATCH },
    budget: new ResidencyBudget(Number.MAX_SAFE_INTEGER),
    ruleBook,
    supervisor,
    registrar: new Registrar({
      supervisor,
      ruleBook,
      services: { parties: false, guilds: false },
      clusterId: 'bench',
      log: silentLog,
    }),
    lookups: new LookupRunner({ client, timeoutMs: 1000, clock, random, telemetry: silentTelemetry }),
    effects: new EffectRunner({ client: undefined, clock, random, telemetry: silentTelemetry }),
    clock,
    random,
    log: silentLog,
    telemetry: silentTelemetry,
    tracer: silentTracer,
    journal,
  }
}
