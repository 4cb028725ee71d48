/**
 * The life of one party quest instance, as the state picture in docs/architecture.md draws it.
 * Pure: it knows no Kafka, no clock and no logger. Every event carries `now`; what a transition says to the world
 * leaves it as one emitted `messages` event per action, in order. A command that a state does not list is refused
 * by whoever sent it; one that it lists but cannot follow emits `refused` and changes nothing.
 */
import { assign, emit, setup } from 'xstate'
import { NIL_INSTANCE, UINT32_MAX } from '../src/contract/ids.ts'
import type { FailReason, InstanceIdentity, Message } from '../src/contract/messages.ts'
import { type Refusal, refuse } from '../src/contract/refusal.ts'
import { conditionsHold, requirementsHold } from './conditions.ts'
import {
  type Counts,
  currentStage,
  freshStage,
  ITEM_PREFIX,
  KILL_PREFIX,
  type PartyMember,
  type PartyQuestContext,
  type Rules,
} from './context.ts'
import { arm, COMPLETION_LIMIT_SECONDS, type TimerName } from './deadlines.ts'

/** Different items, and different monsters, counted in one stage. A command that would go beyond is refused. */
export const COUNTED_IDS_MAX = 4096

export interface PartyQuestInput {
  readonly identity: InstanceIdentity
  readonly rules: Rules
  readonly members: readonly PartyMember[]
  readonly now: number
}

type At<Event> = Event & { readonly now: number }

export type PartyQuestCommand =
  | At<{ type: 'REGISTER'; member: PartyMember }>
  | At<{ type: 'START' }>
  | At<{
      type: 'UPDATE_STAGE_STATE'
      itemCounts: ReadonlyMap<number, number>
      monsterKills: ReadonlyMap<number, number>
    }>
  | At<{ type: 'STAGE_CLEAR_ATTEMPT' }>
  | At<{ type: 'STAGE_ADVANCE' }>
  | At<{ type: 'FORFEIT' }>

export type PartyQuestEvent = PartyQuestCommand | At<{ type: `timer.${TimerName}` }>

export type PartyQuestEmitted =
  | { readonly type: 'messages'; readonly messages: readonly Message[] }
  | { readonly type: 'refused'; readonly refusal: Refusal }

type Context = PartyQuestContext

/** An instance that starts as it is created starts at the moment of its registration. */
const timeOf = (context: Context, event: PartyQuestEvent): number =>
  'now' in event ? event.now : context.run.registeredAt

const messages = (...list: Message[]): PartyQuestEmitted => ({ type: 'messages', messages: list })

const warp = ({ identity, run }: Context, mapId: number, instance = identity.instanceId): Message[] =>
  run.members.map(({ characterId }) => ({ type: 'CHANGE_MAP', characterId, mapId, instance }))

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

const due = (timer: TimerName, context: Context, event: PartyQuestEvent): boolean => {
  const at = context.run.deadlines[timer]
  return at !== undefined && at <= timeOf(context, event)
}

const stageCleared = (context: Context): Message => ({
  type: 'STAGE_CLEARED',
  stageIndex: context.run.stageIndex,
  mapIds: currentStage(context).mapIds,
})

/** 0 = until somebody ends it. */
export const bonusSeconds = ({ rules }: Context): number => rules.definition.bonus?.duration || rules.bonusLimitSeconds

