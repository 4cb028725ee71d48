/** Whether a quest ends by itself when its players have gone, and whether each of its timers can run out at all. */

import type { RuleSettings } from '../../machines/context.ts'
import type { Bonus, QuestDefinition } from '../contract/definition.ts'
import type { Exploration } from './explored-life.ts'
import type { Finding } from './finding.ts'
import { numberRanges } from './number-ranges.ts'

export function timeFindings(
  definition: QuestDefinition,
  exploration: Exploration,
  settings: RuleSettings,
): readonly Finding[] {
  const { bonus } = definition
  return [
    ...lastsForEver(exploration),
    ...questTimer(definition, exploration),
    ...stageTimers(definition, exploration),
    ...registrationTimer(definition),
    ...(bonus === undefined ? [] : bonusTime(bonus, settings)),
  ]
}

/** What a lobby or a bonus without a limit is, the deployment decides; the stages are the author's. */
function lastsForEver({ states }: Exploration): readonly Finding[] {
  const stagesOf = (value: 'active' | 'cleared') => [
    ...new Set(states.flatMap(state => (state.value === value && state.armed.length === 0 ? [state.stageIndex] : []))),
  ]
  const played = stagesOf('active').sort((a, b) => a - b)
  const cleared = stagesOf('cleared').sort((a, b) => a - b)
  const places = [
    ...(played.length === 0 ? [] : [`${stagesText(played, 'is', 'are')} played`]),
    ...(cleared.length === 0 ? [] : [`${stagesText(cleared, 'waits', 'wait')} for STAGE_ADVANCE once cleared`]),
  ]
  if (places.length === 0) return []
  return [
    {
      severity: 'warning',
      code: 'lasts-for-ever',
      path: ['duration'],
      reason: `the quest may last for ever: no timer runs while ${places.join(', and while ')}`,
      cure: 'give the quest a duration in seconds',
    },
  ]
}

function stagesText(indices: readonly number[], one: string, many: string): string {
  return indices.length === 1 ? `stage ${indices[0]} ${one}` : `stages ${numberRanges(indices)} ${many}`
}

/** Only where the definition itself says how stages advance: under ADVANCE=command a cleared stage may wait. */
function questTimer({ advance, duration, stages }: QuestDefinition, { states, ends }: Exploration): readonly Finding[] {
  if (advance !== 'automatic') return []
  if (duration === 0 || states.length === 0 || ends.some(({ reason }) => reason === 'time_expired')) return []
  const together = stages.reduce((sum, stage) => sum + stage.duration, 0)
  return [
    {
      severity: 'warning',
      code: 'timer-never-fires',
      path: ['duration'],
      reason: `the quest's ${duration} s never run out: its stages end by themselves after ${together} s at the latest`,
      cure: 'make it shorter than all stages together, or 0',
    },
  ]
}

function stageTimers({ duration, stages }: QuestDefinition, { states, transitions }: Exploration): readonly Finding[] {
  const explored = new Set(states.flatMap(({ value, stageIndex }) => (value === 'active' ? [stageIndex] : [])))
  const fired = new Set(
    transitions.flatMap(({ step }) =>
      step.event.type === 'timer.stage' && step.before ? [step.before.stageIndex] : [],
    ),
  )
  return stages.flatMap((stage): readonly Finding[] => {
    if (stage.duration === 0) {
      if (stage.onTimeout === 'advance') return []
      return [
        {
          severity: 'warning',
          code: 'no-effect',
          path: ['stages', stage.index, 'onTimeout'],
          reason: 'the stage has no duration, so its time never runs out',
          cure: 'give it a duration in seconds, or leave onTimeout out',
        },
      ]
    }
    if (!explored.has(stage.index) || fired.has(stage.index)) return []
    return [
      {
        severity: 'warning',
        code: 'timer-never-fires',
        path: ['stages', stage.index, 'duration'],
        reason: `the stage's ${stage.duration} s never run out: the whole quest has ${duration} s`,
        cure: "make it shorter than the quest's duration, or 0",
      },
    ]
  })
}

function registrationTimer({ registration: { mode, duration } }: QuestDefinition): readonly Finding[] {
  if (mode === 'timed' || duration === 0) return []
  return [
    {
      severity: 'warning',
      code: 'timer-never-fires',
      path: ['registration', 'duration'],
      reason: `the registration's ${duration} s have no meaning: an instant registration has no end of its own`,
      cure: 'use the mode timed, or leave the duration out',
    },
  ]
}

function bonusTime({ duration }: Bonus, { bonusLimitSeconds }: RuleSettings): readonly Finding[] {
  if (duration > 0 || bonusLimitSeconds === 0) return []
  return [
    {
      severity: 'warning',
      code: 'bonus-without-duration',
      path: ['bonus', 'duration'],
      reason: `the bonus has no duration, so it lasts as long as BONUS_LIMIT_SECONDS says: ${bonusLimitSeconds} s in this deployment`,
      cure: 'give it a duration in seconds',
    },
  ]
}
