/** The promise of a shard's document: its numbers are as long as people read them. */
import { expect, test } from 'vitest'
import { shardDocument } from '../../src/query/shard-document.ts'
import { ShardMeter } from '../../src/shard/shard-meter.ts'
import { ManualClock } from '../support/manual-clock.ts'

test('percentiles have two decimals at most, whatever was measured', () => {
  const lengths = new Set<number>()
  for (let ms = 0.07; ms < 1000; ms *= 1.07) {
    const meter = new ShardMeter(new ManualClock())
    meter.committed(ms, 3, [ms / 1000])
    const held = {
      shard: 1,
      phase: 'running' as const,
      trouble: undefined,
      ownedSince: 0,
      life: { meter, state: undefined },
    }
    const { commitMs, timerLatenessMs, batchRecords } = shardDocument(held, { name: 'a', url: '' })
    expect(batchRecords).toEqual({ p50: 3, p99: 3 })
    for (const { p50, p99 } of [commitMs, timerLatenessMs].filter(measured => measured !== null)) {
      for (const shown of [p50, p99]) lengths.add((String(shown).split('.')[1] ?? '').length)
    }
  }
  expect(Math.max(...lengths)).toBe(2)
})
