/** A shard's promises about commands: whose they are, what becomes of bad ones, and that each counts once. */
import { afterEach, describe, expect, test } from 'vitest'
import type { PartyQuestEvent } from '../../machines/party-quest.ts'
import { createStepper, type Stepper } from '../../src/actor/stepper.ts'
import type { InstanceId } from '../../src/contract/ids.ts'
import { tenantHeaders } from '../../src/contract/tenant.ts'
import { FOUR_PASSES, quest, stage } from '../support/definitions.ts'
import { type HarnessOptions, ShardHarness, TOPICS, textOf } from '../support/shard-harness.ts'
import { OTHER_TENANT, TENANT } from '../support/tenants.ts'

const NOTHING = { events: [], warps: [], refused: [] }
const solo = (overrides = {}) => quest({ startRequirements: [], ...overrides })

let harness: ShardHarness | undefined
afterEach(() => harness?.stop())
async function start(options: HarnessOptions = {}): Promise<ShardHarness> {
  harness = await ShardHarness.start({ definitions: [solo()], ...options })
  return harness
}

/** Throws where `isBad` says so, and steps as ever elsewhere. */
function faultyStepper(isBad: (event: PartyQuestEvent) => boolean): Stepper {
  const stepper = createStepper('faulty')
  return {
    spawn: stepper.spawn,
    deliver: (snapshot, event) => {
      if (isBad(event)) throw new RangeError(`injected at ${event.type}`)
      return stepper.deliver(snapshot, event)
    },
  }
}

test('a whole quest: every message of every operation is there once, in order', async () => {
  const stages = [stage(0, { clearConditions: [FOUR_PASSES] }), stage(1)]
  const h = await start({ definitions: [quest({ stages, bonus: { mapId: 500, duration: 60, entry: 'auto' } })] })
  await h.register(1001, { partyId: 88 })
  await h.register(1002, { partyId: 88 })
  h.seen()
  await h.command('STAGE_CLEAR_ATTEMPT', 1)
  await h.command('UPDATE_STAGE_STATE', 1, { itemCounts: { 4001008: 1 } })
  await h.command('UPDATE_STAGE_STATE', 1, { itemCounts: { 4001008: 3 }, monsterKills: { 9300002: 2 } })
  expect(h.seen()).toEqual(NOTHING)
  await h.command('STAGE_CLEAR_ATTEMPT', 1)
  await h.command('STAGE_ADVANCE', 1)
  expect(h.seen()).toEqual({
    events: [
      '#1 STAGE_CLEARED {"stageIndex":0,"channelId":1,"mapIds":[100],"fieldInstances":["#1"]}',
      '#1 STAGE_ADVANCED {"stageIndex":1,"mapIds":[110]}',
    ],
    warps: ['1001 to 110 in #1', '1002 to 110 in #1'],
    refused: [],
  })
  await h.command('STAGE_ADVANCE', 1)
  expect(h.seen()).toEqual({
    events: ['#1 COMPLETED {}', '#1 BONUS_ENTERED {"mapId":500}'],
    warps: ['1001 to 500 in #1', '1002 to 500 in #1'],
    refused: [],
  })
  await h.clock.advance(60_000)
  expect(h.seen()).toEqual({
    events: ['#1 INSTANCE_DESTROYED {}'],
    warps: ['1001 to 900 in nil', '1002 to 900 in nil'],
    refused: [],
  })
  expect(h.stateKinds()).toEqual(['position'])
})

