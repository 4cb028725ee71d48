/**
 * Which of the machine's transitions the lives of a scene must take, told from its definition alone: one that is taken
 * and should not be is as much a fault as one that is missed. A transition that is not in here fails the test.
 */
import type { ModelCondition, ModelStage } from './model-quest.ts'
import type { Scene } from './scenes.ts'

/** What of a scene decides which way its lives can go. */
interface Facts {
  readonly timed: boolean
  /** A party of some size that registers here may start; or may not, and waits. */
  readonly sizesThatStart: readonly number[]
  readonly sizesThatWait: readonly number[]
  /** A lobby is seen from outside: not everybody starts as he registers. */
  readonly lobby: boolean
  readonly lobbyTimer: boolean
  readonly automatic: boolean
  /** Some stage can be cleared; some stage can be tried in vain. */
  readonly clearable: boolean
  readonly unclear: boolean
  readonly stages: number
  readonly questTimer: boolean
  /** Some stage is played when the quest's time is up. */
  readonly outlasted: boolean
  readonly timeoutAdvances: boolean
  readonly timeoutFails: boolean
  readonly bonus: 'none' | 'auto' | 'manual'
  readonly bonusTimer: boolean
  /** Members of a quest that runs: of the shortest way there. */
  readonly party: number
  /** Whether a fail requirement holds with one less. */
  readonly failsWithOneLess: boolean
}

const REACHABLE: Readonly<Record<string, (facts: Facts) => boolean>> = {
  'registering always [startsByItself] → active': f => !f.timed && f.sizesThatStart.length > 0,
  'registering REGISTER [isMember] stays': f => f.lobby,
  'registering REGISTER stays': f => f.lobby && f.sizesThatStart.concat(f.sizesThatWait).some(size => size > 1),
  'registering START [requirementsMet] → active': f => f.timed && f.sizesThatStart.length > 0,
  'registering START stays': f => f.sizesThatWait.length > 0,
  'registering FORFEIT → failed': f => f.lobby,
  'registering timer.registration [registrationDueAndRequirementsMet] → active': f =>
    f.timed && f.sizesThatStart.length > 0,
  'registering timer.registration [registrationTimerDue] → failed': f => f.timed && f.sizesThatWait.length > 0,
  'registering timer.lobby [lobbyTimerDue] → failed': f => f.lobbyTimer,
  'active UPDATE_STAGE_STATE [countsFit] stays': () => true,
  'active UPDATE_STAGE_STATE stays': () => true,
  'active STAGE_CLEAR_ATTEMPT [conditionsHold] → cleared': f => f.clearable,
  'active STAGE_CLEAR_ATTEMPT stays': f => f.unclear,
  'active STAGE_ADVANCE → advancing': () => true,
  'active FORFEIT → failed': () => true,
  'active timer.quest [questTimerDue] → failed': f => f.questTimer && f.outlasted,
  'active timer.stage [stageTimerDueAndFails] → failed': f => f.timeoutFails,
  'active timer.stage [stageTimerDue] → advancing': f => f.timeoutAdvances,
  'cleared always [advancesAutomatically] → advancing': f => f.clearable && f.automatic,
  'cleared STAGE_ADVANCE → advancing': f => f.clearable && !f.automatic,
  'cleared FORFEIT → failed': f => f.clearable && !f.automatic,
  'cleared timer.quest [questTimerDue] → failed': f => f.clearable && !f.automatic && f.questTimer,
  'advancing always [hasNextStage] → active': f => f.stages > 1,
  'advancing always → completed': () => true,
  'completed always [hasNoBonus] → destroyed': f => f.bonus === 'none',
  'completed always [bonusIsAutomatic] → bonus': f => f.bonus === 'auto',
  'completed FORFEIT → destroyed': f => f.bonus === 'manual',
  'completed timer.completion [completionTimerDue] → destroyed': f => f.bonus === 'manual',
  'bonus FORFEIT → destroyed': f => f.bonus !== 'none',
  'bonus timer.bonus [bonusTimerDue] → destroyed': f => f.bonus !== 'none' && f.bonusTimer,
  'registering LEAVE [lastMemberLeaves] → destroyed': f => f.lobby,
  'registering LEAVE [memberLeaves] stays': f =>
    f.lobby && (f.timed ? f.sizesThatStart.concat(f.sizesThatWait) : f.sizesThatWait).some(size => size > 1),
  'registering BROADCAST_MESSAGE stays': f => f.lobby,
  'active LEAVE [lastMemberLeaves] → destroyed': f => f.party === 1,
  'active LEAVE [memberLeavesAndFailRequirementHolds] → failed': f => f.party > 1 && f.failsWithOneLess,
  'active LEAVE [memberLeaves] stays': f => f.party > 1 && !f.failsWithOneLess,
  'active BROADCAST_MESSAGE stays': () => true,
  'active UPDATE_CUSTOM_DATA [customDataFits] stays': () => true,
  'active UPDATE_CUSTOM_DATA stays': () => true,
  'cleared LEAVE [lastMemberLeaves] → destroyed': f => f.clearable && !f.automatic && f.party === 1,
  'cleared LEAVE [memberLeavesAndFailRequirementHolds] → failed': f =>
    f.clearable && !f.automatic && f.party > 1 && f.failsWithOneLess,
  'cleared LEAVE [memberLeaves] stays': f => f.clearable && !f.automatic && f.party > 1 && !f.failsWithOneLess,
  'cleared BROADCAST_MESSAGE stays': f => f.clearable && !f.automatic,
  'completed ENTER_BONUS → bonus': f => f.bonus === 'manual',
  'completed LEAVE [lastMemberLeaves] → destroyed': f => f.bonus === 'manual' && f.party === 1,
  'completed LEAVE [memberLeaves] stays': f => f.bonus === 'manual' && f.party > 1,
  'completed BROADCAST_MESSAGE stays': f => f.bonus === 'manual',
  'completed UPDATE_CUSTOM_DATA [customDataFits] stays': f => f.bonus === 'manual',
  'completed UPDATE_CUSTOM_DATA stays': f => f.bonus === 'manual',
  'bonus LEAVE [lastMemberLeaves] → destroyed': f => f.bonus !== 'none' && f.party === 1,
  'bonus LEAVE [memberLeaves] stays': f => f.bonus !== 'none' && f.party > 1,
  'bonus BROADCAST_MESSAGE stays': f => f.bonus !== 'none',
  'bonus UPDATE_CUSTOM_DATA [customDataFits] stays': f => f.bonus !== 'none',
  'bonus UPDATE_CUSTOM_DATA stays': f => f.bonus !== 'none',
  'failed always → destroyed': () => true,
}

