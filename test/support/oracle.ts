/**
 * What must come out, recomputed from what lies in the command topic: a second, plain telling of the behaviour, which
 * shares no code with the service. It takes one record after the other and keeps the live instances in memory. It
 * knows no timers, services or leniency, and it needs all commands that can touch one another (of an instance, of a
 * lobby, of a character) to lie in one partition: only there has the log an order.
 */
import { instanceIdAt } from './instance-id.ts'
import type { JavaHeaders, JavaRecord } from './kafka/independent-client.ts'
import { readHappening, type ToldOfMonster } from './oracle-happenings.ts'
import {
  conditionsHold,
  failRequirementHolds,
  numberOf,
  type OracleQuest,
  requirementsHold,
  stageOf,
} from './oracle-quest.ts'
import { type ReadCommand, readCommand, readTenant } from './oracle-reading.ts'
import { NIL, OracleSpeech, type Speech } from './oracle-speech.ts'

/** All that one command does, when it does something. */
export interface ExpectedOperation extends Speech {
  readonly command: JavaRecord
  readonly instanceId: string
  /** The tenant headers of the instance, as they go out. */
  readonly tenantHeaders: JavaHeaders
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

/** What one record does: `skipped` where it concerns nobody, `nothing` where it is accepted and changes no more than the instance's own state. */
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

export class Oracle {
  readonly #quests: ReadonlyMap<string, OracleQuest>
  readonly #clusterId: string
  /** By tenant and id. */
  readonly #live = new Map<string, Live>()
  /** By channel and character. */
  readonly #places = new Map<string, Live>()
  /** By channel and lobby. */
  readonly #lobbies = new Map<string, Live>()
  readonly #speech = new OracleSpeech()

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
    const said = this.#speech.take()
    if (said === undefined) return 'nothing'
    const { id: instanceId, tenantHeaders } = result
    return { command: record, instanceId, tenantHeaders, ...said }
  }

