/**
 * A definition's whole life as a graph, made by stepping the real machine through xstate/graph. States that differ
 * only in time, attempts or counts between two guards are one, so that a quest of thousands of kills has a handful per
 * stage. Pure: the same definition under the same settings has the same exploration.
 */
import type { Snapshot } from 'xstate'
import { adjacencyMapToArray, getAdjacencyMap } from 'xstate/graph'
import { conditionsHold } from '../../machines/conditions.ts'
import {
  currentStage,
  type PartyMember,
  type PartyQuestContext,
  type RuleSettings,
  rulesOf,
} from '../../machines/context.ts'
import { earliestDeadline, TIMER_NAMES, type TimerName } from '../../machines/deadlines.ts'
import type { PartyQuestEvent, PartyQuestInput } from '../../machines/party-quest.ts'
import type { InstanceSnapshot } from '../actor/instance.ts'
import { createStepper, type Step } from '../actor/stepper.ts'
import type { InstanceId, QuestId, TenantId } from '../contract/ids.ts'
import type { InstanceIdentity } from '../contract/messages.ts'
import type { CompiledDefinition } from '../definitions/catalogue.ts'
import { InvariantError } from '../errors.ts'
import {
  type CountsMet,
  type End,
  type Exploration,
  type ExploredState,
  type ExploredTransition,
  LIFE_BEGINS_MS,
  type PathStep,
} from './explored-life.ts'
import { lastLeaves, nextEvents } from './next-events.ts'
import { chooseParty } from './party-choice.ts'
import { shortestPaths } from './shortest-paths.ts'
import { countIn, countRanges, isMetBy } from './stage-counts.ts'

/** One step, as a snapshot that xstate/graph walks on. */
interface Moment extends SnapshotOf {
  readonly step: Step
  readonly now: number
  /** How many have left on the way here. */
  readonly left: number
}
type SnapshotOf = Extract<Snapshot<undefined>, { status: 'active' }>

type Move = Pick<ReturnType<typeof walk>[number], 'state' | 'event' | 'nextState'>

const stepper = createStepper('exploration')

export function explore({ definition }: CompiledDefinition, settings: RuleSettings): Exploration {
  const choice = chooseParty(definition.startRequirements)
  const [first] = choice.kind === 'party' ? choice.members : []
  if (choice.kind === 'impossible' || first === undefined || definition.stages.length === 0) {
    return { states: [], transitions: [], ends: [], completion: undefined, party: [] }
  }
  const party = choice.members
  const rules = rulesOf(definition, settings)
  const begin: PartyQuestEvent = { type: 'REGISTER', member: first, now: LIFE_BEGINS_MS }
  const spawned = moment(
    stepper.spawn({ identity: identityOf(definition.questId), rules, members: [first], now: LIFE_BEGINS_MS }),
    LIFE_BEGINS_MS,
  )
  const walked = walk(spawned, party)
  const moves = [...walked, ...everybodyLeaves([spawned, ...walked.map(({ nextState }) => nextState)])]
  const states = statesOf(spawned, moves)
  const stateOf = (of: Moment): ExploredState => {
    const state = states.get(keyOf(of))
    if (state === undefined) throw new InvariantError(`the exploration of ${definition.questId} lost ${keyOf(of)}`)
    return state
  }
  const stepTo = (event: PartyQuestEvent, before: Moment | undefined, after: Moment): PathStep => ({
    event,
    afterMs: after.now - (before?.now ?? LIFE_BEGINS_MS),
    before: before && stateOf(before),
    after: stateOf(after),
    messages: after.step.messages,
    refusal: after.step.refusal,
  })
  const firstStep = stepTo(begin, undefined, spawned)
  const found = moves.map(({ state, event, nextState }) => transition(stepTo(event, state, nextState)))
  const late = found.some(isTimeExpired) ? undefined : questTimeRunsOut(spawned, party, stepTo)
  const lateMove = late?.at(-1)
  const transitions = lateMove === undefined ? found : [...found, transition(lateMove)]
  const { ends, completion } = endings(firstStep, found, definition.bonus !== undefined)
  const lateEnd: readonly End[] =
    late === undefined
      ? []
      : [{ kind: 'failed', reason: 'time_expired', through: 'timer.quest', path: [firstStep, ...late] }]
  return { states: [...states.values()], transitions, ends: [...ends, ...lateEnd], completion, party }
}

