/**
 * One life of a simulated process, from its start to its end. While it is paused nothing that would wake it does: all of
 * that happens when it goes on. What ends here is forgotten by never waking again: its promises are never settled.
 */
import type { Clock } from '../../src/clock.ts'
import type { SimulatedTime } from './simulated-time.ts'

export class SimulatedLife {
  /** Of this life alone: `a#2`. */
  readonly name: string
  readonly clock: Clock
  readonly #time: SimulatedTime
  #state: 'running' | 'paused' | 'dead' = 'running'
  #heldBack: (() => void)[] = []
  /** How far its wall clock is ahead of the brokers'. */
  #skewMs = 0

  constructor(name: string, time: SimulatedTime) {
    this.name = name
    this.#time = time
    this.clock = {
      now: () => Math.floor(time.now + this.#skewMs),
      elapsed: () => time.now,
      sleep: (ms, signal) => time.sleep(ms, signal, wake => this.perform(wake)),
    }
  }

  get isDead(): boolean {
    return this.#state === 'dead'
  }

  get isPaused(): boolean {
    return this.#state === 'paused'
  }

  /** Now, once it goes on, or never. */
  perform(action: () => void): void {
    if (this.#state === 'running') action()
    else if (this.#state === 'paused') this.#heldBack.push(action)
  }

  pause(): void {
    if (this.#state === 'running') this.#state = 'paused'
  }

  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'running'
    const held = this.#heldBack
    this.#heldBack = []
    for (const action of held) this.#time.after(0, () => this.perform(action))
  }

  end(): void {
    this.#state = 'dead'
    this.#heldBack = []
  }

  /** Its wall clock jumps: an operator, or a time server, sets it. */
  setSkew(ms: number): void {
    this.#skewMs = ms
  }
}
