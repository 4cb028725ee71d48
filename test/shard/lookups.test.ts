/** REGISTER with a look-up: who gets in by its answer, and that waiting for it loses nothing and blocks nobody. */
import { afterEach, describe, expect, test } from 'vitest'
import { internalCommand } from '../../src/contract/shard-command.ts'
import { LookupNotFoundError } from '../../src/shard/lookup-runner.ts'
import { createMemoryTransport } from '../../src/transport/memory/memory-transport.ts'
import { quest, TIMED } from '../support/definitions.ts'
import { affinity, FakeLookups, party } from '../support/fake-lookups.ts'
import { type HarnessOptions, INTERNAL, ShardHarness, textOf } from '../support/shard-harness.ts'

const NOTHING = { events: [], warps: [], refused: [] }
const STARTED = '#1 STARTED {"stageIndex":0,"mapIds":[100]}'
const services = { parties: true, guilds: true }
const guild = quest({
  questId: 'guild_pq',
  registration: { type: 'individual', mode: 'timed', duration: 60, affinity: 'guild', mapId: 7 },
})

let harness: ShardHarness | undefined
afterEach(() => harness?.stop())
async function start(options: HarnessOptions = {}) {
  const lookups = new FakeLookups()
  harness = await ShardHarness.start({ services, lookupClient: lookups, definitions: [quest(), guild], ...options })
  return { h: harness, lookups }
}

/** Answers the question that waits, and lets the answer come back. */
async function answered(h: ShardHarness, lookups: FakeLookups, answer: Parameters<FakeLookups['answer']>[0]) {
  lookups.answer(answer)
  await h.clock.settle()
  return h.seen()
}

