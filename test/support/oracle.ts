/**
 * What must come out, recomputed from what lies in the command topic: a second, plain telling of the behaviour, which
 * shares no code with the service. It takes one record after the other and keeps the live instances in memory. It
 * knows no timers, services or leniency, and it needs all commands that can touch one another (of an instance, of a
 * lobby, of a character) to lie in one partition: only there has the log an order.
 */
import { createHash } from 'node:crypto'
import type { JavaHeaders, JavaRecord } from './kafka/independent-client.ts'
import {
  conditionsHold,
  failRequirementHolds,
  numberOf,
  type OracleQuest,
  type OracleReward,
  type OracleStage,
  requirementsHold,
} from './oracle-quest.ts'
import { type ReadCommand, readCommand, readTenant } from './oracle-reading.ts'

/** All that one command does, when it does something. */
export interface ExpectedOperation {
  readonly command: JavaRecord
  readonly instanceId: string
  /** The tenant headers of the instance, as they go out. */
  readonly tenantHeaders: JavaHeaders
  /** JSON text, in order. */
  readonly status: readonly string[]
  readonly character: readonly { readonly characterId: number; readonly value: string }[]
  readonly elsewhere: readonly ElsewhereMessage[]
}

/** To a topic of the ecosystem's later version. */
export interface ElsewhereMessage {
  readonly topic: 'reactor' | 'systemMessage' | 'map'
  /** What its key is made of. */
  readonly id: number
  readonly value: string
}

export interface ExpectedDeadLetter {
  readonly command: JavaRecord
  readonly code: string
}

export interface Expectation {
  readonly operations: readonly ExpectedOperation[]
  readonly deadLetters: readonly ExpectedDeadLetter[]
  /** Records of a type that is not ours. */
  readonly skipped: number
}

export interface OracleOptions {
  readonly quests: readonly OracleQuest[]
  readonly clusterId: string
}

export type { OracleQuest } from './oracle-quest.ts'

export function recompute(commands: readonly JavaRecord[], options: OracleOptions): Expectation {
  const oracle = new Oracle(options)
  const operations: ExpectedOperation[] = []
  const deadLetters: ExpectedDeadLetter[] = []
  let skipped = 0
  for (const command of commands) {
    const effect = oracle.take(command)
    if (effect === 'skipped') skipped++
    else if (effect === 'nothing') continue
    else if ('code' in effect) deadLetters.push(effect)
    else operations.push(effect)
  }
  return { operations, deadLetters, skipped }
}

/** What one record does: `nothing` where it is accepted and changes no more than the instance's own state. */
export type Effect = ExpectedOperation | ExpectedDeadLetter | 'nothing' | 'skipped'

type State = 'registering' | 'active' | 'cleared' | 'completed' | 'bonus' | 'destroyed'

interface Live {
  readonly id: string
  /** Of its tenant, as `#live` calls it. */
  readonly name: string
  readonly tenantHeaders: JavaHeaders
  readonly quest: OracleQuest
  readonly worldId: number
  readonly channelId: number
  readonly partyId: number
  readonly channel: string
  readonly lobby: string | undefined
  readonly members: number[]
  state: State
  stage: number
  counts: Map<string, number>
  /** Custom data of the stage. */
  data: Map<string, string>
}

const NIL = '00000000-0000-0000-0000-000000000000'

export class Oracle {
  readonly #quests: ReadonlyMap<string, OracleQuest>
  readonly #clusterId: string
  /** By tenant and id. */
  readonly #live = new Map<string, Live>()
  /** By channel and character. */
  readonly #places = new Map<string, Live>()
  /** By channel and lobby. */
  readonly #lobbies = new Map<string, Live>()
  #status: string[] = []
  #character: { characterId: number; value: string }[] = []
  #elsewhere: ElsewhereMessage[] = []

  constructor({ quests, clusterId }: OracleOptions) {
    this.#quests = new Map(quests.map(quest => [quest.questId, quest]))
    this.#clusterId = clusterId
  }

