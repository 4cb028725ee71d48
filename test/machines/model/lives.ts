/**
 * Generates the lives of a scene from the machine itself, by xstate/graph: shortest paths to every state, each state's
 * every event behind them. Says what is tried and never what must come of it: that is the oracle's.
 */
import { type ActorLogic, initialTransition, type Snapshot, transition } from 'xstate'
import { adjacencyMapToArray, getAdjacencyMap, getShortestPaths } from 'xstate/graph'
import { conditionsHold } from '../../../machines/conditions.ts'
import { earliestDeadline } from '../../../machines/deadlines.ts'
import { type PartyQuestEvent, type PartyQuestInput, partyQuestMachine } from '../../../machines/party-quest.ts'
import type { InstanceSnapshot } from '../../../src/actor/instance.ts'
import { type CompiledDefinition, compileDefinition } from '../../../src/definitions/catalogue.ts'
import { inputOf } from '../../support/playthrough.ts'
import { character } from '../../support/tenants.ts'
import type { ModelStage } from './model-quest.ts'
import { COMMAND_AFTER_MS, COMMANDS, type CommandMove, type Move, moveLine } from './move.ts'
import type { Scene } from './scenes.ts'

/** What happens one after the other, from the first REGISTER on. */
export type Life = readonly Move[]

export const FIRST = 1001
const FIRST_REGISTER: Move = { type: 'REGISTER', characterId: FIRST }
/** A quest has some dozens; a machine that makes them without end is to fail, not to hang. */
const MOMENTS_MAX = 2_000
const UINT32_MAX = 4_294_967_295
/** Counted by no quest. */
const UNASKED_ITEM = 77
const BEYOND_THE_BOUND = 4097

/** Compiled once: a scene has hundreds of lives. */
export function compiled(scene: Scene): CompiledDefinition {
  const known = COMPILED.get(scene)
  if (known !== undefined) return known
  const definition = compileDefinition(scene.quest)
  COMPILED.set(scene, definition)
  return definition
}
const COMPILED = new WeakMap<Scene, CompiledDefinition>()

/** Of an instance with its first member. */
export function machineInput(scene: Scene, definition: CompiledDefinition): PartyQuestInput {
  const { advance } = definition.definition
  const input = inputOf(definition, {
    rules: { ...scene.deployment, advance: advance ?? scene.deployment.advance },
    members: [{ characterId: character(FIRST) }],
  })
  const isAlone = definition.definition.registration.type === 'individual'
  return { ...input, identity: { ...input.identity, partyId: isAlone ? 0 : input.identity.partyId } }
}

/** What the machine is sent. */
export function machineEvent(move: Move, now: number): PartyQuestEvent {
  switch (move.type) {
    case 'REGISTER':
      return { type: 'REGISTER', member: { characterId: character(move.characterId) }, now }
    case 'UPDATE_STAGE_STATE':
      return { type: move.type, itemCounts: numbered(move.items), monsterKills: numbered(move.kills), now }
    case 'LEAVE':
      return { type: move.type, characterId: character(move.characterId), reason: 'voluntary', now }
    case 'UPDATE_CUSTOM_DATA':
      return { type: move.type, updates: new Map(Object.entries(move.updates)), increments: move.increments, now }
    case 'BROADCAST_MESSAGE':
      return { type: move.type, messageType: move.messageType, message: move.message, now }
    case 'wait':
      return { type: `timer.${move.timer}`, now }
    default:
      return { type: move.type, now }
  }
}

function numbered(counts: Readonly<Record<string, number>>): ReadonlyMap<number, number> {
  return new Map(Object.entries(counts).map(([id, count]) => [Number(id), count]))
}

/** A way of xstate/graph begins with an event of its own. */
const MOVES: ReadonlySet<string> = new Set([...COMMANDS, 'wait'])

/** A moment of a life, as xstate/graph walks on it. */
type Moment = Extract<Snapshot<undefined>, { status: 'active' }> & {
  readonly machine: InstanceSnapshot
  readonly now: number
  /** The stage's updates that have come, in their order. */
  readonly updates: number
}

