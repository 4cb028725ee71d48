/**
 * The states that records of older releases must be restored from: how each comes about, and how it plays on to its
 * end. A scene is built once, by the release that writes its layout first, and kept as a fixture (fixture.ts); it is
 * played on from that fixture by every release after it.
 */
import type { InstanceId } from '../../src/contract/ids.ts'
import { tenantHeaders } from '../../src/contract/tenant.ts'
import type { CompiledDefinition } from '../../src/definitions/catalogue.ts'
import type { LookupServices } from '../../src/shard/registrar.ts'
import { createMemoryTransport } from '../../src/transport/memory/memory-transport.ts'
import { FOUR_PASSES, quest, stage, TIMED } from '../support/definitions.ts'
import { affinity, type FakeLookups, party } from '../support/fake-lookups.ts'
import type { FakeMonsters } from '../support/fake-monsters.ts'
import { type ShardHarness, TOPICS } from '../support/shard-harness.ts'
import { TENANT } from '../support/tenants.ts'

export interface Play {
  readonly h: ShardHarness
  readonly lookups: FakeLookups
  readonly monsters: FakeMonsters
}

export interface Scene {
  /** Also that of its file. */
  readonly name: string
  readonly definitions: readonly CompiledDefinition[]
  readonly services?: Partial<LookupServices>
  /** There is a monster service: what the quests ask of it becomes state. */
  readonly hasMonsters?: true
  /** Whether what is restored needs `definitions` still to be in the catalogue: nothing that runs does. */
  readonly registersLater?: true
  readonly build: (play: Play) => Promise<void>
  /** `id`: of the instance that is there; empty where none is yet. */
  readonly playOn: (play: Play, id: InstanceId) => Promise<void>
  /** What becomes visible by playing on: events, warps, refusals, and what the monster service was asked for. */
  readonly expected: readonly string[]
}

const ACTIVE: readonly string[] = [
  '#1 STAGE_CLEARED {"stageIndex":0,"channelId":1,"mapIds":[100,101],"fieldInstances":["#1"]}',
  '#1 STAGE_ADVANCED {"stageIndex":1,"mapIds":[110]}',
]
const OUT = ['1001 to 900 in nil', '1002 to 900 in nil']
const GONE = '#1 INSTANCE_DESTROYED {}'

/** Says something in every field that a definition has. */
const tower = (overrides = {}) =>
  quest({
    questId: 'tower_pq',
    name: 'Tower of “Ögüt”',
    fieldLock: 'channel',
    duration: 3600,
    advance: 'command',
    failRequirements: [{ type: 'level_max', operator: 'gt', value: 200 }],
    startEvents: [{ type: 'spawn', at: [1, 2] }],
    stages: [
      stage(0, {
        ...{
          mapIds: [100, 101],
          duration: 120,
          onTimeout: 'fail',
          clearActions: ['open'],
          properties: { z: 1, a: null },
        },
        clearConditions: [
          FOUR_PASSES,
          { type: 'monster_kill', operator: '<=', value: 9, referenceId: 9300002 },
          { type: 'custom_data', operator: '=', value: 0, referenceKey: 'lever' },
        ],
        rewards: [{ type: 'random_item', amount: 1, items: [{ templateId: 7, weight: 3, quantity: 2 }] }],
      }),
      stage(1, { duration: 240, warpType: 'none' }),
    ],
    rewards: [{ type: 'experience', amount: 5 }],
    bonus: { mapId: 500, duration: 60, entry: 'auto', properties: { hats: true } },
    ...overrides,
  })

const manual = { mapId: 500, entry: 'manual', completionMapId: 510 }
const timedParty = quest({ questId: 'tower_pq', registration: TIMED })
const guild = quest({
  questId: 'guild_pq',
  startRequirements: [],
  registration: { type: 'individual', mode: 'instant', affinity: 'guild' },
})
const friends = quest({
  questId: 'friends_pq',
  startRequirements: [],
  registration: { type: 'individual', mode: 'instant', affinity: 'party' },
})