  /**
   * What another service tells of a character or a monster. Topics have no order among themselves: it must be told
   * between two commands between which it lay in any order of them.
   */
  tell(record: JavaRecord, game: 'character' | 'monster'): ExpectedOperation | 'nothing' | 'skipped' {
    const happening = readHappening(game, record.value)
    const tenant = readTenant(record.headers)
    if (happening === undefined || tenant === undefined) return 'skipped'
    const live =
      happening.kind === 'monster'
        ? this.#live.get(`${tenant.name}/${happening.instanceId}`)
        : this.#places.get(`${tenant.name}/${happening.place}`)
    if (live === undefined) return 'skipped'
    if (happening.kind === 'monster') this.#monster(happening, live)
    else this.#depart(live, happening.characterId, 'disconnect')
    const said = this.#speech.take()
    return said === undefined
      ? 'nothing'
      : { command: record, instanceId: live.id, tenantHeaders: live.tenantHeaders, ...said }
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
      this.#speech.say(live, 'INSTANCE_CREATED', { partyId, channelId })
      if (mode === 'timed') this.#speech.say(live, 'REGISTRATION_OPENED', { duration })
    } else {
      live.members.push(characterId)
      this.#speech.say(live, 'CHARACTER_REGISTERED', { characterId })
    }
    this.#places.set(`${channel}/${characterId}`, live)
    if (mode === 'instant' && requirementsHold(live)) this.#start(live)
    return live
  }

  /** No channel is named, and the world means nothing: of one who is in several quests the first is left, and no test has such. */
  #leave({ characterId }: ReadCommand, tenantName: string): Live | undefined {
    const tenant = `${tenantName}/`
    const found = [...this.#places].find(([name]) => name.startsWith(tenant) && name.endsWith(`/${characterId}`))
    const live = found?.[1]
    if (live === undefined) return undefined
    this.#depart(live, characterId, 'voluntary')
    return live
  }

  #depart(live: Live, characterId: number, reason: 'voluntary' | 'disconnect'): void {
    const inLobby = live.state === 'registering'
    const { channelId } = live
    live.members.splice(live.members.indexOf(characterId), 1)
    this.#places.delete(`${live.channel}/${characterId}`)
    // Who disconnected has been moved already.
    if (!inLobby && reason === 'voluntary') {
      this.#speech.warp({ ...live, members: [characterId] }, live.quest.exit, NIL)
    }
    this.#speech.say(live, 'CHARACTER_LEFT', { characterId, channelId, reason })
    const isPlayed = live.state === 'active' || live.state === 'cleared'
    if (live.members.length === 0) {
      if (isPlayed) this.#speech.clean(live)
      this.#destroy(live)
    } else if (isPlayed && failRequirementHolds(live)) {
      this.#fail(live, 'requirements_not_met')
    } else if (inLobby && live.quest.registration.mode === 'instant' && requirementsHold(live)) {
      this.#start(live)
    }
  }

  #monster({ type, mapId, monsterId, itemCount }: ToldOfMonster, live: Live): void {
    if (live.state !== 'active') return
    const { mapIds, properties: { friendlyMonster: friendly, countKills } = {} } = stageOf(live)
    const say = (message: string) => {
      for (const id of live.members) this.#speech.tell(live, id, 'BLUE_TEXT', message)
    }
    const add = (key: string, more: number) => {
      const sum = numberOf(live.data.get(key)) + more
      live.data.set(key, String(sum))
      return sum
    }
    if (friendly?.monsterId !== monsterId || !mapIds.includes(mapId)) {
      if (type !== 'KILLED' || countKills !== true) return
      live.counts.set(`kill/${monsterId}`, (live.counts.get(`kill/${monsterId}`) ?? 0) + 1)
    } else if (type === 'DAMAGED') {
      const hits = add('friendlyHitCount', 1)
      if (friendly.onDamaged && hits % friendly.onDamaged.hitInterval === 0) say(friendly.onDamaged.message)
    } else if (type === 'FRIENDLY_DROP') {
      const count = add('friendlyDropCount', itemCount)
      if (friendly.onDrop) say(friendly.onDrop.messageTemplate.replaceAll('{count}', String(count)))
    } else {
      if (friendly.onKilled?.message) say(friendly.onKilled.message)
      if (friendly.onKilled?.action === 'fail') this.#fail(live, 'friendly_monster_killed')
    }
  }

  #fail(live: Live, reason: string): void {
    this.#speech.say(live, 'FAILED', { reason })
    if (live.state !== 'registering') this.#speech.clean(live)
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
          this.#speech.reward(live, stageOf(live).rewards)
          this.#speech.sayCleared(live)
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
        for (const id of live.members) this.#speech.tell(live, id, command.messageType, command.message)
        return live
    }
  }

  #start(live: Live): void {
    live.state = 'active'
    if (live.lobby !== undefined) this.#lobbies.delete(live.lobby)
    this.#speech.warp(live, stageOf(live).mapIds[0])
    this.#speech.say(live, 'STARTED', { stageIndex: 0, mapIds: stageOf(live).mapIds })
    this.#speech.beginStage(live)
  }

  #clear(live: Live): void {
    live.state = 'cleared'
    this.#speech.reward(live, stageOf(live).rewards)
    this.#speech.sayCleared(live)
    if (live.quest.advance === 'automatic') this.#advance(live)
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
    if (!stays) this.#speech.warp(live, mapIds[0])
    this.#speech.say(live, 'STAGE_ADVANCED', { stageIndex: live.stage, mapIds })
    this.#speech.beginStage(live)
  }

  #complete(live: Live): void {
    this.#speech.reward(live, live.quest.rewards)
    this.#speech.say(live, 'COMPLETED', {})
    this.#speech.clean(live)
    const { bonus } = live.quest
    if (bonus === undefined) {
      this.#destroy(live)
    } else if (bonus.entry === 'auto') {
      this.#enterBonus(live)
    } else {
      live.state = 'completed'
      if (bonus.completionMapId) this.#speech.warp(live, bonus.completionMapId)
    }
  }

  #enterBonus(live: Live): void {
    const mapId = live.quest.bonus?.mapId ?? 0
    live.state = 'bonus'
    live.counts = new Map()
    live.data = new Map()
    if (mapId !== 0) this.#speech.warp(live, mapId)
    this.#speech.say(live, 'BONUS_ENTERED', { mapId })
  }

  #destroy(live: Live): void {
    live.state = 'destroyed'
    this.#speech.warp(live, live.quest.exit, NIL)
    this.#speech.say(live, 'INSTANCE_DESTROYED', {})
    this.#live.delete(live.name)
    for (const character of live.members) this.#places.delete(`${live.channel}/${character}`)
    if (live.lobby !== undefined) this.#lobbies.delete(live.lobby)
  }
}