  /** Records of one partition in their order. */
  take(record: JavaRecord): Effect {
    const command = readCommand(record.value)
    if (command === 'foreign') return 'skipped'
    const result = command === 'malformed' ? 'MALFORMED' : this.#run(command, record)
    if (typeof result === 'string') return { command: record, code: result }
    if (result === undefined) return 'skipped'
    if (this.#status.length + this.#character.length + this.#elsewhere.length === 0) return 'nothing'
    const { id: instanceId, tenantHeaders } = result
    const sent = { status: this.#status, character: this.#character, elsewhere: this.#elsewhere }
    this.#status = []
    this.#character = []
    this.#elsewhere = []
    return { command: record, instanceId, tenantHeaders, ...sent }
  }

  /** The instance, or why not; undefined: it concerns nobody. */
  #run(command: ReadCommand, record: JavaRecord): Live | string | undefined {
    const tenant = readTenant(record.headers)
    if (tenant === undefined) return 'MISSING_TENANT'
    if (command.type === 'REGISTER') return this.#register(command, record, tenant)
    if (command.type === 'LEAVE') return this.#leave(command, tenant.name)
    return this.#command(command, this.#live.get(`${tenant.name}/${command.instanceId}`))
  }

  #register(
    command: ReadCommand & { type: 'REGISTER' },
    record: JavaRecord,
    tenant: { readonly name: string; readonly id: string; readonly headers: JavaHeaders },
  ): Live | string {
    const quest = this.#quests.get(command.questId)
    if (quest === undefined) return 'QUEST_NOT_FOUND'
    if (quest.stages.length === 0) return 'QUEST_NOT_PLAYABLE'
    const { worldId, channelId, characterId } = command
    const channel = `${tenant.name}/${worldId}/${channelId}`
    const elsewhere = this.#places.get(`${channel}/${characterId}`)
    if (elsewhere !== undefined) {
      return elsewhere.state === 'registering' && elsewhere.quest === quest ? elsewhere : 'ALREADY_REGISTERED'
    }
    const { type, mapId = 0, mode, duration } = quest.registration
    const individual = type === 'individual'
    if (individual && mapId !== 0 && command.mapId !== 0 && mapId !== command.mapId) return 'WRONG_MAP'

    const partyId = individual ? 0 : command.partyId
    const lobby = individual || partyId > 0 ? `${channel}/${quest.questId}/${partyId}` : undefined
    let live = lobby === undefined ? undefined : this.#lobbies.get(lobby)
    if (live === undefined) {
      const id = instanceIdAt(this.#clusterId, record, { tenantId: tenant.id, worldId, channelId })
      const name = `${tenant.name}/${id}`
      live = {
        ...{ id, name, tenantHeaders: tenant.headers, quest, worldId, channelId, partyId, channel, lobby },
        ...{ members: [characterId], state: 'registering', stage: 0, counts: new Map(), data: new Map() },
      }
      this.#live.set(name, live)
      if (lobby !== undefined) this.#lobbies.set(lobby, live)
      this.#say(live, 'INSTANCE_CREATED', { partyId, channelId })
      if (mode === 'timed') this.#say(live, 'REGISTRATION_OPENED', { duration })
    } else {
      live.members.push(characterId)
      this.#say(live, 'CHARACTER_REGISTERED', { characterId })
    }
    this.#places.set(`${channel}/${characterId}`, live)
    if (mode === 'instant' && requirementsHold(live)) this.#start(live)
    return live
  }

  /** The channel is not named: of one who is in quests of several channels the first is left, and no test has such. */
  #leave({ worldId, characterId }: ReadCommand, tenantName: string): Live | undefined {
    const world = `${tenantName}/${worldId}/`
    const found = [...this.#places].find(([name]) => name.startsWith(world) && name.endsWith(`/${characterId}`))
    const live = found?.[1]
    if (live === undefined) return undefined
    const inLobby = live.state === 'registering'
    const { channelId } = live
    live.members.splice(live.members.indexOf(characterId), 1)
    this.#places.delete(`${live.channel}/${characterId}`)
    if (!inLobby) this.#warp({ ...live, members: [characterId] }, live.quest.exit, NIL)
    this.#say(live, 'CHARACTER_LEFT', { characterId, channelId, reason: 'voluntary' })
    const isPlayed = live.state === 'active' || live.state === 'cleared'
    if (live.members.length === 0) {
      if (isPlayed) this.#clean(live)
      this.#destroy(live)
    } else if (isPlayed && failRequirementHolds(live)) {
      this.#fail(live, 'requirements_not_met')
    } else if (inLobby && live.quest.registration.mode === 'instant' && requirementsHold(live)) {
      this.#start(live)
    }
    return live
  }

  #fail(live: Live, reason: string): void {
    this.#say(live, 'FAILED', { reason })
    if (live.state !== 'registering') this.#clean(live)
    this.#destroy(live)
  }