const hunt = quest({
  questId: 'hunt_pq',
  startRequirements: [],
  registration: { type: 'individual', mode: 'instant' },
  stages: [
    stage(0, {
      mapIds: [100, 101],
      clearActions: ['destroy_monsters'],
      properties: { friendlyMonster: { monsterId: 9300061, x: -7, y: 2, fh: 5 } },
    }),
  ],
})

const tower1 = { questId: 'tower_pq', partyId: 88 }
async function enter({ h, lookups }: Play): Promise<void> {
  await h.register(1001, tower1)
  lookups.answer(party([1001, { level: 30 }], 1002))
  await h.clock.settle()
  h.seen()
}

async function counted(play: Play): Promise<void> {
  await enter(play)
  await play.h.clock.advance(5_000)
  await play.h.command('STAGE_CLEAR_ATTEMPT', 1)
  await play.h.command('UPDATE_CUSTOM_DATA', 1, { updates: { mood: 'good', __proto__key: '' }, increments: ['pulls'] })
  await play.h.command('UPDATE_STAGE_STATE', 1, { itemCounts: { 4001008: 3 }, monsterKills: { 9300002: 1 } })
}

async function toTheBonus({ h }: Play, id: InstanceId): Promise<void> {
  await h.command('STAGE_ADVANCE', id)
  await h.clock.advance(60_000)
}

