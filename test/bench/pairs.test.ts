/** Paired slices: each pair has one slice of either side, and a drift of the machine is in neither's favour. */
import { describe, expect, test } from 'vitest'
import { abba, pairedRatio, ratiosOf } from '../../bench/pairs.ts'
import { generator } from '../../bench/random.ts'

describe('pairs', () => {
  test('slices go off, on, on, off, so that neither side is always the first', () => {
    expect(abba(4)).toEqual([false, true, true, false, false, true, true, false])
  })

  test('a ratio is on by off, whichever came first', () => {
    const slices = [
      { isOn: false, value: 10 },
      { isOn: true, value: 11 },
      { isOn: true, value: 22 },
      { isOn: false, value: 20 },
    ]
    expect(ratiosOf(slices)).toEqual([1.1, 1.1])
  })

  test('slices without their other half are refused', () => {
    expect(() => ratiosOf([{ isOn: true, value: 1 }])).toThrow(RangeError)
    expect(() => ratiosOf(abba(1).map(() => ({ isOn: true, value: 1 })))).toThrow(RangeError)
  })

  test('a cost of 5 % is found in slices that drift by half and jump by a tenth', () => {
    const random = generator(3)
    const slices = abba(40).map((isOn, at) => ({
      isOn,
      value: (isOn ? 1.05 : 1) * (1 + at / 160) * (1 + (random() - 0.5) / 10),
    }))
    const { pairs, median, interval, quartiles } = pairedRatio(ratiosOf(slices), generator(4))
    expect(pairs).toBe(40)
    expect(Math.abs(median - 1.05)).toBeLessThan(0.02)
    expect(interval.low).toBeLessThan(median)
    expect(interval.high).toBeGreaterThan(median)
    expect(interval.high - interval.low).toBeLessThan(quartiles.high - quartiles.low)
  })
})
