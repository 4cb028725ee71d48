/** Figures of samples: medians, quantiles, how sure they are, and the tables that they are shown in. */
import { describe, expect, test } from 'vitest'
import {
  interleaved,
  median,
  medianInterval,
  quantile,
  reportMarkdown,
  rounded,
  spread,
  tableLines,
} from '../../bench/figures.ts'
import { generator } from '../../bench/random.ts'

describe('figures', () => {
  test('a quantile is the least sample that its share of all do not exceed, whatever their order', () => {
    expect(quantile([40, 10, 30, 20], 0.5)).toBe(20)
    expect(quantile([40, 10, 30, 20], 0.51)).toBe(30)
    expect(quantile([40, 10, 30, 20], 1)).toBe(40)
    expect(quantile([40, 10, 30, 20], 0.01)).toBe(10)
  })

  test('no samples have no median: the measurement did not run', () => {
    expect(() => median([])).toThrow(RangeError)
  })

  test('the interval of a median holds it, and is a point where all samples are the same', () => {
    const samples = Array.from({ length: 31 }, (_, index) => 1 + index / 100)
    const { low, high } = medianInterval(samples, generator(1))
    expect(low).toBeLessThan(median(samples))
    expect(high).toBeGreaterThan(median(samples))
    expect(low).toBeGreaterThan(1)
    expect(medianInterval([2, 2, 2], generator(1))).toEqual({ low: 2, high: 2 })
  })

  test('the same seed gives the same interval', () => {
    const samples = [1, 5, 3, 4, 2]
    expect(medianInterval(samples, generator(7))).toEqual(medianInterval(samples, generator(7)))
  })

  test('a spread shows the median between the extremes, with its unit', () => {
    expect(spread([3, 1, 2.3456], 'µs')).toEqual({ 'µs median': 2.35, min: 1, max: 3 })
  })

  test('rounding keeps significant digits, not decimals', () => {
    expect([rounded(12345), rounded(0.0012345), rounded(1.23456, 2)]).toEqual([12300, 0.00123, 1.2])
  })

  test('interleaved runs take turns round by round, and keep each variant apart', async () => {
    const order: string[] = []
    const samples = await interleaved(2, ['a', 'b'], (variant, round) => {
      order.push(`${variant}${round}`)
      return round
    })
    expect(order).toEqual(['a0', 'b0', 'a1', 'b1'])
    expect(samples.get('b')).toEqual([0, 1])
  })

  test('a table is Markdown: names, a rule that aligns numbers right, a line a row', () => {
    const lines = tableLines({ title: 'Costs', rows: [{ what: 'one', µs: 1.5 }] })
    expect(lines).toEqual(['Costs', '', '| what |  µs |', '| ---- | --: |', '| one  | 1.5 |'])
  })

  test('a report is a page with a section a benchmark, which says how the machine was', () => {
    const result = { compares: 'This with that.', tables: [], seconds: 3, others: '1 %' }
    const page = reportMarkdown({ machine: '2 cores', results: { step: result } })
    expect(page).toBe('Machine: 2 cores\n\n## step\n\nThis with that.\n(3 s; others meanwhile: 1 % of a core)\n')
  })
})