describe('a tenant', () => {
  test("cannot touch another's instance: for him it is not there", async () => {
    const h = await start()
    await h.register(1001)
    h.seen()
    for (const tenant of [
      OTHER_TENANT,
      { ...TENANT, region: 'JMS' },
      { ...TENANT, minorVersion: 2 },
      { ...TENANT, id: OTHER_TENANT.id.replace('0', '1') as typeof TENANT.id },
    ]) {
      await h.command('FORFEIT', 1, {}, { tenant })
      expect([tenant, h.seen()]).toEqual([tenant, { events: [], warps: [], refused: ['INSTANCE_NOT_FOUND'] }])
    }
    await h.command('FORFEIT', 1)
    expect(h.seen().refused).toEqual([])
  })

  test('has characters and parties of his own, though all tenants call theirs alike', async () => {
    const h = await start({ definitions: [quest()] })
    await h.register(1001, { partyId: 88 })
    await h.register(1001, { partyId: 88, tenant: OTHER_TENANT })
    await h.register(1002, { partyId: 88, tenant: OTHER_TENANT })
    expect(h.seen().events).toEqual([
      '#1 INSTANCE_CREATED {"partyId":88,"channelId":1}',
      '#2 INSTANCE_CREATED {"partyId":88,"channelId":1}',
      '#2 CHARACTER_REGISTERED {"characterId":1002}',
      '#2 STARTED {"stageIndex":0,"mapIds":[100]}',
    ])
  })

  test('is named by the headers of all messages of his instances, whoever else the shard serves', async () => {
    const h = await start()
    await h.register(1001, { tenant: OTHER_TENANT })
    const sent = [...h.records(TOPICS.statusEvents), ...h.records(TOPICS.characterCommands)]
    expect(sent).toHaveLength(3)
    for (const { headers } of sent) expect(headers.slice(0, 4)).toEqual(tenantHeaders(OTHER_TENANT))
  })
})

describe('an instance that is not there', () => {
  test.each([
    ['of nobody', '11111111-1111-8111-8111-111111111111'],
    ['nil', '00000000-0000-0000-0000-000000000000'],
  ])('%s is refused', async (_, id) => {
    const h = await start()
    await h.command('START', id as InstanceId)
    expect(h.seen().refused).toEqual(['INSTANCE_NOT_FOUND'])
  })

  test('any more is refused as well', async () => {
    const h = await start()
    await h.register(1001)
    h.seen()
    await h.command('FORFEIT', 1)
    h.seen()
    await h.command('FORFEIT', 1)
    expect(h.seen()).toEqual({ events: [], warps: [], refused: ['INSTANCE_NOT_FOUND'] })
  })
})

test('a command that the state does not take is refused, and the instance goes on', async () => {
  const h = await start()
  await h.register(1001)
  h.seen()
  await h.command('START', 1)
  await h.command('STAGE_ADVANCE', 1)
  expect(h.seen()).toEqual({
    events: ['#1 STAGE_ADVANCED {"stageIndex":1,"mapIds":[110]}'],
    warps: ['1001 to 110 in #1'],
    refused: ['INVALID_STATE'],
  })
})

