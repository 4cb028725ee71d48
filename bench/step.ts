/**
 * What one step of one instance costs in this thread: ours, a live actor, and XState's pure `transition()`, on the same
 * machine and the same instances; and what the bytes of a step's neighbours cost. No log and no I/O.
 */
import { type Actor, createActor, transition } from 'xstate'
import { type PartyQuestEvent, partyQuestMachine } from '../machines/party-quest.ts'
import type { Instance } from '../src/actor/instance.ts'
import { decodeInstance, encodeInstance } from '../src/actor/snapshot-bytes.ts'
import { createStepper } from '../src/actor/stepper.ts'
import { decodeCommand } from '../src/contract/commands.ts'
import { updateCommand } from './commands.ts'
import { interleaved, median, type Result, type Row, rounded } from './figures.ts'
import { Population } from './population.ts'
import { compiledQuest, ITEM_IDS, MONSTER_IDS } from './quest.ts'

const INSTANCES = 2000
const ROUNDS = 15
const PARTY_SIZE = 4
const NOW = 1_790_000_001_000

const UPDATE: PartyQuestEvent = {
  type: 'UPDATE_STAGE_STATE',
  itemCounts: new Map([[ITEM_IDS[0], 1]]),
  monsterKills: new Map([[MONSTER_IDS[0], 1]]),
  now: NOW,
}
const CLEAR: PartyQuestEvent = { type: 'STAGE_CLEAR_ATTEMPT', now: NOW }
const ADVANCE: PartyQuestEvent = { type: 'STAGE_ADVANCE', now: NOW }

interface Operation {
  readonly name: string
  readonly events: readonly PartyQuestEvent[]
  /** How many commands the figure is shared by. */
  readonly commands: number
}

const OPERATIONS: readonly Operation[] = [
  { name: 'UPDATE_STAGE_STATE', events: [UPDATE], commands: 1 },
  { name: 'STAGE_ADVANCE', events: [ADVANCE], commands: 1 },
  {
    name: 'a command of the lively mix',
    events: [UPDATE, UPDATE, ADVANCE, UPDATE, UPDATE, ADVANCE, UPDATE, UPDATE, ADVANCE, UPDATE],
    commands: 10,
  },
  { name: 'STAGE_CLEAR_ATTEMPT + STAGE_ADVANCE', events: [CLEAR, ADVANCE], commands: 1 },
]

export async function benchStep(): Promise<Result> {
  const stepper = createStepper('bench')
  const population = new Population({ compiled: compiledQuest(PARTY_SIZE), stepper, partySize: PARTY_SIZE })
  const instances = Array.from({ length: INSTANCES }, (_, index) => population.halfPlayed(index))
  const rows: Row[] = []
  for (const operation of OPERATIONS) rows.push(...(await timed(operation, stepWays(population, operation.events))))
  return {
    compares:
      `One step of an instance (party of ${PARTY_SIZE}, 12 counts) through actor/stepper.ts, through a live actor of ` +
      `the same machine, and through XState's pure transition(): microseconds, median of ${ROUNDS} interleaved rounds ` +
      `over ${INSTANCES} instances.`,
    tables: [
      { title: 'One step', rows },
      { title: 'Bytes', rows: await timedBytes(population, instances) },
    ],
  }
}

type Way = readonly [name: string, run: () => void]

function stepWays(population: Population, events: readonly PartyQuestEvent[]): readonly Way[] {
  const { stepper } = population
  const indices = Array.from({ length: INSTANCES }, (_, index) => index)
  const stepped = indices.map(index => population.halfPlayed(index).snapshot)
  const pure = [...stepped]
  const told = { ours: 0, live: 0 }
  const live = indices.map(index => {
    const actor: Actor<typeof partyQuestMachine> = createActor(partyQuestMachine, { input: population.input(index) })
    actor.start()
    actor.send(population.counts(index))
    actor.on('messages', ({ messages }) => {
      told.live += messages.length
    })
    return actor
  })
  const stepAll = () => {
    for (const [index, snapshot] of stepped.entries()) {
      let next = snapshot
      for (const event of events) {
        const step = stepper.deliver(next, event)
        told.ours += step.messages.length
        next = step.snapshot
      }
      stepped[index] = next
    }
  }
  const sendAll = () => {
    for (const actor of live) for (const event of events) actor.send(event)
    if (told.live !== told.ours) throw new Error(`live actors told ${told.live} messages, ours ${told.ours}`)
  }
  const transitionAll = () => {
    for (const [index, snapshot] of pure.entries()) {
      let next = snapshot
      for (const event of events) [next] = transition(partyQuestMachine, next, event)
      pure[index] = next
    }
  }
  return [
    ['ours (stepper)', stepAll],
    ['live actor each', sendAll],
    ['pure transition()', transitionAll],
  ]
}

async function timed({ name, commands }: Operation, ways: readonly Way[]): Promise<readonly Row[]> {
  const samples = await interleaved(ROUNDS, ways, ([, run]) => microsecondsPerInstance(run) / commands)
  const [ours] = ways
  const base = ours === undefined ? 1 : median(samples.get(ours) ?? [])
  return ways.map(way => {
    const micros = samples.get(way) ?? []
    return {
      operation: name,
      way: way[0],
      'median µs': rounded(median(micros)),
      'min µs': rounded(Math.min(...micros)),
      '× ours': rounded(median(micros) / base, 2),
    }
  })
}

async function timedBytes(population: Population, instances: readonly Instance[]) {
  const { ruleBook } = population
  const compiled = ruleBook.catalogue.all()[0]
  if (compiled === undefined) throw new Error('the bench has no quest')
  const bytes = instances.map(encodeInstance)
  const commands = instances.map(({ snapshot }, index) => updateCommand(snapshot.context.identity.instanceId, index))
  const ways: readonly Way[] = [
    ['encodeInstance', () => instances.forEach(instance => void encodeInstance(instance))],
    [
      'decodeInstance',
      () => bytes.forEach(one => void decodeInstance(one, (_, advance) => ruleBook.rulesOf(compiled, advance))),
    ],
    ['decodeCommand (UPDATE_STAGE_STATE)', () => commands.forEach(value => void decodeCommand(value))],
  ]
  const samples = await interleaved(ROUNDS, ways, ([, run]) => microsecondsPerInstance(run))
  const sizes = [bytes, bytes, commands].map(list => median(list.map(({ length }) => length)))
  return ways.map((way, index) => ({
    what: way[0],
    bytes: sizes[index] ?? 0,
    'median µs': rounded(median(samples.get(way) ?? [])),
    'min µs': rounded(Math.min(...(samples.get(way) ?? []))),
  }))
}

function microsecondsPerInstance(run: () => void): number {
  const startedAt = performance.now()
  run()
  return ((performance.now() - startedAt) * 1000) / INSTANCES
}
