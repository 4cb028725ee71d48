/**
 * Time and randomness come in through here, so that a test or a simulation can hold both in its hand.
 * Nothing else in the tree calls Date.now, setTimeout or crypto's random functions.
 */
import { randomBytes } from 'node:crypto'

export interface Clock {
  /** Wall-clock time, epoch milliseconds. */
  now(): number
  /** Milliseconds that only go forward, for measuring how long something took. */
  elapsed(): number
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface Random {
  /** At least 0, below 1. */
  fraction(): number
  bytes(count: number): Buffer
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise(resolve => {
      if (signal?.aborted) return resolve()
      const done = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal?.addEventListener('abort', done)
    }),
}

// A pool, because one call into OpenSSL per message would be the dearest part of a span id.
const POOL_BYTES = 4096
let pool = Buffer.alloc(0)
let used = 0

export const systemRandom: Random = {
  fraction: () => Math.random(),
  bytes: count => {
    if (count > POOL_BYTES) return randomBytes(count)
    if (used + count > pool.length) {
      pool = randomBytes(POOL_BYTES)
      used = 0
    }
    used += count
    return pool.subarray(used - count, used)
  },
}
