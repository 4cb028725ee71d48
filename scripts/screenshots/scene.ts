/**
 * What is played for the pictures: which parties play which quests how far, what is refused, and the quest that only
 * lives here. Data and the commands that come of it; asks nobody and waits for nothing.
 */
import type { CommandValue } from '../../src/cli/command-value.ts'

/** Its stages are short, so that a timer is nearly over; one asks for nothing, so that the check has something to say. */
export const CLOCK_QUEST = {
  questId: 'clockmaker_pq',
  name: 'The Clockmaker’s Last Apprentice',
  duration: 600,
  fieldLock: 'channel',
  registration: { type: 'party', mode: 'timed', duration: 240, mapId: 220000000 },
  exit: 220000000,
  stages: [
    {
      index: 0,
      name: 'Wind the Springs',
      mapIds: [220010000],
      type: 'item_collection',
      duration: 90,
      onTimeout: 'fail',
      clearConditions: [{ type: 'item', operator: '>=', value: 12, referenceId: 4001130 }],
    },
    {
      index: 1,
      name: 'Between Two Ticks',
      mapIds: [220010100],
      type: 'item_collection',
      duration: 55,
      onTimeout: 'fail',
      clearConditions: [
        { type: 'item', operator: '>=', value: 8, referenceId: 4001131 },
        { type: 'monster_kill', operator: '>=', value: 5, referenceId: 9300200 },
      ],
    },
    { index: 2, name: 'The Hand that Stands Still', mapIds: [220010200], type: 'boss', duration: 120 },
  ],
}

export interface Party {
  readonly questId: string
  readonly size: number
  readonly level: number
  /** How many stages it leaves behind. */
  readonly stages: number
  /** It clears the stage that it is in, and waits to be advanced. */
  readonly isCleared?: boolean
  /** It is counted this much of the stage that it is in. */
  readonly items?: Readonly<Record<string, number>>
  readonly monsters?: Readonly<Record<string, number>>
  /** It registers and no more. */
  readonly isWaiting?: boolean
}

const PIRATES = { questId: 'herb_town_pq', size: 4, level: 61 }
const SEWER = { questId: 'kerning_city_pq', size: 4, level: 24 }
const TOWER = { questId: 'ludi_pq', size: 6, level: 42 }
const MOON = { questId: 'henesys_pq', size: 3, level: 17 }
const TRAIN = { questId: 'abandoned_subway_pq', size: 2, level: 26 }
const SKY = { questId: 'dragon_rider_pq', size: 5, level: 128 }
const CLOCK = { questId: CLOCK_QUEST.questId, size: 3, level: 50 }

/** Of the party that the Instance page shows: played slowly, stage by stage. */
export const STAR: Party = { ...PIRATES, size: 6, stages: 0 }

/** In the order in which they come. */
export const PARTIES: readonly Party[] = [
  { ...SEWER, stages: 0, items: { 4001008: 3 } },
  { ...SEWER, stages: 2 },
  { ...SEWER, stages: 4, items: { 4001008: 7 } },
  { ...SEWER, stages: 1, isCleared: true },
  { ...TOWER, stages: 5 },
  { ...TOWER, stages: 8 },
  { ...TOWER, stages: 2, items: { 4001022: 11 } },
  { ...TOWER, stages: 9 },
  { ...MOON, stages: 0 },
  { ...MOON, stages: 1 },
  { ...MOON, stages: 2 },
  { ...TRAIN, stages: 1 },
  { ...TRAIN, stages: 3 },
  { ...TRAIN, stages: 4 },
  { ...SKY, stages: 1, monsters: { 8300001: 12 } },
  { ...SKY, stages: 3 },
  { ...SKY, stages: 4 },
  { ...PIRATES, stages: 2 },
  { ...PIRATES, stages: 5, isCleared: true },
  { ...CLOCK, stages: 0, items: { 4001130: 9 } },
  { ...CLOCK, stages: 1, items: { 4001131: 3 }, monsters: { 9300200: 2 } },
  { ...CLOCK, stages: 0, isWaiting: true },
  { ...CLOCK, stages: 0, isWaiting: true },
]

/** Plays to its end while nobody looks. */
export const ENDED: Party = { ...SKY, stages: 5 }

