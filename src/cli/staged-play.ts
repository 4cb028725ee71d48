/**
 * Plays a rehearsed quest on a real service with a log in this process: each command by the command topic, what
 * monsters do by theirs, each timer by moving the service's time, one operation after another. What comes out is held to the rehearsal, message
 * by message; a difference is a fault of ours. Prints nothing.
 */
import type { PartyQuestEvent } from '../../machines/party-quest.ts'
import { Alarm } from '../alarm.ts'
import { type Random, systemClock } from '../clock.ts'
import type { Config } from '../config.ts'
import type { InstanceId } from '../contract/ids.ts'
import { isObject } from '../contract/json.ts'
import type { LogRecord } from '../contract/log-record.ts'
import { type Destination, encodeMessage, type InstanceIdentity } from '../contract/messages.ts'
import { readInstanceKey } from '../contract/state-record.ts'
import { tenantHeaders } from '../contract/tenant.ts'
import { type CompiledDefinition, makeCatalogue } from '../definitions/catalogue.ts'
import { InvariantError } from '../errors.ts'
import { createCommandSender } from '../http/command-sender.ts'
import { followTopics } from '../http/topic-follower.ts'
import type { Log } from '../log.ts'
import { type CommandValue, commandRecord, outgoing } from './command-value.ts'
import { type Operation, REHEARSED_ID } from './rehearsal.ts'
import { runService } from './run-service.ts'
import { StandingClock } from './standing-clock.ts'

const PATIENCE_MS = 10_000
const READY_POLL_MS = 10
const DESTINATIONS = [
  'status',
  'character',
  'reactor',
  'systemMessage',
  'map',
] as const satisfies readonly Destination[]

export interface StagedPlay {
  readonly config: Config
  readonly compiled: CompiledDefinition
  readonly identity: InstanceIdentity
  readonly operations: readonly Operation[]
  readonly random: Random
  readonly log: Log
  /** Each operation once the service has committed it, and all that it sent was read. */
  readonly onPlayed: (operation: Operation, instanceId: InstanceId) => void
}

/** @throws InvariantError the service does not do what the plain machine does. */
export async function playStaged(play: StagedPlay): Promise<void> {
  const { random, log, operations, identity, onPlayed } = play
  const clock = new StandingClock(systemClock)
  const config = stageConfig(play.config)
  const failure = new AbortController()
  const running = await runService({
    config,
    catalogue: makeCatalogue([play.compiled]),
    clock,
    random,
    log,
    onFatal: error => failure.abort(error),
  })
  try {
    await running.started
    while (running.status().missing.length > 0) await systemClock.sleep(READY_POLL_MS, failure.signal)
    const audience = new Audience(config)
    const { transport } = running
    const follower = await followTopics({
      transport,
      name: 'play',
      topics: audience.topics,
      from: 'earliest',
      onRecords: records => audience.hear(records),
    })
    const sender = createCommandSender({ transport, topic: config.topics.commands, random })
    const game = createCommandSender({ transport, topic: config.neighbours.monsterEvents, random })
    try {
      for (const operation of operations) {
        clock.leap(operation.afterMs)
        const command = commandOf(operation.event, identity, audience.instanceId, play.compiled)
        if (command !== undefined) await sender.send([commandRecord(outgoing(command, identity.tenant, random))])
        const happening = monsterEvent(operation.event, identity, audience.instanceId)
        if (happening !== undefined) {
          await game.send([{ key: null, value: happening, headers: tenantHeaders(identity.tenant) }])
        }
        onPlayed(operation, await audience.watch(operation, identity, failure.signal))
      }
    } finally {
      await sender.close()
      await game.close()
      await follower.close()
    }
  } finally {
    await running.stop()
  }
}

/** With the topics of the neighbours, whether this deployment has them or not. */
type StageConfig = Config & { readonly neighbours: { readonly [Name in keyof Config['neighbours']]: string } }

/** One shard is enough for one instance, and one partition keeps each topic in order. */
function stageConfig(config: Config): StageConfig {
  const { neighbours } = config
  return {
    ...config,
    neighbours: {
      reactorCommands: neighbours.reactorCommands ?? 'COMMAND_TOPIC_REACTOR',
      systemMessages: neighbours.systemMessages ?? 'COMMAND_TOPIC_SYSTEM_MESSAGE',
      mapCommands: neighbours.mapCommands ?? 'COMMAND_TOPIC_MAP',
      characterEvents: neighbours.characterEvents ?? 'EVENT_TOPIC_CHARACTER_STATUS',
      monsterEvents: neighbours.monsterEvents ?? 'EVENT_TOPIC_MONSTER_STATUS',
    },
    log: { kind: 'embedded' },
    createTopics: 'all',
    shards: 1,
    publicPartitions: 1,
    lookups: { timeoutMs: config.lookups.timeoutMs },
    effects: {},
    http: { ...config.http, port: 0 },
  }
}

