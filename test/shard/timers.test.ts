/** Deadlines in a shard: never early, at once when late, in their order, and once. */
import { afterEach, describe, expect, test } from 'vitest'
import { quest, stage, TIMED } from '../support/definitions.ts'
import { type HarnessOptions, ShardHarness } from '../support/shard-harness.ts'

const NOTHING = { events: [], warps: [], refused: [] }
const limited = (questId: string, duration: number) => quest({ questId, startRequirements: [], duration })

let harness: ShardHarness | undefined
afterEach(() => harness?.stop())
async function start(options: HarnessOptions = {}): Promise<ShardHarness> {
  harness = await ShardHarness.start(options)
  return harness
}

/** Instance numbers by the order in which they failed. */
function failed(h: ShardHarness): readonly string[] {
  return h.seen().events.flatMap(line => (line.includes('FAILED') ? [line.slice(0, 2)] : []))
}

test('a timer fires in the millisecond of its deadline and not before', async () => {
  const h = await start({ definitions: [limited('mill_pq', 600)] })
  await h.register(1001)
  h.seen()
  await h.clock.advance(599_999)
  expect(h.seen()).toEqual(NOTHING)
  await h.clock.advance(1)
  expect(h.seen()).toEqual({
    events: ['#1 FAILED {"reason":"time_expired"}', '#1 INSTANCE_DESTROYED {}'],
    warps: ['1001 to 900 in nil'],
    refused: [],
  })
  expect(h.stateKinds()).toEqual(['position'])
})

test('a timed registration starts the quest by itself', async () => {
  const h = await start({ definitions: [quest({ registration: TIMED })] })
  await h.register(1001, { partyId: 88 })
  await h.register(1002, { partyId: 88 })
  h.seen()
  await h.clock.advance(60_000)
  expect(h.seen().events).toEqual(['#1 STARTED {"stageIndex":0,"mapIds":[100]}'])
})

test('a lobby that nobody fills ends after the limit of the deployment', async () => {
  const h = await start({ rules: { lobbyLimitSeconds: 30 } })
  await h.register(1001)
  h.seen()
  await h.clock.advance(30_000)
  expect(h.seen().events).toEqual(['#1 FAILED {"reason":"registration_expired"}', '#1 INSTANCE_DESTROYED {}'])
})

test('a deadline that moves takes the old one with it: a stage that was left has no timer any more', async () => {
  const stages = [stage(0, { duration: 100, onTimeout: 'fail' }), stage(1, { duration: 100 }), stage(2)]
  const h = await start({ definitions: [quest({ startRequirements: [], stages })] })
  await h.register(1001)
  h.seen()
  await h.clock.advance(60_000)
  await h.command('STAGE_ADVANCE', 1)
  h.seen()
  await h.clock.advance(99_999)
  expect(h.seen()).toEqual(NOTHING)
  await h.clock.advance(1)
  expect(h.seen().events).toEqual(['#1 STAGE_ADVANCED {"stageIndex":2,"mapIds":[120]}'])
})

describe('deadlines that passed while nobody ran the shard', () => {
  const definitions = [limited('slow_pq', 900), limited('quick_pq', 300), limited('later_pq', 5000)]

  test('fire at once, in the order of the deadlines, and none that is still to come', async () => {
    const h = await start({ definitions })
    await h.register(1001, { questId: 'slow_pq' })
    await h.register(1002, { questId: 'later_pq' })
    await h.register(1003, { questId: 'quick_pq' })
    h.seen()
    await h.stop()
    h.clock.skip(2_000_000)
    await h.takeOver()
    expect(failed(h)).toEqual(['#3', '#1'])
    await h.restart()
    expect(failed(h)).toEqual([])
    await h.clock.advance(3_000_000)
    expect(failed(h)).toEqual(['#2'])
  })

  test('fire in their order also when there are more than one transaction takes', async () => {
    const many = Array.from({ length: 9 }, (_, index) => limited(`quest_${index}`, 100 + ((index * 7) % 9)))
    const h = await start({ definitions: many, batchRecordsMax: 2 })
    for (const [index, { definition }] of many.entries())
      await h.register(1001 + index, { questId: definition.questId })
    h.seen()
    await h.stop()
    h.clock.skip(1_000_000)
    await h.takeOver()
    const order = many.map((_, index) => index).sort((a, b) => ((a * 7) % 9) - ((b * 7) % 9))
    expect(failed(h)).toEqual(order.map(index => `#${index + 1}`))
  })

  test('of one instance fire one after the other, and what one arms counts from when it ran', async () => {
    const stages = [stage(0, { duration: 100 }), stage(1, { duration: 100 }), stage(2)]
    const h = await start({ definitions: [quest({ startRequirements: [], stages })] })
    await h.register(1001)
    h.seen()
    await h.stop()
    h.clock.skip(500_000)
    await h.takeOver()
    expect(h.seen().events).toEqual(['#1 STAGE_ADVANCED {"stageIndex":1,"mapIds":[110]}'])
    await h.clock.advance(99_999)
    expect(h.seen()).toEqual(NOTHING)
    await h.clock.advance(1)
    expect(h.seen().events).toEqual(['#1 STAGE_ADVANCED {"stageIndex":2,"mapIds":[120]}'])
  })

  test('fire before the commands that came meanwhile', async () => {
    const h = await start({ definitions })
    await h.register(1001, { questId: 'quick_pq' })
    h.seen()
    await h.stop()
    h.clock.skip(300_000)
    await h.command('STAGE_CLEAR_ATTEMPT', 1)
    await h.takeOver()
    expect(h.seen()).toMatchObject({
      events: ['#1 FAILED {"reason":"time_expired"}', '#1 INSTANCE_DESTROYED {}'],
      refused: ['INSTANCE_NOT_FOUND'],
    })
  })
})

test('quest and stage timers of one moment: the quest fails, and the stage does not advance first', async () => {
  const stages = [stage(0, { duration: 600 }), stage(1)]
  const h = await start({ definitions: [quest({ startRequirements: [], duration: 600, stages })] })
  await h.register(1001)
  h.seen()
  await h.clock.advance(600_000)
  expect(h.seen().events).toEqual(['#1 FAILED {"reason":"time_expired"}', '#1 INSTANCE_DESTROYED {}'])
})

test('a deadline that the state of its instance knows nothing of is an instance fault, and the shard goes on', async () => {
  const h = await start({ definitions: [limited('mill_pq', 600)] })
  await h.register(1001)
  h.seen()
  await h.stop()
  const key = `instance/${h.id(1)}`
  const damaged = h.state().get(key)?.replace('"quest":', '"completion":') ?? ''
  await h.plantState(key, damaged)
  const replica = await h.takeOver()
  await h.clock.advance(600_000)
  await h.register(1002)
  expect(replica.log.at('error')).toEqual(['instance fault: a timer threw'])
  expect(h.seen().events).toHaveLength(2)
})
