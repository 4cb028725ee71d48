/**
 * What an instance says, as the oracle words it: the JSON text and the key of every message, in the order in which they
 * are said. A second telling of the contract; imports nothing of what it judges, and decides nothing.
 */
import type { ModelReward } from './model-quest.ts'

export interface Place {
  readonly instanceId: string
  readonly worldId: number
  readonly channelId: number
  /** Of the REGISTER. */
  readonly partyId: number
}

export interface Told {
  readonly topic: 'status' | 'character' | 'reactor' | 'systemMessage' | 'map'
  /** Hex. */
  readonly key: string
  readonly value: string
}

const NIL = '00000000-0000-0000-0000-000000000000'

export class OracleVoice {
  readonly #questId: string
  readonly #place: Place
  #told: Told[] = []

  constructor(questId: string, place: Place) {
    this.#questId = questId
    this.#place = place
  }

  /** What was said since it was asked last. */
  take(): readonly Told[] {
    const told = this.#told
    this.#told = []
    return told
  }

  say(type: string, body: object): void {
    const { worldId, instanceId } = this.#place
    const value = goJson({ worldId, instanceId, questId: this.#questId, type, body })
    this.#told.push({ topic: 'status', key: Buffer.from(instanceId).toString('hex'), value })
  }

  /** `isOut`: into no instance. */
  warp(members: readonly number[], mapId: number, isOut: boolean): void {
    const { worldId, channelId, instanceId } = this.#place
    const instance = isOut ? NIL : instanceId
    for (const characterId of members) {
      const body = { channelId, mapId, instance, portalId: 0 }
      this.#tell('character', characterId, { worldId, characterId, type: 'CHANGE_MAP', body })
    }
  }

  award(members: readonly number[], rewards: readonly ModelReward[]): void {
    const { worldId, channelId } = this.#place
    for (const { type, amount = 0 } of rewards) {
      if (type !== 'experience' || amount === 0) continue
      for (const characterId of members) {
        const body = { channelId, distributions: [{ experienceType: 'CHAT', amount, attr1: 0 }] }
        this.#tell('character', characterId, { worldId, characterId, type: 'AWARD_EXPERIENCE', body })
      }
    }
  }

  toEach(members: readonly number[], messageType: string, message: string): void {
    const { worldId, channelId } = this.#place
    for (const characterId of members) {
      const outer = { transactionId: NIL, worldId, channelId, characterId, type: 'SEND_MESSAGE' }
      this.#tell('systemMessage', characterId, { ...outer, body: { messageType, message } })
    }
  }

  weather(mapId: number, body: object): void {
    this.#field('map', mapId, { transactionId: NIL }, 'WEATHER_START', body)
  }

  removeReactors(mapId: number): void {
    this.#field('reactor', mapId, {}, 'DESTROY_IN_FIELD', {})
  }

  #field(topic: Told['topic'], mapId: number, first: object, type: string, body: object): void {
    const { worldId, channelId, instanceId: instance } = this.#place
    this.#tell(topic, mapId, { ...first, worldId, channelId, mapId, instance, type, body })
  }

  /** Under an id as a key of eight bytes. */
  #tell(topic: Told['topic'], id: number, value: object): void {
    const key = Buffer.alloc(8)
    key.writeUInt32LE(id)
    this.#told.push({ topic, key: key.toString('hex'), value: goJson(value) })
  }
}

/** As Go's encoder escapes. */
function goJson(value: object): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    symbol => `\\u${symbol.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