const partyQuest = setup({
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
    conditionsHold: ({ context }) => conditionsHold(context),
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
    beginQuest: assign(({ context, event }) => {
      const now = timeOf(context, event)
      return {
        run: { ...context.run, startedAt: now, deadlines: arm('quest', now, context.rules.definition.duration) },
      }
    }),
    moveToNextStage: assign(({ context }) => ({ run: { ...context.run, stageIndex: context.run.stageIndex + 1 } })),
    beginStage: assign(({ context, event }) => {
      const now = timeOf(context, event)
      const { stage: _, ...others } = context.run.deadlines
      const deadlines = { ...others, ...arm('stage', now, currentStage(context).duration) }
      return { run: { ...context.run, deadlines }, stage: freshStage(now) }
    }),
    disarmStage: assign(({ context }) => {
      const { stage: _, ...deadlines } = context.run.deadlines
      return { run: { ...context.run, deadlines } }
    }),
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
    endQuest: assign(({ context, event }) => {
      const manual = context.rules.definition.bonus?.entry === 'manual'
      const deadlines = arm('completion', timeOf(context, event), manual ? COMPLETION_LIMIT_SECONDS : 0)
      return { run: { ...context.run, deadlines } }
    }),
    beginBonus: assign(({ context, event }) => ({
      run: { ...context.run, deadlines: arm('bonus', timeOf(context, event), bonusSeconds(context)) },
    })),

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
    announceCleared: emit(({ context }) => messages(stageCleared(context))),
    announceForcedClear: emit(({ context }) =>
      context.rules.advance === 'automatic' ? messages(stageCleared(context)) : messages(),
    ),
    announceAdvanced: emit(({ context }) => {
      const { mapIds } = currentStage(context)
      const { stageIndex } = context.run
      const leftBehind = context.rules.definition.stages[stageIndex - 1]
      const warps = leftBehind?.warpType === 'none' ? [] : warp(context, mapIds[0])
      return messages(...warps, { type: 'STAGE_ADVANCED', stageIndex, mapIds })
    }),
    announceCompleted: emit(({ context }) => {
      const { bonus } = context.rules.definition
      const mapId = bonus?.entry === 'manual' ? (bonus.completionMapId ?? 0) : 0
      return messages({ type: 'COMPLETED' }, ...(mapId === 0 ? [] : warp(context, mapId)))
    }),
    warpToBonus: emit(({ context }) => {
      const mapId = context.rules.definition.bonus?.mapId ?? 0
      return messages(...(mapId === 0 ? [] : warp(context, mapId)))
    }),
    announceFailed: emit((_, { reason }: { reason: FailReason }) => messages({ type: 'FAILED', reason })),
    announceDestroyed: emit(({ context }) =>
      messages(...warp(context, context.rules.definition.exit, NIL_INSTANCE), { type: 'INSTANCE_DESTROYED' }),
    ),

    // -- what is refused
    refuseRequirements: emit(({ context }) => ({
      type: 'refused' as const,
      refusal: refuse(
        'REQUIREMENTS_NOT_MET',
        `the start requirements of ${context.identity.questId} do not hold for its ${context.run.members.length} member(s)`,
      ),
    })),
    refuseCounts: emit(() => ({
      type: 'refused' as const,
      refusal: refuse(
        'INVALID_STATE',
        `a stage counts at most ${COUNTED_IDS_MAX} different items and as many monsters`,
      ),
    })),
  },
})