/** Breadth first, in the order of the events offered. */
function walk(spawned: Moment, party: readonly PartyMember[]) {
  const graph = getAdjacencyMap<Moment, PartyQuestEvent, PartyQuestInput>(
    {
      transition: (before, event) => moment(stepper.deliver(before.step.snapshot, event), event.now),
      getInitialSnapshot: () => spawned,
      getPersistedSnapshot: snapshot => snapshot,
    },
    {
      fromState: spawned,
      events: ({ step, now }) => nextEvents(step.snapshot, now, party),
      serializeState: keyOf,
      serializeEvent: eventKey,
    },
  )
  return adjacencyMapToArray(graph)
}

/** Of all moments with one key the first stands for them, which is the one that was walked on from. */
function statesOf(spawned: Moment, moves: readonly Move[]): ReadonlyMap<string, ExploredState> {
  const states = new Map<string, ExploredState>()
  for (const found of [spawned, ...moves.map(({ nextState }) => nextState)]) {
    const key = keyOf(found)
    if (!states.has(key)) states.set(key, exploredState(key, found))
  }
  return states
}

function moment(step: Step, now: number, left = 0): Moment {
  return { status: 'active', output: undefined, error: undefined, step, now, left }
}

/**
 * As soon as the quest runs, one after the other: what the last one out, or a fail requirement, ends. Leaving is no
 * move of the walk, whose states would be as many times more as there are players; where they are makes no difference.
 */
function everybodyLeaves(moments: readonly Moment[]): readonly Move[] {
  const moves: Move[] = []
  let state = moments.find(({ step }) => step.snapshot.value === 'active')
  while (state !== undefined) {
    const { now, left, step } = state
    const event = lastLeaves(step.snapshot, now)
    if (event === undefined) break
    const nextState = moment(stepper.deliver(step.snapshot, event), now, left + 1)
    moves.push({ state, event, nextState })
    state = nextState
  }
  return moves
}

/** Two moments with one key behave alike, whatever time has passed. */
function keyOf({ step: { snapshot }, left }: Moment): string {
  const { value, context } = snapshot
  const armed = armedTimers(snapshot)
  const timers = armed.length === 0 ? '' : ` (${armed.join(', ')})`
  // All that is gone is one, however many were in to the end.
  if (left > 0 && value !== 'destroyed') return `${value} ${context.run.stageIndex}, ${left} left${timers}`
  switch (value) {
    case 'registering':
      return `registering with ${context.run.members.length}${timers}`
    case 'active':
      return `active ${context.run.stageIndex} ${countsMet(context)}${dataMissing(context)}${timers}`
    case 'cleared':
      return `cleared ${context.run.stageIndex}${timers}`
    default:
      return `${value}${timers}`
  }
}

function exploredState(key: string, { step: { snapshot } }: Moment): ExploredState {
  const { context } = snapshot
  const value = snapshot.value as ExploredState['value']
  const isPlayed = value === 'active' || value === 'cleared'
  return {
    key,
    value,
    stageIndex: context.run.stageIndex,
    counts: isPlayed ? countsMet(context) : undefined,
    members: context.run.members.length,
    armed: armedTimers(snapshot),
    snapshot,
  }
}

/** Once it is destroyed its timers are gone, though its last snapshot still shows them. */
function armedTimers({ status, context }: InstanceSnapshot): readonly TimerName[] {
  return status === 'active' ? TIMER_NAMES.filter(timer => context.run.deadlines[timer] !== undefined) : []
}

function countsMet(context: PartyQuestContext): CountsMet {
  if (conditionsHold(context)) return 'met'
  const isLost = countRanges(currentStage(context).clearConditions).some(
    range => range.kind !== 'data' && countIn(context.stage, range) > range.highest,
  )
  return isLost ? 'lost' : 'unmet'
}

/** Custom data is set one by one beside the counts, so each step of it is a state of its own until all is met. */
function dataMissing(context: PartyQuestContext): string {
  if (countsMet(context) !== 'unmet') return ''
  const asked = countRanges(currentStage(context).clearConditions).filter(({ kind }) => kind === 'data')
  const missing = asked.filter(range => !isMetBy(range, countIn(context.stage, range))).length
  return asked.length === 0 ? '' : ` without ${missing} of ${asked.length} data`
}

/** Of the events that one state is offered, no two have one. */
function eventKey(event: PartyQuestEvent): string {
  if (event.type !== 'UPDATE_STAGE_STATE') return event.type
  return `${event.type} ${JSON.stringify([[...event.itemCounts], [...event.monsterKills]])}`
}

