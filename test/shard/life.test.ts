/** The life of a shard: restarts, takeovers, doubts and damage. What was committed stays, what was not never was. */
import { afterEach, describe, expect, test } from 'vitest'
import { COMMAND_TYPES } from '../../src/contract/command-envelope.ts'
import { ShardFencedError, TransportUnavailableError } from '../../src/errors.ts'
import { createMetrics } from '../../src/metrics.ts'
import { FOUR_PASSES, quest, stage } from '../support/definitions.ts'
import { type HarnessOptions, INTERNAL, ShardHarness, TOPICS } from '../support/shard-harness.ts'

const NOTHING = { events: [], warps: [], refused: [] }
const stages = [stage(0, { clearConditions: [FOUR_PASSES] }), stage(1)]
const solo = (overrides = {}) => quest({ startRequirements: [], stages, ...overrides })

let harness: ShardHarness | undefined
afterEach(() => harness?.stop())
async function start(options: HarnessOptions = {}): Promise<ShardHarness> {
  harness = await ShardHarness.start({ definitions: [solo()], ...options })
  return harness
}

describe('a restart', () => {
  test('brings every instance back as it was, and loses no command that came meanwhile', async () => {
    const h = await start()
    await h.register(1001)
    await h.register(1002)
    h.seen()
    await h.command('UPDATE_STAGE_STATE', 1, { itemCounts: { 4001008: 3 } })
    await h.stop()
    await h.command('UPDATE_STAGE_STATE', 1, { itemCounts: { 4001008: 1 } })
    await h.register(1001)
    await h.takeOver()
    expect(h.seen()).toEqual({ events: [], warps: [], refused: ['ALREADY_REGISTERED'] })
    await h.command('STAGE_CLEAR_ATTEMPT', 1)
    await h.command('STAGE_CLEAR_ATTEMPT', 2)
    expect(h.seen().events).toEqual([
      '#1 STAGE_CLEARED {"stageIndex":0,"channelId":1,"mapIds":[100],"fieldInstances":["#1"]}',
    ])
  })

  test('brings lobbies back, which are joined as before', async () => {
    const h = await start({ definitions: [quest()] })
    await h.register(1001, { partyId: 88 })
    h.seen()
    await h.restart()
    await h.register(1002, { partyId: 88 })
    expect(h.seen().events.at(-1)).toBe('#1 STARTED {"stageIndex":0,"mapIds":[100]}')
  })

  test('after compaction of the state finds the same', async () => {
    const h = await start()
    await h.register(1001)
    h.seen()
    for (let count = 0; count < 5; count++) await h.command('UPDATE_STAGE_STATE', 1, { itemCounts: { 4001008: 1 } })
    await h.stop()
    h.log.compact(INTERNAL.shardState)
    await h.takeOver()
    await h.command('STAGE_CLEAR_ATTEMPT', 1)
    expect(h.seen().events).toHaveLength(1)
  })

  test('ends no quest and says nothing', async () => {
    const h = await start()
    await h.register(1001)
    h.seen()
    await h.restart()
    expect(h.seen()).toEqual(NOTHING)
  })
})

