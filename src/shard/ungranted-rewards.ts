/**
 * The rewards that one operation owed and nobody grants, for the metrics: the ecosystem has no command for an item.
 * Follows from what the operation says, so that it is counted where experience would have been sent. Decides nothing.
 */
import { contextOf } from '../actor/instance.ts'
import type { QuestDefinition, Reward } from '../contract/definition.ts'
import type { Message } from '../contract/messages.ts'
import type { Outcome } from './outcome.ts'

export interface UngrantedReward {
  readonly quest: string
  readonly type: Reward['type']
  /** Characters who would have had it. */
  readonly count: number
}

const NONE: readonly UngrantedReward[] = []

/** One for each such reward, of a stage with STAGE_CLEARED and of the quest with COMPLETED. */
export function ungrantedRewards(outcome: Extract<Outcome, { kind: 'changed' }>): readonly UngrantedReward[] {
  const { before, messages, identity } = outcome
  // Most operations end at the first look: a quest that begins owes nothing.
  if (before === undefined || !messages.some(isEnd)) return NONE
  const { rules, run } = contextOf(before)
  return messages
    .flatMap(message => rewardsWith(message, rules.definition))
    .filter(({ type }) => type !== 'experience')
    .map(({ type }) => ({ quest: identity.questId, type, count: run.members.length }))
}

function isEnd({ type }: Message): boolean {
  return type === 'STAGE_CLEARED' || type === 'COMPLETED'
}

function rewardsWith(message: Message, { stages, rewards }: QuestDefinition): readonly Reward[] {
  if (message.type === 'STAGE_CLEARED') return stages[message.stageIndex]?.rewards ?? []
  return message.type === 'COMPLETED' ? rewards : []
}