describe('a party', () => {
  test('registers whole, with one REGISTER, in the order in which the service lists it', async () => {
    const { h, lookups } = await start()
    await h.register(1001, { partyId: 88 })
    expect(h.seen()).toEqual(NOTHING)
    expect(lookups.asked).toEqual([{ kind: 'members', partyId: 88 }])
    expect(await answered(h, lookups, party(1003, 1001, 1002))).toEqual({
      events: ['#1 INSTANCE_CREATED {"partyId":88,"channelId":1}', STARTED],
      warps: ['1003 to 100 in #1', '1001 to 100 in #1', '1002 to 100 in #1'],
      refused: [],
    })
    expect(h.stateKinds()).toEqual(['definition', 'instance', 'position'])
  })

  test('is without its members on another world or channel', async () => {
    const { h, lookups } = await start()
    await h.register(1001, { partyId: 88 })
    const list = party(1001, [1002, { channelId: 2 }], [1003, { worldId: 1 }], 1004)
    const { warps } = await answered(h, lookups, list)
    expect(warps).toEqual(['1001 to 100 in #1', '1004 to 100 in #1'])
  })

  test('is refused whole when one member is in another instance', async () => {
    const { h, lookups } = await start({ services: { parties: true, guilds: false } })
    await h.register(1002, { questId: 'guild_pq' })
    h.seen()
    await h.register(1001, { partyId: 88 })
    const seen = await answered(h, lookups, party(1001, 1002, 1003))
    expect(seen).toEqual({ events: [], warps: [], refused: ['ALREADY_REGISTERED'] })
    expect(h.stateKinds()).toEqual(['definition', 'instance', 'position'])
  })

  test('whose member elsewhere is on another channel is not refused for him', async () => {
    const { h, lookups } = await start({ services: { parties: true, guilds: false } })
    await h.register(1002, { questId: 'guild_pq' })
    h.seen()
    await h.register(1001, { partyId: 88 })
    const { events } = await answered(h, lookups, party(1001, [1002, { channelId: 3 }], 1003))
    expect(events.at(-1)).toBe('#2 STARTED {"stageIndex":0,"mapIds":[100]}')
  })

  test('that does not hold the registering character is refused, and nothing is made', async () => {
    const { h, lookups } = await start()
    await h.register(1001, { partyId: 88 })
    expect(await answered(h, lookups, party(1002, 1003))).toEqual({
      events: [],
      warps: [],
      refused: ['REQUIREMENTS_NOT_MET'],
    })
    expect(h.stateKinds()).toEqual(['position'])
  })

  test('that lists the registering character on another channel is refused too', async () => {
    const { h, lookups } = await start()
    await h.register(1001, { partyId: 88 })
    const { refused } = await answered(h, lookups, party([1001, { channelId: 2 }], 1002, 1003))
    expect(refused).toEqual(['REQUIREMENTS_NOT_MET'])
  })

  test('that does not meet the requirements of an instant quest is refused, and nothing is made', async () => {
    const { h, lookups } = await start()
    await h.register(1001, { partyId: 88 })
    expect(await answered(h, lookups, party(1001))).toEqual({
      events: [],
      warps: [],
      refused: ['REQUIREMENTS_NOT_MET'],
    })
    await h.register(1001, { partyId: 88 })
    expect((await answered(h, lookups, party(1001, 1002))).events.at(-1)).toBe(STARTED)
  })

  test('that does not meet the requirements of a timed quest yet waits in its lobby', async () => {
    const { h, lookups } = await start({ definitions: [quest({ registration: TIMED })] })
    await h.register(1001, { partyId: 88 })
    const { events } = await answered(h, lookups, party(1001))
    expect(events.at(-1)).toBe('#1 REGISTRATION_OPENED {"duration":60}')
    await h.command('START', 1)
    expect(h.seen().refused).toEqual(['REQUIREMENTS_NOT_MET'])
  })

  test('is measured by the levels that the service gives', async () => {
    const startRequirements = [{ type: 'level_min', operator: 'gte', value: 21 }]
    const { h, lookups } = await start({ definitions: [quest({ startRequirements })] })
    await h.register(1001, { partyId: 88 })
    const low = await answered(h, lookups, party([1001, { level: 30 }], [1002, { level: 20 }]))
    expect(low.refused).toEqual(['REQUIREMENTS_NOT_MET'])
    await h.register(1001, { partyId: 88 })
    const fit = await answered(h, lookups, party([1001, { level: 30 }], [1002, { level: 21 }]))
    expect(fit.events.at(-1)).toBe(STARTED)
  })

  test('registers once: a late member is refused without a question while the lobby is open', async () => {
    const { h, lookups } = await start({ definitions: [quest({ registration: TIMED })] })
    await h.register(1001, { partyId: 88 })
    await answered(h, lookups, party(1001, 1002))
    await h.register(1003, { partyId: 88 })
    expect(h.seen()).toEqual({ events: [], warps: [], refused: ['ALREADY_REGISTERED'] })
    expect(lookups.asked).toHaveLength(1)
  })

  test('registers once: a late member is refused by the answer when the quest runs', async () => {
    const { h, lookups } = await start()
    await h.register(1001, { partyId: 88 })
    await answered(h, lookups, party(1001, 1002))
    await h.register(1003, { partyId: 88 })
    const { refused } = await answered(h, lookups, party(1001, 1002, 1003))
    expect(refused).toEqual(['ALREADY_REGISTERED'])
  })

  test('registers once also when two members ask at the same moment', async () => {
    const { h, lookups } = await start({ definitions: [quest({ registration: TIMED })] })
    await h.register(1001, { partyId: 88 })
    await h.register(1002, { partyId: 88 })
    const first = await answered(h, lookups, party(1001, 1002))
    expect(first.events).toHaveLength(2)
    expect(await answered(h, lookups, party(1001, 1002))).toEqual(NOTHING)
    expect(h.stateKinds()).toEqual(['definition', 'instance', 'position'])
  })

  test('registers once also when the second answer no longer lists those of the first', async () => {
    const { h, lookups } = await start({ definitions: [quest({ registration: TIMED })] })
    await h.register(1001, { partyId: 88 })
    await h.register(1003, { partyId: 88 })
    await answered(h, lookups, party(1001, 1002))
    const { events, refused } = await answered(h, lookups, party(1003, 1004))
    expect([events, refused]).toEqual([[], ['ALREADY_REGISTERED']])
  })

  test('of partyId 0 asks nobody', async () => {
    const { h, lookups } = await start()
    await h.register(1001, { partyId: 0 })
    expect([lookups.asked, h.seen().events]).toEqual([[], ['#1 INSTANCE_CREATED {"partyId":0,"channelId":1}']])
  })

  test('gets in whoever comes where requirements only warn', async () => {
    const { h, lookups } = await start({ rules: { requirements: 'warn' } })
    await h.register(1001, { partyId: 88 })
    const { warps } = await answered(h, lookups, party(1002))
    expect(warps).toEqual(['1002 to 100 in #1', '1001 to 100 in #1'])
  })
})