/**
 * Each state of the scene is reached on the shortest way, and left by every move that leads out of it; the moves that
 * leave it as it is (or are refused) are all tried in it, one behind the other. A life that begins another is left out.
 */
export function livesOf(scene: Scene): readonly Life[] {
  const logic = logicOf(scene)
  const options = {
    events: (moment: Moment) => movesIn(scene, moment),
    serializeState: keyOf,
    serializeEvent: moveLine,
    limit: MOMENTS_MAX,
  }
  const ways = new Map<string, Life>()
  for (const { state, steps } of getShortestPaths<typeof logic>(logic, options)) {
    const moves = steps.map(({ event }) => event).filter(({ type }) => MOVES.has(type))
    ways.set(keyOf(state), [FIRST_REGISTER, ...moves])
  }
  const lives: Life[] = []
  const idle = new Map<string, Move[]>()
  for (const { state, event, nextState } of adjacencyMapToArray(getAdjacencyMap(logic, options))) {
    const from = keyOf(state)
    const stays = idle.get(from) ?? []
    idle.set(from, stays)
    if (keyOf(nextState) === from) stays.push(event)
    else lives.push([...(ways.get(from) ?? []), event, ...(nextState.machine.status === 'done' ? TOO_LATE : [])])
  }
  for (const [key, way] of ways) lives.push([...way, ...(idle.get(key) ?? [])])
  return withoutBeginnings(lives)
}

function logicOf(scene: Scene): ActorLogic<Moment, Move> {
  const definition = compiled(scene)
  const moment = (machine: InstanceSnapshot, now: number, updates: number): Moment => {
    return { status: 'active', output: undefined, error: undefined, machine, now, updates }
  }
  return {
    getInitialSnapshot: () => {
      const input = machineInput(scene, definition)
      const [machine] = initialTransition(partyQuestMachine, input)
      return moment(machine, input.now, 0)
    },
    transition: ({ machine: before, now, updates }, move) => {
      const due = earliestDeadline(before.context.run.deadlines)
      const at = move.type === 'wait' ? (due?.at ?? now) : now + COMMAND_AFTER_MS
      const [after] = transition(partyQuestMachine, before, machineEvent(move, at))
      const isSameStage = after.value === 'active' && after.context.run.stageIndex === before.context.run.stageIndex
      const isCounted = move.type === 'UPDATE_STAGE_STATE' && ORDERED.includes(move.step)
      return moment(after, at, isSameStage ? updates + (isCounted ? 1 : 0) : 0)
    },
    getPersistedSnapshot: snapshot => snapshot,
  }
}

function keyOf({ machine: { value, context }, updates }: Moment): string {
  const { run } = context
  const next = earliestDeadline(run.deadlines)?.timer ?? 'no timer'
  const timers = Object.keys(run.deadlines).sort().join(' ')
  const where = value === 'registering' ? `with ${run.members.length}` : `${run.stageIndex}`
  const counts = value === 'active' ? `after ${updates} ${conditionsHold(context) ? 'met' : 'unmet'}` : ''
  return `${value} ${where} ${counts} (${next} of ${timers})`
}

/** Every command in every state (the dear one on the first stage only), the next timer, and in the lobby whoever is still to come. */
function movesIn(scene: Scene, { machine: { status, value, context }, updates }: Moment): readonly Move[] {
  if (status !== 'active') return []
  const { members, deadlines, stageIndex } = context.run
  const next = earliestDeadline(deadlines)
  const stage = scene.quest.stages[stageIndex]
  const ordered = value === 'active' && stage !== undefined ? updatesOf(stage)[updates] : undefined
  const isOpen = value === 'registering' && members.length < scene.characters
  return [
    FIRST_REGISTER,
    { type: 'START' },
    ...(stageIndex === 0 ? [BEYOND] : []),
    UNASKED,
    ...(value === 'active' ? [UNASKED_AGAIN] : []),
    { type: 'STAGE_CLEAR_ATTEMPT' },
    { type: 'STAGE_ADVANCE' },
    { type: 'FORFEIT' },
    { type: 'ENTER_BONUS' },
    SOME_DATA,
    ...(stageIndex === 0 || value === 'completed' || value === 'bonus' ? [BEYOND_DATA] : []),
    BROADCAST,
    { type: 'LEAVE', characterId: FIRST + members.length - 1 },
    ...(isOpen ? [{ type: 'REGISTER', characterId: FIRST + members.length } as const] : []),
    ...(ordered === undefined ? [] : [ordered]),
    ...(next === undefined ? [] : [{ type: 'wait', timer: next.timer } as const]),
  ]
}

