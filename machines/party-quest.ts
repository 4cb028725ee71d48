/**
 * The life of one party quest instance, as the state picture in docs/architecture.md draws it; its guards and actions
 * are in vocabulary.ts. Every event carries `now`. A command that a state does not list is refused by whoever sent it;
 * one that it lists but cannot follow emits `refused` and changes nothing. An event that is no command and that no
 * guard takes changes nothing either.
 */
import { freshStage } from './context.ts'
import { arm } from './deadlines.ts'
import { partyQuest } from './vocabulary.ts'

export type {
  MonsterHappening,
  PartyQuestCommand,
  PartyQuestEmitted,
  PartyQuestEvent,
  PartyQuestInput,
} from './events.ts'
export { bonusSeconds, COUNTED_IDS_MAX } from './vocabulary.ts'

/** From a stage: the last one out leaves nothing behind, and too few of them cannot go on. */
const LEAVE_A_STAGE = [
  {
    guard: 'lastMemberLeaves',
    target: 'destroyed',
    actions: ['leave', 'announceLeft', 'removeMonsters', 'removeReactors'],
  },
  {
    guard: 'memberLeavesAndFailRequirementHolds',
    target: 'failed',
    actions: ['leave', 'announceLeft', { type: 'announceFailed', params: { reason: 'requirements_not_met' } }],
  },
  { guard: 'memberLeaves', actions: ['leave', 'announceLeft'] },
] as const

/** From before the first stage or behind the last. */
const LEAVE = [
  { guard: 'lastMemberLeaves', target: 'destroyed', actions: ['leave', 'announceLeft'] },
  { guard: 'memberLeaves', actions: ['leave', 'announceLeft'] },
] as const

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
        LEAVE,
        BROADCAST_MESSAGE: { actions: 'broadcast' },
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
      description: 'A stage is being played: items, kills and custom data are counted until its conditions hold.',
      tags: ['live', 'playing'],
      entry: ['beginStage', 'showStage', 'spawnFriendlyMonster'],
      on: {
        UPDATE_STAGE_STATE: [{ guard: 'countsFit', actions: 'count' }, { actions: 'refuseCounts' }],
        UPDATE_CUSTOM_DATA: [{ guard: 'customDataFits', actions: 'updateCustomData' }, { actions: 'refuseCustomData' }],
        STAGE_CLEAR_ATTEMPT: [{ guard: 'conditionsHold', target: 'cleared' }, { actions: 'countAttempt' }],
        STAGE_ADVANCE: {
          description: "An operator's or a script's override: conditions are skipped.",
          target: 'advancing',
          actions: 'announceForcedClear',
        },
        'monster.damaged': { guard: 'isFriendlyMonster', actions: ['countFriendlyHit', 'tellOfFriendlyHit'] },
        'monster.drop': { guard: 'isFriendlyMonster', actions: ['countFriendlyDrop', 'tellOfFriendlyDrop'] },
        'monster.killed': [
          {
            guard: 'isFriendlyMonsterToKeepAlive',
            target: 'failed',
            actions: ['tellOfFriendlyDeath', { type: 'announceFailed', params: { reason: 'friendly_monster_killed' } }],
          },
          { guard: 'isFriendlyMonster', actions: 'tellOfFriendlyDeath' },
          { guard: 'killCounts', actions: 'countKill' },
        ],
        LEAVE: LEAVE_A_STAGE,
        BROADCAST_MESSAGE: { actions: 'broadcast' },
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
      entry: ['disarmStage', 'announceCleared', 'removeClearedMonsters'],
      always: { guard: 'advancesAutomatically', target: 'advancing' },
      on: {
        STAGE_ADVANCE: { target: 'advancing' },
        LEAVE: LEAVE_A_STAGE,
        BROADCAST_MESSAGE: { actions: 'broadcast' },
        FORFEIT: { target: 'failed', actions: { type: 'announceFailed', params: { reason: 'forfeit' } } },
        'timer.quest': {
          guard: 'questTimerDue',
          target: 'failed',
          actions: { type: 'announceFailed', params: { reason: 'time_expired' } },
        },
      },
    },
    advancing: {
      description: 'The stage is left for good. Is there a next one? Passed through within the operation.',
      entry: 'removeMonsters',
      always: [
        { guard: 'hasNextStage', target: 'active', actions: ['moveToNextStage', 'announceAdvanced'] },
        { target: 'completed' },
      ],
    },
    completed: {
      description: 'Every stage is done. A manual bonus may be entered for two minutes.',
      tags: ['live', 'over'],
      entry: ['endQuest', 'announceCompleted', 'removeReactors', 'warpToCompletionMap'],
      always: [
        { guard: 'hasNoBonus', target: 'destroyed' },
        { guard: 'bonusIsAutomatic', target: 'bonus' },
      ],
      on: {
        ENTER_BONUS: { target: 'bonus' },
        UPDATE_CUSTOM_DATA: [{ guard: 'customDataFits', actions: 'updateCustomData' }, { actions: 'refuseCustomData' }],
        LEAVE,
        BROADCAST_MESSAGE: { actions: 'broadcast' },
        FORFEIT: { description: 'A completed quest cannot fail.', target: 'destroyed' },
        'timer.completion': { guard: 'completionTimerDue', target: 'destroyed' },
      },
    },
    bonus: {
      description: 'The bonus map, until its time is up.',
      tags: ['live', 'over'],
      entry: ['beginBonus', 'announceBonus'],
      on: {
        UPDATE_CUSTOM_DATA: [{ guard: 'customDataFits', actions: 'updateCustomData' }, { actions: 'refuseCustomData' }],
        LEAVE,
        BROADCAST_MESSAGE: { actions: 'broadcast' },
        FORFEIT: { target: 'destroyed' },
        'timer.bonus': { guard: 'bonusTimerDue', target: 'destroyed' },
      },
    },
    failed: {
      description: 'Passes straight on to destroyed in the same operation.',
      entry: ['removeMonsters', 'removeReactors'],
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