describe('an individual', () => {
  test.each([
    ['guild', 'guild'],
    ['party', 'party'],
  ] as const)('of a quest with affinity %s joins those of the same one only', async (kind, asked) => {
    const registration = { type: 'individual', mode: 'timed', duration: 60, affinity: kind }
    const { h, lookups } = await start({ definitions: [quest({ registration })] })
    for (const [id, of] of [
      [1001, 5],
      [1002, 6],
      [1003, 5],
    ] as const) {
      await h.register(id)
      lookups.answer(affinity(of))
      await h.clock.settle()
    }
    expect(lookups.asked[0]).toEqual({ kind: asked, characterId: 1001 })
    expect(h.seen().events).toEqual([
      '#1 INSTANCE_CREATED {"partyId":0,"channelId":1}',
      '#1 REGISTRATION_OPENED {"duration":60}',
      '#2 INSTANCE_CREATED {"partyId":0,"channelId":1}',
      '#2 REGISTRATION_OPENED {"duration":60}',
      '#1 CHARACTER_REGISTERED {"characterId":1003}',
    ])
  })

  test('without a guild is refused where the quest asks for one', async () => {
    const { h, lookups } = await start()
    await h.register(1001, { questId: 'guild_pq' })
    expect((await answered(h, lookups, affinity(0))).refused).toEqual(['REQUIREMENTS_NOT_MET'])
  })

  test('without a guild counts as of guild 0 where requirements only warn', async () => {
    const { h, lookups } = await start({ rules: { requirements: 'warn' } })
    await h.register(1001, { questId: 'guild_pq' })
    expect((await answered(h, lookups, affinity(0))).events).toHaveLength(2)
  })

  test('on the wrong map is refused without a question', async () => {
    const { h, lookups } = await start()
    await h.register(1001, { questId: 'guild_pq', mapId: 8 })
    expect([lookups.asked, h.seen().refused]).toEqual([[], ['WRONG_MAP']])
  })
})