/** What the party service knows: the members of party `partyId`, by the place of the party in the list. */
export function membersOf(partyId: number, { size, level }: Party): readonly { id: number; level: number }[] {
  return Array.from({ length: size }, (_, at) => ({ id: partyId * 10 + at + 1, level: level + ((at * 3) % 5) }))
}

/** Several of one quest at a time need a channel each: `channelId`. */
export function registration(partyId: number, party: Party, channelId: number): CommandValue {
  return {
    worldId: 0,
    characterId: partyId * 10 + 1,
    type: 'REGISTER',
    body: { questId: party.questId, partyId, channelId, mapId: 0 },
  }
}

/** From its first stage to where it stands in the picture. */
export function commandsOf(instanceId: string, partyId: number, party: Party): readonly CommandValue[] {
  if (party.isWaiting) return []
  const by = { worldId: 0, characterId: partyId * 10 + 1 }
  const say = (type: 'START' | 'STAGE_ADVANCE' | 'STAGE_CLEAR_ATTEMPT'): CommandValue => ({
    ...by,
    type,
    body: { instanceId },
  })
  const { items = {}, monsters = {} } = party
  const hasCounts = Object.keys(items).length + Object.keys(monsters).length > 0
  return [
    ...(party.questId === CLOCK_QUEST.questId ? [say('START')] : []),
    ...Array.from({ length: party.stages }, () => say('STAGE_ADVANCE')),
    ...(hasCounts ? [count(instanceId, by.characterId, items, monsters)] : []),
    ...(party.isCleared ? [say('STAGE_CLEAR_ATTEMPT')] : []),
  ]
}

export function count(
  instanceId: string,
  characterId: number,
  itemCounts: Readonly<Record<string, number>>,
  monsterKills: Readonly<Record<string, number>> = {},
): CommandValue {
  return { worldId: 0, characterId, type: 'UPDATE_STAGE_STATE', body: { instanceId, itemCounts, monsterKills } }
}

/** The star's way to its fifth stage, in the order in which a game server would tell it. */
export function starCommands(instanceId: string, partyId: number): readonly CommandValue[] {
  const leader = partyId * 10 + 1
  const say = (type: 'STAGE_ADVANCE' | 'STAGE_CLEAR_ATTEMPT'): CommandValue => ({
    worldId: 0,
    characterId: leader,
    type,
    body: { instanceId },
  })
  const next = [say('STAGE_CLEAR_ATTEMPT'), say('STAGE_ADVANCE')]
  return [
    ...next,
    count(instanceId, leader, { 4001120: 20 }, { 9300114: 20 }),
    count(instanceId, leader + 1, { 4001121: 20 }, { 9300115: 20 }),
    say('STAGE_CLEAR_ATTEMPT'),
    count(instanceId, leader + 2, { 4001122: 20 }, { 9300116: 20 }),
    ...next,
    ...next,
    ...next,
    count(instanceId, leader + 3, { 4001117: 1 }, { 9300124: 6 }),
    count(instanceId, leader + 1, { 4001117: 2 }, { 9300125: 4 }),
  ]
}

/** Values that nobody can do anything with, and the code that each is refused with. */
export function refusedValues(partyId: number, liveInstance: string): readonly string[] {
  const text = (value: unknown) => JSON.stringify(value)
  const by = { worldId: 0, characterId: partyId * 10 + 1 }
  return [
    text({ ...by, type: 'REGISTER', body: { questId: 'kerning_pq', partyId, channelId: 4, mapId: 103000000 } }),
    '{"worldId":0,"characterId":310,"type":"UPDATE_STAGE_STATE","body":{"instanceId":',
    text({ ...by, type: 'START', body: { instanceId: '5f1c9d8e-4b7a-8c3d-9e2f-6a5b4c3d2e1f' } }),
    text({ ...by, type: 'START', body: { instanceId: liveInstance } }),
    text({ ...by, type: 'REGISTER', body: { questId: 'ludi_pq', partyId: 1, channelId: 19, mapId: 221024500 } }),
    text({ ...by, type: 'UPDATE_STAGE_STATE', body: { instanceId: liveInstance, itemCounts: { 4001022: -3 } } }),
  ]
}
