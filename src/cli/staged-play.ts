/**
 * Plays a rehearsed quest on a real service with a log in this process: each command by the command topic, each
 * timer by moving the service's time, one operation after another. What comes out is held to the rehearsal, message
 * by message; a difference is a fault of ours. Prints nothing.
 */
import type { PartyQuestEvent } from '../../machines/party-quest.ts'
import { Alarm } from '../alarm.ts'
import { type Random, systemClock } from '../clock.ts'
import type { Config } from '../config.ts'
import type { InstanceId } from '../contract/ids.ts'
import { isObject } from '../contract/json.ts'
import type { LogRecord } from '../contract/log-record.ts'
import { encodeMessage, type InstanceIdentity } from '../contract/messages.ts'
import { readInstanceKey } from '../contract/state-record.ts'
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
    try {
      for (const operation of operations) {
        clock.leap(operation.afterMs)
        const command = commandOf(operation.event, identity, audience.instanceId, play.compiled)
        if (command !== undefined) await sender.send([commandRecord(outgoing(command, identity.tenant, random))])
        onPlayed(operation, await audience.watch(operation, identity, failure.signal))
      }
    } finally {
      await sender.close()
      await follower.close()
    }
  } finally {
    await running.stop()
  }
}

/** One shard is enough for one instance, and one partition keeps each topic in order. */
function stageConfig(config: Config): Config {
  return {
    ...config,
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
    case 'START':
    case 'STAGE_CLEAR_ATTEMPT':
    case 'STAGE_ADVANCE':
    case 'FORFEIT':
      return { ...common, type: event.type, body: { instanceId } }
    default:
      return undefined
  }
}

/** Sees and hears the instance: its messages, its state records, and what was refused. */
class Audience {
  readonly topics: readonly string[]
  readonly #config: Config
  readonly #alarm = new Alarm(systemClock)
  readonly #heard = new Map<string, string[]>()
  /** The states that were committed and not yet watched; `undefined`: the instance is gone. */
  readonly #states: (string | undefined)[] = []
  #instanceId = REHEARSED_ID

  constructor(config: Config) {
    const { statusEvents, characterCommands, deadLetters } = config.topics
    this.#config = config
    this.topics = [statusEvents, characterCommands, deadLetters, config.shardStateTopic]
    for (const topic of this.topics) this.#heard.set(topic, [])
  }

  /** `REHEARSED_ID` until it is known. */
  get instanceId(): InstanceId {
    return this.#instanceId
  }

  hear(records: readonly LogRecord[]): void {
    for (const { topic, key, value } of records) {
      const id = topic === this.#config.shardStateTopic ? readInstanceKey(key) : undefined
      if (id !== undefined) {
        this.#instanceId = id
        this.#states.push(stateOf(value))
      } else if (topic !== this.#config.shardStateTopic) {
        this.#heard.get(topic)?.push(value?.toString() ?? '')
      }
    }
    this.#alarm.ring()
  }

  /** Until the operation was committed and heard to its end. @throws InvariantError it was another one. */
  async watch(operation: Operation, identity: InstanceIdentity, failure: AbortSignal): Promise<InstanceId> {
    const { statusEvents, characterCommands, deadLetters } = this.#config.topics
    const expected = operation.messages.map(message => encodeMessage(message, identity))
    const wanted = (destination: 'status' | 'character') =>
      expected.filter(message => message.destination === destination).map(({ value }) => value.toString())
    const [events, moves] = [wanted('status'), wanted('character')]
    const count = (topic: string) => this.#heard.get(topic)?.length ?? 0
    const givesUpAt = systemClock.elapsed() + PATIENCE_MS
    while (
      this.#states.length === 0 ||
      count(statusEvents) < events.length ||
      count(characterCommands) < moves.length
    ) {
      failure.throwIfAborted()
      const left = givesUpAt - systemClock.elapsed()
      if (left <= 0 || count(deadLetters) > 0) break
      await this.#alarm.wait(left)
    }
    const state = this.#states.shift()
    const seen = { events: this.#take(statusEvents), moves: this.#take(characterCommands), state }
    const { status, value } = operation.snapshot
    const right = { events, moves, state: status === 'active' ? String(value) : undefined }
    if (JSON.stringify(seen) !== JSON.stringify(right) || count(deadLetters) > 0) {
      const refused = this.#take(deadLetters).map(text => ` refusing ${text}`)
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
