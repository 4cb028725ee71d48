/**
 * Randomness that a seed decides: the same run again. Not for anything that must not be guessed.
 */
import type { Random } from '../clock.ts'

/** mulberry32: 32 bits of state, plenty for a script. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  return {
    fraction: () => next() / 2 ** 32,
    bytes: count => Buffer.from(Array.from({ length: count }, () => next() & 0xff)),
  }
}