export const SCENES: readonly Scene[] = [
  {
    name: 'registering-timed',
    definitions: [timedParty],
    build: async ({ h }) => {
      await h.register(1001, tower1)
      await h.register(1002, tower1)
    },
    playOn: async ({ h }, id) => {
      await h.clock.advance(59_999)
      await h.clock.advance(1)
      await h.command('FORFEIT', id)
    },
    expected: [
      '#1 STARTED {"stageIndex":0,"mapIds":[100]}',
      '#1 FAILED {"reason":"forfeit"}',
      GONE,
      '1001 to 100 in #1',
      '1002 to 100 in #1',
      ...OUT,
    ],
  },
  {
    name: 'registering-lobby',
    definitions: [quest({ questId: 'tower_pq' })],
    build: async ({ h }) => {
      await h.register(1001, tower1)
    },
    playOn: ({ h }) => h.clock.advance(3_600_000),
    expected: ['#1 FAILED {"reason":"registration_expired"}', GONE, '1001 to 900 in nil'],
  },
  {
    name: 'active',
    definitions: [tower()],
    services: { parties: true },
    build: counted,
    playOn: async (play, id) => {
      const { h } = play
      // Three of four are there.
      await h.command('UPDATE_STAGE_STATE', id, { itemCounts: { 4001008: 1 } })
      await h.command('STAGE_CLEAR_ATTEMPT', id)
      await h.command('STAGE_ADVANCE', id)
      await toTheBonus(play, id)
    },
    expected: [
      ...ACTIVE,
      '#1 COMPLETED {}',
      '#1 BONUS_ENTERED {"mapId":500}',
      GONE,
      ...['1001 to 110 in #1', '1002 to 110 in #1', '1001 to 500 in #1', '1002 to 500 in #1', ...OUT],
    ],
  },
  {
    name: 'active-timed-out',
    definitions: [tower()],
    services: { parties: true },
    build: counted,
    playOn: ({ h }) => h.clock.advance(120_000),
    expected: ['#1 FAILED {"reason":"stage_time_expired"}', GONE, ...OUT],
  },
  {
    name: 'cleared',
    definitions: [tower()],
    services: { parties: true },
    build: async play => {
      await counted(play)
      await play.h.command('UPDATE_STAGE_STATE', 1, { itemCounts: { 4001008: 1 } })
      await play.h.command('STAGE_CLEAR_ATTEMPT', 1)
    },
    playOn: ({ h }) => h.clock.advance(3_600_000),
    expected: ['#1 FAILED {"reason":"time_expired"}', GONE, ...OUT],
  },
  {
    name: 'completed',
    definitions: [tower({ bonus: manual, advance: 'automatic' })],
    services: { parties: true },
    build: async play => {
      await enter(play)
      await play.h.command('STAGE_ADVANCE', 1)
      await play.h.command('STAGE_ADVANCE', 1)
    },
    playOn: ({ h }) => h.clock.advance(120_000),
    expected: [GONE, ...OUT],
  },
  {
    name: 'bonus',
    definitions: [tower()],
    services: { parties: true },
    build: async play => {
      await enter(play)
      await play.h.command('STAGE_ADVANCE', 1)
      await play.h.command('STAGE_ADVANCE', 1)
    },
    playOn: ({ h }) => h.clock.advance(60_000),
    expected: [GONE, ...OUT],
  },
  {
    name: 'pending-members',
    definitions: [quest({ questId: 'tower_pq' })],
    services: { parties: true },
    registersLater: true,
    build: async ({ h }) => {
      await h.register(1001, tower1)
    },
    playOn: async ({ h, lookups }) => {
      lookups.answer(party(1001, 1002))
      await h.clock.settle()
      h.seen()
      await h.command('FORFEIT', 1)
    },
    expected: ['#1 FAILED {"reason":"forfeit"}', GONE, ...OUT],
  },
  {
    name: 'pending-guild',
    definitions: [guild],
    services: { guilds: true },
    registersLater: true,
    build: async ({ h }) => {
      await h.register(1001, { questId: 'guild_pq', headers: [['odd', null]] })
    },
    playOn: async ({ h, lookups }) => {
      lookups.answer(affinity(0))
      await h.clock.settle()
    },
    expected: ['REQUIREMENTS_NOT_MET'],
  },
  {
    name: 'pending-party',
    definitions: [friends],
    services: { parties: true },
    registersLater: true,
    build: async ({ h }) => {
      await h.register(1001, { questId: 'friends_pq' })
    },
    playOn: async ({ h, lookups }) => {
      lookups.answer(affinity(88))
      await h.clock.settle()
      h.seen()
      await h.command('FORFEIT', 1)
    },
    expected: ['#1 FAILED {"reason":"forfeit"}', GONE, '1001 to 900 in nil'],
  },
  {
    name: 'effects',
    definitions: [hunt],
    hasMonsters: true,
    build: async ({ h }) => {
      await h.register(1001, { questId: 'hunt_pq' })
      h.seen()
      await h.command('STAGE_CLEAR_ATTEMPT', 1)
    },
    playOn: async ({ h, monsters }, id) => {
      // The first was asked for before, and nobody knows how it ended: asked for again, the next behind it.
      monsters.isPrompt = true
      monsters.done()
      await h.clock.settle()
      await h.command('FORFEIT', id)
    },
    expected: [
      ...['#1 FAILED {"reason":"forfeit"}', GONE, '1001 to 900 in nil'],
      ...['spawn 100', 'destroy 100', 'destroy 101', 'destroy 100', 'destroy 101'],
    ],
  },
  {
    name: 'watermarks',
    definitions: [guild],
    registersLater: true,
    build: async ({ h }) => {
      for (const [index, partition] of [0, 1, 1].entries()) {
        await h.forward(await publishRegister(h, partition, 1001 + index, 'guild_pq'))
      }
      h.seen()
      for (const number of [2, 3]) await h.command('FORFEIT', number)
    },
    playOn: async ({ h }, id) => {
      // Copies of what the position says is applied: a REGISTER that was applied once more would be seen.
      await h.forward(...h.records(TOPICS.commands, 0), ...h.records(TOPICS.commands, 1))
      await h.command('FORFEIT', id)
    },
    expected: ['#1 FAILED {"reason":"forfeit"}', GONE, '1001 to 900 in nil'],
  },
]

/** A REGISTER on any partition of the public topic, not forwarded yet. */
export async function publishRegister(h: ShardHarness, partition: number, characterId: number, questId: string) {
  const appender = createMemoryTransport(h.log, { name: 'other-sender', advertisedUrl: '' }).openAppender(
    'other-sender',
  )
  const body = { questId, partyId: 0, channelId: 1, mapId: 0 }
  const value = Buffer.from(JSON.stringify({ worldId: 0, characterId, type: 'REGISTER', body }))
  await appender.append([{ topic: TOPICS.commands, partition, key: null, value, headers: tenantHeaders(TENANT) }])
  const record = h.records(TOPICS.commands, partition).at(-1)
  if (record === undefined) throw new Error('what was published is not there')
  return record
}