function transition(step: PathStep): ExploredTransition {
  const { event, before, after } = step
  return {
    from: before?.key ?? '',
    to: after.key,
    step,
    isForced: event.type === 'STAGE_ADVANCE' && before?.value === 'active',
  }
}

function endings(
  first: PathStep,
  transitions: readonly ExploredTransition[],
  hasBonus: boolean,
): Pick<Exploration, 'ends' | 'completion'> {
  const pathTo = shortestPaths(first, transitions)
  const ends = new Map<string, { readonly end: End; readonly cost: number }>()
  let completion: { readonly path: () => readonly PathStep[]; readonly cost: number } | undefined
  for (const move of transitions) {
    const { step } = move
    const { cost, path } = pathTo(move)
    const isCompletion = step.messages.some(({ type }) => type === 'COMPLETED')
    if (isCompletion && (completion === undefined || cost < completion.cost)) completion = { path, cost }
    if (step.after.value !== 'destroyed') continue
    const failed = step.messages.find(message => message.type === 'FAILED')
    const isOver = isCompletion || step.before?.value === 'completed' || step.before?.value === 'bonus'
    const way = failed?.reason ?? (isOver ? (hasBonus ? `completed ${step.event.type}` : 'completed') : 'left')
    const known = ends.get(way)
    if (known !== undefined && known.cost <= cost) continue
    const common = { through: step.event.type, path: path() }
    ends.set(way, {
      end: failed
        ? { kind: 'failed', reason: failed.reason, ...common }
        : { kind: isOver ? 'completed' : 'left', ...common },
      cost,
    })
  }
  const all = [...ends.values()].map(({ end }) => end)
  const isForfeited = ({ kind, through }: End) => kind === 'completed' && through === 'FORFEIT'
  const inOrder = [
    // A bonus to its end is more of the quest than one that nobody enters.
    ...all.filter(({ kind, through }) => kind === 'completed' && through === 'timer.bonus'),
    ...all.filter(end => end.kind === 'completed' && end.through !== 'timer.bonus' && !isForfeited(end)),
    ...all.filter(isForfeited),
    ...all.filter(({ kind }) => kind === 'failed'),
    ...all.filter(({ kind }) => kind === 'left'),
  ]
  return { ends: inOrder, completion: completion?.path() }
}

function isTimeExpired({ step }: ExploredTransition): boolean {
  return step.messages.some(message => message.type === 'FAILED' && message.reason === 'time_expired')
}

/**
 * Where each stage has a time of its own, the quest's may run out only for a party that uses up stage after stage:
 * the states that are one to the graph are not one to it. Its steps behind the first REGISTER; `undefined`: the
 * quest's time never runs out.
 */
function questTimeRunsOut(
  spawned: Moment,
  party: readonly PartyMember[],
  stepTo: (event: PartyQuestEvent, before: Moment, after: Moment) => PathStep,
): readonly PathStep[] | undefined {
  const steps: PathStep[] = []
  for (let now = spawned; ; ) {
    const event = slowestMove(now, party)
    if (event === undefined) return undefined
    const next = moment(stepper.deliver(now.step.snapshot, event), event.now)
    steps.push(stepTo(event, now, next))
    if (event.type === 'timer.quest') return steps
    now = next
  }
}

/** To the next stage as late as can be. */
function slowestMove({ step: { snapshot }, now }: Moment, party: readonly PartyMember[]): PartyQuestEvent | undefined {
  const { value, context } = snapshot
  if (value === 'registering') {
    const member = party[context.run.members.length]
    return member === undefined ? { type: 'START', now } : { type: 'REGISTER', member, now }
  }
  if (value !== 'active' || context.run.deadlines.quest === undefined) return undefined
  const due = earliestDeadline(context.run.deadlines)
  if (due?.timer !== 'stage') return due && { type: `timer.${due.timer}`, now: due.at }
  if (currentStage(context).onTimeout === 'advance') return { type: 'timer.stage', now: due.at }
  return { type: 'STAGE_ADVANCE', now: due.at - 1 }
}

/** Nobody meets it; its bytes are nowhere. */
function identityOf(questId: QuestId): InstanceIdentity {
  return {
    instanceId: '00000000-0000-8000-8000-000000000001' as InstanceId,
    tenant: {
      id: '00000000-0000-4000-8000-000000000001' as TenantId,
      region: 'GMS',
      majorVersion: 83,
      minorVersion: 1,
    },
    questId,
    worldId: 0,
    channelId: 1,
    partyId: 1,
    affinity: 0,
  }
}
