/** Whether a stage's clear conditions and a quest's requirements hold. Pure arithmetic on the context. */
import type { ClearCondition, Requirement } from '../src/contract/definition.ts'
import { unreachable } from '../src/errors.ts'
import {
  currentStage,
  ITEM_PREFIX,
  KILL_PREFIX,
  type PartyMember,
  type PartyQuestContext,
  type StageState,
} from './context.ts'
import { customNumber } from './custom-data.ts'

/** No conditions: always met. */
export function conditionsHold(context: PartyQuestContext): boolean {
  return currentStage(context).clearConditions.every(condition => conditionHolds(condition, context.stage))
}

export function conditionHolds(condition: ClearCondition, stage: StageState): boolean {
  const count = countOf(condition, stage)
  switch (condition.operator) {
    case '>=':
      return count >= condition.value
    case '<=':
      return count <= condition.value
    case '=':
      return count === condition.value
    case '>':
      return count > condition.value
    case '<':
      return count < condition.value
    default:
      return unreachable(condition.operator)
  }
}

/** What the condition looks at. A missing count is 0. */
export function countOf(condition: ClearCondition, stage: StageState): number {
  switch (condition.type) {
    case 'item':
    case 'item_count':
      return stage.items[ITEM_PREFIX + condition.referenceId] ?? 0
    case 'monster_kill':
      return stage.kills[KILL_PREFIX + condition.referenceId] ?? 0
    case 'custom_data':
      return customNumber(stage.data, condition.referenceKey)
    default:
      return unreachable(condition.type)
  }
}

/** Requirements are checked with what is known: party size always, levels where the party service gave them. */
export function requirementsHold(requirements: readonly Requirement[], members: readonly PartyMember[]): boolean {
  return requirements.every(requirement => {
    const measured = measure(requirement, members)
    return measured === undefined || compare(requirement, measured)
  })
}

/** Whether one of those that end a running quest holds. One that nothing is known of does not. */
export function someRequirementHolds(requirements: readonly Requirement[], members: readonly PartyMember[]): boolean {
  return requirements.some(requirement => {
    const measured = measure(requirement, members)
    return measured !== undefined && compare(requirement, measured)
  })
}

function measure(requirement: Requirement, members: readonly PartyMember[]): number | undefined {
  if (requirement.type === 'party_size') return members.length
  const levels = members.flatMap(({ level }) => (level === undefined ? [] : [level]))
  if (levels.length === 0) return undefined
  return requirement.type === 'level_min' ? Math.min(...levels) : Math.max(...levels)
}

function compare({ operator, value }: Requirement, measured: number): boolean {
  switch (operator) {
    case 'eq':
      return measured === value
    case 'gte':
      return measured >= value
    case 'lte':
      return measured <= value
    case 'gt':
      return measured > value
    case 'lt':
      return measured < value
    default:
      return unreachable(operator)
  }
}
