/**
 * Whether there is a way through a quest for those who play it: to each stage, to its completion and out of it, with
 * everybody. An override is no such way, and neither is leaving the quest.
 */
import type { QuestDefinition } from '../contract/definition.ts'
import { NIL_INSTANCE } from '../contract/ids.ts'
import type { Exploration, ExploredState, ExploredTransition } from './explored-life.ts'
import type { Finding } from './finding.ts'
import { numberRanges } from './number-ranges.ts'
import { clearingOf } from './stage-counts.ts'

export function wayFindings(definition: QuestDefinition, exploration: Exploration): readonly Finding[] {
  const { states, transitions } = exploration
  const [first] = states
  if (first === undefined) return []
  const played = transitions.filter(({ step, isForced }) => !isForced && step.event.type !== 'LEAVE')
  const reached = spread(
    [first.key],
    played.map(({ from, to }) => [from, to]),
  )
  return [
    ...unreachableStages(definition, states, reached),
    ...neverCompleted(played, reached),
    ...noWayOut(definition, states, played),
    ...leftBehind(transitions),
  ]
}

function unreachableStages(
  { stages }: QuestDefinition,
  states: readonly ExploredState[],
  reached: ReadonlySet<string>,
): readonly Finding[] {
  const entered = new Set(
    states.filter(({ key, value }) => value === 'active' && reached.has(key)).map(({ stageIndex }) => stageIndex),
  )
  const missed = stages.map(({ index }) => index).filter(index => !entered.has(index))
  const [first] = missed
  if (first === undefined) return []
  const which = missed.length === 1 ? 'the stage' : `${missed.length} stages (${numberRanges(missed)})`
  return [
    {
      severity: 'fault',
      code: 'stage-unreachable',
      path: ['stages', first],
      reason: `${which} cannot be reached: only a forced STAGE_ADVANCE leads on from stage ${first - 1}`,
      cure: `make stage ${first - 1} clearable, or give it a timer that advances`,
    },
  ]
}

function neverCompleted(played: readonly ExploredTransition[], reached: ReadonlySet<string>): readonly Finding[] {
  const isCompleted = played.some(
    ({ from, step }) => reached.has(from) && step.messages.some(({ type }) => type === 'COMPLETED'),
  )
  if (isCompleted) return []
  return [
    {
      severity: 'fault',
      code: 'never-completed',
      path: ['stages'],
      reason: 'the quest cannot be completed by playing it',
      cure: 'cure the stage that cannot be cleared',
    },
  ]
}

/** Where all would wait for ever: no timer runs, and nothing but a FORFEIT or an override leads out. */
function noWayOut(
  { stages }: QuestDefinition,
  states: readonly ExploredState[],
  played: readonly ExploredTransition[],
): readonly Finding[] {
  const backwards = played
    .filter(({ step }) => step.event.type !== 'FORFEIT')
    .map(({ from, to }) => [to, from] as const)
  const gone = states.filter(({ value }) => value === 'destroyed').map(({ key }) => key)
  const out = spread(gone, backwards)
  // Those whom some have left lead nowhere else than those whom nobody has left.
  const walked = new Set(played.flatMap(({ from, to }) => [from, to]))
  const stuck = states.filter(({ key }) => walked.has(key) && !out.has(key))
  const traps = stages.filter(
    stage =>
      clearingOf(stage) === 'never' &&
      stuck.some(
        ({ value, stageIndex, armed }) => value === 'active' && stageIndex === stage.index && armed.length === 0,
      ),
  )
  const bonus: readonly Finding[] = stuck.some(({ value }) => value === 'bonus')
    ? [
        {
          severity: 'fault',
          code: 'no-way-out',
          path: ['bonus', 'duration'],
          reason: 'nobody gets out of the bonus: it has no duration, and BONUS_LIMIT_SECONDS is 0',
          cure: 'give it a duration in seconds',
        },
      ]
    : []
  return [
    ...traps.map(
      (stage): Finding => ({
        severity: 'fault',
        code: 'no-way-out',
        path: ['stages', stage.index],
        reason: 'nobody gets out of the stage: it cannot be cleared, and neither it nor the quest has a timer',
        cure: 'make it clearable, or give it or the quest a duration',
      }),
    ),
    ...bonus,
  ]
}

/** Everybody who is in is sent out, each once. */
function leftBehind(transitions: readonly ExploredTransition[]): readonly Finding[] {
  for (const { step } of transitions) {
    const { before, after, event, messages } = step
    if (after.value !== 'destroyed' || before?.value === 'destroyed') continue
    const sentOut = messages.flatMap(message =>
      message.type === 'CHANGE_MAP' && message.instance === NIL_INSTANCE ? [message.characterId] : [],
    )
    const members = before?.snapshot.context.run.members.map(({ characterId }) => characterId) ?? []
    if (sentOut.length === members.length && members.every(member => sentOut.includes(member))) continue
    return [
      {
        severity: 'fault',
        code: 'not-warped-out',
        path: ['exit'],
        reason: `${members.length} characters are in and ${sentOut.length} are sent out by ${event.type} in ${before?.key}`,
        cure: 'this is a fault of the service, not of the definition: report it',
      },
    ]
  }
  return []
}

/** All that can be reached from `roots` by `edges`. */
function spread(roots: readonly string[], edges: readonly (readonly [string, string])[]): ReadonlySet<string> {
  const next = new Map<string, string[]>()
  for (const [from, to] of edges) {
    const known = next.get(from)
    if (known === undefined) next.set(from, [to])
    else known.push(to)
  }
  const reached = new Set<string>(roots)
  for (const key of reached) for (const to of next.get(key) ?? []) reached.add(to)
  return reached
}
