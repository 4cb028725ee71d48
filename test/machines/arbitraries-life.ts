/**
 * Random lives: who registers for a random quest, and what happens then, as moves that mean something in whatever
 * state they find the instance: "what the stage still lacks", "one millisecond before that deadline". A move becomes
 * an event when its turn comes; time only goes on. Knows the machine's inputs and nothing of its transitions.
 */
import fc from 'fast-check'
import { currentStage, type PartyMember, type PartyQuestContext, type Rules } from '../../machines/context.ts'
import { earliestDeadline, TIMER_NAMES, type TimerName } from '../../machines/deadlines.ts'
import { COUNTED_IDS_MAX, type PartyQuestEvent, type PartyQuestInput } from '../../machines/party-quest.ts'
import type { InstanceSnapshot } from '../../src/actor/instance.ts'
import { UINT32_MAX } from '../../src/contract/ids.ts'
import { unreachable } from '../../src/errors.ts'
import { inputOf } from '../support/playthrough.ts'
import { character } from '../support/tenants.ts'
import { aCount, aDefinition, aLimit, COUNTED_IDS, compiled } from './arbitraries.ts'

type Additions = readonly (readonly [id: number, count: number])[]

export type Act =
  | { readonly act: 'REGISTER'; readonly id: number; readonly level?: number }
  | { readonly act: 'START' | 'STAGE_CLEAR_ATTEMPT' | 'STAGE_ADVANCE' | 'ENTER_BONUS' | 'FORFEIT' }
  | { readonly act: 'LEAVE'; readonly id: number; readonly reason: 'voluntary' | 'disconnect' }
  | { readonly act: 'say'; readonly message: string }
  | {
      readonly act: 'data'
      readonly updates: readonly (readonly [string, string])[]
      readonly increments: readonly string[]
    }
  | {
      readonly act: 'monster'
      readonly what: 'damaged' | 'killed' | 'drop'
      readonly monsterId: number
      readonly itemCount: number
    }
  | { readonly act: 'count'; readonly items: Additions; readonly kills: Additions }
  /** So many items that nobody asks for. */
  | { readonly act: 'flood'; readonly first: number; readonly ids: number }
  /** What the conditions of the stage lack, as far as adding helps. */
  | { readonly act: 'fulfil' }
  /** That timer, armed or not: at any time, or so many milliseconds from its deadline. */
  | { readonly act: 'timer'; readonly timer: TimerName | 'unheard_of'; readonly fromDeadline?: number }
  /** The timer that is next, once it is due, as a shard fires it. */
  | { readonly act: 'due' }

export interface Move {
  /** Milliseconds that pass first. */
  readonly wait: number
  readonly act: Act
}

export interface LifePlan {
  /** As `compiled` takes it. */
  readonly definition: object
  readonly rules: Omit<Rules, 'definition'>
  readonly members: readonly { readonly id: number; readonly level?: number }[]
  readonly moves: readonly Move[]
}

const anId = fc.integer({ min: 1001, max: 1005 })
const aMember = fc.record({ id: anId, level: fc.constantFrom(1, 10, 30, 200) }, { requiredKeys: ['id'] })
const additions: fc.Arbitrary<Additions> = fc.uniqueArray(fc.tuple(fc.constantFrom(...COUNTED_IDS), aCount), {
  maxLength: 2,
  selector: ([id]) => id,
})
const plain = <
  const Name extends 'START' | 'STAGE_CLEAR_ATTEMPT' | 'STAGE_ADVANCE' | 'ENTER_BONUS' | 'FORFEIT' | 'fulfil' | 'due',
>(
  act: Name,
  weight: number,
) => ({ weight, arbitrary: fc.constant({ act }) })

/** Some are asked for by conditions, some are of a friendly monster, and some are traps. */
const aKey = fc.constantFrom('lever', 'friendlyHitCount', 'friendlyDropCount', '__proto__', 'constructor', '')

const anAct: fc.Arbitrary<Act> = fc.oneof(
  plain('START', 40),
  plain('STAGE_CLEAR_ATTEMPT', 60),
  plain('STAGE_ADVANCE', 40),
  plain('FORFEIT', 8),
  plain('ENTER_BONUS', 20),
  plain('fulfil', 50),
  plain('due', 40),
  { weight: 40, arbitrary: aMember.map(member => ({ act: 'REGISTER' as const, ...member })) },
  {
    weight: 15,
    arbitrary: fc.record({
      act: fc.constant('LEAVE'),
      id: anId,
      reason: fc.constantFrom('voluntary', 'disconnect'),
    }),
  },
  { weight: 8, arbitrary: fc.record({ act: fc.constant('say'), message: fc.string({ maxLength: 5 }) }) },
  {
    weight: 30,
    arbitrary: fc.record({
      act: fc.constant('data'),
      updates: fc.array(fc.tuple(aKey, fc.oneof(fc.constantFrom('0', '3', '-1', '007', ''), fc.string())), {
        maxLength: 2,
      }),
      increments: fc.array(aKey, { maxLength: 3 }),
    }),
  },
  {
    weight: 40,
    arbitrary: fc.record({
      act: fc.constant('monster'),
      what: fc.constantFrom('damaged', 'damaged', 'killed', 'drop'),
      monsterId: fc.constantFrom(...COUNTED_IDS),
      itemCount: aCount,
    }),
  },
  { weight: 40, arbitrary: fc.record({ act: fc.constant('count'), items: additions, kills: additions }) },
  {
    weight: 60,
    arbitrary: fc.record(
      {
        act: fc.constant('timer'),
        timer: fc.constantFrom(...TIMER_NAMES, 'unheard_of'),
        fromDeadline: fc.constantFrom(-1, 0, 1, 60_000),
      },
      { requiredKeys: ['act', 'timer'] },
    ),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      act: fc.constant('flood'),
      first: fc.integer({ min: 10, max: 12 }),
      // One too many is cheap: it is refused, and leaves nothing that every later step copies.
      ids: fc.constantFrom(COUNTED_IDS_MAX - 1, ...Array.from({ length: 7 }, () => COUNTED_IDS_MAX + 1)),
    }),
  },
)

