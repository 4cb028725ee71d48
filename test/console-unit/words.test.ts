/**
 * Numbers and times as words, and what is drawn of an instance's progress.
 */
import { expect, test } from 'vitest'
import { segmentsOf } from '../../console/src/instances/segments.ts'
import { age, countdown, latency, moment, rate } from '../../console/src/ui/words.ts'

test.each([
  [497_000, '8:17'],
  [59_001, '1:00'],
  [1, '0:01'],
  [0, '0:00'],
  [-5000, '0:00'],
  [3_723_000, '1:02:03'],
])('%d ms are left as %s: a timer is never shown as over before it is', (left, words) => {
  expect(countdown(left)).toBe(words)
})

test.each([
  [-3000, '0s'],
  [59_999, '59s'],
  [60_000, '1m'],
  [7_200_000, '2h'],
  [200_000_000, '2d'],
])('%d ms ago are %s', (passed, words) => {
  expect(age(passed)).toBe(words)
})

test.each([
  [4.21, '4.2 ms'],
  [184.4, '184 ms'],
  [2310, '2.3 s'],
])('%d ms are a latency of %s', (milliseconds, words) => {
  expect(latency(milliseconds)).toBe(words)
})

test.each([
  [0, '0'],
  [0.02, '< 0.1'],
  [0.34, '0.3'],
  [9.96, '10'],
  [1240.4, '1,240'],
])('%d a second are said as %s: little is not nothing', (perSecond, words) => {
  expect(rate(perSecond)).toBe(words)
})

test('a moment is said the same way to every reader, by the clock beside him', () => {
  expect(moment(new Date(2026, 10, 3, 7, 5, 9).getTime())).toBe('2026-11-03 07:05:09')
})

test('the stage that is played stands between those done and those ahead', () => {
  expect(segmentsOf({ state: 'active', stages: 5, currentStageIndex: 2 })).toEqual({
    segments: ['done', 'done', 'current', 'ahead', 'ahead'],
    words: 'stage 3 of 5',
  })
})

test('many stages share segments, and the last stage is in the last one', () => {
  const { segments } = segmentsOf({ state: 'cleared', stages: 23, currentStageIndex: 22 })
  expect(segments).toHaveLength(10)
  expect(segments.at(-1)).toBe('cleared')
  expect(segments.filter(segment => segment === 'done')).toHaveLength(9)
})
