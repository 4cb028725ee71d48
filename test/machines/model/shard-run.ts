/**
 * Runs a life on a real shard with the memory log, from the public command topic to the public topics; what the
 * instance knows is read from its state record, as a restoring shard would.
 */
import { decodeInstance } from '../../../src/actor/snapshot-bytes.ts'
import type { InstanceId } from '../../../src/contract/ids.ts'
import type { LogRecord } from '../../../src/contract/log-record.ts'
import { NEIGHBOUR_TOPICS, ShardHarness, TOPICS, textOf } from '../../support/shard-harness.ts'
import { knowledgeOf } from './known-instance.ts'
import { compiled, machineInput } from './lives.ts'
import type { CommandMove, Timer } from './move.ts'
import { type Effect, GONE, type Knowledge } from './oracle-life.ts'
import type { Told } from './oracle-voice.ts'
import { INSTANCE_ID, PARTY_ID, type Runner } from './run.ts'
import type { Scene } from './scenes.ts'

export interface ShardRun extends Runner {
  /** Epoch milliseconds of the first REGISTER. */
  readonly startsAt: number
  readonly channelId: number
  stop(): Promise<void>
}

const CHANNEL_ID = 3

/** One shard with nothing but this life on it. */
export async function shardRun(scene: Scene): Promise<ShardRun> {
  const definition = compiled(scene)
  const { rules } = machineInput(scene, definition)
  const harness = await ShardHarness.start({ definitions: [definition], rules: scene.deployment })
  const read = new Map<string, number>()
  let instanceId: string | undefined

  const unread = (topic: string): readonly LogRecord[] => {
    const from = read.get(topic) ?? 0
    const records = harness.records(topic).filter(({ offset }) => offset >= from)
    read.set(topic, (records.at(-1)?.offset ?? from - 1) + 1)
    return records
  }
  /** What came out since one looked last; a topic has its own order, so the status events come first. */
  const effect = (): Effect => {
    const status = unread(TOPICS.statusEvents)
    instanceId ??= status[0]?.key?.toString()
    const told = [
      ...status.map(record => toldOf('status', record, instanceId)),
      ...unread(TOPICS.characterCommands).map(record => toldOf('character', record, instanceId)),
      ...(['reactor', 'systemMessage', 'map'] as const).flatMap(topic =>
        unread(NEIGHBOUR_TOPICS[topic]).map(record => toldOf(topic, record, instanceId)),
      ),
    ]
    const [refused, ...more] = unread(TOPICS.deadLetters).map(({ headers }) => textOf(headers, 'error-code'))
    if (more.length > 0) throw new Error(`one command was refused ${more.length + 1} times`)
    return { told, refused }
  }

  return {
    startsAt: harness.clock.now(),
    order: 'of each topic',
    channelId: CHANNEL_ID,
    codes: undefined,
    stop: () => harness.stop(),
    command: async (move: CommandMove, afterMs: number) => {
      await harness.clock.advance(afterMs)
      await sendTo(harness, scene, move, instanceId)
      return effect()
    },
    early: async (ms: number) => {
      await harness.clock.advance(ms)
      return effect()
    },
    due: async (_: Timer) => {
      await harness.clock.advance(1)
      return effect()
    },
    knowledge: (): Knowledge => {
      const stored = harness.state().get(`instance/${instanceId}`)
      if (stored === undefined) return GONE
      return knowledgeOf(decodeInstance(Buffer.from(stored), () => rules).snapshot)
    },
  }
}

async function sendTo(harness: ShardHarness, scene: Scene, move: CommandMove, instanceId: string | undefined) {
  if (move.type === 'REGISTER') {
    const { questId } = scene.quest
    await harness.register(move.characterId, { questId, partyId: PARTY_ID, channelId: CHANNEL_ID })
    return
  }
  if (move.type === 'LEAVE') {
    await harness.send(JSON.stringify({ worldId: 0, characterId: move.characterId, type: 'LEAVE', body: {} }))
    return
  }
  await harness.command(move.type, (instanceId ?? '') as InstanceId, bodyOf(move))
}

function bodyOf(move: CommandMove): object {
  switch (move.type) {
    case 'UPDATE_STAGE_STATE':
      return { itemCounts: move.items, monsterKills: move.kills }
    case 'UPDATE_CUSTOM_DATA':
      return { updates: move.updates, increments: move.increments }
    case 'BROADCAST_MESSAGE':
      return { messageType: move.messageType, message: move.message }
    default:
      return {}
  }
}

function toldOf(topic: Told['topic'], { key, value }: LogRecord, instanceId: string | undefined): Told {
  const bytes = key ?? Buffer.alloc(0)
  const isInstance = bytes.toString() === instanceId
  const text = value?.toString() ?? ''
  return {
    topic,
    key: (isInstance ? Buffer.from(INSTANCE_ID) : bytes).toString('hex'),
    value: instanceId === undefined ? text : text.replaceAll(instanceId, INSTANCE_ID),
  }
}