/** @throws Error a transition that nobody told of when it can be taken */
export function isReachable(transition: string, scene: Scene): boolean {
  const rule = REACHABLE[transition]
  if (rule === undefined) throw new Error(`tell in reachable.ts which quests can take: ${transition}`)
  return rule(factsOf(scene))
}

function factsOf({ quest, deployment, characters }: Scene): Facts {
  const { registration, stages, duration = 0, bonus, startRequirements = [], failRequirements = [] } = quest
  const timed = registration.mode === 'timed'
  const starts = (size: number) =>
    deployment.requirements === 'warn' ||
    startRequirements.every(
      ({ type, operator, value }) => type !== 'party_size' || WITHIN[operator]?.(size, value) === true,
    )
  const all = Array.from({ length: characters }, (_, index) => index + 1)
  // An instant quest starts with the first size that will do, and grows no further.
  const first = all.find(starts)
  const sizes = timed || first === undefined ? all : all.slice(0, first)
  const lobby = timed || first !== 1
  const limit = (stage: ModelStage) => stage.duration ?? 0
  const inTime = stages.filter(stage => limit(stage) > 0 && (duration === 0 || limit(stage) < duration))
  return {
    timed,
    sizesThatStart: sizes.filter(starts),
    sizesThatWait: sizes.filter(size => !starts(size)),
    lobby,
    lobbyTimer: lobby && !timed && deployment.lobbyLimitSeconds > 0,
    automatic: (quest.advance ?? deployment.advance) === 'automatic',
    clearable: stages.some(({ clearConditions = [] }) => clearConditions.every(({ type }) => type !== 'custom_data')),
    // Whatever is asked, one more or one less is wrong; but nobody can bring less than asked where 0 is asked.
    unclear: stages.some(({ clearConditions = [] }) => clearConditions.some(canFail)),
    stages: stages.length,
    questTimer: duration > 0,
    outlasted: inTime.length < stages.length || inTime.reduce((sum, stage) => sum + limit(stage), 0) >= duration,
    timeoutAdvances: inTime.some(({ onTimeout }) => onTimeout !== 'fail'),
    timeoutFails: inTime.some(({ onTimeout }) => onTimeout === 'fail'),
    bonus: bonus === undefined ? 'none' : bonus.entry === 'auto' ? 'auto' : 'manual',
    party: first ?? 0,
    failsWithOneLess:
      first !== undefined &&
      deployment.requirements === 'enforce' &&
      failRequirements.some(
        ({ type, operator, value }) => type === 'party_size' && WITHIN[operator]?.(first - 1, value) === true,
      ),
    bonusTimer: (bonus?.duration || deployment.bonusLimitSeconds) > 0,
  }
}

const WITHIN: Readonly<Record<string, (size: number, value: number) => boolean>> = {
  gte: (size, value) => size >= value,
  lte: (size, value) => size <= value,
  eq: (size, value) => size === value,
  gt: (size, value) => size > value,
  lt: (size, value) => size < value,
}

function canFail({ operator, value }: ModelCondition): boolean {
  return operator !== '>=' || value > 0
}
