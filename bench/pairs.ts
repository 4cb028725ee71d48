/**
 * Two states of one warm process compared slice by slice: off, on, on, off, and again. What drifts slowly (the machine's
 * clock, the collector, a journal that fills) is the same on both sides of a pair, and its ratio does not see it.
 */
import { type Interval, median, medianInterval, quantile } from './figures.ts'

export interface Slice<T> {
  readonly isOn: boolean
  readonly value: T
}

export interface PairedRatio {
  readonly pairs: number
  readonly median: number
  /** Of the median, 95 %. */
  readonly interval: Interval
  /** Half of all pairs lie between. */
  readonly quartiles: Interval
}

/** Which slices of `pairs` pairs are on: each pair has one of either, and each second pair the other one first. */
export function abba(pairs: number): readonly boolean[] {
  return Array.from({ length: pairs }, (_, pair) => (pair % 2 === 0 ? [false, true] : [true, false])).flat()
}

/** On divided by off, slice beside slice. @throws RangeError slices that are not in pairs */
export function ratiosOf(slices: readonly Slice<number>[]): readonly number[] {
  return Array.from({ length: Math.ceil(slices.length / 2) }, (_, pair) => {
    const both = slices.slice(2 * pair, 2 * pair + 2)
    const on = both.find(({ isOn }) => isOn)
    const off = both.find(({ isOn }) => !isOn)
    if (on === undefined || off === undefined) throw new RangeError(`pair ${pair} has not one slice of either side`)
    return on.value / off.value
  })
}

/** @param random at least 0, below 1. @throws RangeError no pairs */
export function pairedRatio(ratios: readonly number[], random: () => number): PairedRatio {
  return {
    pairs: ratios.length,
    median: median(ratios),
    interval: medianInterval(ratios, random),
    quartiles: { low: quantile(ratios, 0.25), high: quantile(ratios, 0.75) },
  }
}
