/** A shard's promises about what the game tells, and about LEAVE: it concerns one instance or none, and is never refused. */
import { afterEach, describe, expect, test } from 'vitest'
import { createStepper } from '../../src/actor/stepper.ts'
import { silentTelemetry, type Telemetry } from '../../src/telemetry.ts'
import { quest, stage } from '../support/definitions.ts'
import { allThere, type HarnessOptions, NEIGHBOUR_TOPICS, ShardHarness } from '../support/shard-harness.ts'
import { OTHER_TENANT } from '../support/tenants.ts'

const MONSTER = 9300002
const COUNTED = stage(0, {
  properties: { countKills: true },
  clearConditions: [{ type: 'monster_kill', operator: '>=', value: 2, referenceId: MONSTER }],
})
const NOTHING = { events: [], warps: [], refused: [] }

let harness: ShardHarness | undefined
afterEach(() => harness?.stop())

async function start(options: HarnessOptions = {}) {
  const told: string[] = []
  const telemetry: Telemetry = {
    ...silentTelemetry,
    commandHandled: (type, outcome) => told.push(`${type} ${outcome}`),
    gameEvents: (game, outcome) => told.push(`${game} ${outcome}`),
    messageDropped: (topic, type) => told.push(`${type} dropped for ${topic}`),
  }
  const definitions = [quest({ stages: [COUNTED, stage(1)] })]
  const h = await ShardHarness.start({ shards: 4, definitions, telemetry, ...options })
  harness = h
  return { h, told }
}

async function withParty(options: HarnessOptions = {}) {
  const { h, told } = await start(options)
  await h.register(1001, { partyId: 88 })
  await h.register(1002, { partyId: 88 })
  h.seen()
  told.length = 0
  return { h, told }
}

const leave = (characterId: number, worldId = 0) => JSON.stringify({ worldId, characterId, type: 'LEAVE', body: {} })
const gone = (characterId: number, channelId = 1) => ({
  ...{ worldId: 0, characterId, type: 'LOGOUT', body: { channelId, mapId: 100 } },
})

describe('LEAVE', () => {
  test('goes to every shard: the one that has the character acts, the others count it as skipped', async () => {
    const { h, told } = await withParty()
    await h.send(leave(1001))
    expect(h.seen()).toEqual({
      events: ['#1 CHARACTER_LEFT {"characterId":1001,"channelId":1,"reason":"voluntary"}'],
      warps: ['1001 to 900 in nil'],
      refused: [],
    })
    expect(told.sort()).toEqual(['LEAVE applied', 'LEAVE skipped', 'LEAVE skipped', 'LEAVE skipped'])
  })

  test('has its effect once, however often its copies come', async () => {
    const { h, told } = await withParty()
    const record = await h.send(leave(1001))
    await h.register(1003, { partyId: 7 })
    h.seen()
    told.length = 0
    await h.forward(record)
    await h.restart()
    await h.forward(record)
    expect([h.seen(), new Set(told)]).toEqual([NOTHING, new Set([' duplicate'])])
  })

  test('finds the character whatever world it names: who sends it need not know where the quest plays', async () => {
    const { h } = await withParty()
    await h.send(leave(1001, 1))
    expect(h.seen()).toEqual({
      events: ['#1 CHARACTER_LEFT {"characterId":1001,"channelId":1,"reason":"voluntary"}'],
      warps: ['1001 to 900 in nil'],
      refused: [],
    })
  })

  test('of one who is in no quest is skipped everywhere, and no dead letter', async () => {
    const { h, told } = await withParty()
    await h.send(leave(7))
    expect([h.seen(), new Set(told)]).toEqual([NOTHING, new Set(['LEAVE skipped'])])
  })

  test('of another tenant touches nobody', async () => {
    const { h } = await withParty()
    await h.send(leave(1001), { tenant: OTHER_TENANT })
    expect(h.seen()).toEqual(NOTHING)
  })

  test('that is malformed is one dead letter, not one of each shard', async () => {
    const { h } = await withParty()
    await h.send(leave(1001, 300))
    expect(h.seen().refused).toEqual(['MALFORMED'])
  })

  test.each([
    ['two channels', { channelId: 2 }],
    ['two worlds', { channelId: 1, worldId: 1 }],
  ])('of one who is in %s leaves both', async (_, place) => {
    const { h } = await withParty({ shards: 1 })
    await h.register(1001, { partyId: 5, ...place })
    await h.register(1003, { partyId: 5, ...place })
    h.seen()
    await h.send(leave(1001))
    const left = h.seen().events.filter(line => line.includes('CHARACTER_LEFT'))
    expect(left.map(line => line.slice(0, 2)).sort()).toEqual(['#1', '#2'])
  })
})

