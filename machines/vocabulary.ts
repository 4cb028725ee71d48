/**
 * The guards and actions of machines/party-quest.ts by name: what decides, what changes, what is said. Pure: they know
 * no Kafka, no clock and no logger. What a transition says to the world leaves it as one emitted event per action, in
 * order. Which of them is used where is the chart's business.
 */
import { assign, emit, setup } from 'xstate'
import { NIL_INSTANCE, UINT32_MAX } from '../src/contract/ids.ts'
import type { FailReason, Message } from '../src/contract/messages.ts'
import { type Refusal, refuse } from '../src/contract/refusal.ts'
import {
  countsKills,
  FRIENDLY_DROP_KEY,
  FRIENDLY_HIT_KEY,
  type FriendlyMonster,
  friendlyMonsterOf,
} from '../src/contract/stage-features.ts'
import { conditionsHold, requirementsHold, someRequirementHolds } from './conditions.ts'
import {
  type Counts,
  currentStage,
  freshStage,
  ITEM_PREFIX,
  KILL_PREFIX,
  type PartyMember,
  type PartyQuestContext,
} from './context.ts'
import {
  CUSTOM_CHARACTERS_MAX,
  CUSTOM_KEYS_MAX,
  customNumber,
  increased,
  isWithinBounds,
  updated,
} from './custom-data.ts'
import { arm, COMPLETION_LIMIT_SECONDS, rearm, type TimerName, without } from './deadlines.ts'
import type { PartyQuestEmitted, PartyQuestEvent, PartyQuestInput } from './events.ts'
import {
  friendlyMonsterSpawned,
  memberLeft,
  monstersGone,
  questCompleted,
  reactorsGone,
  stageCleared,
  stageShown,
  toEach,
  warp,
  warpUnlessZero,
} from './telling.ts'

/** Different items, and different monsters, counted in one stage. A command that would go beyond is refused. */
export const COUNTED_IDS_MAX = 4096

type Context = PartyQuestContext

/** An instance that starts as it is created starts at the moment of its registration. */
const timeOf = (context: Context, event: PartyQuestEvent): number =>
  'now' in event ? event.now : context.run.registeredAt

const messages = (...list: readonly Message[]): PartyQuestEmitted => ({ type: 'messages', messages: list })

const refused = (refusal: Refusal): PartyQuestEmitted => ({ type: 'refused', refusal })

/** Counts are added, and saturate. */
const add = (counts: Counts, prefix: string, more: ReadonlyMap<number, number>): Counts => {
  if (more.size === 0) return counts
  const sum: Record<string, number> = { ...counts }
  for (const [id, count] of more) sum[prefix + id] = Math.min((sum[prefix + id] ?? 0) + count, UINT32_MAX)
  return sum
}

const fits = (counts: Counts, prefix: string, more: ReadonlyMap<number, number>): boolean => {
  if (more.size === 0) return true
  const others = [...more.keys()].filter(id => counts[prefix + id] === undefined)
  return Object.keys(counts).length + others.length <= COUNTED_IDS_MAX
}

const requirementsMet = ({ rules, run }: Context): boolean =>
  rules.requirements === 'warn' || requirementsHold(rules.definition.startRequirements, run.members)

/** Who is there when the one that the event names has left; `undefined`: he is none of them, or nobody leaves. */
const remaining = ({ run }: Context, event: PartyQuestEvent): readonly PartyMember[] | undefined => {
  if (event.type !== 'LEAVE') return undefined
  const others = run.members.filter(({ characterId }) => characterId !== event.characterId)
  return others.length === run.members.length ? undefined : others
}

/** The friendly monster of the stage, if the event is about it. */
const friendlyIn = (context: Context, event: PartyQuestEvent): FriendlyMonster | undefined => {
  if (!('monsterId' in event)) return undefined
  const stage = currentStage(context)
  const friendly = friendlyMonsterOf(stage)
  return friendly?.monsterId === event.monsterId && stage.mapIds.includes(event.mapId) ? friendly : undefined
}

