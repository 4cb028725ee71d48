/** 100,000 instances in one shard: each is served, what one costs is bounded, and a restart has them all again. */
import { afterEach, expect, test, vi } from 'vitest'
import type { InstanceId } from '../../src/contract/ids.ts'
import { createMetrics } from '../../src/metrics.ts'
import { quest } from '../support/definitions.ts'
import { ShardHarness } from '../support/shard-harness.ts'
import { Crowd, forgetMessages, liveBytes, metric, register, turnUntil, untilApplied, update } from './crowd.ts'

const INSTANCES = 100_000
const RESIDENT = 1000
/** One on the heap has its bytes, a deadline or none, its members' claims and three entries in maps. */
const INSTANCE_BYTES_MAX = 4096

vi.setConfig({ testTimeout: 300_000 })

let harness: ShardHarness | undefined
afterEach(() => harness?.stop())

test('are served, cost less than 4 KiB each, and are all there after a restart', async () => {
  const metrics = createMetrics({ commandTypes: ['REGISTER', 'UPDATE_STAGE_STATE'] })
  const h = ShardHarness.withoutReplica({
    definitions: [quest({ startRequirements: [] })],
    telemetry: metrics.telemetry,
    residentInstances: RESIDENT,
    batchRecordsMax: 250,
  })
  harness = h
  const replica = await h.takeOver()
  const crowd = new Crowd(h)
  await crowd.send(INSTANCES, index => register(10_000 + index))
  await untilApplied(h, replica)

  const active = 'party_quest_instances{state="active",quest="mill_pq"}'
  expect(await metric(metrics, active)).toBe(INSTANCES)
  const residency = replica.shards.held()[0]?.life?.state?.residency
  expect([residency?.size, residency?.residents]).toEqual([INSTANCES, RESIDENT])

  // What messages the topics keep is the log's, and not the shard's.
  forgetMessages(h)
  await h.clock.advance(31_000)
  await h.register(1)
  const withAll = liveBytes()
  await h.stop()
  expect((withAll - liveBytes()) / INSTANCES).toBeLessThan(INSTANCE_BYTES_MAX)

  const heir = await h.takeOver()
  await turnUntil(h, () => heir.shards.phases().get(0) === 'running')
  expect(heir.log.lines.find(({ message }) => message === 'shard restored')?.fields).toMatchObject({
    instances: INSTANCES + 1,
  })
  expect(await metric(metrics, active)).toBe(INSTANCES + 1)

  const ids = (heir.shards.held()[0]?.life?.state?.residency.ids() ?? []).filter((_, index) => index % 100 === 0)
  await crowd.send(ids.length, index => update(ids[index] as InstanceId))
  await untilApplied(h, heir)
  expect(await metric(metrics, 'party_quest_commands_total{type="UPDATE_STAGE_STATE",outcome="applied"}')).toBe(
    ids.length,
  )
  expect(ids.length).toBeGreaterThanOrEqual(INSTANCES / 100)
  expect([replica.fatal, heir.fatal, h.deadLetters()]).toEqual([[], [], []])
})
