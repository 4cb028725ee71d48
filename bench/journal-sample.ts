/**
 * One sample of journal.ts: a shard without a log applies commands in batches as a running one does, a thousand that its
 * journal is told of, a thousand that it is not, in turns. Prints what a command took of each as JSON.
 */
import { createStepper } from '../src/actor/stepper.ts'
import { systemClock, systemRandom } from '../src/clock.ts'
import type { LogRecord } from '../src/contract/log-record.ts'
import { forward } from '../src/contract/shard-command.ts'
import { Journal } from '../src/journal/journal.ts'
import { silentLog } from '../src/log.ts'
import { Batch } from '../src/shard/batch.ts'
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
import { loadOf } from './commands.ts'
import {
  JOURNAL_BLOCKS,
  JOURNAL_INSTANCES,
  JOURNAL_MIX,
  JOURNAL_SIDES,
  type JournalSample,
  type JournalSide,
} from './journal.ts'
import { Population } from './population.ts'
import { COMMAND_HEADERS, compiledQuest } from './quest.ts'

const BATCH = 250
const PARTY_SIZE = 4
const TOPIC = 'shard-commands'
const BLOCK_COMMANDS = 1000
const WARM_UP_BLOCKS = 120

const compiled = compiledQuest(PARTY_SIZE)
const stepper = createStepper('bench')
const population = new Population({ compiled, stepper, partySize: PARTY_SIZE })
const ids = Array.from({ length: JOURNAL_INSTANCES }, (_, index) => population.identity(index).instanceId)
const journal = new Journal()
/** The same shard on both sides: two of a kind differ by more than a journal costs. */
const recorder = { isSilent: true, record: journal.record.bind(journal), forget: journal.forget.bind(journal) }
const shard = shardWith(recorder)
let offset = 0

// So that all is compiled, and the journal is full.
play(WARM_UP_BLOCKS, 1)
const spent = play(JOURNAL_BLOCKS, 2)
const perCommand = (micros: number) => micros / (JOURNAL_BLOCKS * BLOCK_COMMANDS)
const sample: JournalSample = { silent: perCommand(spent.silent), journal: perCommand(spent.journal) }
process.stdout.write(`${JSON.stringify(sample)}\n`)

/** CPU microseconds of each side, all threads. */
function play(blocks: number, seed: number): Record<JournalSide, number> {
  const micros = { silent: 0, journal: 0 }
  for (let block = 0; block < blocks; block++) {
    // Each goes first as often as the other: what one leaves to the collector, the other may have to pay.
    for (const side of block % 2 === 0 ? JOURNAL_SIDES : JOURNAL_SIDES.toReversed()) {
      const records = recordsOf(1000 * seed + block)
      recorder.isSilent = side === 'silent'
      const before = process.cpuUsage()
      apply(shard, records)
      const { user, system } = process.cpuUsage(before)
      micros[side] += user + system
    }
  }
  return micros
}

interface BenchedShard {
  readonly state: ShardState
  readonly dependencies: ShardDependencies
}

function shardWith(journal: ShardDependencies['journal']): BenchedShard {
  const dependencies = dependenciesOf(journal)
  const state = new ShardState(dependencies.budget, population.ruleBook)
  const born = new Overlay(state)
  for (let index = 0; index < JOURNAL_INSTANCES; index++) {
    born.keep(population.birth(population.halfPlayed(index)), compiled)
  }
  state.settle(born)
  return { state, dependencies }
}

/** As the ingress would have appended them. */
function recordsOf(seed: number): readonly LogRecord[] {
  return loadOf(JOURNAL_MIX, ids, BLOCK_COMMANDS, seed).commands.map(value => {
    const place = { topic: 'commands', partition: 0, offset, timestamp: systemClock.now() }
    const { headers } = forward({ ...place, key: null, value, headers: COMMAND_HEADERS }, 0, TOPIC)
    offset += 1
    return { ...place, topic: TOPIC, key: null, value, headers }
  })
}

function apply({ state, dependencies }: BenchedShard, records: readonly LogRecord[]): void {
  for (let from = 0; from < records.length; from += BATCH) {
    const batch = new Batch(state, dependencies, Number.POSITIVE_INFINITY)
    for (const record of records.slice(from, from + BATCH)) batch.apply(record)
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
    neighbours: { topicOf: () => undefined, isThere: () => false, dropped: () => {} },
    gameTopics: { character: null, monster: null },
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
    effects: new EffectRunner({ client: undefined, clock, random, telemetry: silentTelemetry }),
    clock,
    random,
    log: silentLog,
    telemetry: silentTelemetry,
    tracer: silentTracer,
    journal,
  }
}
