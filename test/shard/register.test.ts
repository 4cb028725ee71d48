/** REGISTER without a look-up: who makes an instance, who joins one, who is refused, and with which code first. */
import { afterEach, describe, expect, test } from 'vitest'
import { quest, stage, TIMED } from '../support/definitions.ts'
import { type HarnessOptions, ShardHarness } from '../support/shard-harness.ts'

const REFUSED_ONLY = { events: [], warps: [] }
const NOTHING = { events: [], warps: [], refused: [] }
const individual = (more: object = {}) =>
  quest({ questId: 'solo_pq', registration: { type: 'individual', mode: 'timed', duration: 60, ...more } })

let harness: ShardHarness | undefined
afterEach(() => harness?.stop())
async function start(options: HarnessOptions = {}): Promise<ShardHarness> {
  harness = await ShardHarness.start(options)
  return harness
}

describe('a party quest, without a party service', () => {
  test('is made by the first REGISTER and joined by those of the same party', async () => {
    const h = await start()
    await h.register(1001, { partyId: 88 })
    expect(h.seen()).toEqual({
      events: ['#1 INSTANCE_CREATED {"partyId":88,"channelId":1}'],
      warps: [],
      refused: [],
    })
    await h.register(1002, { partyId: 88 })
    expect(h.seen()).toEqual({
      events: ['#1 CHARACTER_REGISTERED {"characterId":1002}', '#1 STARTED {"stageIndex":0,"mapIds":[100]}'],
      warps: ['1001 to 100 in #1', '1002 to 100 in #1'],
      refused: [],
    })
  })

  test('opens its registration where it is timed', async () => {
    const h = await start({ definitions: [quest({ registration: TIMED })] })
    await h.register(1001, { partyId: 88 })
    expect(h.seen().events).toEqual([
      '#1 INSTANCE_CREATED {"partyId":88,"channelId":1}',
      '#1 REGISTRATION_OPENED {"duration":60}',
    ])
  })

  test.each([
    ['another party', { partyId: 89 }],
    ['another channel', { partyId: 88, channelId: 2 }],
    ['another world', { partyId: 88, worldId: 3 }],
    ['another quest', { partyId: 88, questId: 'other_pq' }],
  ])('is another one for %s', async (_, other) => {
    const h = await start({ definitions: [quest(), quest({ questId: 'other_pq' })] })
    await h.register(1001, { partyId: 88 })
    await h.register(1002, other)
    expect(h.seen().events.map(line => line.slice(0, 19))).toEqual(['#1 INSTANCE_CREATED', '#2 INSTANCE_CREATED'])
  })

  test('is never joined with partyId 0: each character makes one of his own', async () => {
    const h = await start()
    await h.register(1001, { partyId: 0 })
    await h.register(1002, { partyId: 0 })
    expect(h.seen().events).toEqual([
      '#1 INSTANCE_CREATED {"partyId":0,"channelId":1}',
      '#2 INSTANCE_CREATED {"partyId":0,"channelId":1}',
    ])
  })

  test.each([
    ['by itself', quest()],
    ['by command', quest({ registration: TIMED })],
  ])('that has started %s is not joined: the next REGISTER of that party makes a new one', async (_, definition) => {
    const h = await start({ definitions: [definition] })
    await h.register(1001, { partyId: 88 })
    await h.register(1002, { partyId: 88 })
    h.seen()
    if (definition.definition.registration.mode === 'timed') await h.command('START', 1)
    h.seen()
    await h.register(1003, { partyId: 88 })
    expect(h.seen()).toMatchObject({
      events: [expect.stringMatching(/^#2 INSTANCE_CREATED/)].concat(
        definition.definition.registration.mode === 'timed' ? ['#2 REGISTRATION_OPENED {"duration":60}'] : [],
      ),
      refused: [],
    })
  })

  test('has the id that its REGISTER makes, of version 8, and ending in the hash of its channel', async () => {
    const h = await start()
    await h.register(1001)
    await h.register(1002)
    h.seen()
    expect(h.id(1)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(h.id(1)).not.toBe(h.id(2))
    expect(h.id(1).slice(-8)).toBe(h.id(2).slice(-8))
  })
})

describe('an individual quest', () => {
  test('has partyId 0, and is joined by whoever registers in the channel', async () => {
    const h = await start({ definitions: [individual()] })
    await h.register(1001, { questId: 'solo_pq', partyId: 88 })
    await h.register(1002, { questId: 'solo_pq', partyId: 0 })
    expect(h.seen().events).toEqual([
      '#1 INSTANCE_CREATED {"partyId":0,"channelId":1}',
      '#1 REGISTRATION_OPENED {"duration":60}',
      '#1 CHARACTER_REGISTERED {"characterId":1002}',
    ])
  })

  test.each([
    ['guild', 'none'],
    ['party', 'none'],
  ])('with affinity %s is joined by all alike where no service is configured', async affinity => {
    const h = await start({ definitions: [individual({ affinity })] })
    await h.register(1001, { questId: 'solo_pq' })
    await h.register(1002, { questId: 'solo_pq' })
    expect(h.seen().events.at(-1)).toBe('#1 CHARACTER_REGISTERED {"characterId":1002}')
  })

  test.each([
    [100, 100, true],
    [100, 0, true],
    [0, 555, true],
    [100, 555, false],
  ])('for map %i is registered for from map %i: %s', async (wanted, mapId, isTaken) => {
    const h = await start({ definitions: [individual({ mapId: wanted })] })
    await h.register(1001, { questId: 'solo_pq', mapId })
    expect(h.seen().refused).toEqual(isTaken ? [] : ['WRONG_MAP'])
  })

  test('alone looks at the map: a party quest takes whoever comes', async () => {
    const h = await start({ definitions: [quest({ registration: { type: 'party', mode: 'instant', mapId: 100 } })] })
    await h.register(1001, { mapId: 555 })
    expect(h.seen().refused).toEqual([])
  })
})

describe('a character', () => {
  test('who registers again for the quest in whose lobby he is changes nothing and is told nothing', async () => {
    const h = await start()
    await h.register(1001, { partyId: 88 })
    h.seen()
    const instances = () => [...h.state()].filter(([key]) => key.startsWith('instance/'))
    const before = instances()
    await h.register(1001, { partyId: 88 })
    await h.register(1001, { partyId: 99 })
    expect(h.seen()).toEqual(NOTHING)
    expect(instances()).toEqual(before)
  })

  test('who is in the lobby of another quest is refused', async () => {
    const h = await start({ definitions: [quest(), quest({ questId: 'other_pq' })] })
    await h.register(1001)
    h.seen()
    await h.register(1001, { questId: 'other_pq' })
    expect(h.seen()).toEqual({ ...REFUSED_ONLY, refused: ['ALREADY_REGISTERED'] })
  })

  test('who joined a lobby is in it as much as the one who opened it', async () => {
    const h = await start({ definitions: [quest({ registration: TIMED }), quest({ questId: 'other_pq' })] })
    await h.register(1001, { partyId: 88 })
    await h.register(1002, { partyId: 88 })
    h.seen()
    await h.register(1002, { partyId: 88 })
    await h.register(1002, { questId: 'other_pq' })
    expect(h.seen()).toEqual({ ...REFUSED_ONLY, refused: ['ALREADY_REGISTERED'] })
  })

  test('who is in a quest that runs is refused, for that quest too', async () => {
    const h = await start({ definitions: [quest({ startRequirements: [] })] })
    await h.register(1001)
    h.seen()
    await h.register(1001)
    expect(h.seen()).toEqual({ ...REFUSED_ONLY, refused: ['ALREADY_REGISTERED'] })
  })

  test('is free again once his quest is destroyed, by a command or by its timer', async () => {
    const h = await start({ definitions: [quest({ startRequirements: [], duration: 600 })] })
    await h.register(1001)
    h.seen()
    await h.command('FORFEIT', 1)
    await h.register(1001)
    await h.clock.advance(600_000)
    await h.register(1001)
    expect(h.seen().events.filter(line => line.includes('CREATED'))).toEqual([
      '#2 INSTANCE_CREATED {"partyId":0,"channelId":1}',
      '#3 INSTANCE_CREATED {"partyId":0,"channelId":1}',
    ])
  })

  test('may be in one quest of each channel', async () => {
    const h = await start()
    await h.register(1001, { channelId: 1 })
    await h.register(1001, { channelId: 2 })
    await h.register(1001, { channelId: 1, worldId: 1 })
    expect(h.seen().events).toHaveLength(3)
  })
})

describe('refusals', () => {
  const definitions = [
    quest(),
    quest({ questId: 'empty_pq', stages: [] }),
    individual({ mapId: 100 }),
    quest({ questId: 'two_pq', stages: [stage(0)], registration: TIMED }),
  ]

  test.each([
    ['a quest that nobody defined', 'nowhere_pq', 'QUEST_NOT_FOUND'],
    ['no quest', '', 'QUEST_NOT_FOUND'],
    ['a quest without stages', 'empty_pq', 'QUEST_NOT_PLAYABLE'],
  ])('%s', async (_, questId, code) => {
    const h = await start({ definitions })
    await h.register(1001, { questId })
    expect(h.seen()).toEqual({ ...REFUSED_ONLY, refused: [code] })
  })

  test('come in their order: quest, playable, already registered, map', async () => {
    const h = await start({ definitions })
    await h.register(1001, { questId: 'mill_pq' })
    h.seen()
    await h.register(1001, { questId: 'nowhere_pq', mapId: 555 })
    await h.register(1001, { questId: 'empty_pq', mapId: 555 })
    await h.register(1001, { questId: 'solo_pq', mapId: 555 })
    await h.register(1002, { questId: 'solo_pq', mapId: 555 })
    expect(h.seen().refused).toEqual(['QUEST_NOT_FOUND', 'QUEST_NOT_PLAYABLE', 'ALREADY_REGISTERED', 'WRONG_MAP'])
  })

  test('of START by requirements leave the lobby open', async () => {
    const h = await start({ definitions })
    await h.register(1001, { partyId: 88 })
    h.seen()
    await h.command('START', 1)
    expect(h.seen()).toEqual({ ...REFUSED_ONLY, refused: ['REQUIREMENTS_NOT_MET'] })
    await h.register(1002, { partyId: 88 })
    expect(h.seen().events.at(-1)).toBe('#1 STARTED {"stageIndex":0,"mapIds":[100]}')
  })
})

test('with REQUIREMENTS=warn a quest that starts without its requirements is only told of in the log', async () => {
  harness = ShardHarness.withoutReplica({ rules: { requirements: 'warn' } })
  const { log } = await harness.takeOver()
  await harness.register(1001)
  expect(harness.seen().events).toEqual([
    '#1 INSTANCE_CREATED {"partyId":0,"channelId":1}',
    '#1 STARTED {"stageIndex":0,"mapIds":[100]}',
  ])
  expect(log.at('warn')).toEqual(['quest started without its requirements'])
})