describe('a character who is gone', () => {
  test.each([
    ['LOGOUT', { channelId: 1 }],
    ['CHANNEL_CHANGED', { channelId: 5, oldChannelId: 1 }],
  ])('by %s leaves, and is not sent anywhere', async (type, body) => {
    const { h, told } = await withParty()
    await h.tell('character', { ...gone(1001), type, body })
    expect(h.seen()).toEqual({
      events: ['#1 CHARACTER_LEFT {"characterId":1001,"channelId":1,"reason":"disconnect"}'],
      warps: [],
      refused: [],
    })
    expect(told).toEqual(['character applied'])
  })

  test.each([
    ['from another channel', gone(1001, 2)],
    ['who is in no quest', gone(7)],
  ])('%s changes nothing and is counted', async (_, event) => {
    const { h, told } = await withParty()
    await h.tell('character', event)
    expect([h.seen(), told]).toEqual([NOTHING, ['character skipped']])
  })
})

describe('a monster', () => {
  const killed = (h: ShardHarness, fields: object = {}) =>
    h.tell('monster', { mapId: 100, instance: h.id(1), monsterId: MONSTER, type: 'KILLED', body: {}, ...fields })

  test('that is killed counts where the stage counts kills', async () => {
    const { h, told } = await withParty()
    await killed(h)
    await h.command('STAGE_CLEAR_ATTEMPT', 1)
    expect(h.seen()).toEqual(NOTHING)
    await killed(h)
    await h.command('STAGE_CLEAR_ATTEMPT', 1)
    expect(h.seen().events.map(line => line.split(' ')[1])).toEqual(['STAGE_CLEARED'])
    expect(told.filter(line => line.startsWith('monster'))).toEqual(['monster applied', 'monster applied'])
  })

  test('of an instance that is another tenant’s, or gone, changes nothing', async () => {
    const { h, told } = await withParty()
    const event = { mapId: 100, instance: h.id(1), monsterId: MONSTER, type: 'KILLED', body: {} }
    await h.tell('monster', event, { tenant: OTHER_TENANT })
    await h.command('FORFEIT', 1)
    h.seen()
    await h.tell('monster', event)
    expect([h.seen(), told.filter(line => line.startsWith('monster'))]).toEqual([
      NOTHING,
      ['monster skipped', 'monster skipped'],
    ])
  })

  test('whose event throws is told of loudly, changes nothing and holds up nobody', async () => {
    const stepper = createStepper('faulty')
    const { h, told } = await withParty({
      stepper: {
        spawn: stepper.spawn,
        deliver: (snapshot, event) => {
          if (event.type === 'monster.killed') throw new RangeError('injected')
          return stepper.deliver(snapshot, event)
        },
      },
    })
    await killed(h)
    await h.command('STAGE_ADVANCE', 1)
    expect(h.seen().events.map(line => line.split(' ')[1])).toEqual(['STAGE_ADVANCED'])
    expect([told.includes('monster fault'), h.deadLetters()]).toEqual([true, []])
  })
})

describe('a message to a topic of another service', () => {
  const broadcast = { messageType: 'NOTICE', message: 'Hurry.' }

  test('is written where the topic is there', async () => {
    const { h } = await withParty()
    await h.command('BROADCAST_MESSAGE', 1, broadcast)
    expect(h.records(NEIGHBOUR_TOPICS.systemMessage).length).toBe(2)
  })

  test('is left out and counted where the topic is missing, and the rest of the operation stands', async () => {
    const dropped: string[] = []
    const neighbours = { ...allThere, isThere: () => false, dropped: (topic: string) => dropped.push(topic) }
    const { h, told } = await withParty({ neighbours })
    await h.command('BROADCAST_MESSAGE', 1, broadcast)
    expect(h.records(NEIGHBOUR_TOPICS.systemMessage)).toEqual([])
    expect(dropped).toEqual(['system-messages', 'system-messages'])
    expect(told).toContain('SEND_MESSAGE dropped for system-messages')
    expect(told).toContain('BROADCAST_MESSAGE applied')
  })

  test('is neither written nor counted where the deployment wants none', async () => {
    const dropped: string[] = []
    const neighbours = { ...allThere, topicOf: () => undefined, dropped: (topic: string) => dropped.push(topic) }
    const { h } = await withParty({ neighbours })
    await h.command('BROADCAST_MESSAGE', 1, broadcast)
    expect([dropped, h.records(NEIGHBOUR_TOPICS.systemMessage)]).toEqual([[], []])
  })
})
