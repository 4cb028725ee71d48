/**
 * What must come out, recomputed from what lies in the command topic: a second, plain telling of the behaviour, which
 * shares no code with the service. It takes one record after the other and keeps the live instances in memory. It
 * knows no timers, services or leniency, and it needs all commands that can touch one another (of an instance, of a
 * lobby, of a character) to lie in one partition: only there has the log an order.
 */
import { createHash } from 'node:crypto'
import type { JavaHeaders, JavaRecord } from './kafka/independent-client.ts'
import { type ReadCommand, readCommand, readTenant } from './oracle-reading.ts'

/** A definition as its file holds it; what the oracle needs of it. */
export interface OracleQuest {
  readonly questId: string
  readonly registration: {
    readonly type: string
    readonly mode: string
    readonly duration?: number
    readonly mapId?: number
  }
  readonly startRequirements?: readonly { readonly type: string; readonly operator: string; readonly value: number }[]
  readonly exit: number
  readonly bonus?: { readonly mapId: number; readonly entry: string; readonly completionMapId?: number }
  readonly stages: readonly OracleStage[]
  readonly advance?: string
}

interface OracleStage {
  readonly mapIds: readonly number[]
  readonly clearConditions?: readonly OracleCondition[]
  readonly warpType?: string
  /** Seconds, and what happens then. The oracle itself lets no time pass. */
  readonly duration?: number
  readonly onTimeout?: string
}

interface OracleCondition {
  readonly type: string
  readonly operator: string
  readonly value: number
  readonly referenceId?: number
}

/** All that one command does, when it does something. */
export interface ExpectedOperation {
  readonly command: JavaRecord
  readonly instanceId: string
  /** The tenant headers of the instance, as they go out. */
  readonly tenantHeaders: JavaHeaders
  /** JSON text, in order. */
  readonly status: readonly string[]
  readonly character: readonly { readonly characterId: number; readonly value: string }[]
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
    if (this.#status.length + this.#character.length === 0) return 'nothing'
    const { id: instanceId, tenantHeaders } = result
    const operation = { command: record, instanceId, tenantHeaders, status: this.#status, character: this.#character }
    this.#status = []
    this.#character = []
    return operation
  }

  /** The instance, or why not. */
  #run(command: ReadCommand, record: JavaRecord): Live | string {
    const tenant = readTenant(record.headers)
    if (tenant === undefined) return 'MISSING_TENANT'
    if (command.type === 'REGISTER') return this.#register(command, record, tenant)
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
        ...{ members: [characterId], state: 'registering', stage: 0, counts: new Map() },
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

  #command(command: Exclude<ReadCommand, { type: 'REGISTER' }>, live: Live | undefined): Live | string {
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
        if (conditionsHold(live)) this.#clear(live)
        return live
      case 'STAGE_ADVANCE':
        if (state !== 'active' && state !== 'cleared') return 'INVALID_STATE'
        if (state === 'active' && live.quest.advance === 'automatic') this.#sayCleared(live)
        this.#advance(live)
        return live
      case 'FORFEIT':
        if (state !== 'completed' && state !== 'bonus') this.#say(live, 'FAILED', { reason: 'forfeit' })
        this.#destroy(live)
        return live
    }
  }

  #start(live: Live): void {
    live.state = 'active'
    if (live.lobby !== undefined) this.#lobbies.delete(live.lobby)
    this.#warp(live, stageOf(live).mapIds[0])
    this.#say(live, 'STARTED', { stageIndex: 0, mapIds: stageOf(live).mapIds })
  }

  #clear(live: Live): void {
    live.state = 'cleared'
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
    const { mapIds } = stageOf(live)
    if (!stays) this.#warp(live, mapIds[0])
    this.#say(live, 'STAGE_ADVANCED', { stageIndex: live.stage, mapIds })
  }

  #complete(live: Live): void {
    this.#say(live, 'COMPLETED', {})
    const { bonus } = live.quest
    if (bonus === undefined) {
      this.#destroy(live)
      return
    }
    live.state = bonus.entry === 'auto' ? 'bonus' : 'completed'
    const mapId = bonus.entry === 'auto' ? bonus.mapId : bonus.completionMapId
    if (mapId !== undefined) this.#warp(live, mapId)
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

/** Levels are not known here, and then not checked. */
function requirementsHold({ quest, members }: Live): boolean {
  return (quest.startRequirements ?? []).every(
    ({ type, operator, value }) => type !== 'party_size' || compare(members.length, operator, value),
  )
}

function conditionsHold(live: Live): boolean {
  return (stageOf(live).clearConditions ?? []).every(({ type, operator, value, referenceId }) => {
    const kind = type === 'monster_kill' ? 'kill' : type === 'custom_data' ? 'data' : 'item'
    return compare(live.counts.get(`${kind}/${referenceId}`) ?? 0, operator, value)
  })
}

function compare(measured: number, operator: string, value: number): boolean {
  switch (operator) {
    case '=':
    case 'eq':
      return measured === value
    case '>=':
    case 'gte':
      return measured >= value
    case '<=':
    case 'lte':
      return measured <= value
    case '>':
    case 'gt':
      return measured > value
    case '<':
    case 'lt':
      return measured < value
    default:
      throw new Error(`no operator: ${operator}`)
  }
}
