/** Values that the schema lets pass and that hardly anybody means: maps of 0, rewards of nothing. */
import type { QuestDefinition, Reward } from '../contract/definition.ts'
import { itemRewards } from '../contract/item-rewards.ts'
import type { Finding } from './finding.ts'

export function fieldFindings(definition: QuestDefinition): readonly Finding[] {
  const { stages, rewards } = definition
  return [
    ...mapFindings(definition),
    ...stages.flatMap(stage => rewardFindings(stage.rewards, ['stages', stage.index, 'rewards'])),
    ...rewardFindings(rewards, ['rewards']),
    ...itemRewardFindings(definition),
  ]
}

/** One for the whole definition: an author can do nothing about it. */
function itemRewardFindings(definition: QuestDefinition): readonly Finding[] {
  const [path] = itemRewards(definition)
  if (path === undefined) return []
  return [
    {
      severity: 'note',
      code: 'reward-not-granted',
      path,
      reason: 'the service grants experience alone: the ecosystem has no command that gives an item as a reward',
      cure: 'have a script give it',
    },
  ]
}

function mapFindings({ exit, bonus, stages }: QuestDefinition): readonly Finding[] {
  const findings: Finding[] = []
  for (const { index, mapIds } of stages) {
    for (const [place, map] of mapIds.entries()) {
      if (map !== 0) continue
      findings.push({
        severity: 'fault',
        code: 'map-zero',
        path: ['stages', index, 'mapIds', place],
        reason: 'the stage is played on map 0, which is no map',
        cure: 'name the map, or remove it from the list',
      })
    }
  }
  if (exit === 0) {
    findings.push({
      severity: 'fault',
      code: 'map-zero',
      path: ['exit'],
      reason: 'everybody is sent to map 0 on the way out, which is no map',
      cure: 'name the map to which they leave',
    })
  }
  if (bonus?.mapId === 0) {
    findings.push({
      severity: 'warning',
      code: 'map-zero',
      path: ['bonus', 'mapId'],
      reason: 'a bonus map of 0 means that everybody stays where the last stage left them',
      cure: 'name the map of the bonus, or remove the bonus',
    })
  }
  if (bonus?.completionMapId === 0) {
    findings.push({
      severity: 'warning',
      code: 'map-zero',
      path: ['bonus', 'completionMapId'],
      reason: 'a completion map of 0 means that everybody stays where the last stage left them',
      cure: 'name the map, or leave it out',
    })
  }
  if (bonus?.entry === 'auto' && (bonus.completionMapId ?? 0) > 0) {
    findings.push({
      severity: 'warning',
      code: 'no-effect',
      path: ['bonus', 'completionMapId'],
      reason: 'nobody is sent there: an automatic bonus is entered at once',
      cure: 'leave it out, or use the entry manual',
    })
  }
  return findings
}

function rewardFindings(rewards: readonly Reward[], path: Finding['path']): readonly Finding[] {
  return rewards.flatMap(({ type, amount, items }, place): readonly Finding[] => {
    if (type === 'experience') {
      if (amount > 0) return []
      return [
        {
          severity: 'warning',
          code: 'rewards-nothing',
          path: [...path, place, 'amount'],
          reason: 'a reward of 0 experience is none',
          cure: 'give an amount, or remove the reward',
        },
      ]
    }
    if (type === 'item') return []
    return items.flatMap(({ weight, templateId }, item): readonly Finding[] =>
      weight > 0
        ? []
        : [
            {
              severity: 'warning',
              code: 'weight-zero',
              path: [...path, place, 'items', item, 'weight'],
              reason: `item ${templateId} is never drawn: its weight is 0`,
              cure: 'give it a weight above 0, or remove it',
            },
          ],
    )
  })
}