describe('the definition of an instance', () => {
  const other = [stage(0, { mapIds: [777] }), stage(1, { mapIds: [778] })]

  test.each([
    ['changed', [solo({ stages: other, exit: 999 })]],
    ['gone', []],
  ])('is kept until it ends, though the file is %s', async (_, definitions) => {
    const h = await start()
    await h.register(1001)
    h.seen()
    await h.restart({ definitions })
    await h.command('STAGE_ADVANCE', 1)
    await h.command('FORFEIT', 1)
    expect(h.seen().warps).toEqual(['1001 to 110 in #1', '1001 to 900 in nil'])
  })

  test('is the one that the process has read already, where it is the same: a takeover parses none anew', async () => {
    const definition = solo()
    const h = await start({ definitions: [definition] })
    await h.register(1001)
    const restored = async (definitions: HarnessOptions['definitions'] = []) => {
      const [held] = (await h.restart({ definitions })).shards.held()
      return [...(held?.life?.state?.definitions.values() ?? [])].map(({ compiled }) => compiled)
    }
    expect((await restored([definition]))[0]).toBe(definition)
    const [parsed] = await restored()
    expect(parsed).toEqual(definition)
    expect(parsed).not.toBe(definition)
  })

  test('is that of the file for those who come after the change', async () => {
    const h = await start()
    await h.register(1001)
    h.seen()
    await h.restart({ definitions: [solo({ stages: other })] })
    await h.register(1002)
    expect(h.seen().warps).toEqual(['1002 to 777 in #2'])
    expect(h.stateKinds()).toEqual(['definition', 'definition', 'instance', 'instance', 'position'])
  })

  test('is played by those who join its lobby after the file was changed; gone or without stages, nobody joins', async () => {
    const h = await start({ definitions: [quest()] })
    await h.register(1001, { partyId: 88 })
    h.seen()
    for (const definitions of [[], [quest({ stages: [] })], [quest({ stages: other })]]) {
      await h.restart({ definitions })
      await h.register(1002, { partyId: 88 })
    }
    expect(h.seen()).toEqual({
      events: ['#1 CHARACTER_REGISTERED {"characterId":1002}', '#1 STARTED {"stageIndex":0,"mapIds":[100]}'],
      warps: ['1001 to 100 in #1', '1002 to 100 in #1'],
      refused: ['QUEST_NOT_FOUND', 'QUEST_NOT_PLAYABLE'],
    })
  })

  test('is in the log once however many play by it, and gone with the last of them', async () => {
    const h = await start()
    await h.register(1001)
    await h.register(1002)
    h.seen()
    expect(h.stateKinds()).toEqual(['definition', 'instance', 'instance', 'position'])
    const written = h.records(INTERNAL.shardState).filter(({ key }) => key?.toString().startsWith('definition/'))
    expect(written).toHaveLength(1)
    await h.command('FORFEIT', 1)
    await h.restart()
    expect(h.stateKinds()).toEqual(['definition', 'instance', 'position'])
    await h.command('FORFEIT', 2)
    expect(h.stateKinds()).toEqual(['position'])
  })

  test('keeps the ADVANCE that held at the birth of the instance', async () => {
    const h = await start({ rules: { advance: 'automatic' }, definitions: [solo({ stages: [stage(0), stage(1)] })] })
    await h.register(1001)
    h.seen()
    await h.restart({ rules: { advance: 'command' } })
    await h.register(1002)
    h.seen()
    await h.command('STAGE_CLEAR_ATTEMPT', 1)
    await h.command('STAGE_CLEAR_ATTEMPT', 2)
    expect(h.seen().events.map(line => line.replace(/ {.*/, ''))).toEqual([
      '#1 STAGE_CLEARED',
      '#1 STAGE_ADVANCED',
      '#2 STAGE_CLEARED',
    ])
  })
})

describe('passivation', () => {
  test('changes nothing that anybody sees: with a budget of 2, ten instances play as ever', async () => {
    const h = await start({ residentInstances: 2 })
    for (let index = 0; index < 10; index++) await h.register(1001 + index)
    h.seen()
    for (let count = 0; count < 4; count++) {
      for (let number = 1; number <= 10; number++) {
        await h.command('UPDATE_STAGE_STATE', number, { itemCounts: { 4001008: 1 } })
      }
    }
    for (let number = 10; number >= 1; number--) await h.command('STAGE_CLEAR_ATTEMPT', number)
    expect(h.seen().events.map(line => line.replace(/ {.*/, ''))).toEqual(
      [10, 9, 8, 7, 6, 5, 4, 3, 2, 1].map(number => `#${number} STAGE_CLEARED`),
    )
  })

  test('holds as snapshots no more instances than the budget', async () => {
    harness = ShardHarness.withoutReplica({ definitions: [solo()], residentInstances: 2 })
    const replica = await harness.takeOver()
    for (let index = 0; index < 10; index++) await harness.register(1001 + index)
    const residency = replica.shards.held()[0]?.life?.state?.residency
    expect([residency?.residents, residency?.size]).toEqual([2, 10])
  })
})

describe('a commit whose outcome is unknown', () => {
  test.each([
    ['and that took effect is not done again', 'after'],
    ['and that took no effect is done again', 'before'],
  ] as const)('%s', async (_, phase) => {
    const h = await start()
    await h.register(1001)
    h.seen()
    h.loseNextCommitAnswer(new TransportUnavailableError('the broker is away'), phase)
    await h.command('STAGE_ADVANCE', 1)
    await h.clock.advance(5_000)
    expect(h.seen()).toEqual({
      events: ['#1 STAGE_ADVANCED {"stageIndex":1,"mapIds":[110]}'],
      warps: ['1001 to 110 in #1'],
      refused: [],
    })
    await h.command('STAGE_CLEAR_ATTEMPT', 1)
    expect(h.seen().events).toHaveLength(1)
  })

  test('keeps the position: no later command is lost and none is doubled', async () => {
    const h = await start()
    await h.register(1001)
    h.seen()
    for (let count = 0; count < 4; count++) {
      h.loseNextCommitAnswer(new TransportUnavailableError('away'), count % 2 === 0 ? 'after' : 'before')
      await h.command('UPDATE_STAGE_STATE', 1, { itemCounts: { 4001008: 1 } })
      await h.clock.advance(5_000)
    }
    expect(h.state().get(`instance/${h.id(1)}`)).toContain('"items":{"i4001008":4}')
  })
})

test('while the log cannot be reached the shard tries again, and goes on where it was', async () => {
  const h = await start()
  await h.register(1001)
  h.seen()
  h.intercept(({ operation }) => {
    if (operation.startsWith('sink.')) throw new TransportUnavailableError('away')
  })
  await h.command('STAGE_ADVANCE', 1)
  await h.clock.advance(60_000)
  expect(h.seen()).toEqual(NOTHING)
  h.intercept(() => {})
  await h.clock.advance(10_000)
  expect(h.seen().events).toEqual(['#1 STAGE_ADVANCED {"stageIndex":1,"mapIds":[110]}'])
})

describe('damage', () => {
  const twoShards = { shards: 2, definitions: [solo()] }

  /** What became of shard 0, and whether shard 1 still runs a quest. */
  async function outcome(h: ShardHarness) {
    const replica = await h.takeOver()
    for (let channelId = 0; channelId < 8; channelId++) await h.register(1001, { channelId })
    await h.clock.advance(1000)
    const reasons = replica.log.lines.flatMap(({ level, fields }) => (level === 'fatal' ? [String(fields.err)] : []))
    const { events } = h.seen()
    return { phases: [...replica.shards.phases()], reasons, othersGoOn: events.length > 0, fatal: replica.fatal }
  }

  test.each([
    ['an instance of a later version', 'instance/x', '{"version":3}', /version 3, this release reads 1 to 2/],
    ['an instance that is no JSON', 'instance/x', 'oops', /not JSON/],
    ['a key of a later version', 'season/x', '{}', /unknown key "season\/x"/],
    ['a position of a later version', 'position', '{"version":9}', /position record of version 9/],
    ['a waiting registration of a later version', 'pending/x', '{"version":9}', /pending record of version 9/],
    ['a definition that is none', 'definition/x', '{}', /stored definition.*cannot be read/],
  ])('%s: that shard is dead and loud, the others go on', async (_, key, value, reason) => {
    harness = ShardHarness.withoutReplica(twoShards)
    await harness.plantState(key, value)
    const { phases, reasons, othersGoOn, fatal } = await outcome(harness)
    expect(phases).toEqual([
      [0, 'dead'],
      [1, 'running'],
    ])
    expect(reasons).toEqual([expect.stringMatching(/^UnrestorableError/)])
    expect(reasons[0]).toMatch(reason)
    expect([othersGoOn, fatal]).toEqual([true, []])
  })

  test('the metrics count a dead shard as dead, until it is given away', async () => {
    const metrics = createMetrics({ commandTypes: COMMAND_TYPES })
    harness = ShardHarness.withoutReplica({ ...twoShards, telemetry: metrics.telemetry })
    await harness.plantState('position', '{"version":9}')
    const replica = await harness.takeOver()
    expect(await metrics.exposition()).toContain('party_quest_shards{phase="dead"} 1')
    replica.shards.assign([1])
    expect(await metrics.exposition()).toContain('party_quest_shards{phase="dead"} 0')
  })

  test('an instance whose definition is not in the log: that shard is dead, and says which is missing', async () => {
    const h = await start({ shards: 1 })
    await h.register(1001)
    await h.stop()
    const ref = [...h.state().keys()].find(key => key.startsWith('definition/')) ?? ''
    await h.plantState(ref, null)
    const { reasons } = await outcome(h)
    expect(reasons[0]).toContain(`plays by ${ref.slice('definition/'.length)}, whose record is not in the log`)
  })

  test.each([
    1, 50,
  ])('a public topic that was made again and ends at 1, below watermark %i: refused', async watermark => {
    const h = await start()
    await h.register(1001)
    await h.stop()
    const position = h.state().get('position') ?? ''
    await h.plantState('position', position.replace(/"commands\/0":\d+/, `"commands/0":${watermark}`))
    const { phases, reasons } = await outcome(h)
    expect(phases).toEqual([[0, 'dead']])
    expect(reasons[0]).toContain(
      `offset ${watermark} of commands/0, which ends at 1: the topic was deleted and made again`,
    )
  })

  test('commands that are gone from the internal topic: refused, and not skipped in silence', async () => {
    const h = await start()
    await h.register(1001)
    await h.stop()
    await h.register(1002)
    h.log.partition({ topic: INTERNAL.shardCommands, partition: 0 }).deleteBefore(2)
    const { phases, reasons } = await outcome(h)
    expect(phases).toEqual([[0, 'dead']])
    expect(reasons[0]).toMatch(/go on at offset 1 of pq\.shard-commands\/0, which holds 2 to 2/)
  })
})

test('an error of no known class ends the process: nobody knows what it broke', async () => {
  harness = ShardHarness.withoutReplica()
  harness.intercept(({ operation }) => {
    if (operation === 'sink.write') throw new RangeError('surprise')
  })
  const replica = await harness.takeOver()
  await harness.register(1001)
  expect(replica.fatal).toEqual([new RangeError('surprise')])
})

test('a shard that is given away while it is fenced or restored lets go without a word', async () => {
  harness = ShardHarness.withoutReplica()
  const replica = await harness.takeOver()
  const end = replica.shards.close()
  replica.shards.assign([0])
  replica.shards.assign([])
  replica.shards.assign([0])
  await end
  await harness.clock.settle()
  expect(replica.shards.phases().get(0)).toBe('running')
  expect([replica.fatal, replica.log.at('error')]).toEqual([[], []])
})

test('fencing that is refused by a newer owner waits for the group as well', async () => {
  harness = ShardHarness.withoutReplica()
  let refusals = 1
  harness.intercept(({ operation, phase }) => {
    if (operation === 'sink.fence' && phase === 'before' && refusals-- > 0) throw new ShardFencedError('newer owner')
  })
  const replica = await harness.takeOver()
  expect(replica.shards.phases().get(0)).toBe('closed')
  await harness.clock.advance(1000)
  replica.heartbeatAt = harness.clock.now()
  await harness.clock.advance(1000)
  expect(replica.shards.phases().get(0)).toBe('running')
  await harness.register(1001)
  expect(harness.records(TOPICS.statusEvents)).toHaveLength(1)
})
