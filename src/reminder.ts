/**
 * A line for the log about something that may happen a thousand times a second: said the first time, then at most
 * once an interval, with how often it has happened since it was said last. Knows no log, only when it is time.
 */
import type { Clock } from './clock.ts'

const INTERVAL_MS = 30_000
/** For what is the business of others. */
export const SELDOM_MS = 60_000

export class Reminder {
  readonly #clock: Clock
  readonly #intervalMs: number
  #saidAt = Number.NEGATIVE_INFINITY
  #times = 0

  constructor(clock: Clock, intervalMs = INTERVAL_MS) {
    this.#clock = clock
    this.#intervalMs = intervalMs
  }

  /** It has happened `times` times more. `say` is called when it is time, with how often since it was called last. */
  happened(say: (times: number) => void, times = 1): void {
    this.#times += times
    const now = this.#clock.elapsed()
    if (now - this.#saidAt < this.#intervalMs) return
    say(this.#times)
    this.#saidAt = now
    this.#times = 0
  }
}
