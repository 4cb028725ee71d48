/**
 * Wakes one sleeper. Whoever may wake it rings, also while nobody sleeps: that ring is not lost. What rings once
 * rings once, so waiting again and again leaves nothing behind on promises that never settle.
 */
import type { Clock } from './clock.ts'

export class Alarm {
  readonly #clock: Clock
  #rung = false
  #sleeping: AbortController | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  ring(): void {
    this.#rung = true
    this.#sleeping?.abort()
  }

  /** Resolves when rung since the last wait, or after `ms`. */
  async wait(ms: number): Promise<void> {
    if (!this.#rung) {
      this.#sleeping = new AbortController()
      await this.#clock.sleep(ms, this.#sleeping.signal)
      this.#sleeping = undefined
    }
    this.#rung = false
  }
}
