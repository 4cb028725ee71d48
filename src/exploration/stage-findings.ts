/** Whether each stage can be cleared by what players do in it, and not before they did anything. */
import { CUSTOM_CHARACTERS_MAX, CUSTOM_KEYS_MAX } from '../../machines/custom-data.ts'
import { COUNTED_IDS_MAX } from '../../machines/party-quest.ts'
import type { QuestDefinition, Stage } from '../contract/definition.ts'
import { UINT32_MAX } from '../contract/ids.ts'
import { countsKills, FRIENDLY_DROP_KEY, FRIENDLY_HIT_KEY, friendlyMonsterOf } from '../contract/stage-features.ts'
import type { Exploration } from './explored-life.ts'
import type { Finding } from './finding.ts'
import { type CountRange, canOvershoot, clearingOf, countRanges, isImpossible, isMetBy } from './stage-counts.ts'

const DESTROY_MONSTERS = 'destroy_monsters'
const BY_SCRIPT = '"clearedBy": "script"'

/** `{"clearedBy": "script"}` in its properties: a script decides when the stage is over, by STAGE_ADVANCE or an attempt. */
export function isClearedByScript({ properties }: Stage): boolean {
  return properties.clearedBy === 'script'
}

export function stageFindings({ stages }: QuestDefinition, exploration: Exploration): readonly Finding[] {
  return stages.flatMap(stage => [
    ...clearingFindings(stage, exploration),
    ...overshootFindings(stage),
    ...dataFindings(stage),
    ...killFindings(stage),
    ...actionFindings(stage),
    ...friendlyFindings(stage),
  ])
}

function clearingFindings(stage: Stage, { states }: Exploration): readonly Finding[] {
  const ranges = countRanges(stage.clearConditions)
  switch (clearingOf(stage)) {
    case 'never':
      return ranges.filter(isImpossible).map(range => contradiction(stage, range))
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
    case 'by-data':
    case 'clearable': {
      const explored = states.filter(({ value, stageIndex }) => value === 'active' && stageIndex === stage.index)
      if (explored.length === 0 || explored.some(({ counts }) => counts === 'met')) return []
      return [
        {
          severity: 'fault',
          code: 'stage-never-cleared',
          path: ['stages', stage.index, 'clearConditions'],
          reason:
            `a stage counts at most ${COUNTED_IDS_MAX} different items and as many monsters, and its custom data has ` +
            `${CUSTOM_KEYS_MAX} keys and ${CUSTOM_CHARACTERS_MAX} characters at most`,
          cure: 'ask for fewer different ones, with shorter keys',
        },
      ]
    }
  }
}

