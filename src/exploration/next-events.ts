/**
 * What may happen next to an instance, one event for each thing that makes a difference: commands before timers, so
 * that the instance found first in a state is the one for which the least time has passed. Steps nothing.
 */
import type { PartyMember } from '../../machines/context.ts'
import { currentStage, type PartyQuestContext } from '../../machines/context.ts'
import { earliestDeadline } from '../../machines/deadlines.ts'
import type { PartyQuestEvent, RestingState } from '../../machines/party-quest.ts'
import type { InstanceSnapshot } from '../actor/instance.ts'
import { unreachable } from '../errors.ts'
import { type CountRange, canOvershoot, countIn, countRanges, isImpossible } from './stage-counts.ts'

/** `party`: who plays, in the order in which they register; nobody else comes. */
export function nextEvents(
  snapshot: InstanceSnapshot,
  now: number,
  party: readonly PartyMember[],
): readonly PartyQuestEvent[] {
  if (snapshot.status !== 'active') return []
  const { context } = snapshot
  return [...commands(snapshot.value as RestingState, context, now, party), ...nextTimer(context, now)]
}

function commands(
  state: RestingState,
  context: PartyQuestContext,
  now: number,
  party: readonly PartyMember[],
): readonly PartyQuestEvent[] {
  const forfeit = { type: 'FORFEIT', now } as const
  switch (state) {
    case 'registering': {
      const member = party[context.run.members.length]
      const register = member === undefined ? [] : [{ type: 'REGISTER', member, now } as const]
      return [...register, { type: 'START', now }, forfeit]
    }
    case 'active':
      return [
        ...countUpdates(context, now),
        { type: 'STAGE_CLEAR_ATTEMPT', now },
        { type: 'STAGE_ADVANCE', now },
        forfeit,
      ]
    case 'cleared':
      return [{ type: 'STAGE_ADVANCE', now }, forfeit]
    case 'completed':
    case 'bonus':
      return [forfeit]
    default:
      return unreachable(state)
  }
}

/** One that meets the conditions, and one that goes beyond them for good, where there is such a thing. */
function countUpdates(context: PartyQuestContext, now: number): readonly PartyQuestEvent[] {
  const ranges = countRanges(currentStage(context).clearConditions).filter(({ kind }) => kind !== 'data')
  const missing = ranges.flatMap(range => {
    const more = range.lowest - countIn(context.stage, range)
    return more > 0 && !isImpossible(range) ? [{ range, more }] : []
  })
  const beyond = ranges.flatMap(range => {
    const more = range.highest + 1 - countIn(context.stage, range)
    return more > 0 && canOvershoot(range) ? [{ range, more }] : []
  })
  return [missing, beyond.slice(0, 1)].filter(growth => growth.length > 0).map(growth => update(growth, now))
}

function update(
  growth: readonly { readonly range: CountRange; readonly more: number }[],
  now: number,
): PartyQuestEvent {
  const of = (kind: CountRange['kind']) =>
    new Map(growth.flatMap(({ range, more }) => (range.kind === kind ? [[range.referenceId, more] as const] : [])))
  return { type: 'UPDATE_STAGE_STATE', itemCounts: of('items'), monsterKills: of('kills'), now }
}

/** Only the one that runs out first: while it is armed no other fires. */
function nextTimer({ run }: PartyQuestContext, now: number): readonly PartyQuestEvent[] {
  const due = earliestDeadline(run.deadlines)
  return due === undefined ? [] : [{ type: `timer.${due.timer}`, now: Math.max(now, due.at) }]
}
