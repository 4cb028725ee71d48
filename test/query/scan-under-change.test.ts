/** Long reading beside shards that go on: what is found while instances come and go, and how much time it takes. */
import { describe, expect, test } from 'vitest'
import { Population } from '../../bench/population.ts'
import { encodeInstance } from '../../src/actor/snapshot-bytes.ts'
import { createStepper } from '../../src/actor/stepper.ts'
import type { Clock } from '../../src/clock.ts'
import type { InstanceId } from '../../src/contract/ids.ts'
import { definitionRecordKey, instanceRecordKey } from '../../src/contract/state-record.ts'
import { Journal } from '../../src/journal/journal.ts'
import { ScanPace } from '../../src/query/scan-pace.ts'
import { createMemoryTransport } from '../../src/transport/memory/memory-transport.ts'
import { quest } from '../support/definitions.ts'
import { eventually } from '../support/eventually.ts'
import type { Replica } from '../support/replica.ts'
import { INTERNAL, ShardHarness } from '../support/shard-harness.ts'
import { found, viewOf } from './scene.ts'

const COMPILED = quest({ startRequirements: [] })
const population = new Population({ compiled: COMPILED, stepper: createStepper('scan'), partySize: 2 })

/** Time that passes by being looked at, so that a slice is over after a few looks; sleeping does `between`. */
class LookedAtClock implements Clock {
  readonly #base: Clock
  readonly #between: () => Promise<void>
  readonly #msALook: number
  readonly slept: number[] = []
  worked = 0

  constructor(base: Clock, msALook: number, between: () => Promise<void> = async () => {}) {
    this.#base = base
    this.#msALook = msALook
    this.#between = between
  }

  now(): number {
    return this.#base.now()
  }

  elapsed(): number {
    this.worked += this.#msALook
    return this.worked
  }

  async sleep(ms: number): Promise<void> {
    this.slept.push(ms)
    await this.#between()
  }
}

async function stored(count: number, shards = 1): Promise<ShardHarness> {
  const harness = ShardHarness.withoutReplica({ definitions: [COMPILED], shards, residentInstances: 50 })
  const place = { topic: INTERNAL.shardState, partition: 0, headers: [] }
  const instances = Array.from({ length: count }, (_, index) => ({
    ...place,
    key: instanceRecordKey(population.identity(index).instanceId),
    value: encodeInstance(population.newborn(index)),
  }))
  const definition = { ...place, key: definitionRecordKey(COMPILED.ref), value: COMPILED.bytes }
  const appender = createMemoryTransport(harness.log, { name: 'planter', advertisedUrl: '' }).openAppender('planter')
  await appender.append([definition, ...instances])
  return harness
}

/** Restoring gives the event loop a turn every thousand instances. */
async function running(harness: ShardHarness, journal: Journal = new Journal()): Promise<Replica> {
  const replica = await harness.takeOver({ journal })
  await eventually(() => replica.shards.phases().get(0) === 'running', { limitMs: 30_000 })
  return replica
}

async function pagesOf(view: ReturnType<typeof viewOf>, text: string, size: number): Promise<readonly InstanceId[]> {
  const ids: InstanceId[] = []
  for (;;) {
    const page = await found(view, text, ids.at(-1), size)
    ids.push(...page.rows.map(({ id }) => id))
    if (!page.hasMore) return ids
  }
}

test('100,000 instances page through without a gap and without a double', async () => {
  const count = 100_000
  const harness = await stored(count)
  const replica = await running(harness)
  const view = viewOf(harness, replica, new Journal(), 1)
  const ids = Array.from({ length: count }, (_, index) => population.identity(index).instanceId).sort()
  const first = await found(view, '', undefined, 250)
  expect({ total: first.total, states: first.states }).toEqual({ total: count, states: { active: count } })
  // Every 100th page, and the words make no difference to the order.
  for (let at = 0; at < count; at += 25_000) {
    for (const text of ['', 'state:active']) {
      const page = await found(view, text, ids[at], 250)
      expect(page.rows.map(({ id }) => id)).toEqual(ids.slice(at + 1, at + 251))
      expect(page.total).toBe(count)
    }
  }
}, 60_000)

describe('while instances begin and end', () => {
  test('those that stay are found once each, whatever the slices cut', async () => {
    const harness = await stored(300)
    const journal = new Journal()
    const replica = await running(harness, journal)
    const staying = new Set(Array.from({ length: 300 }, (_, index) => population.identity(index).instanceId))
    let next = 0
    // Between any two slices one ends, one begins, and one becomes resident, so that another becomes bytes.
    const clock = new LookedAtClock(harness.clock, 1, async () => {
      const leaving = population.identity(next * 7)
      const touched = population.identity(next * 7 + 3)
      next += 1
      if (next * 7 >= 300) return
      staying.delete(leaving.instanceId)
      await harness.command('FORFEIT', leaving.instanceId, {}, { tenant: leaving.tenant })
      await harness.command('STAGE_CLEAR_ATTEMPT', touched.instanceId, {}, { tenant: touched.tenant })
      await harness.register(9000 + next, { partyId: 0, channelId: 200 })
    })
    const view = viewOf(harness, replica, journal, 1, clock)
    for (const text of ['', 'world:0 mill']) {
      const ids = await pagesOf(view, text, 40)
      expect(new Set(ids).size).toBe(ids.length)
      const wanted = [...staying].filter(id => text === '' || population.input(indexOf(id)).identity.worldId === 0)
      expect(wanted.filter(id => !ids.includes(id))).toEqual([])
    }
    expect(next).toBeGreaterThan(10)
    await harness.stop()
  })

  test('a shard that goes away between two slices is told of no more', async () => {
    const harness = await stored(200)
    const replica = await running(harness)
    const clock = new LookedAtClock(harness.clock, 1, async () => {
      replica.shards.assign([])
      await harness.clock.settle()
    })
    const view = viewOf(harness, replica, new Journal(), 1, clock)
    expect(await found(view, 'mill')).toMatchObject({ rows: [], total: 0, hasMore: false, states: {} })
  })
})

function indexOf(id: InstanceId): number {
  for (let index = 0; index < 300; index++) if (population.identity(index).instanceId === id) return index
  throw new Error(`${id} is none of the population`)
}

describe('the pace', () => {
  test('slices end after 3 ms, and four times as long is left to the shards behind each', async () => {
    const harness = await stored(2000)
    const replica = await running(harness)
    const clock = new LookedAtClock(harness.clock, 1)
    await found(viewOf(harness, replica, new Journal(), 1, clock), 'mill')
    expect(clock.slept.length).toBeGreaterThan(20)
    expect(Math.max(...clock.slept)).toBeLessThanOrEqual(4 * 5)
    const paused = clock.slept.reduce((sum, ms) => sum + ms, 0)
    expect(paused).toBeGreaterThan(3.5 * (clock.worked / 1.5))
  })

  test('slices of all who scan take turns, and one that throws holds up nobody', async () => {
    const harness = ShardHarness.withoutReplica()
    const clock = new LookedAtClock(harness.clock, 1)
    const pace = new ScanPace(clock)
    const order: string[] = []
    const failed = pace.slice(() => {
      order.push('first')
      throw new Error('broken')
    })
    const second = pace.slice(() => order.push('second'))
    await expect(failed).rejects.toThrow('broken')
    await second
    expect(order).toEqual(['first', 'second'])
  })
})
