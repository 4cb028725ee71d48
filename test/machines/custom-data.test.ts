/** The edges of a stage's custom data: which numbers its texts are, and how much of it a stage keeps. */
import { describe, expect, test } from 'vitest'
import {
  CUSTOM_CHARACTERS_MAX,
  CUSTOM_KEYS_MAX,
  increased,
  isWithinBounds,
  numberOf,
  updated,
} from '../../machines/custom-data.ts'

const MAX = 9_007_199_254_740_991
const NONE: ReadonlyMap<string, string> = new Map()

test.each([
  [undefined, 0],
  ['', 0],
  ['7', 7],
  ['-7', -7],
  ['+7', 7],
  ['007', 7],
  [' 7', 0],
  ['7 ', 0],
  ['n7', 0],
  ['7n', 0],
  ['0x10', 0],
  [`${MAX}`, MAX],
  [`${MAX}0`, MAX],
  [`-${MAX}`, -MAX],
  [`-${MAX}0`, -MAX],
])('the text %j is the number %d', (text, number) => {
  expect(numberOf(text)).toBe(number)
})

test('an increment counts from where a double is exact, and never goes beyond it', () => {
  expect(updated({ dn: `-${MAX}0` }, NONE, ['n'])).toEqual({ dn: `${1 - MAX}` })
  expect(updated({ dn: `${MAX}` }, NONE, ['n'])).toEqual({ dn: `${MAX}` })
})

test('an update leaves alone what it does not name', () => {
  const before = { da: 'x', db: 'y', dc: '1' }
  expect(updated(before, new Map([['b', 'z']]), ['c'])).toEqual({ da: 'x', db: 'z', dc: '2' })
  expect(before).toEqual({ da: 'x', db: 'y', dc: '1' })
})

test('what is added to a key never takes it beyond where a double is exact, and leaves the others alone', () => {
  expect(increased({ dn: '4', dm: 'x' }, 'n', 3)).toEqual({ dn: '7', dm: 'x' })
  expect(increased({}, 'n', 3)).toEqual({ dn: '3' })
  expect(increased({ dn: `${MAX - 1}` }, 'n', 3)).toEqual({ dn: `${MAX}` })
})

describe('a stage keeps as much as its bounds say, and no more:', () => {
  const keys = (count: number) =>
    updated(
      {},
      NONE,
      Array.from({ length: count }, (_, index) => `${index}`),
    )

  test('keys', () => {
    expect(CUSTOM_KEYS_MAX).toBe(4096)
    expect(isWithinBounds(keys(CUSTOM_KEYS_MAX))).toBe(true)
    expect(isWithinBounds(keys(CUSTOM_KEYS_MAX + 1))).toBe(false)
  })

  test.each([
    ['in a text', (count: number) => ({ dab: 'x'.repeat(count - 3) })],
    ['in a key, with the prefix that it is kept with', (count: number) => ({ [`d${'x'.repeat(count - 2)}`]: 'y' })],
    ['in several of both', (count: number) => ({ da: 'xyz', dbc: 'x'.repeat(count - 8) })],
  ])('characters %s', (_, ofLength) => {
    expect(CUSTOM_CHARACTERS_MAX).toBe(65_536)
    expect(isWithinBounds(ofLength(CUSTOM_CHARACTERS_MAX))).toBe(true)
    expect(isWithinBounds(ofLength(CUSTOM_CHARACTERS_MAX + 1))).toBe(false)
  })
})
