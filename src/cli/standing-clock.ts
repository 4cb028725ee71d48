/**
 * A clock whose wall-clock time stands still until somebody moves it, for a service that is shown hours in seconds.
 * What measures and waits goes on in real time, and whoever sleeps until a moment that was leapt over wakes.
 */
import type { Clock } from '../clock.ts'

export class StandingClock implements Clock {
  readonly #real: Clock
  #now: number
  readonly #sleepers = new Set<{ readonly until: number; readonly waker: AbortController }>()

  /** It begins at the real time. */
  constructor(real: Clock) {
    this.#real = real
    this.#now = real.now()
  }

  now(): number {
    return this.#now
  }

  elapsed(): number {
    return this.#real.elapsed()
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const waker = new AbortController()
    const sleeper = { until: this.#now + ms, waker }
    const wake = () => waker.abort()
    if (signal?.aborted) wake()
    signal?.addEventListener('abort', wake)
    this.#sleepers.add(sleeper)
    await this.#real.sleep(ms, waker.signal)
    this.#sleepers.delete(sleeper)
    signal?.removeEventListener('abort', wake)
  }

  /** `ms` of 0 or more. */
  leap(ms: number): void {
    this.#now += ms
    for (const { until, waker } of [...this.#sleepers]) if (until <= this.#now) waker.abort()
  }
}
