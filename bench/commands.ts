/**
 * The commands of the mixes, as a game server's JSON. Deterministic: the same seed gives the same commands for the same
 * instances, so that every variant of a comparison gets the same load.
 */
import { characterIdOf, placeOf } from './population.ts'
import { ITEM_IDS, MONSTER_IDS, QUEST_ID } from './quest.ts'
import { generator } from './random.ts'

/** Which share of the commands has messages out: each such is a STAGE_ADVANCE, all others are UPDATE_STAGE_STATE. */
export interface Mix {
  readonly name: string
  readonly advanceShare: number
}

export const UPDATES: Mix = { name: 'all updates', advanceShare: 0 }
export const LIVELY: Mix = { name: 'lively', advanceShare: 0.3 }

/** The commands by which party `index` comes to be: the last one starts its quest. */
export function registerCommands(index: number, partySize: number): readonly Buffer[] {
  const { worldId, channelId } = placeOf(index)
  return Array.from({ length: partySize }, (_, at) =>
    Buffer.from(
      `{"worldId":${worldId},"characterId":${characterIdOf(index, partySize, at)},"type":"REGISTER",` +
        `"body":{"questId":"${QUEST_ID}","partyId":${index + 1},"channelId":${channelId},"mapId":0}}`,
    ),
  )
}

export function updateCommand(instanceId: string, index: number): Buffer {
  const item = ITEM_IDS[index % ITEM_IDS.length]
  const monster = MONSTER_IDS[index % MONSTER_IDS.length]
  return Buffer.from(
    `{"worldId":0,"characterId":${1_000_000 + index},"type":"UPDATE_STAGE_STATE",` +
      `"body":{"instanceId":"${instanceId}","itemCounts":{"${item}":1},"monsterKills":{"${monster}":1}}}`,
  )
}

export function advanceCommand(instanceId: string, index: number): Buffer {
  return Buffer.from(
    `{"worldId":0,"characterId":${1_000_000 + index},"type":"STAGE_ADVANCE","body":{"instanceId":"${instanceId}"}}`,
  )
}

export interface Load {
  readonly commands: readonly Buffer[]
  /** How many of them are STAGE_ADVANCE. */
  readonly advances: number
}

/** `count` commands for instances drawn at random: some are hit twice in a batch, others not at all, as in a game. */
export function loadOf({ advanceShare }: Mix, instanceIds: readonly string[], count: number, seed: number): Load {
  const random = generator(seed)
  let advances = 0
  const commands = Array.from({ length: count }, (_, index) => {
    const instanceId = instanceIds[Math.floor(random() * instanceIds.length)] ?? ''
    if (random() >= advanceShare) return updateCommand(instanceId, index)
    advances += 1
    return advanceCommand(instanceId, index)
  })
  return { commands, advances }
}
