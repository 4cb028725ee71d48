/**
 * What may happen next to an instance, one event for each thing that makes a difference: commands before timers, so
 * that the instance found first in a state is the one for which the least time has passed. Steps nothing.
 */
import { currentStage, type PartyMember, type PartyQuestContext } from '../../machines/context.ts'
import { earliestDeadline } from '../../machines/deadlines.ts'
import type { PartyQuestEvent, RestingState } from '../../machines/party-quest.ts'
import type { InstanceSnapshot } from '../actor/instance.ts'
import { UINT32_MAX } from '../contract/ids.ts'
import { FRIENDLY_DROP_KEY, friendlyMonsterOf } from '../contract/stage-features.ts'
import { unreachable } from '../errors.ts'
import { type CountRange, canOvershoot, countIn, countRanges, isImpossible, isMetBy } from './stage-counts.ts'

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
        ...dataUpdates(context, now),
        ...friendlyDeath(context, now),
        { type: 'STAGE_CLEAR_ATTEMPT', now },
        { type: 'STAGE_ADVANCE', now },
        forfeit,
      ]
    case 'cleared':
      return [{ type: 'STAGE_ADVANCE', now }, forfeit]
    case 'completed':
      return [{ type: 'ENTER_BONUS', now }, forfeit]
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

/** What meets the conditions on custom data: drops of the friendly monster where it counts them, else a script's word. */
function dataUpdates(context: PartyQuestContext, now: number): readonly PartyQuestEvent[] {
  const stage = currentStage(context)
  const friendly = friendlyMonsterOf(stage)
  const updates = new Map<string, string>()
  const events: PartyQuestEvent[] = []
  for (const range of countRanges(stage.clearConditions)) {
    const count = countIn(context.stage, range)
    if (range.kind !== 'data' || isImpossible(range) || isMetBy(range, count)) continue
    const itemCount = range.lowest - count
    if (
      friendly !== undefined &&
      range.referenceKey === FRIENDLY_DROP_KEY &&
      itemCount > 0 &&
      itemCount <= UINT32_MAX
    ) {
      const { monsterId } = friendly
      events.push({ type: 'monster.drop', mapId: stage.mapIds[0], monsterId, itemCount, now })
    } else {
      updates.set(range.referenceKey, String(nearest(range)))
    }
  }
  return updates.size === 0 ? events : [...events, { type: 'UPDATE_CUSTOM_DATA', updates, increments: [], now }]
}

/** The number of the range that is closest to 0. */
function nearest({ lowest, highest }: CountRange): number {
  return Math.min(Math.max(lowest, 0), highest)
}

/** Where the quest ends with it. */
function friendlyDeath(context: PartyQuestContext, now: number): readonly PartyQuestEvent[] {
  const stage = currentStage(context)
  const friendly = friendlyMonsterOf(stage)
  if (friendly?.onKilled?.action !== 'fail') return []
  return [{ type: 'monster.killed', mapId: stage.mapIds[0], monsterId: friendly.monsterId, itemCount: 0, now }]
}

/**
 * Who joined last goes first. Not among the next events, for each of them would be followed by all that can happen
 * without him: who explores follows those who leave by themselves.
 */
export function lastLeaves({ context, status }: InstanceSnapshot, now: number): PartyQuestEvent | undefined {
  const last = status === 'active' ? context.run.members.at(-1) : undefined
  return last && { type: 'LEAVE', characterId: last.characterId, reason: 'voluntary', now }
}

/** Only the one that runs out first: while it is armed no other fires. */
function nextTimer({ run }: PartyQuestContext, now: number): readonly PartyQuestEvent[] {
  const due = earliestDeadline(run.deadlines)
  return due === undefined ? [] : [{ type: `timer.${due.timer}`, now: Math.max(now, due.at) }]
}
