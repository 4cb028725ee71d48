/** What a shard says that it did in the last minute. */
import { describe, expect, test } from 'vitest'
import { ShardMeter } from '../../src/shard/shard-meter.ts'
import { ManualClock } from '../support/manual-clock.ts'

function scene() {
  const clock = new ManualClock(7_000_000)
  return { clock, meter: new ShardMeter(clock) }
}

const within5Percent = (value: number) => ({
  asymmetricMatch: (found: number) => Math.abs(found - value) <= 0.05 * value,
})

test('percentiles are right to within 5 %, from a tenth of a millisecond to minutes', () => {
  for (const unit of [0.1, 1, 60]) {
    const { meter } = scene()
    for (let size = 1; size <= 1000; size++) meter.committed(size * unit, size, [(size * unit) / 1000])
    const { commitMs, batchRecords, timerLatenessMs } = meter.read()
    const expected = { p50: within5Percent(500 * unit), p99: within5Percent(990 * unit) }
    expect(commitMs).toEqual(expected)
    expect(timerLatenessMs).toEqual(expected)
    expect(batchRecords).toEqual({ p50: within5Percent(500), p99: within5Percent(990) })
  }
})

test('a shard that did nothing has no percentiles, and no time at all counts as 0', () => {
  const { meter } = scene()
  expect(meter.read()).toMatchObject({
    ...{ commitsPerSecond: 0, recordsPerSecond: 0, lag: 0 },
    ...{ commitMs: undefined, batchRecords: undefined, timerLatenessMs: undefined },
  })
  meter.committed(0, 0, [0])
  const none = { p50: 0, p99: 0 }
  expect(meter.read()).toMatchObject({ commitMs: none, batchRecords: none, timerLatenessMs: none })
})

test('what took longer than can be told is told as the longest, and never as nothing', () => {
  const { meter } = scene()
  for (const ms of [2 ** 20, 1e9, Number.MAX_VALUE]) {
    meter.committed(ms, 1, [])
    expect(meter.read().commitMs?.p99).toEqual(within5Percent(2 ** 20))
  }
})

describe('rates', () => {
  test('are of the time that it runs, until that is a minute', async () => {
    const { clock, meter } = scene()
    await clock.advance(4000)
    for (const records of [10, 30]) meter.committed(1, records, [])
    expect(meter.read()).toMatchObject({ commitsPerSecond: 0.5, recordsPerSecond: 10 })
    await clock.advance(26_000)
    expect(meter.read()).toMatchObject({ commitsPerSecond: 2 / 30, recordsPerSecond: 40 / 30 })
    await clock.advance(60_000)
    for (let second = 0; second < 60; second++) {
      meter.committed(1, 7, [])
      await clock.advance(1000)
    }
    const { commitsPerSecond, recordsPerSecond } = meter.read()
    // The second that just began is one of the sixty.
    expect(commitsPerSecond).toBeCloseTo(59 / 60)
    expect(recordsPerSecond).toBeCloseTo((7 * 59) / 60)
  })

  test('are finite from its first moment on', () => {
    const { meter } = scene()
    meter.committed(1, 5, [])
    expect(meter.read()).toMatchObject({ commitsPerSecond: 1, recordsPerSecond: 5 })
  })
})

describe('the history', () => {
  test('has a number for each of sixty seconds, the present one last', async () => {
    const { clock, meter } = scene()
    for (const records of [1, 2, 3]) {
      meter.committed(1, records, [])
      await clock.advance(1000)
    }
    meter.committed(1, 4, [])
    meter.committed(1, 5, [])
    const { history } = meter.read()
    expect(history).toHaveLength(60)
    expect(history.slice(-4)).toEqual([1, 2, 3, 9])
    expect(history.slice(0, -4).every(count => count === 0)).toBe(true)
  })

  test('and all that is counted is of the last minute, also of a shard that nobody looked at for hours', async () => {
    const { clock, meter } = scene()
    for (let second = 0; second < 70; second++) {
      meter.committed(100, 5, [1])
      await clock.advance(1000)
    }
    expect(meter.read().history).toEqual([...Array(59).fill(5), 0])
    clock.skip(59_000)
    expect(meter.read()).toMatchObject({ history: Array(60).fill(0), commitMs: undefined })
    for (const ms of [59_000, 60_000, 3 * 3_600_000 + 17_000]) {
      meter.committed(1, 8, [])
      clock.skip(ms)
      expect(meter.read().history).toEqual(ms < 60_000 ? [8, ...Array(59).fill(0)] : Array(60).fill(0))
    }
    expect(meter.read()).toMatchObject({ commitsPerSecond: 0, timerLatenessMs: undefined })
  })
})

test('the lag is what is measured when somebody looks', () => {
  const { meter } = scene()
  let lag = 3
  meter.measureLag(() => lag)
  expect(meter.read().lag).toBe(3)
  lag = 40
  expect(meter.read().lag).toBe(40)
})
