/**
 * What an instance says, as the oracle words it: the JSON text of each message, in the order in which they are said.
 * Shares no code with the service, and decides nothing.
 */
import { type OracleQuest, type OracleReward, stageOf } from './oracle-quest.ts'

/** To a topic of the ecosystem's later version. */
export interface ElsewhereMessage {
  readonly topic: 'reactor' | 'systemMessage' | 'map'
  /** What its key is made of. */
  readonly id: number
  readonly value: string
}

/** What one operation says. */
export interface Speech {
  /** JSON text, in order. */
  readonly status: readonly string[]
  readonly character: readonly { readonly characterId: number; readonly value: string }[]
  readonly elsewhere: readonly ElsewhereMessage[]
}

export interface Speaker {
  readonly id: string
  readonly quest: OracleQuest
  readonly worldId: number
  readonly channelId: number
  readonly members: readonly number[]
  readonly stage: number
}

export const NIL = '00000000-0000-0000-0000-000000000000'

export class OracleSpeech {
  #status: string[] = []
  #character: { characterId: number; value: string }[] = []
  #elsewhere: ElsewhereMessage[] = []

  /** What was said since it was asked last; `undefined`: nothing. */
  take(): Speech | undefined {
    const said = { status: this.#status, character: this.#character, elsewhere: this.#elsewhere }
    if (said.status.length + said.character.length + said.elsewhere.length === 0) return undefined
    this.#status = []
    this.#character = []
    this.#elsewhere = []
    return said
  }

  say({ worldId, id: instanceId, quest: { questId } }: Speaker, type: string, body: object): void {
    this.#status.push(JSON.stringify({ worldId, instanceId, questId, type, body }))
  }

  sayCleared(speaker: Speaker): void {
    const { stage: stageIndex, channelId, id } = speaker
    this.say(speaker, 'STAGE_CLEARED', { stageIndex, channelId, mapIds: stageOf(speaker).mapIds, fieldInstances: [id] })
  }

  warp({ worldId, channelId, members, id }: Speaker, mapId: number | undefined, instance = id): void {
    for (const characterId of members) {
      const body = { channelId, mapId, instance, portalId: 0 }
      this.#character.push({
        characterId,
        value: JSON.stringify({ worldId, characterId, type: 'CHANGE_MAP', body }),
      })
    }
  }

  reward({ worldId, channelId, members }: Speaker, rewards: readonly OracleReward[] = []): void {
    for (const { type, amount = 0 } of rewards) {
      if (type !== 'experience' || amount === 0) continue
      for (const characterId of members) {
        const body = { channelId, distributions: [{ experienceType: 'CHAT', amount, attr1: 0 }] }
        const value = JSON.stringify({ worldId, characterId, type: 'AWARD_EXPERIENCE', body })
        this.#character.push({ characterId, value })
      }
    }
  }

  tell({ worldId, channelId }: Speaker, characterId: number, messageType: string, message: string): void {
    const body = { messageType, message }
    const value = { transactionId: NIL, worldId, channelId, characterId, type: 'SEND_MESSAGE', body }
    this.#elsewhere.push({ topic: 'systemMessage', id: characterId, value: JSON.stringify(value) })
  }

  /** What the maps of a stage are told as it begins. */
  beginStage(speaker: Speaker): void {
    const { worldId, channelId, id: instance } = speaker
    const { mapIds, properties } = stageOf(speaker)
    const spawned = properties?.friendlyMonster?.spawnMessage
    if (spawned) for (const id of speaker.members) this.tell(speaker, id, 'PINK_TEXT', spawned)
    if (properties?.weather === undefined) return
    const { itemId, message, duration } = properties.weather
    const [mapId = 0] = mapIds
    const body = { itemId, message, durationMs: duration * 1000 }
    const value = { transactionId: NIL, worldId, channelId, mapId, instance, type: 'WEATHER_START', body }
    this.#elsewhere.push({ topic: 'map', id: mapId, value: JSON.stringify(value) })
  }

  /** The maps of the last stage, once in a life. */
  clean(speaker: Speaker): void {
    const { worldId, channelId, id: instance } = speaker
    for (const mapId of stageOf(speaker).mapIds) {
      const value = { worldId, channelId, mapId, instance, type: 'DESTROY_IN_FIELD', body: {} }
      this.#elsewhere.push({ topic: 'reactor', id: mapId, value: JSON.stringify(value) })
    }
  }
}