function contradiction(stage: Stage, range: CountRange): Finding {
  const places = range.conditions.map(place => `clearConditions[${place}]`)
  const [first, ...others] = places
  const isCount = range.kind !== 'data'
  const bounds =
    isCount && range.lowest > UINT32_MAX
      ? `more than ${UINT32_MAX}, and no count goes beyond that`
      : isCount && range.highest < 0
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

/** Who sets what the stage asks for: its friendly monster, or a script, which an author should know of. */
function dataFindings(stage: Stage): readonly Finding[] {
  if (isClearedByScript(stage)) return []
  const isFriendly = friendlyMonsterOf(stage) !== undefined
  return countRanges(stage.clearConditions).flatMap((range): readonly Finding[] => {
    const { kind, referenceKey } = range
    if (kind !== 'data' || isImpossible(range) || isMetBy(range, 0)) return []
    const path = conditionPath(stage, range)
    const isCounted = referenceKey === FRIENDLY_DROP_KEY || referenceKey === FRIENDLY_HIT_KEY
    if (!isCounted) {
      return [
        {
          severity: 'note',
          code: 'stage-needs-data',
          path,
          reason: `${thing(range)} is set by a script alone, with UPDATE_CUSTOM_DATA`,
          cure: `where there is such a script, say so with ${BY_SCRIPT} in the stage's properties`,
        },
      ]
    }
    if (isFriendly) return []
    return [
      {
        severity: 'warning',
        code: 'stage-needs-data',
        path,
        reason: `${thing(range)} is counted for a friendly monster, and the stage has none`,
        cure: `describe it as friendlyMonster in the stage's properties, or, where a script counts, say so with ${BY_SCRIPT}`,
      },
    ]
  })
}

function killFindings(stage: Stage): readonly Finding[] {
  const kills = countRanges(stage.clearConditions).filter(({ kind }) => kind === 'kills')
  const wanted = kills.filter(range => !isImpossible(range) && !isMetBy(range, 0))
  const [first] = wanted
  if (!countsKills(stage)) {
    if (first === undefined || isClearedByScript(stage)) return []
    return [
      {
        severity: 'note',
        code: 'kills-by-script',
        path: conditionPath(stage, first),
        reason: `the kills of ${thing(first)} count where a script sends them, with UPDATE_STAGE_STATE`,
        cure: `use "countKills": true in the stage's properties, or, where there is such a script, ${BY_SCRIPT}`,
      },
    ]
  }
  const friendly = friendlyMonsterOf(stage)
  const never = wanted.find(({ referenceId }) => referenceId === friendly?.monsterId)
  if (never !== undefined) {
    return [
      {
        severity: 'warning',
        code: 'no-effect',
        path: conditionPath(stage, never),
        reason: `${thing(never)} is the stage's friendly monster, whose death is never counted as a kill`,
        cure: 'ask for another monster',
      },
    ]
  }
  if (kills.length > 0) return []
  return [
    {
      severity: 'warning',
      code: 'no-effect',
      path: ['stages', stage.index, 'properties', 'countKills'],
      reason: 'kills are counted, and no condition asks for one',
      cure: 'ask for kills, or leave countKills out',
    },
  ]
}

/** What is asked for when the stage is cleared, and nobody knows how to do. */
function actionFindings({ index, clearActions }: Stage): readonly Finding[] {
  return clearActions.flatMap((action, place) =>
    action === DESTROY_MONSTERS
      ? []
      : [
          {
            severity: 'warning',
            code: 'no-effect',
            path: ['stages', index, 'clearActions', place],
            reason: `nothing is done for ${JSON.stringify(action)}`,
            cure: `use ${DESTROY_MONSTERS}, or leave it out`,
          } as const,
        ],
  )
}

/** What is said of a friendly monster and comes to nothing, as in the original. */
function friendlyFindings(stage: Stage): readonly Finding[] {
  const { onDamaged, onKilled } = friendlyMonsterOf(stage) ?? {}
  const path = ['stages', stage.index, 'properties', 'friendlyMonster']
  const findings: Finding[] = []
  if (onDamaged?.hitInterval === 0) {
    findings.push({
      severity: 'warning',
      code: 'no-effect',
      path: [...path, 'onDamaged', 'hitInterval'],
      reason: 'with an interval of 0 its message is never told',
      cure: 'say after how many hits, or leave onDamaged out',
    })
  }
  const action = onKilled?.action
  if (action !== undefined && action !== 'fail') {
    findings.push({
      severity: 'warning',
      code: 'no-effect',
      path: [...path, 'onKilled', 'action'],
      reason: `nothing is done for ${JSON.stringify(action)} when it is killed`,
      cure: 'use fail, or leave it out',
    })
  }
  return findings
}

function thing({ kind, referenceId, referenceKey }: CountRange): string {
  if (kind === 'data') return `custom data ${JSON.stringify(referenceKey)}`
  return `${kind === 'items' ? 'item' : 'monster'} ${referenceId}`
}

/** The last of them: where an author who reads downwards has gone wrong. */
function conditionPath(stage: Stage, { conditions }: CountRange): Finding['path'] {
  return ['stages', stage.index, 'clearConditions', conditions.at(-1) ?? 0]
}