/** `undefined` for a timer, which nobody sends. */
function commandOf(
  event: PartyQuestEvent,
  { worldId, channelId, partyId, questId }: InstanceIdentity,
  instanceId: InstanceId,
  { definition }: CompiledDefinition,
): CommandValue | undefined {
  // Anybody may send the commands of an instance: here always the first of the party.
  const common = { worldId, characterId: 1 }
  switch (event.type) {
    case 'REGISTER': {
      const body = { questId, partyId, channelId, mapId: definition.registration.mapId }
      return { worldId, characterId: event.member.characterId, type: event.type, body }
    }
    case 'UPDATE_STAGE_STATE': {
      const [itemCounts, monsterKills] = [event.itemCounts, event.monsterKills].map(counts =>
        Object.fromEntries(counts),
      )
      return {
        ...common,
        type: event.type,
        body: { instanceId, itemCounts: itemCounts ?? {}, monsterKills: monsterKills ?? {} },
      }
    }
    case 'UPDATE_CUSTOM_DATA': {
      const { updates, increments } = event
      return { ...common, type: event.type, body: { instanceId, updates: Object.fromEntries(updates), increments } }
    }
    case 'LEAVE':
      return { worldId, characterId: event.characterId, type: event.type, body: {} }
    case 'START':
    case 'STAGE_CLEAR_ATTEMPT':
    case 'STAGE_ADVANCE':
    case 'ENTER_BONUS':
    case 'FORFEIT':
      return { ...common, type: event.type, body: { instanceId } }
    default:
      return undefined
  }
}

/** As the monster service tells it; `undefined` for what no monster does. */
function monsterEvent(
  event: PartyQuestEvent,
  { worldId, channelId }: InstanceIdentity,
  instance: InstanceId,
): Buffer | undefined {
  if (!('monsterId' in event)) return undefined
  const { mapId, monsterId, itemCount } = event
  const type = { 'monster.damaged': 'DAMAGED', 'monster.killed': 'KILLED', 'monster.drop': 'FRIENDLY_DROP' }[event.type]
  const body = event.type === 'monster.drop' ? { itemCount } : {}
  return Buffer.from(JSON.stringify({ worldId, channelId, mapId, instance, uniqueId: 1, monsterId, type, body }))
}

/** Sees and hears the instance: its messages, its state records, and what was refused. */
class Audience {
  readonly topics: readonly string[]
  readonly #topicOf: Readonly<Record<Destination, string>>
  readonly #deadLetters: string
  readonly #stateTopic: string
  readonly #alarm = new Alarm(systemClock)
  readonly #heard = new Map<string, string[]>()
  /** The states that were committed and not yet watched; `undefined`: the instance is gone. */
  readonly #states: (string | undefined)[] = []
  #instanceId = REHEARSED_ID

  constructor({ topics, neighbours, shardStateTopic }: StageConfig) {
    this.#topicOf = {
      status: topics.statusEvents,
      character: topics.characterCommands,
      reactor: neighbours.reactorCommands,
      systemMessage: neighbours.systemMessages,
      map: neighbours.mapCommands,
    }
    this.#deadLetters = topics.deadLetters
    this.#stateTopic = shardStateTopic
    this.topics = [...Object.values(this.#topicOf), topics.deadLetters, shardStateTopic]
    for (const topic of this.topics) this.#heard.set(topic, [])
  }

  /** `REHEARSED_ID` until it is known. */
  get instanceId(): InstanceId {
    return this.#instanceId
  }

  hear(records: readonly LogRecord[]): void {
    for (const { topic, key, value } of records) {
      const id = topic === this.#stateTopic ? readInstanceKey(key) : undefined
      if (id !== undefined) {
        this.#instanceId = id
        this.#states.push(stateOf(value))
      } else if (topic !== this.#stateTopic) {
        this.#heard.get(topic)?.push(value?.toString() ?? '')
      }
    }
    this.#alarm.ring()
  }

  /** Until the operation was committed and heard to its end. @throws InvariantError it was another one. */
  async watch(operation: Operation, identity: InstanceIdentity, failure: AbortSignal): Promise<InstanceId> {
    const expected = operation.messages.map(message => encodeMessage(message, identity))
    const wanted = DESTINATIONS.map(destination => ({
      topic: this.#topicOf[destination],
      texts: expected.filter(message => message.destination === destination).map(({ value }) => value.toString()),
    }))
    const count = (topic: string) => this.#heard.get(topic)?.length ?? 0
    const givesUpAt = systemClock.elapsed() + PATIENCE_MS
    while (this.#states.length === 0 || wanted.some(({ topic, texts }) => count(topic) < texts.length)) {
      failure.throwIfAborted()
      const left = givesUpAt - systemClock.elapsed()
      if (left <= 0 || count(this.#deadLetters) > 0) break
      await this.#alarm.wait(left)
    }
    const state = this.#states.shift()
    const seen = { messages: wanted.map(({ topic }) => this.#take(topic)), state }
    const { status, value } = operation.snapshot
    const right = { messages: wanted.map(({ texts }) => texts), state: status === 'active' ? String(value) : undefined }
    if (JSON.stringify(seen) !== JSON.stringify(right) || count(this.#deadLetters) > 0) {
      const refused = this.#take(this.#deadLetters).map(text => ` refusing ${text}`)
      throw new InvariantError(
        `${operation.event.type}: the service does ${JSON.stringify(seen)}${refused}, the machine ${JSON.stringify(right)}: report it`,
      )
    }
    return this.#instanceId
  }

  /** With the rehearsed id in place of the real one. */
  #take(topic: string): readonly string[] {
    const texts = this.#heard.get(topic)?.splice(0) ?? []
    return texts.map(text => text.replaceAll(this.#instanceId, REHEARSED_ID))
  }
}

/** `undefined` for a tombstone. @throws InvariantError */
function stateOf(value: Buffer | null): string | undefined {
  if (value === null) return undefined
  const stored: unknown = JSON.parse(value.toString())
  if (isObject(stored) && typeof stored.value === 'string') return stored.value
  throw new InvariantError(`a state record without a state: ${value.toString()}`)
}