export const aMove: fc.Arbitrary<Move> = fc.record({
  wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3_000 })),
  act: anAct,
})

export const someRules = fc.record({
  advance: fc.constantFrom('command', 'automatic'),
  requirements: fc.constantFrom('enforce', 'enforce', 'enforce', 'warn'),
  lobbyLimitSeconds: aLimit,
  bonusLimitSeconds: aLimit,
})

export const aLifePlan: fc.Arbitrary<LifePlan> = fc.record({
  definition: aDefinition,
  rules: someRules,
  members: fc.uniqueArray(aMember, { minLength: 1, maxLength: 3, selector: ({ id }) => id }),
  moves: fc.array(aMove, { maxLength: 40, size: 'max' }),
})

export function birthOf({ definition, rules, members }: LifePlan): PartyQuestInput {
  const quest = compiled(definition)
  const advance = quest.definition.advance ?? rules.advance
  return inputOf(quest, { rules: { ...rules, advance }, members: members.map(memberOf) })
}

function memberOf({ id, level }: { readonly id: number; readonly level?: number }): PartyMember {
  return level === undefined ? { characterId: character(id) } : { characterId: character(id), level }
}

/** What the move is for an instance in that state, not before `now`. */
export function eventOf({ wait, act }: Move, before: InstanceSnapshot, earliest: number): PartyQuestEvent {
  const { context } = before
  const now = earliest + wait
  switch (act.act) {
    case 'REGISTER':
      return { type: act.act, member: memberOf(act), now }
    case 'START':
    case 'STAGE_CLEAR_ATTEMPT':
    case 'STAGE_ADVANCE':
    case 'ENTER_BONUS':
    case 'FORFEIT':
      return { type: act.act, now }
    case 'LEAVE':
      return { type: act.act, characterId: character(act.id), reason: act.reason, now }
    case 'say':
      return { type: 'BROADCAST_MESSAGE', messageType: 'PINK_TEXT', message: act.message, now }
    case 'data':
      return { type: 'UPDATE_CUSTOM_DATA', updates: new Map(act.updates), increments: act.increments, now }
    case 'monster': {
      const { what, monsterId, itemCount } = act
      const [mapId] = currentStage(context).mapIds
      return { type: `monster.${what}`, mapId, monsterId, itemCount, now }
    }
    case 'count':
      return { type: 'UPDATE_STAGE_STATE', itemCounts: new Map(act.items), monsterKills: new Map(act.kills), now }
    case 'flood': {
      const items = new Map(Array.from({ length: act.ids }, (_, index) => [act.first + index, 1]))
      return { type: 'UPDATE_STAGE_STATE', itemCounts: items, monsterKills: new Map(), now }
    }
    case 'fulfil':
      return { type: 'UPDATE_STAGE_STATE', ...missing(context), now }
    case 'timer': {
      const { timer, fromDeadline } = act
      const deadline = timer === 'unheard_of' ? undefined : context.run.deadlines[timer]
      const moment = deadline === undefined || fromDeadline === undefined ? now : deadline + fromDeadline
      // A timer that no release knows: what a newer one may have armed.
      return { type: `timer.${timer}`, now: Math.max(now, moment) } as PartyQuestEvent
    }
    case 'due': {
      const { timer, at } = earliestDeadline(context.run.deadlines) ?? { timer: 'quest', at: now }
      return { type: `timer.${timer}`, now: Math.max(now, at) }
    }
    default:
      return unreachable(act)
  }
}

function missing(context: PartyQuestContext) {
  const itemCounts = new Map<number, number>()
  const monsterKills = new Map<number, number>()
  for (const { type, operator, value, referenceId } of currentStage(context).clearConditions) {
    if (type === 'custom_data') continue
    const wanted = operator === '>' ? value + 1 : operator === '>=' || operator === '=' ? value : 0
    const [counted, more] =
      type === 'monster_kill'
        ? [context.stage.kills[`m${referenceId}`], monsterKills]
        : [context.stage.items[`i${referenceId}`], itemCounts]
    const lacking = Math.min(wanted, UINT32_MAX) - (counted ?? 0)
    if (lacking > 0) more.set(referenceId, Math.max(lacking, more.get(referenceId) ?? 0))
  }
  return { itemCounts, monsterKills }
}
