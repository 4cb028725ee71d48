/** What a shard finds in its log when it restores: the last word on each instance, in any order, without holding up others. */
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import type { InstanceId } from '../../src/contract/ids.ts'
import { quest, stage } from '../support/definitions.ts'
import type { Replica } from '../support/replica.ts'
import { type HarnessOptions, INTERNAL, ShardHarness } from '../support/shard-harness.ts'

const solo = quest({ startRequirements: [], stages: [stage(0), stage(1)] })
const TURNS_MAX = 10_000

let harness: ShardHarness | undefined
afterEach(() => harness?.stop())
async function start(options: HarnessOptions = {}): Promise<ShardHarness> {
  harness = await ShardHarness.start({ definitions: [solo], ...options })
  return harness
}

/** Instance #1, registered and written; nobody runs any more. */
async function stoppedWithOne(options: HarnessOptions = {}) {
  const h = await start(options)
  await h.register(1001)
  h.seen()
  await h.stop()
  const key = `instance/${h.id(1)}`
  const shard = h.state(0).has(key) ? 0 : 1
  return { h, key, shard, value: h.state(shard).get(key) ?? '' }
}

describe('a restored instance', () => {
  test('is the one of its last record, also where it was gone in between', async () => {
    const { h, key, value } = await stoppedWithOne()
    await h.plantState(key, value.replace('"stageIndex":0', '"stageIndex":1'))
    await h.plantState(key, null)
    await h.plantState(key, value.replace('"characterId":1001', '"characterId":1007'))
    await h.takeOver()
    await h.command('STAGE_ADVANCE', 1)
    expect(h.seen().warps).toEqual(['1007 to 110 in #1'])
  })

  test('that is gone holds nobody any more', async () => {
    const { h, key, value } = await stoppedWithOne()
    await h.plantState('instance/other', value)
    await h.plantState(key, null)
    await h.plantState('instance/other', null)
    const replica = await h.takeOver()
    expect(replica.shards.held()[0]?.life?.state?.residency.size).toBe(0)
    await h.register(1001)
    expect(h.seen().refused).toEqual([])
  })

  test('may come before the definition that it plays by', async () => {
    const { h } = await stoppedWithOne()
    const [ref = ''] = [...h.state().keys()].filter(name => name.startsWith('definition/'))
    const definition = h.state().get(ref) ?? ''
    await h.plantState(ref, null)
    await h.plantState(ref, definition)
    h.log.compact(INTERNAL.shardState)
    expect(h.stateKinds()).toEqual(['definition', 'instance', 'position'])
    expect(h.records(INTERNAL.shardState).at(-1)?.key?.toString()).toBe(ref)
    await h.takeOver()
    await h.command('STAGE_ADVANCE', 1)
    expect(h.seen().warps).toEqual(['1001 to 110 in #1'])
  })

  test('may be laid out in another way than we write it', async () => {
    const { h, key, value } = await stoppedWithOne()
    const { version, ...others } = JSON.parse(value)
    await h.plantState(key, JSON.stringify({ ...others, version, more: [] }, null, 2))
    await h.takeOver()
    await h.register(1001)
    await h.command('STAGE_ADVANCE', 1)
    expect(h.seen()).toMatchObject({ warps: ['1001 to 110 in #1'], refused: ['ALREADY_REGISTERED'] })
  })
})

test('an instance whose bytes here are spoilt is read from the log again: no command of its is buried for it', async () => {
  harness = ShardHarness.withoutReplica({ definitions: [solo], residentInstances: 1 })
  const h = harness
  const replica = await h.takeOver()
  await h.register(1001)
  h.seen()
  replica.shards.held()[0]?.life?.state?.residency.putPassive(h.id(1), Buffer.from('oops'))
  await h.command('STAGE_ADVANCE', 1)
  expect([...replica.shards.phases()]).toEqual([[0, 'running']])
  const reasons = replica.log.lines.flatMap(({ level, fields }) => (level === 'warn' ? [String(fields.err)] : []))
  expect(reasons).toEqual([expect.stringContaining(`the record "instance/${h.id(1)}"`)])
  expect(h.seen()).toMatchObject({ refused: [], warps: ['1001 to 110 in #1'] })
})

describe('while a shard with 20,000 instances restores', () => {
  const COUNT = 20_000

  async function withMany(): Promise<{ h: ShardHarness; large: number }> {
    const { h, shard, value } = await stoppedWithOne({ shards: 2 })
    for (let index = 0; index < COUNT; index++) {
      const id = `00000000-0000-8000-8000-${String(index).padStart(12, '0')}` as InstanceId
      await h.plantState(`instance/${id}`, value.replace('"characterId":1001', `"characterId":${5000 + index}`), shard)
    }
    return { h, large: shard }
  }

  async function untilRunning(replica: Replica, shard: number): Promise<number> {
    let turns = 0
    while (replica.shards.phases().get(shard) !== 'running') {
      if (++turns > TURNS_MAX) throw new Error(`shard ${shard} does not run after ${TURNS_MAX} turns`)
      await turn()
    }
    return turns
  }

  test('the one with little runs already and plays', async () => {
    const { h, large } = await withMany()
    const replica = await h.takeOver()
    await untilRunning(replica, 1 - large)
    expect(replica.shards.phases().get(large)).toBe('restoring')
    for (let channelId = 0; channelId < 8; channelId++) await h.register(2000, { channelId })
    const played = h.seen().events
    expect(replica.shards.phases().get(large)).toBe('restoring')
    expect(played.length).toBeGreaterThan(0)
    await untilRunning(replica, large)
    const sizes = replica.shards.held().map(({ life }) => life?.state?.residency.size ?? 0)
    expect(Math.max(...sizes)).toBeGreaterThan(COUNT)
  })

  test('the event loop turns at least once for every thousand of them: heartbeats go on', async () => {
    const { h, large } = await withMany()
    const replica = await h.takeOver()
    expect(replica.shards.phases().get(large)).toBe('restoring')
    expect(await untilRunning(replica, large)).toBeGreaterThan((1.5 * COUNT) / 1000)
  })
})
