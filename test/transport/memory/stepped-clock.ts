/** A clock that stands still until a test moves it. Between two sleepers everything that can run has run. */
import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../../../src/clock.ts'

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

export class SteppedClock implements Clock {
  #now = 1_000_000
  #sleepers: Sleeper[] = []

  now(): number {
    return this.#now
  }

  elapsed(): number {
    return this.#now
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      if (signal?.aborted) return resolve()
      const wake = () => {
        signal?.removeEventListener('abort', wake)
        this.#sleepers = this.#sleepers.filter(each => each !== sleeper)
        resolve()
      }
      const sleeper = { at: this.#now + ms, wake }
      this.#sleepers.push(sleeper)
      signal?.addEventListener('abort', wake)
    })
  }

  /** Moves on by `ms`, waking each sleeper at its time; 0 lets what can run run. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    for (;;) {
      await turn()
      const [next] = this.#sleepers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)
      if (!next) break
      this.#now = Math.max(this.#now, next.at)
      next.wake()
    }
    this.#now = until
    await turn()
  }
}
