/**
 * A clock that a test holds in its hand: it stands still, and moves when it is told to. Sleepers wake at their own
 * moment, and between two of them everything that can run has run. It never waits for real time.
 */
import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../../src/clock.ts'

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

/** Enough for what breathes (`sleep(0)`) on its way; the memory log itself runs in microtasks. */
const TURNS = 4

export class ManualClock implements Clock {
  #now: number
  readonly #sleepers = new Set<Sleeper>()

  constructor(now = 1_000_000_000_000) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  elapsed(): number {
    return this.#now
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return
    if (ms <= 0) {
      await turn()
      return
    }
    await new Promise<void>(resolve => {
      const wake = () => {
        this.#sleepers.delete(sleeper)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      const sleeper = { at: this.#now + ms, wake }
      this.#sleepers.add(sleeper)
      signal?.addEventListener('abort', wake, { once: true })
    })
  }

  /** Lets everything run that waits for no time. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < TURNS; turns++) await turn()
  }

  /** Moves on by `ms`, stopping at each sleeper on the way. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    await this.settle()
    for (;;) {
      const next = this.#earliest()
      if (next === undefined || next.at > until) break
      this.#now = Math.max(this.#now, next.at)
      next.wake()
      await this.settle()
    }
    this.#now = until
    await this.settle()
  }

  /** Moves on by `ms` without waking anybody on the way, as a process that was stopped sees it. */
  skip(ms: number): void {
    this.#now += ms
  }

  #earliest(): Sleeper | undefined {
    let earliest: Sleeper | undefined
    for (const sleeper of this.#sleepers) if (earliest === undefined || sleeper.at < earliest.at) earliest = sleeper
    return earliest
  }
}
