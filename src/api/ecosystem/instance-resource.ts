/**
 * An instance as the ecosystem's REST tells it: our states by its names, times as Go writes them. Asks nobody.
 */
import type { InstanceId } from '../../contract/ids.ts'
import type { InstanceRow, StageNow, State } from '../documents.ts'
import { definitionId } from './definition-id.ts'
import type { INSTANCE_STATES, PartyQuestInstance } from './ecosystem-documents.ts'

/** Go's time that is none: of a quest that has not started. */
export const ZERO_TIME = '0001-01-01T00:00:00Z'

const STATES: Readonly<Record<Exclude<State, 'destroyed'>, (typeof INSTANCE_STATES)[number]>> = {
  registering: 'registering',
  active: 'active',
  cleared: 'clearing',
  completed: 'completed',
  bonus: 'bonus',
}

interface Resource {
  readonly type: 'instances'
  readonly id: string
  readonly attributes: PartyQuestInstance
}

/** `undefined`: it has ended, and the ecosystem knows of none that have. */
export function instanceResource(
  id: InstanceId,
  row: InstanceRow,
  { stageStartedAt, stageState }: StageNow,
): Resource | undefined {
  if (row.state === 'destroyed') return undefined
  const { questId, worldId, channelId, partyId, characters, currentStageIndex, startedAt, registeredAt } = row
  const { itemCounts, monsterKills, attempts, customData } = stageState
  return {
    type: 'instances',
    id,
    attributes: {
      definitionId: definitionId(questId),
      questId,
      state: STATES[row.state],
      worldId,
      channelId,
      partyId,
      characters: characters.map(({ characterId }) => ({ characterId, worldId, channelId })),
      currentStageIndex,
      startedAt: startedAt === null ? ZERO_TIME : rfc3339(startedAt),
      // What we count from in a lobby is no stage that anybody plays.
      stageStartedAt: startedAt === null ? ZERO_TIME : rfc3339(stageStartedAt),
      registeredAt: rfc3339(registeredAt),
      fieldInstances: [id],
      stageState: { itemCounts, monsterKills, combination: [], attempts, customData },
    },
  }
}

/** As Go marshals a time: the fraction without zeros at its end, and none where it is zero. */
export function rfc3339(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/\.?0*Z$/, 'Z')
}
