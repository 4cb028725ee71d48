/** Whether each stage can be cleared by what players do in it, and not before they did anything. */
import { COUNTED_IDS_MAX } from '../../machines/party-quest.ts'
import type { QuestDefinition, Stage } from '../contract/definition.ts'
import { UINT32_MAX } from '../contract/ids.ts'
import type { Exploration } from './explored-life.ts'
import type { Finding } from './finding.ts'
import { type CountRange, canOvershoot, clearingOf, countRanges, isImpossible } from './stage-counts.ts'

const BY_SCRIPT = '"clearedBy": "script"'

/** `{"clearedBy": "script"}` in its properties: a script decides when the stage is over, by STAGE_ADVANCE or an attempt. */
export function isClearedByScript({ properties }: Stage): boolean {
  return properties.clearedBy === 'script'
}

export function stageFindings({ stages }: QuestDefinition, exploration: Exploration): readonly Finding[] {
  return stages.flatMap(stage => [...clearingFindings(stage, exploration), ...overshootFindings(stage)])
}

function clearingFindings(stage: Stage, { states }: Exploration): readonly Finding[] {
  const ranges = countRanges(stage.clearConditions)
  switch (clearingOf(stage)) {
    case 'never':
      return ranges.filter(isImpossible).map(range => contradiction(stage, range))
    case 'by-data':
      if (isClearedByScript(stage)) return []
      return ranges
        .filter(({ kind, lowest }) => kind === 'data' && lowest > 0)
        .map(range => ({
          severity: 'warning',
          code: 'stage-needs-data',
          path: conditionPath(stage, range),
          reason:
            `no command of this version sets the custom data ${JSON.stringify(range.referenceKey)}, so the stage ` +
            `cannot be cleared: it is left by STAGE_ADVANCE${stage.duration > 0 ? ' or its timer' : ''} alone`,
          cure: `have a script send STAGE_ADVANCE, and say so with ${BY_SCRIPT} in the stage's properties`,
        }))
    case 'always': {
      if (isClearedByScript(stage)) return []
      const what = ranges.length === 0 ? 'there are no conditions' : 'all conditions hold before anything is counted'
      return [
        {
          severity: 'warning',
          code: 'stage-always-met',
          path: ['stages', stage.index, 'clearConditions'],
          reason: `${what}, so the first STAGE_CLEAR_ATTEMPT clears the stage`,
          cure: `ask for something, or, where a script decides, say so with ${BY_SCRIPT} in the stage's properties`,
        },
      ]
    }
    case 'clearable': {
      const explored = states.filter(({ value, stageIndex }) => value === 'active' && stageIndex === stage.index)
      if (explored.length === 0 || explored.some(({ counts }) => counts === 'met')) return []
      return [
        {
          severity: 'fault',
          code: 'stage-never-cleared',
          path: ['stages', stage.index, 'clearConditions'],
          reason: `a stage counts at most ${COUNTED_IDS_MAX} different items and as many monsters`,
          cure: 'ask for fewer different ones',
        },
      ]
    }
  }
}

function contradiction(stage: Stage, range: CountRange): Finding {
  const places = range.conditions.map(place => `clearConditions[${place}]`)
  const [first, ...others] = places
  const bounds =
    range.lowest > UINT32_MAX
      ? `more than ${UINT32_MAX}, and no count goes beyond that`
      : range.highest < 0
        ? 'less than 0'
        : `at least ${range.lowest} and at most ${range.highest}`
  const who = others.length === 0 ? 'it' : `${first} and ${others.join(', ')} together`
  return {
    severity: 'fault',
    code: 'stage-never-cleared',
    path: conditionPath(stage, range),
    reason: `the stage can never be cleared: ${who} ask${others.length === 0 ? 's' : ''} for ${thing(range)} ${bounds}`,
    cure: others.length === 0 ? 'change the value' : 'change or remove one of them',
  }
}

/** Counts only grow, so what asks for no more than so many can be lost. */
function overshootFindings(stage: Stage): readonly Finding[] {
  if (clearingOf(stage) === 'never') return []
  return countRanges(stage.clearConditions)
    .filter(canOvershoot)
    .map(range => ({
      severity: 'warning',
      code: 'count-too-far',
      path: conditionPath(stage, range),
      reason: `counts only grow: with more than ${range.highest} of ${thing(range)} the stage cannot be cleared any more`,
      cure: 'use >= with the least that is wanted',
    }))
}

function thing({ kind, referenceId, referenceKey }: CountRange): string {
  if (kind === 'data') return `custom data ${JSON.stringify(referenceKey)}`
  return `${kind === 'items' ? 'item' : 'monster'} ${referenceId}`
}

/** The last of them: where an author who reads downwards has gone wrong. */
function conditionPath(stage: Stage, { conditions }: CountRange): Finding['path'] {
  return ['stages', stage.index, 'clearConditions', conditions.at(-1) ?? 0]
}
