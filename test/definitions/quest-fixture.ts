/** A definition that is right, as a file would hold it; tests bend a copy of it. It never reads a file. */

type Json = Record<string, unknown>

export interface QuestFixture extends Json {
  registration: Json
  stages: Json[]
}

export function questFixture(overrides: Json = {}): QuestFixture {
  return {
    questId: 'mill_pq',
    name: 'The Old Mill',
    fieldLock: 'channel',
    duration: 1200,
    registration: { type: 'party', mode: 'instant', duration: 0, mapId: 100 },
    startRequirements: [{ type: 'party_size', operator: 'gte', value: 2, referenceId: 0 }],
    failRequirements: [],
    startEvents: [{ type: 'warp', target: 'party', value: '200' }],
    exit: 101,
    bonus: { mapId: 300, duration: 60, entry: 'auto', properties: { reactors: [7] } },
    stages: [
      stageFixture(0, { clearConditions: [{ type: 'item', operator: '>=', value: 4, referenceId: 4001008 }] }),
      stageFixture(1, { clearConditions: [{ type: 'custom_data', operator: '>=', value: 6, referenceKey: 'flour' }] }),
    ],
    rewards: [],
    ...overrides,
  }
}

export function stageFixture(index: number, overrides: Json = {}): Json {
  return {
    index,
    name: `Floor ${index}`,
    mapIds: [200 + index],
    type: 'item_collection',
    duration: 0,
    clearConditions: [],
    rewards: [{ type: 'experience', amount: 100 }],
    warpType: 'all',
    properties: { npcId: 9020001 },
    ...overrides,
  }
}
