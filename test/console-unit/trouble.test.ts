/**
 * Which shards are shown as being in trouble.
 */
import { expect, test } from 'vitest'
import { inOrderOfTrouble, LAG_BAD_RECORDS, verdictOf } from '../../console/src/shards/trouble.ts'
import type { Shard } from '../../src/api/documents.ts'

const FINE: Shard = {
  shard: 0,
  owner: { name: 'quest-0', url: 'http://quest-0:8080' },
  phase: 'running',
  trouble: null,
  instances: 10,
  resident: 10,
  lag: LAG_BAD_RECORDS,
  commitMs: { p50: 4, p99: 9 },
  batchRecords: { p50: 1, p99: 4 },
  timerLatenessMs: { p50: 1, p99: 1000 },
  commitsPerSecond: 3,
  recordsPerSecond: 40,
  history: [],
  ownedSince: 0,
}

test('a shard that runs and keeps up is fine', () => {
  expect(verdictOf(FINE)).toMatchObject({ severity: 'fine', words: '' })
})

test('one that is behind says how far, and how much work that is', () => {
  expect(verdictOf({ ...FINE, lag: 4820 })).toMatchObject({
    severity: 'bad',
    words: '4,820 commands behind, 121 s of work',
    isLagBad: true,
  })
})

test('one that stands still is promised no end', () => {
  expect(verdictOf({ ...FINE, lag: 4820, recordsPerSecond: 0 }).words).toBe('4,820 commands behind')
})

test('timers that come late are trouble of their own', () => {
  const timerLatenessMs = { p50: 1, p99: 2310 }
  expect(verdictOf({ ...FINE, timerLatenessMs })).toMatchObject({ severity: 'bad', words: 'timers 2.3 s late' })
})

test('what has stopped comes first, what is on the move next, and the rest by number', () => {
  const shards: Shard[] = [
    { ...FINE, shard: 2 },
    { ...FINE, shard: 0 },
    { ...FINE, shard: 7, phase: 'restoring' },
    { ...FINE, shard: 9, phase: 'unowned', owner: null },
    { ...FINE, shard: 8, phase: 'dead', trouble: 'a record of its state cannot be read' },
  ]
  expect(inOrderOfTrouble(shards).map(({ shard }) => shard)).toEqual([8, 9, 7, 0, 2])
  expect(shards.map(shard => verdictOf(shard).words === '')).toEqual([true, true, false, false, false])
})