export const partyQuestMachine = partyQuest.createMachine({
  id: 'party-quest',
  description: 'One party quest instance: players register, play stage after stage against the clock, and leave.',
  context: ({ input }) => {
    const { mode, duration } = input.rules.definition.registration
    const deadlines =
      mode === 'timed'
        ? arm('registration', input.now, duration)
        : arm('lobby', input.now, input.rules.lobbyLimitSeconds)
    const run = { members: input.members, stageIndex: 0, registeredAt: input.now, startedAt: 0, deadlines }
    return { identity: input.identity, rules: input.rules, run, stage: freshStage(input.now) }
  },
  initial: 'registering',
  states: {
    registering: {
      description: 'The lobby: characters join until the quest starts by itself, by command or by its timer.',
      tags: ['live', 'lobby'],
      entry: 'announceCreated',
      always: { guard: 'startsByItself', target: 'active', actions: ['beginQuest', 'announceStarted'] },
      on: {
        REGISTER: [{ guard: 'isMember' }, { actions: ['join', 'announceRegistered'] }],
        START: [
          { guard: 'requirementsMet', target: 'active', actions: ['beginQuest', 'announceStarted'] },
          { actions: 'refuseRequirements' },
        ],
        FORFEIT: { target: 'failed', actions: { type: 'announceFailed', params: { reason: 'forfeit' } } },
        'timer.registration': [
          {
            guard: 'registrationDueAndRequirementsMet',
            target: 'active',
            actions: ['beginQuest', 'announceStarted'],
          },
          {
            guard: 'registrationTimerDue',
            target: 'failed',
            actions: { type: 'announceFailed', params: { reason: 'requirements_not_met' } },
          },
        ],
        'timer.lobby': {
          guard: 'lobbyTimerDue',
          target: 'failed',
          actions: { type: 'announceFailed', params: { reason: 'registration_expired' } },
        },
      },
    },
    active: {
      description: 'A stage is being played: items and kills are counted until its conditions hold.',
      tags: ['live', 'playing'],
      entry: 'beginStage',
      on: {
        UPDATE_STAGE_STATE: [{ guard: 'countsFit', actions: 'count' }, { actions: 'refuseCounts' }],
        STAGE_CLEAR_ATTEMPT: [{ guard: 'conditionsHold', target: 'cleared' }, { actions: 'countAttempt' }],
        STAGE_ADVANCE: {
          description: "An operator's or a script's override: conditions are skipped.",
          target: 'advancing',
          actions: 'announceForcedClear',
        },
        FORFEIT: { target: 'failed', actions: { type: 'announceFailed', params: { reason: 'forfeit' } } },
        'timer.quest': {
          guard: 'questTimerDue',
          target: 'failed',
          actions: { type: 'announceFailed', params: { reason: 'time_expired' } },
        },
        'timer.stage': [
          {
            guard: 'stageTimerDueAndFails',
            target: 'failed',
            actions: { type: 'announceFailed', params: { reason: 'stage_time_expired' } },
          },
          { guard: 'stageTimerDue', target: 'advancing' },
        ],
      },
    },
    cleared: {
      description: 'The stage is cleared and its timer disarmed; the next one waits for STAGE_ADVANCE.',
      tags: ['live', 'playing'],
      entry: ['disarmStage', 'announceCleared'],
      always: { guard: 'advancesAutomatically', target: 'advancing' },
      on: {
        STAGE_ADVANCE: { target: 'advancing' },
        FORFEIT: { target: 'failed', actions: { type: 'announceFailed', params: { reason: 'forfeit' } } },
        'timer.quest': {
          guard: 'questTimerDue',
          target: 'failed',
          actions: { type: 'announceFailed', params: { reason: 'time_expired' } },
        },
      },
    },
    advancing: {
      description: 'Next stage? Passed through within the operation.',
      always: [
        { guard: 'hasNextStage', target: 'active', actions: ['moveToNextStage', 'announceAdvanced'] },
        { target: 'completed' },
      ],
    },
    completed: {
      description: 'Every stage is done. A manual bonus may be entered for two minutes.',
      tags: ['live', 'over'],
      entry: ['endQuest', 'announceCompleted'],
      always: [
        { guard: 'hasNoBonus', target: 'destroyed' },
        { guard: 'bonusIsAutomatic', target: 'bonus' },
      ],
      on: {
        FORFEIT: { description: 'A completed quest cannot fail.', target: 'destroyed' },
        'timer.completion': { guard: 'completionTimerDue', target: 'destroyed' },
      },
    },
    bonus: {
      description: 'The bonus map, until its time is up.',
      tags: ['live', 'over'],
      entry: ['beginBonus', 'warpToBonus'],
      on: {
        FORFEIT: { target: 'destroyed' },
        'timer.bonus': { guard: 'bonusTimerDue', target: 'destroyed' },
      },
    },
    failed: {
      description: 'Passes straight on to destroyed in the same operation.',
      always: { target: 'destroyed' },
    },
    destroyed: {
      description: 'Everybody has left and the instance is gone.',
      type: 'final',
      entry: 'announceDestroyed',
    },
  },
})

export type PartyQuestMachine = typeof partyQuestMachine
/** The states in which an instance rests between operations. */
export const RESTING_STATES = ['registering', 'active', 'cleared', 'completed', 'bonus'] as const
export type RestingState = (typeof RESTING_STATES)[number]