/** To an instance that is gone. */
const TOO_LATE: readonly Move[] = [
  { type: 'START' },
  { type: 'UPDATE_STAGE_STATE', step: 'unasked', items: {}, kills: {} },
  { type: 'STAGE_CLEAR_ATTEMPT' },
  { type: 'STAGE_ADVANCE' },
  { type: 'LEAVE', characterId: FIRST },
  { type: 'ENTER_BONUS' },
  { type: 'UPDATE_CUSTOM_DATA', step: 'some', updates: {}, increments: [] },
  { type: 'BROADCAST_MESSAGE', messageType: '', message: '' },
  { type: 'FORFEIT' },
]

/** Read by no quest. */
const SOME_DATA: Move = {
  type: 'UPDATE_CUSTOM_DATA',
  step: 'some',
  updates: { 'a <b>': '41', word: 'text' },
  increments: ['a <b>', 'pulls', 'pulls'],
}
const BEYOND_DATA: Move = {
  type: 'UPDATE_CUSTOM_DATA',
  step: 'beyond the bound',
  updates: {},
  increments: Array.from({ length: BEYOND_THE_BOUND }, (_, index) => `key ${index}`),
}
const BROADCAST: Move = { type: 'BROADCAST_MESSAGE', messageType: 'NOTICE', message: 'To <all> & each' }

type Update = Extract<CommandMove, { type: 'UPDATE_STAGE_STATE' }>

const ORDERED: readonly Update['step'][] = ['one short', 'the rest', 'too many']

const UNASKED: Update = {
  type: 'UPDATE_STAGE_STATE',
  step: 'unasked',
  items: { [UNASKED_ITEM]: UINT32_MAX },
  kills: { [UNASKED_ITEM]: UINT32_MAX - 1 },
}

/** Both counts saturate. */
const UNASKED_AGAIN: Update = {
  type: 'UPDATE_STAGE_STATE',
  step: 'unasked again',
  items: { [UNASKED_ITEM]: 1 },
  kills: { [UNASKED_ITEM]: 2 },
}

const BEYOND: Update = {
  type: 'UPDATE_STAGE_STATE',
  step: 'beyond the bound',
  items: {},
  kills: Object.fromEntries(Array.from({ length: BEYOND_THE_BOUND }, (_, index) => [10_000 + index, 1])),
}

/** First one short of everything that is asked, then what is missing, then one too many of each. */
function updatesOf(stage: ModelStage): readonly Update[] {
  const conditions = (stage.clearConditions ?? []).filter(({ type }) => type !== 'custom_data')
  if (conditions.length === 0) return []
  const update = (step: Update['step'], count: (least: number) => number): Update => {
    const of = (isKill: boolean) =>
      Object.fromEntries(
        conditions
          .filter(({ type }) => (type === 'monster_kill') === isKill)
          .map(({ operator, value, referenceId }) => [
            String(referenceId),
            count(operator === '>' ? value + 1 : operator === '<' ? value - 1 : value),
          ]),
      )
    return { type: 'UPDATE_STAGE_STATE', step, items: of(false), kills: of(true) }
  }
  return [update('one short', least => least - 1), update('the rest', () => 1), update('too many', () => 1)]
}

function withoutBeginnings(lives: readonly Life[]): readonly Life[] {
  const beginnings = new Set<string>()
  for (const life of lives) {
    const lines = life.map(moveLine)
    for (let length = 1; length < lines.length; length++) beginnings.add(lines.slice(0, length).join(', '))
  }
  const kept = new Map(lives.map(life => [life.map(moveLine).join(', '), life]))
  return [...kept].flatMap(([line, life]) => (beginnings.has(line) ? [] : [life]))
}