describe('a look-up', () => {
  test('that finds nothing is not tried again: the command is refused at once', async () => {
    const { h, lookups } = await start()
    await h.register(1001, { partyId: 88 })
    lookups.fail(new LookupNotFoundError('GET parties/88/members answered 404'))
    await h.clock.settle()
    expect(h.seen().refused).toEqual(['LOOKUP_FAILED'])
    expect(textOf(h.deadLetters()[0]?.headers ?? [], 'error-message')).toContain('answered 404')
    expect(lookups.asked).toHaveLength(1)
  })

  test('that fails is tried again, and its answer counts', async () => {
    const { h, lookups } = await start()
    await h.register(1001, { partyId: 88 })
    lookups.fail(new Error('500'))
    await h.clock.advance(100)
    lookups.fail(new Error('500'))
    await h.clock.advance(200)
    expect((await answered(h, lookups, party(1001, 1002))).events.at(-1)).toBe(STARTED)
    expect(lookups.asked).toHaveLength(3)
  })

  test('that is not answered in time is refused, with the original record', async () => {
    const { h } = await start()
    const record = await h.register(1001, { partyId: 88 })
    await h.clock.advance(2999)
    expect(h.seen()).toEqual(NOTHING)
    await h.clock.advance(2000)
    expect(h.seen().refused).toEqual(['LOOKUP_FAILED'])
    const [letter] = h.deadLetters()
    expect([letter?.value, textOf(letter?.headers ?? [], 'origin-offset')]).toEqual([record.value, '0'])
    expect(h.stateKinds()).toEqual(['position'])
  })

  test('holds up nobody: other commands pass the one that waits', async () => {
    const { h, lookups } = await start()
    await h.register(1001, { partyId: 88 })
    await h.register(1005, { partyId: 0 })
    await h.register(1006, { questId: 'nowhere_pq' })
    expect(h.seen()).toEqual({
      events: ['#1 INSTANCE_CREATED {"partyId":0,"channelId":1}'],
      warps: [],
      refused: ['QUEST_NOT_FOUND'],
    })
    expect((await answered(h, lookups, party(1001, 1002))).events).toHaveLength(2)
  })

  test('is asked again after a restart, and its answer counts', async () => {
    const { h, lookups } = await start()
    await h.register(1001, { partyId: 88 })
    expect(h.stateKinds()).toEqual(['pending', 'position'])
    const later = new FakeLookups()
    await h.restart({ lookupClient: later })
    expect([lookups.asked, later.asked]).toEqual([
      [{ kind: 'members', partyId: 88 }],
      [{ kind: 'members', partyId: 88 }],
    ])
    expect((await answered(h, later, party(1001, 1002))).events.at(-1)).toBe(STARTED)
  })

  test('that is answered twice counts once', async () => {
    const { h, lookups } = await start()
    await h.register(1001, { partyId: 88 })
    await answered(h, lookups, party(1001, 1002))
    await answerAgain(h, { pending: 'commands/0@0', answer: party(1001, 1002) })
    await answerAgain(h, { pending: 'commands/0@0', answer: { type: 'LOOKUP_FAILED', reason: 'late' } })
    expect(h.seen()).toEqual(NOTHING)
  })

  test('whose answer nobody knows to read changes nothing and stops nobody', async () => {
    const { h, lookups } = await start()
    await h.register(1001, { partyId: 88 })
    await answerAgain(h, { pending: 'commands/0@0', answer: { type: 'FROM_A_LATER_RELEASE' } })
    expect((await answered(h, lookups, party(1001, 1002))).events.at(-1)).toBe(STARTED)
  })

  test('is judged by the world as it is when the answer comes', async () => {
    const { h, lookups } = await start()
    await h.register(1001, { partyId: 88 })
    await h.register(1001, { partyId: 0 })
    h.seen()
    expect(await answered(h, lookups, party(1001, 1002))).toEqual(NOTHING)
    await h.register(1002, { partyId: 89 })
    await h.register(1003, { partyId: 0 })
    expect((await answered(h, lookups, party(1002, 1003))).refused).toEqual(['ALREADY_REGISTERED'])
  })

  test('whose answer cannot be appended is appended later', async () => {
    const { h, lookups } = await start()
    await h.register(1001, { partyId: 88 })
    let failures = 2
    h.intercept(({ replica, operation, phase }) => {
      if (replica === 'sender' || operation !== 'appender.append' || phase !== 'before' || failures-- <= 0) return
      throw new Error('away')
    })
    expect(await answered(h, lookups, party(1001, 1002))).toEqual(NOTHING)
    await h.clock.advance(1000)
    expect(h.seen().events.at(-1)).toBe(STARTED)
  })
})

async function answerAgain(h: ShardHarness, answered: object): Promise<void> {
  const appender = createMemoryTransport(h.log, { name: 'again', advertisedUrl: '' }).openAppender('again')
  await appender.append([internalCommand(0, INTERNAL.shardCommands, answered)])
  await h.clock.settle()
}
