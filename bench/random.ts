/**
 * Numbers that are drawn the same way in every run of one seed: loads, and the resampling of figures. Nothing that is
 * measured depends on it being good, only on its being the same for every side.
 */

/** At least 0, below 1 (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
