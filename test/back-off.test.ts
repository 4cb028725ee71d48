/** Waits grow, end at their bound, and are spread. */
import { expect, it } from 'vitest'
import { backOffMs } from '../src/back-off.ts'

const random = (fraction: number) => ({ fraction: () => fraction, bytes: (count: number) => Buffer.alloc(count) })
const BACK_OFF = { msMin: 50, msMax: 300 }

it('doubles with each failure up to the bound', () => {
  expect([0, 1, 2, 3, 4, 1000].map(failures => backOffMs(failures, BACK_OFF, random(0.5)))).toEqual([
    50, 100, 200, 300, 300, 300,
  ])
})

it('is spread from half to one and a half', () => {
  expect([0, 0.999_999].map(fraction => Math.round(backOffMs(0, BACK_OFF, random(fraction))))).toEqual([25, 75])
})