  #command(command: Exclude<ReadCommand, { type: 'REGISTER' | 'LEAVE' }>, live: Live | undefined): Live | string {
    if (live === undefined) return 'INSTANCE_NOT_FOUND'
    const { state } = live
    switch (command.type) {
      case 'START':
        if (state !== 'registering') return 'INVALID_STATE'
        if (!requirementsHold(live)) return 'REQUIREMENTS_NOT_MET'
        this.#start(live)
        return live
      case 'UPDATE_STAGE_STATE':
        if (state !== 'active') return 'INVALID_STATE'
        for (const [name, count] of command.counts) live.counts.set(name, (live.counts.get(name) ?? 0) + count)
        return live
      case 'STAGE_CLEAR_ATTEMPT':
        if (state !== 'active') return 'INVALID_STATE'
        if (conditionsHold(stageOf(live), live)) this.#clear(live)
        return live
      case 'STAGE_ADVANCE':
        if (state !== 'active' && state !== 'cleared') return 'INVALID_STATE'
        if (state === 'active' && live.quest.advance === 'automatic') {
          this.#reward(live, stageOf(live).rewards)
          this.#sayCleared(live)
        }
        this.#advance(live)
        return live
      case 'FORFEIT':
        if (state !== 'completed' && state !== 'bonus') this.#fail(live, 'forfeit')
        else this.#destroy(live)
        return live
      case 'ENTER_BONUS':
        if (state !== 'completed') return 'INVALID_STATE'
        this.#enterBonus(live)
        return live
      case 'UPDATE_CUSTOM_DATA':
        if (state === 'registering' || state === 'cleared') return 'INVALID_STATE'
        for (const [key, text] of command.updates) live.data.set(key, text)
        for (const key of command.increments) live.data.set(key, String(numberOf(live.data.get(key)) + 1))
        return live
      case 'BROADCAST_MESSAGE':
        for (const id of live.members) this.#tell(live, id, command.messageType, command.message)
        return live
    }
  }

  #start(live: Live): void {
    live.state = 'active'
    if (live.lobby !== undefined) this.#lobbies.delete(live.lobby)
    this.#warp(live, stageOf(live).mapIds[0])
    this.#say(live, 'STARTED', { stageIndex: 0, mapIds: stageOf(live).mapIds })
    this.#beginStage(live)
  }

  #clear(live: Live): void {
    live.state = 'cleared'
    this.#reward(live, stageOf(live).rewards)
    this.#sayCleared(live)
    if (live.quest.advance === 'automatic') this.#advance(live)
  }

  #sayCleared(live: Live): void {
    const { stage: stageIndex, channelId, id } = live
    this.#say(live, 'STAGE_CLEARED', { stageIndex, channelId, mapIds: stageOf(live).mapIds, fieldInstances: [id] })
  }

  #advance(live: Live): void {
    const stays = stageOf(live).warpType === 'none'
    if (live.stage + 1 === live.quest.stages.length) {
      this.#complete(live)
      return
    }
    live.stage++
    live.state = 'active'
    live.counts = new Map()
    live.data = new Map()
    const { mapIds } = stageOf(live)
    if (!stays) this.#warp(live, mapIds[0])
    this.#say(live, 'STAGE_ADVANCED', { stageIndex: live.stage, mapIds })
    this.#beginStage(live)
  }

  #complete(live: Live): void {
    this.#reward(live, live.quest.rewards)
    this.#say(live, 'COMPLETED', {})
    this.#clean(live)
    const { bonus } = live.quest
    if (bonus === undefined) {
      this.#destroy(live)
    } else if (bonus.entry === 'auto') {
      this.#enterBonus(live)
    } else {
      live.state = 'completed'
      if (bonus.completionMapId) this.#warp(live, bonus.completionMapId)
    }
  }

  #enterBonus(live: Live): void {
    const mapId = live.quest.bonus?.mapId ?? 0
    live.state = 'bonus'
    live.counts = new Map()
    live.data = new Map()
    if (mapId !== 0) this.#warp(live, mapId)
    this.#say(live, 'BONUS_ENTERED', { mapId })
  }

  /** What the maps of a stage are told as it begins. */
  #beginStage(live: Live): void {
    const { worldId, channelId, id: instance } = live
    const { mapIds, properties } = stageOf(live)
    const spawned = properties?.friendlyMonster?.spawnMessage
    if (spawned) for (const id of live.members) this.#tell(live, id, 'PINK_TEXT', spawned)
    if (properties?.weather === undefined) return
    const { itemId, message, duration } = properties.weather
    const [mapId = 0] = mapIds
    const body = { itemId, message, durationMs: duration * 1000 }
    const value = { transactionId: NIL, worldId, channelId, mapId, instance, type: 'WEATHER_START', body }
    this.#elsewhere.push({ topic: 'map', id: mapId, value: JSON.stringify(value) })
  }

  /** The maps of the last stage, once in a life. */
  #clean(live: Live): void {
    const { worldId, channelId, id: instance } = live
    for (const mapId of stageOf(live).mapIds) {
      const value = { worldId, channelId, mapId, instance, type: 'DESTROY_IN_FIELD', body: {} }
      this.#elsewhere.push({ topic: 'reactor', id: mapId, value: JSON.stringify(value) })
    }
  }

  #reward({ worldId, channelId, members }: Live, rewards: readonly OracleReward[] = []): void {
    for (const { type, amount = 0 } of rewards) {
      if (type !== 'experience' || amount === 0) continue
      for (const characterId of members) {
        const body = { channelId, distributions: [{ experienceType: 'CHAT', amount, attr1: 0 }] }
        const value = JSON.stringify({ worldId, characterId, type: 'AWARD_EXPERIENCE', body })
        this.#character.push({ characterId, value })
      }
    }
  }

  #tell({ worldId, channelId }: Live, characterId: number, messageType: string, message: string): void {
    const body = { messageType, message }
    const value = { transactionId: NIL, worldId, channelId, characterId, type: 'SEND_MESSAGE', body }
    this.#elsewhere.push({ topic: 'systemMessage', id: characterId, value: JSON.stringify(value) })
  }

  #destroy(live: Live): void {
    live.state = 'destroyed'
    this.#warp(live, live.quest.exit, NIL)
    this.#say(live, 'INSTANCE_DESTROYED', {})
    this.#live.delete(live.name)
    for (const character of live.members) this.#places.delete(`${live.channel}/${character}`)
    if (live.lobby !== undefined) this.#lobbies.delete(live.lobby)
  }

  #say({ worldId, id: instanceId, quest: { questId } }: Live, type: string, body: object): void {
    this.#status.push(JSON.stringify({ worldId, instanceId, questId, type, body }))
  }

  #warp({ worldId, channelId, members, id }: Live, mapId: number | undefined, instance = id): void {
    for (const characterId of members) {
      const body = { channelId, mapId, instance, portalId: 0 }
      this.#character.push({
        characterId,
        value: JSON.stringify({ worldId, characterId, type: 'CHANGE_MAP', body }),
      })
    }
  }
}

/** The id that the REGISTER at that place makes an instance by: told by its docs, and not by the service's code. */
export function instanceIdAt(
  clusterId: string,
  origin: { readonly topic: string; readonly partition: number; readonly offset: number; readonly timestamp: number },
  channel: { readonly tenantId: string; readonly worldId: number; readonly channelId: number },
): string {
  const { topic, partition, offset, timestamp } = origin
  const place = sha256(JSON.stringify([clusterId, topic, partition, offset, timestamp]))
  const shardKey = sha256(`${channel.tenantId}/${channel.worldId}/${channel.channelId}`).slice(0, 8)
  const version = `8${place.slice(13, 16)}`
  const variant = ((Number.parseInt(place.slice(16, 17), 16) & 0x3) | 0x8).toString(16)
  return [
    place.slice(0, 8),
    place.slice(8, 12),
    version,
    variant + place.slice(17, 20),
    place.slice(20, 24) + shardKey,
  ].join('-')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function stageOf({ quest, stage }: Live): OracleStage {
  const found = quest.stages[stage]
  if (found === undefined) throw new Error(`${quest.questId} has no stage ${stage}`)
  return found
}