describe('a dead letter', () => {
  test('is the original byte for byte, headers in order, with where it came from and why', async () => {
    const h = await start()
    const headers = [
      ...tenantHeaders(TENANT),
      ['x', Buffer.from([0, 255, 10])] as const,
      ['x', null] as const,
      ['traceparent', Buffer.from('not one')] as const,
    ]
    const value = Buffer.from([0x7b, 0xff, 0xfe, 0x00])
    const record = await h.publish(value, headers, Buffer.from([1, 2, 3]))
    await h.forward(record)
    const [letter] = h.deadLetters()
    expect(letter?.value).toEqual(value)
    expect(letter?.key).toEqual(Buffer.from([1, 2, 3]))
    expect(letter?.headers.slice(0, headers.length)).toEqual(headers)
    expect(letter?.headers.slice(headers.length).map(([name]) => name)).toEqual([
      'error-code',
      'error-message',
      'origin-topic',
      'origin-partition',
      'origin-offset',
      'origin-timestamp',
    ])
    const text = (name: string) => textOf(letter?.headers ?? [], name)
    expect([text('error-code'), text('origin-topic'), text('origin-partition')]).toEqual(['MALFORMED', 'commands', '0'])
    expect([text('origin-offset'), text('origin-timestamp')]).toEqual([String(record.offset), String(record.timestamp)])
  })

  test.each([
    ['nothing at all', null, [], 'MALFORMED'],
    ['nothing but malformed bytes, also without a tenant', Buffer.from('['), [], 'MALFORMED'],
    [
      'a command without a tenant, also of an instance that is not there',
      Buffer.from('{"type":"START"}'),
      [],
      'MISSING_TENANT',
    ],
    ['a REGISTER without a tenant, also for no quest', Buffer.from('{"type":"REGISTER"}'), [], 'MISSING_TENANT'],
  ])('tells the first fault of %s', async (_, value, headers, code) => {
    const h = await start()
    await h.forward(await h.publish(value, headers))
    expect(h.seen()).toEqual({ events: [], warps: [], refused: [code] })
  })

  test('never stops the records behind it', async () => {
    const h = await start()
    const bad = await h.publish('{', [])
    const good = await h.publish(
      '{"worldId":0,"characterId":1001,"type":"REGISTER","body":{"questId":"mill_pq"}}',
      tenantHeaders(TENANT),
    )
    await h.forward(bad, good)
    const { events, refused } = h.seen()
    expect([events.length, refused]).toEqual([2, ['MALFORMED']])
  })

  test('without the whole original is what a record becomes whose headers do not fit', async () => {
    const h = await start({ deadLetterBytesMax: 5000 })
    const record = await h.publish('{', [['x', Buffer.alloc(6000)]], Buffer.from('key'))
    await h.forward(record)
    await h.register(1001)
    await h.clock.advance(60_000)
    const [letter] = h.deadLetters()
    expect([letter?.key, letter?.value, letter?.headers[0]?.[0]]).toEqual([null, null, 'error-code'])
    const text = (name: string) => textOf(letter?.headers ?? [], name)
    expect(text('error-message')).toMatch(/the original of 6005 bytes does not fit.*max\.message\.bytes/)
    expect(text('origin-offset')).toBe(String(record.offset))
    expect(h.seen().events).toHaveLength(2)
  })

  test('without its value, and saying so, is what a record becomes that does not fit the topic', async () => {
    const h = await start({ deadLetterBytesMax: 950_000 })
    const value = `{"type":"REGISTER","body":{"questId":"${'x'.repeat(949_900)}"}}`
    await h.send(value)
    await h.register(1001)
    await h.clock.advance(1000)
    const [letter] = h.deadLetters()
    expect(letter?.value).toBeNull()
    expect(textOf(letter?.headers ?? [], 'error-message')).toMatch(
      /value of 949\d+ bytes does not fit.*max\.message\.bytes/,
    )
    const { events, refused } = h.seen()
    expect([events.length, refused]).toEqual([2, ['QUEST_NOT_FOUND']])
  })
})

describe('a record that is there twice', () => {
  test('counts once, wherever the copy stands', async () => {
    const h = await start({ definitions: [quest()] })
    const first = await h.register(1001, { partyId: 88 })
    const second = await h.register(1002, { partyId: 88 })
    h.seen()
    const attempt = await h.command('STAGE_CLEAR_ATTEMPT', 1)
    h.seen()
    await h.forward(first, second, attempt)
    await h.forward(attempt)
    expect(h.seen()).toEqual(NOTHING)
  })

  test('counts once also when a refusal is what it came to', async () => {
    const h = await start()
    const bad = await h.send('{')
    await h.forward(bad, bad)
    expect(h.seen().refused).toEqual(['MALFORMED'])
  })

  test('counts once also within one batch, and after a restart', async () => {
    const h = await start()
    const value = '{"characterId":1001,"type":"REGISTER","body":{"questId":"mill_pq"}}'
    const record = await h.publish(value, tenantHeaders(TENANT))
    await h.forward(record, record)
    await h.restart()
    await h.forward(record)
    expect(h.seen().events).toHaveLength(2)
  })

  test('of another partition is another record', async () => {
    const h = await start()
    const record = await h.send('{')
    await h.forward({ ...record, partition: 1 })
    expect(h.seen().refused).toEqual(['MALFORMED', 'MALFORMED'])
  })
})

