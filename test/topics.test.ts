/** What `prepareTopics` makes, and every fault that it finds, on an admin that only remembers. */
import { describe, expect, it } from 'vitest'
import { readConfig } from '../src/config.ts'
import { ConfigError } from '../src/errors.ts'
import { prepareTopics } from '../src/topics.ts'
import type { LogAdmin, TopicDescription, TopicSpec } from '../src/transport/port.ts'
import { ManualClock } from './support/manual-clock.ts'
import { recordedLog } from './support/recorded-log.ts'

const PUBLIC = [
  'COMMAND_TOPIC_PARTY_QUEST',
  'EVENT_TOPIC_PARTY_QUEST_STATUS',
  'COMMAND_TOPIC_CHARACTER',
  'DEAD_LETTER_TOPIC_PARTY_QUEST',
]
const NEIGHBOURS = [
  'COMMAND_TOPIC_REACTOR',
  'COMMAND_TOPIC_SYSTEM_MESSAGE',
  'COMMAND_TOPIC_MAP',
  'EVENT_TOPIC_CHARACTER_STATUS',
  'EVENT_TOPIC_MONSTER_STATUS',
]
const topic = (overrides: Partial<TopicDescription> = {}): TopicDescription => ({
  id: 'first',
  partitions: 12,
  replicationFactor: 1,
  cleanupPolicy: 'delete',
  recordBytesMax: 1_048_588,
  ...overrides,
})
const INTERNAL = {
  'party-quest.shard-commands': topic({ recordBytesMax: 100_000_000 }),
  'party-quest.shard-state': topic({ cleanupPolicy: 'compact', recordBytesMax: 100_000_000 }),
}
const publicTopics = () => Object.fromEntries(PUBLIC.map(name => [name, topic()]))

/** An admin of `brokers` brokers with these topics. */
function admin(topics: Record<string, TopicDescription>, brokers = 1) {
  const found = new Map(Object.entries(topics))
  const made: TopicSpec[] = []
  const fake: LogAdmin = {
    brokerCount: async () => brokers,
    describeTopics: async names => new Map(names.map(name => [name, found.get(name)])),
    createTopics: async specs => {
      for (const spec of specs) {
        made.push(spec)
        const { partitions, replicationFactor, config } = spec
        const cleanupPolicy = config['cleanup.policy'] ?? 'delete'
        const recordBytesMax = Number(config['max.message.bytes'] ?? 1_048_588)
        found.set(spec.topic, { id: 'made', partitions, replicationFactor, cleanupPolicy, recordBytesMax })
      }
    },
    offsets: async () => [],
    committed: async () => [],
    deleteRecords: async () => {},
  }
  return { fake, made }
}

async function prepare(env: Record<string, string>, topics: Record<string, TopicDescription>, brokers = 1) {
  const { fake, made } = admin(topics, brokers)
  const log = recordedLog()
  const config = readConfig({ BOOTSTRAP_SERVERS: '127.0.0.1:9092', ...env }, { hostname: 'here' })
  const faults = await prepareTopics(config, fake, new ManualClock(), log).then(
    () => [],
    error => (error instanceof ConfigError ? error.faults : Promise.reject(error)),
  )
  return { faults, made: made.map(spec => spec.topic), specs: made, log }
}

describe('the topics of an installation', () => {
  it('are left alone when all are as they must be', async () => {
    const { faults, made } = await prepare({}, { ...publicTopics(), ...INTERNAL })
    expect({ faults, made }).toEqual({ faults: [], made: [] })
  })

  it('that are internal and missing are made: one for ever, one compacted, SHARDS partitions each', async () => {
    const { faults, specs } = await prepare({ SHARDS: '6' }, publicTopics(), 5)
    expect(faults).toEqual([])
    expect(specs).toEqual([
      {
        topic: 'party-quest.shard-commands',
        partitions: 6,
        replicationFactor: 3,
        config: expect.objectContaining({
          'cleanup.policy': 'delete',
          'retention.ms': '-1',
          'retention.bytes': '-1',
          'min.insync.replicas': '2',
          'unclean.leader.election.enable': 'false',
        }),
      },
      {
        topic: 'party-quest.shard-state',
        partitions: 6,
        replicationFactor: 3,
        config: expect.objectContaining({ 'cleanup.policy': 'compact', 'min.insync.replicas': '2' }),
      },
    ])
  })

  it('that are public are made only where CREATE_TOPICS=all says so, the dead letters with room for our headers', async () => {
    const { faults, specs, log } = await prepare({ CREATE_TOPICS: 'all', PUBLIC_PARTITIONS: '4' }, {})
    expect(faults).toEqual([])
    const made = new Map(specs.map(spec => [spec.topic, spec]))
    expect([...made.keys()].sort()).toEqual([...PUBLIC, ...NEIGHBOURS, ...Object.keys(INTERNAL)].sort())
    expect(made.get('COMMAND_TOPIC_PARTY_QUEST')?.partitions).toBe(4)
    expect(made.get('DEAD_LETTER_TOPIC_PARTY_QUEST')?.config['max.message.bytes']).toBe('2097176')
    expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([])
  })

  it('are refused with every fault at once', async () => {
    const { faults } = await prepare(
      { CREATE_TOPICS: 'none', SHARDS: '12' },
      {
        COMMAND_TOPIC_PARTY_QUEST: topic(),
        'party-quest.shard-commands': topic({ partitions: 6, cleanupPolicy: 'compact' }),
        'party-quest.shard-state': topic({ cleanupPolicy: 'delete' }),
      },
    )
    expect(faults).toEqual([
      expect.stringMatching(/^topic EVENT_TOPIC_PARTY_QUEST_STATUS does not exist: make it/),
      expect.stringMatching(/^topic COMMAND_TOPIC_CHARACTER does not exist/),
      expect.stringMatching(/^topic DEAD_LETTER_TOPIC_PARTY_QUEST does not exist/),
      expect.stringMatching(/shard-commands has 6 partitions and SHARDS is 12: .*Set SHARDS=6/),
      expect.stringMatching(/shard-state has cleanup.policy=delete: it must be compact/),
      expect.stringMatching(/shard-commands has cleanup.policy=compact: it must be delete/),
    ])
  })

  it('that are internal and missing are a fault where nothing may be made', async () => {
    const { faults } = await prepare({ CREATE_TOPICS: 'none' }, publicTopics())
    expect(faults).toEqual([
      expect.stringContaining('party-quest.shard-commands does not exist and CREATE_TOPICS=none'),
      expect.stringContaining('party-quest.shard-state does not exist and CREATE_TOPICS=none'),
    ])
  })

  it('are warned of when a refused command may not fit the dead letters', async () => {
    const { log } = await prepare({}, { ...publicTopics(), ...INTERNAL })
    expect(log.lines.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
      expect.stringContaining('without its value'),
    ])
  })

  it('are warned of when a command may not fit an internal topic that was made by hand', async () => {
    const made = { ...publicTopics(), ...INTERNAL, 'party-quest.shard-commands': topic() }
    const { faults, log } = await prepare({}, made)
    expect(faults).toEqual([])
    expect(log.at('warn')).toContainEqual(expect.stringContaining('may not fit the internal topic'))
  })
})
