/**
 * One sample of journal.ts: a shard without a log applies commands in batches as a running one does, with or without a
 * journal, and prints what a command took as JSON. Run with `journal` or `silent`.
 */
import { createStepper } from '../src/actor/stepper.ts'
import { systemClock, systemRandom } from '../src/clock.ts'
import { forward } from '../src/contract/shard-command.ts'
import { Journal } from '../src/journal/journal.ts'
import { silentJournal } from '../src/journal/recorder.ts'
import { silentLog } from '../src/log.ts'
import { Batch } from '../src/shard/batch.ts'
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
import { loadOf } from './commands.ts'
import { JOURNAL_COMMANDS, JOURNAL_INSTANCES, JOURNAL_MIX, JOURNAL_SIDES, type JournalSample } from './journal.ts'
import { Population } from './population.ts'
import { COMMAND_HEADERS, compiledQuest } from './quest.ts'

const BATCH = 250
const PARTY_SIZE = 4
const TOPIC = 'shard-commands'

const side = JOURNAL_SIDES.find(known => known === process.argv[2])
if (side === undefined) throw new Error(`usage: node journal-sample.js ${JOURNAL_SIDES.join('|')}`)

const compiled = compiledQuest(PARTY_SIZE)
const stepper = createStepper('bench')
const population = new Population({ compiled, stepper, partySize: PARTY_SIZE })
const dependencies = dependenciesOf(side === 'journal' ? new Journal() : silentJournal)
const state = new ShardState(dependencies.budget, population.ruleBook)
const born = new Overlay(state)
for (let index = 0; index < JOURNAL_INSTANCES; index++) {
  born.keep(population.birth(population.halfPlayed(index)), compiled)
}
state.settle(born)
const ids = Array.from({ length: JOURNAL_INSTANCES }, (_, index) => population.identity(index).instanceId)
let offset = 0

// Once so that all is compiled, and the journal is full.
apply(1)
const before = process.cpuUsage()
apply(2)
const { user, system } = process.cpuUsage(before)
const sample: JournalSample = { micros: (user + system) / JOURNAL_COMMANDS }
process.stdout.write(`${JSON.stringify(sample)}\n`)

function apply(seed: number): void {
  const { commands } = loadOf(JOURNAL_MIX, ids, JOURNAL_COMMANDS, seed)
  for (let from = 0; from < commands.length; from += BATCH) {
    const batch = new Batch(state, dependencies, Number.POSITIVE_INFINITY)
    for (const value of commands.slice(from, from + BATCH)) {
      const place = { topic: 'commands', partition: 0, offset, timestamp: systemClock.now() }
      const { headers } = forward({ ...place, key: null, value, headers: COMMAND_HEADERS }, 0, TOPIC)
      batch.apply({ ...place, topic: TOPIC, key: null, value, headers })
      offset += 1
    }
    if (batch.outbox.records.length + batch.overlay.records().length === 0) throw new Error('nothing to commit')
    batch.settle()
  }
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
    internal: { shardCommands: TOPIC, shardState: 'shard-state' },
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
    clock,
    random,
    log: silentLog,
    telemetry: silentTelemetry,
    tracer: silentTracer,
    journal,
  }
}
