/**
 * The rewards of a definition that nobody grants: the ecosystem has no command for an item. Finds them, says nothing.
 */
import type { QuestDefinition, Reward } from './definition.ts'

export type RewardPath = readonly (string | number)[]

/** Where they stand in the definition, stages by their index: `['stages', 4, 'rewards', 1]`. */
export function itemRewards({ stages, rewards }: QuestDefinition): readonly RewardPath[] {
  const inside = (list: readonly Reward[], path: RewardPath) =>
    list.flatMap(({ type }, place) => (type === 'experience' ? [] : [[...path, place]]))
  return [
    ...stages.flatMap(stage => inside(stage.rewards, ['stages', stage.index, 'rewards'])),
    ...inside(rewards, ['rewards']),
  ]
}
