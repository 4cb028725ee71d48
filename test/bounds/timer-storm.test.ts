/** 100,000 deadlines in one second, in one shard: commands go on between them, and each fires once. */
import { afterEach, expect, test, vi } from 'vitest'
import { createMetrics } from '../../src/metrics.ts'
import { quest, TIMED } from '../support/definitions.ts'
import { ShardHarness, TOPICS } from '../support/shard-harness.ts'
import { Crowd, forgetMessages, metric, register, turnUntil, untilApplied } from './crowd.ts'

const TIMERS = 100_000
const BATCH = 250

vi.setConfig({ testTimeout: 300_000 })

let harness: ShardHarness | undefined
afterEach(() => harness?.stop())

test('a timer storm runs in batches, commands have their turn in each, and every timer fires once', async () => {
  const metrics = createMetrics({ commandTypes: ['REGISTER'] })
  let fired = 0
  let recordsMax = 0
  /** How many timers had fired when each command was applied. */
  const appliedAt: number[] = []
  const telemetry: typeof metrics.telemetry = {
    ...metrics.telemetry,
    timerFired: seconds => {
      fired += 1
      metrics.telemetry.timerFired(seconds)
    },
    commandHandled: (type, outcome) => {
      appliedAt.push(fired)
      metrics.telemetry.commandHandled(type, outcome)
    },
    committed: (outcome, seconds, records) => {
      recordsMax = Math.max(recordsMax, records)
      metrics.telemetry.committed(outcome, seconds, records)
    },
  }
  // A lobby of a minute that nobody else joins: FAILED, the way out, INSTANCE_DESTROYED.
  const lonely = quest({ registration: TIMED })
  const h = ShardHarness.withoutReplica({ definitions: [lonely], telemetry, batchRecordsMax: BATCH })
  harness = h
  const replica = await h.takeOver()
  const crowd = new Crowd(h)
  const opened: string[] = []
  for (let second = 0; second < 10; second++) {
    await crowd.send(TIMERS / 10, index => register(10_000 + second * (TIMERS / 10) + index))
    await untilApplied(h, replica)
    await h.clock.advance(100)
    opened.push(...idsOf(h, 'REGISTRATION_OPENED'))
    forgetMessages(h)
  }
  expect(new Set(opened).size).toBe(TIMERS)
  forgetMessages(h)
  appliedAt.length = 0
  recordsMax = 0

  // The whole second has passed before the shard sees any of it.
  h.clock.skip(61_000)
  const sentAt: number[] = []
  const failed: string[] = []
  const destroyed: string[] = []
  for (let stranger = 0; fired < TIMERS; stranger++) {
    if (stranger < 1000) {
      sentAt.push(fired)
      await crowd.send(1, () => register(1_000_000 + stranger))
    } else await turnUntil(h, () => true)
    failed.push(...idsOf(h, 'FAILED'))
    destroyed.push(...idsOf(h, 'INSTANCE_DESTROYED'))
    forgetMessages(h)
  }
  await untilApplied(h, replica)
  failed.push(...idsOf(h, 'FAILED'))
  destroyed.push(...idsOf(h, 'INSTANCE_DESTROYED'))

  // Whoever came while it raged waited for the batch under way, and was in the next.
  expect(sentAt.filter(before => before > 0 && before < TIMERS - BATCH).length).toBeGreaterThan(10)
  expect(appliedAt).toHaveLength(sentAt.length)
  for (const [index, before] of sentAt.entries()) {
    expect((appliedAt[index] ?? Number.POSITIVE_INFINITY) - before).toBeLessThanOrEqual(4 * BATCH)
  }
  // Three messages and a tombstone a timer, four messages and two records a command, the definition, the position.
  expect(recordsMax).toBeLessThanOrEqual(BATCH * 4 + BATCH * 6 + 2)
  expect(fired).toBe(TIMERS)
  expect([sameIds(failed, opened), sameIds(destroyed, opened)]).toEqual([true, true])
  const lateness = 'party_quest_timer_lateness_seconds'
  expect(await metric(metrics, `${lateness}_count`)).toBe(TIMERS)
  expect(await metric(metrics, `${lateness}_bucket{le="0.5"}`)).toBeLessThan(TIMERS / 2)
  expect(await metric(metrics, `${lateness}_bucket{le="5"}`)).toBe(TIMERS)
  expect([replica.fatal, replica.log.at('error')]).toEqual([[], []])
})

/** The instances of which such an event has come. */
function idsOf(h: ShardHarness, type: string): readonly string[] {
  return h.records(TOPICS.statusEvents).flatMap(({ key, value }) => {
    return value?.includes(`"type":"${type}"`) ? [String(key)] : []
  })
}

/** Each as often in one as in the other; a diff of so many would never end. */
function sameIds(some: readonly string[], others: readonly string[]): boolean {
  return [...some].sort().join() === [...others].sort().join()
}