const due = (timer: TimerName, context: Context, event: PartyQuestEvent): boolean => {
  const at = context.run.deadlines[timer]
  return at !== undefined && at <= timeOf(context, event)
}

/** 0 = until somebody ends it. */
export const bonusSeconds = ({ rules }: Context): number => rules.definition.bonus?.duration || rules.bonusLimitSeconds

export const partyQuest = setup({
  types: {
    context: {} as PartyQuestContext,
    events: {} as PartyQuestEvent,
    input: {} as PartyQuestInput,
    emitted: {} as PartyQuestEmitted,
    tags: {} as 'live' | 'lobby' | 'playing' | 'over',
  },
  guards: {
    isMember: ({ context, event }) =>
      event.type === 'REGISTER' &&
      context.run.members.some(({ characterId }) => characterId === event.member.characterId),
    requirementsMet: ({ context }) => requirementsMet(context),
    startsByItself: ({ context }) =>
      context.rules.definition.registration.mode === 'instant' && requirementsMet(context),
    countsFit: ({ context, event }) =>
      event.type === 'UPDATE_STAGE_STATE' &&
      fits(context.stage.items, ITEM_PREFIX, event.itemCounts) &&
      fits(context.stage.kills, KILL_PREFIX, event.monsterKills),
    customDataFits: ({ context, event }) =>
      event.type === 'UPDATE_CUSTOM_DATA' &&
      isWithinBounds(updated(context.stage.data, event.updates, event.increments)),
    conditionsHold: ({ context }) => conditionsHold(context),
    memberLeaves: ({ context, event }) => remaining(context, event) !== undefined,
    lastMemberLeaves: ({ context, event }) => remaining(context, event)?.length === 0,
    memberLeavesAndFailRequirementHolds: ({ context, event }) => {
      const { definition, requirements } = context.rules
      const others = remaining(context, event)
      return (
        others !== undefined && requirements === 'enforce' && someRequirementHolds(definition.failRequirements, others)
      )
    },
    isFriendlyMonster: ({ context, event }) => friendlyIn(context, event) !== undefined,
    isFriendlyMonsterToKeepAlive: ({ context, event }) => friendlyIn(context, event)?.onKilled?.action === 'fail',
    killCounts: ({ context, event }) =>
      event.type === 'monster.killed' &&
      countsKills(currentStage(context)) &&
      fits(context.stage.kills, KILL_PREFIX, new Map([[event.monsterId, 1]])),
    hasNextStage: ({ context }) => context.run.stageIndex + 1 < context.rules.definition.stages.length,
    advancesAutomatically: ({ context }) => context.rules.advance === 'automatic',
    hasNoBonus: ({ context }) => context.rules.definition.bonus === undefined,
    bonusIsAutomatic: ({ context }) => context.rules.definition.bonus?.entry === 'auto',
    // A stale timer event finds its deadline moved or gone, and is a no-op.
    registrationTimerDue: ({ context, event }) => due('registration', context, event),
    registrationDueAndRequirementsMet: ({ context, event }) =>
      due('registration', context, event) && requirementsMet(context),
    lobbyTimerDue: ({ context, event }) => due('lobby', context, event),
    questTimerDue: ({ context, event }) => due('quest', context, event),
    stageTimerDue: ({ context, event }) => due('stage', context, event),
    stageTimerDueAndFails: ({ context, event }) =>
      due('stage', context, event) && currentStage(context).onTimeout === 'fail',
    bonusTimerDue: ({ context, event }) => due('bonus', context, event),
    completionTimerDue: ({ context, event }) => due('completion', context, event),
  },
  actions: {
    // -- what changes
    join: assign(({ context, event }) =>
      event.type === 'REGISTER' ? { run: { ...context.run, members: [...context.run.members, event.member] } } : {},
    ),
    leave: assign(({ context, event }) => {
      const members = remaining(context, event)
      return members === undefined ? {} : { run: { ...context.run, members } }
    }),
    beginQuest: assign(({ context, event }) => {
      const now = timeOf(context, event)
      return {
        run: { ...context.run, startedAt: now, deadlines: arm('quest', now, context.rules.definition.duration) },
      }
    }),
    moveToNextStage: assign(({ context }) => ({ run: { ...context.run, stageIndex: context.run.stageIndex + 1 } })),
    beginStage: assign(({ context, event }) => {
      const now = timeOf(context, event)
      const deadlines = rearm('stage', now, currentStage(context).duration, context.run.deadlines)
      return { run: { ...context.run, deadlines }, stage: freshStage(now) }
    }),
    disarmStage: assign(({ context }) => ({
      run: { ...context.run, deadlines: without('stage', context.run.deadlines) },
    })),
    count: assign(({ context, event }) =>
      event.type === 'UPDATE_STAGE_STATE'
        ? {
            stage: {
              ...context.stage,
              items: add(context.stage.items, ITEM_PREFIX, event.itemCounts),
              kills: add(context.stage.kills, KILL_PREFIX, event.monsterKills),
            },
          }
        : {},
    ),
    countAttempt: assign(({ context }) => ({ stage: { ...context.stage, attempts: context.stage.attempts + 1 } })),
    updateCustomData: assign(({ context, event }) =>
      event.type === 'UPDATE_CUSTOM_DATA'
        ? { stage: { ...context.stage, data: updated(context.stage.data, event.updates, event.increments) } }
        : {},
    ),
    countKill: assign(({ context, event }) =>
      event.type === 'monster.killed'
        ? { stage: { ...context.stage, kills: add(context.stage.kills, KILL_PREFIX, new Map([[event.monsterId, 1]])) } }
        : {},
    ),
    countFriendlyHit: assign(({ context }) => ({
      stage: { ...context.stage, data: increased(context.stage.data, FRIENDLY_HIT_KEY, 1) },
    })),
    countFriendlyDrop: assign(({ context, event }) =>
      event.type === 'monster.drop'
        ? { stage: { ...context.stage, data: increased(context.stage.data, FRIENDLY_DROP_KEY, event.itemCount) } }
        : {},
    ),
    endQuest: assign(({ context, event }) => {
      const manual = context.rules.definition.bonus?.entry === 'manual'
      const deadlines = arm('completion', timeOf(context, event), manual ? COMPLETION_LIMIT_SECONDS : 0)
      return { run: { ...context.run, deadlines } }
    }),
    beginBonus: assign(({ context, event }) => {
      const now = timeOf(context, event)
      return { run: { ...context.run, deadlines: arm('bonus', now, bonusSeconds(context)) }, stage: freshStage(now) }
    }),

    // -- what the world is told
    announceCreated: emit(({ context }) => {
      const { mode, duration } = context.rules.definition.registration
      const created: Message = { type: 'INSTANCE_CREATED', partyId: context.identity.partyId }
      return mode === 'timed' ? messages(created, { type: 'REGISTRATION_OPENED', duration }) : messages(created)
    }),
    announceRegistered: emit(({ event }) =>
      event.type === 'REGISTER'
        ? messages({ type: 'CHARACTER_REGISTERED', characterId: event.member.characterId })
        : messages(),
    ),
    announceStarted: emit(({ context }) => {
      const { mapIds } = currentStage(context)
      return messages(...warp(context, mapIds[0]), { type: 'STARTED', stageIndex: context.run.stageIndex, mapIds })
    }),
    announceLeft: emit(({ context, event }) =>
      event.type === 'LEAVE' ? messages(...memberLeft(context, event.characterId, event.reason)) : messages(),
    ),
    showStage: emit(({ context }) => messages(...stageShown(context))),
    announceCleared: emit(({ context }) => messages(...stageCleared(context))),
    announceForcedClear: emit(({ context }) =>
      context.rules.advance === 'automatic' ? messages(...stageCleared(context)) : messages(),
    ),
    announceAdvanced: emit(({ context }) => {
      const { mapIds } = currentStage(context)
      const { stageIndex } = context.run
      const leftBehind = context.rules.definition.stages[stageIndex - 1]
      const warps = leftBehind?.warpType === 'none' ? [] : warp(context, mapIds[0])
      return messages(...warps, { type: 'STAGE_ADVANCED', stageIndex, mapIds })
    }),
    announceCompleted: emit(({ context }) => messages(...questCompleted(context))),
    warpToCompletionMap: emit(({ context }) => {
      const { bonus } = context.rules.definition
      return messages(...warpUnlessZero(context, bonus?.entry === 'manual' ? (bonus.completionMapId ?? 0) : 0))
    }),
    announceBonus: emit(({ context }) => {
      const mapId = context.rules.definition.bonus?.mapId ?? 0
      return messages(...warpUnlessZero(context, mapId), { type: 'BONUS_ENTERED', mapId })
    }),
    broadcast: emit(({ context, event }) =>
      event.type === 'BROADCAST_MESSAGE' ? messages(...toEach(context, event.messageType, event.message)) : messages(),
    ),
    tellOfFriendlyHit: emit(({ context, event }) => {
      const told = friendlyIn(context, event)?.onDamaged
      if (told === undefined || told.hitInterval === 0) return messages()
      const isTold = customNumber(context.stage.data, FRIENDLY_HIT_KEY) % told.hitInterval === 0
      return isTold ? messages(...toEach(context, 'BLUE_TEXT', told.message)) : messages()
    }),
    tellOfFriendlyDrop: emit(({ context, event }) => {
      const template = friendlyIn(context, event)?.onDrop?.messageTemplate
      if (template === undefined) return messages()
      const count = String(customNumber(context.stage.data, FRIENDLY_DROP_KEY))
      return messages(...toEach(context, 'BLUE_TEXT', template.replaceAll('{count}', count)))
    }),
    tellOfFriendlyDeath: emit(({ context, event }) => {
      const message = friendlyIn(context, event)?.onKilled?.message
      return message === undefined ? messages() : messages(...toEach(context, 'BLUE_TEXT', message))
    }),
    removeReactors: emit(({ context }) => messages(...reactorsGone(context))),
    announceFailed: emit((_, { reason }: { reason: FailReason }) => messages({ type: 'FAILED', reason })),
    announceDestroyed: emit(({ context }) =>
      messages(...warp(context, context.rules.definition.exit, NIL_INSTANCE), { type: 'INSTANCE_DESTROYED' }),
    ),

    // -- what other services are to do
    spawnFriendlyMonster: emit(({ context }) => ({
      type: 'effects' as const,
      effects: friendlyMonsterSpawned(context),
    })),
    removeMonsters: emit(({ context }) => ({ type: 'effects' as const, effects: monstersGone(context) })),
    // One that is left in the same operation loses them then.
    removeClearedMonsters: emit(({ context }) => {
      const isAsked = currentStage(context).clearActions.includes('destroy_monsters')
      const isLeft = context.rules.advance === 'automatic'
      return { type: 'effects' as const, effects: isAsked && !isLeft ? monstersGone(context) : [] }
    }),

    // -- what is refused
    refuseRequirements: emit(({ context }) =>
      refused(
        refuse(
          'REQUIREMENTS_NOT_MET',
          `the start requirements of ${context.identity.questId} do not hold for its ${context.run.members.length} member(s)`,
        ),
      ),
    ),
    refuseCounts: emit(() =>
      refused(
        refuse('INVALID_STATE', `a stage counts at most ${COUNTED_IDS_MAX} different items and as many monsters`),
      ),
    ),
    refuseCustomData: emit(() =>
      refused(
        refuse(
          'INVALID_STATE',
          `a stage's custom data holds at most ${CUSTOM_KEYS_MAX} keys, and ${CUSTOM_CHARACTERS_MAX} characters in all`,
        ),
      ),
    ),
  },
})
