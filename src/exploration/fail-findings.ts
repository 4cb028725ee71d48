/**
 * What becomes of a quest's fail requirements, which are asked each time that somebody leaves while it runs: one that
 * holds for whoever stays, and one that holds for nobody. Intervals only; steps no machine.
 */
import type { QuestDefinition, Requirement } from '../contract/definition.ts'
import { UINT32_MAX } from '../contract/ids.ts'
import type { Finding } from './finding.ts'
import { allowedBy, chooseParty, type Interval, intersection } from './party-choice.ts'

export function failFindings(definition: QuestDefinition): readonly Finding[] {
  const { startRequirements, failRequirements } = definition
  if (chooseParty(startRequirements).kind === 'impossible') return []
  return failRequirements.flatMap((requirement, place): readonly Finding[] => {
    const allowed = allowedBy(requirement)
    const possible = afterLeaving(startRequirements, requirement.type)
    const common = { severity: 'warning', path: ['failRequirements', place] } as const
    if (allowed.lowest > possible.highest || allowed.highest < possible.lowest) {
      return [
        {
          ...common,
          code: 'never-fails',
          reason: 'it holds for nobody whom a party that may start can leave behind, so it never ends the quest',
          cure: 'change the value, or remove it',
        },
      ]
    }
    if (allowed.lowest > possible.lowest || allowed.highest < possible.highest) return []
    return [
      {
        ...common,
        code: 'fails-at-first-leave',
        reason: 'it holds for every party that may start, so the first who leaves ends the quest for all',
        cure: 'ask for fewer than may start, such as {"type": "party_size", "operator": "lt", "value": 2}',
      },
    ]
  })
}

/** What may be measured of those who stay behind, one at least. */
function afterLeaving(start: readonly Requirement[], type: Requirement['type']): Interval {
  if (type === 'party_size') {
    const { highest } = intersection(start, 'party_size', 1)
    return { lowest: 1, highest: highest === UINT32_MAX ? highest : highest - 1 }
  }
  return {
    lowest: intersection(start, 'level_min', 1).lowest,
    highest: intersection(start, 'level_max', 1).highest,
  }
}
