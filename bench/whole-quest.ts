/**
 * A quest that is played to its end: four characters register, four stages are cleared, and each command has as much to
 * say as in the game. Eight commands and 53 messages, of which not one may be missing.
 */
import { characterIdOf, placeOf } from './population.ts'
import { QUEST_ID } from './quest.ts'

export const WHOLE_PARTY_SIZE = 4
const STAGES = 4
const FIRST_MAP = 910_010_000
/** What is left behind at the end is cleared away on each of its maps. */
const LAST_MAPS = 3

/** All of a quest. */
export const WHOLE_COMMANDS = WHOLE_PARTY_SIZE + STAGES
export const WHOLE_MESSAGES =
  // INSTANCE_CREATED or CHARACTER_REGISTERED for each, then a CHANGE_MAP each and STARTED.
  WHOLE_PARTY_SIZE +
  (WHOLE_PARTY_SIZE + 1) +
  // Experience for each and STAGE_CLEARED; a CHANGE_MAP each and STAGE_ADVANCED, or at the end COMPLETED, a
  // DESTROY_IN_FIELD for each map, a CHANGE_MAP each and INSTANCE_DESTROYED.
  STAGES * (WHOLE_PARTY_SIZE + 1) +
  (STAGES - 1) * (WHOLE_PARTY_SIZE + 1) +
  (WHOLE_PARTY_SIZE + 2 + LAST_MAPS)

/** As a definition file holds it. */
export function wholeQuestFile(): object {
  const mapsOf = (index: number) => (index === STAGES - 1 ? LAST_MAPS : 1)
  return {
    questId: QUEST_ID,
    name: 'A Quest That Ends',
    fieldLock: 'instance',
    duration: 3600,
    advance: 'automatic',
    registration: { type: 'party', mode: 'instant', duration: 0, mapId: 0, affinity: 'none' },
    startRequirements: [{ type: 'party_size', operator: 'gte', value: WHOLE_PARTY_SIZE }],
    exit: FIRST_MAP,
    stages: Array.from({ length: STAGES }, (_, index) => ({
      index,
      name: `stage ${index}`,
      mapIds: Array.from({ length: mapsOf(index) }, (_, map) => FIRST_MAP + 10 * index + map),
      type: 'item_collection',
      duration: 600,
      rewards: [{ type: 'experience', amount: 100 }],
      warpType: 'all',
    })),
  }
}

/** The first of all parties registers, then the second, …: no two commands of a party are in one batch. */
export function wholeRegistrations(firstParty: number, parties: number): readonly Buffer[] {
  return inTurn(WHOLE_PARTY_SIZE, parties, (party, member) => {
    const index = firstParty + party
    const { worldId, channelId } = placeOf(index)
    const characterId = characterIdOf(index, WHOLE_PARTY_SIZE, member)
    const body = { questId: QUEST_ID, partyId: index + 1, channelId, mapId: 0 }
    return { worldId, characterId, type: 'REGISTER', body }
  })
}

/** All clear their first stage, then their second, … */
export function wholeClears(instanceIds: readonly string[]): readonly Buffer[] {
  return inTurn(STAGES, instanceIds.length, party => {
    const body = { instanceId: instanceIds[party] ?? '' }
    return { worldId: 0, characterId: 1_000_000, type: 'STAGE_CLEAR_ATTEMPT', body }
  })
}

function inTurn(turns: number, parties: number, commandOf: (party: number, turn: number) => object): readonly Buffer[] {
  return Array.from({ length: turns }, (_, turn) =>
    Array.from({ length: parties }, (_, party) => Buffer.from(JSON.stringify(commandOf(party, turn)))),
  ).flat()
}
