/**
 * Time that passes only when everything has been done that can be done: a queue of moments. What happens at one and
 * the same moment happens in an order that the seed decides, so every interleaving has its seed. Between two events all
 * promises have run; nothing here ever waits for real time.
 */
import { setImmediate as turn } from 'node:timers/promises'
import TinyQueue from 'tinyqueue'
import type { Clock, Random } from '../../src/clock.ts'

interface Happening {
  readonly at: number
  readonly order: number
  readonly happen: () => void
}

/** Some day: only what passes since counts. */
const START = 1_800_000_000_000

export class SimulatedTime {
  readonly #random: Random
  readonly #queue = new TinyQueue<Happening>([], (a, b) => a.at - b.at || a.order - b.order)
  #now = START
  #events = 0

  constructor(random: Random) {
    this.#random = random
  }

  get now(): number {
    return this.#now
  }

  /** Milliseconds since the beginning. */
  get passed(): number {
    return this.#now - START
  }

  get events(): number {
    return this.#events
  }

  after(ms: number, happen: () => void): void {
    this.#queue.push({ at: this.#now + Math.max(0, ms), order: this.#random.fraction(), happen })
  }

  /** One event, and all that follows from it before time passes. False: nothing is left to happen. */
  async step(): Promise<boolean> {
    const next = this.#queue.pop()
    if (next === undefined) return false
    this.#now = next.at
    this.#events++
    next.happen()
    await turn()
    return true
  }

  /** The clock of a place that never stops and is never wrong: the brokers', and the players'. */
  clock(): Clock {
    return {
      now: () => Math.floor(this.#now),
      elapsed: () => this.#now,
      sleep: (ms, signal) => this.sleep(ms, signal, wake => wake()),
    }
  }

  /** `perform` may hold the waking back, or forget it. */
  sleep(ms: number, signal: AbortSignal | undefined, perform: (wake: () => void) => void): Promise<void> {
    return new Promise(resolve => {
      if (signal?.aborted) return resolve()
      const wake = () => {
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      signal?.addEventListener('abort', wake)
      this.after(ms, () => perform(wake))
    })
  }
}