describe('an operation that throws', () => {
  test('is undone alone: the instance is as before, the record a dead letter, the next one not delayed', async () => {
    const stepper = faultyStepper(({ type }) => type === 'STAGE_CLEAR_ATTEMPT')
    const h = await start({ stepper })
    await h.register(1001)
    h.seen()
    const before = h.state().get(`instance/${h.id(1)}`)
    const attempt = JSON.stringify({ type: 'STAGE_CLEAR_ATTEMPT', body: { instanceId: h.id(1) } })
    const register = JSON.stringify({ characterId: 1002, type: 'REGISTER', body: { questId: 'mill_pq', channelId: 1 } })
    const headers = tenantHeaders(TENANT)
    await h.forward(await h.publish(attempt, headers), await h.publish(register, headers))
    const { events, refused } = h.seen()
    expect([events[0], refused]).toEqual(['#2 INSTANCE_CREATED {"partyId":0,"channelId":1}', ['INSTANCE_FAULT']])
    expect(h.state().get(`instance/${h.id(1)}`)).toBe(before)
    expect(textOf(h.deadLetters()[0]?.headers ?? [], 'error-message')).toBe('injected at STAGE_CLEAR_ATTEMPT')
    await h.command('STAGE_ADVANCE', 1)
    expect(h.seen().events).toEqual(['#1 STAGE_ADVANCED {"stageIndex":1,"mapIds":[110]}'])
  })

  test('is loud', async () => {
    harness = ShardHarness.withoutReplica({ definitions: [solo()] })
    const replica = await harness.takeOver({ stepper: faultyStepper(() => true) })
    await harness.register(1001)
    harness.seen()
    await harness.command('FORFEIT', 1)
    expect(replica.log.at('error')).toEqual(['instance fault: an operation threw and was undone'])
    expect(replica.fatal).toEqual([])
  })

  test('and is a timer is tried again a minute later, while all others go on', async () => {
    let isBroken = true
    const stepper = faultyStepper(({ type }) => isBroken && type === 'timer.quest')
    const definitions = [solo({ duration: 600 }), solo({ questId: 'other_pq', stages: [stage(0, { duration: 600 })] })]
    const h = await start({ stepper, definitions })
    await h.register(1001)
    await h.register(1002, { questId: 'other_pq' })
    h.seen()
    await h.clock.advance(600_000)
    expect(h.seen().events).toEqual(['#2 COMPLETED {}', '#2 INSTANCE_DESTROYED {}'])
    isBroken = false
    await h.clock.advance(59_999)
    expect(h.seen().events).toEqual([])
    await h.clock.advance(1)
    expect(h.seen().events).toEqual(['#1 FAILED {"reason":"time_expired"}', '#1 INSTANCE_DESTROYED {}'])
  })
})

test('a type that only a newer ingress knows is passed over', async () => {
  const h = await start()
  await h.forward(await h.publish('{"type":"WARP_WHOLE_WORLD"}', tenantHeaders(TENANT)))
  await h.register(1001)
  const { events, refused } = h.seen()
  expect([events.length, refused]).toEqual([2, []])
})

test('a record that did not fit the internal topic is refused once, in its turn, by its place alone', async () => {
  const h = await start()
  const origin = { topic: TOPICS.commands, partition: 0, offset: 7, timestamp: 3 }
  const record = { ...origin, key: Buffer.from('k'), value: Buffer.alloc(1000), headers: [] }
  await h.forwardOversized(record)
  await h.forwardOversized(record)
  expect(h.seen()).toEqual({ ...NOTHING, refused: ['MALFORMED'] })
  const [letter] = h.deadLetters()
  expect([letter?.key, letter?.value]).toEqual([null, null])
  expect(textOf(letter?.headers ?? [], 'error-message')).toMatch(/^its 1001 bytes do not fit .*max.message.bytes$/)
  expect(textOf(letter?.headers ?? [], 'origin-offset')).toBe('7')
})
