/**
 * Between the replicas and the log: every call takes time on its way there and back, may be lost on either, and is
 * answered to nobody when its process has ended meanwhile. Knows nothing of what a call does.
 */
import { TransportUnavailableError } from '../../src/errors.ts'
import type { Intercept, LogCall, LogOperation } from '../../src/transport/memory/fault-gate.ts'
import type { Dice } from './dice.ts'
import type { SimulatedLife } from './simulated-life.ts'
import type { SimulatedTime } from './simulated-time.ts'
import type { Weather } from './weather.ts'

const LATENCY_MS_MAX = 3
const SLOW_MS_MIN = 10

/** Which calls do not come through. */
export type Outage = (operation: LogOperation, target: string) => boolean

export interface NetworkOptions {
  readonly time: SimulatedTime
  readonly dice: Dice
  readonly weather: Weather
  readonly lifeOf: (name: string) => SimulatedLife | undefined
  /** A request leaves its process, and arrives. */
  readonly onRequest: (call: LogCall, life: SimulatedLife) => void
  readonly onArrival: (call: LogCall) => void
  readonly trace: (line: string) => void
}

export class Network {
  readonly #options: NetworkOptions
  readonly #outages = new Set<Outage>()
  #isCalm = false

  constructor(options: NetworkOptions) {
    this.#options = options
  }

  readonly intercept: Intercept = call => {
    const life = this.#options.lifeOf(call.replica)
    if (life === undefined) return
    return new Promise((resolve, reject) => {
      if (life.isDead) return
      const { time } = this.#options
      // A request takes effect when it arrives, whatever became of its sender; an answer needs somebody to hear it.
      if (call.phase === 'before') this.#options.onRequest(call, life)
      const outlivesSender = call.phase === 'before' && call.operation !== 'group.join'
      const isLost = this.#isLost(call)
      time.after(this.#delay(), () => {
        const deliver = () => this.#deliver(call, isLost, resolve, reject)
        if (outlivesSender && (life.isDead || life.isPaused) && this.#options.dice.chance(0.5)) deliver()
        else life.perform(deliver)
      })
    })
  }

  begin(outage: Outage): void {
    this.#outages.add(outage)
  }

  end(outage: Outage): void {
    this.#outages.delete(outage)
  }

  /** No fault any more. */
  calm(): void {
    this.#isCalm = true
    this.#outages.clear()
  }

  #deliver(call: LogCall, isLost: boolean, resolve: () => void, reject: (error: Error) => void): void {
    const { operation, target, phase, replica } = call
    const isAway = [...this.#outages].some(outage => outage(operation, target))
    if (!isLost && !isAway) {
      if (phase === 'before') this.#options.onArrival(call)
      resolve()
      return
    }
    const what = phase === 'before' ? 'request lost' : 'answer lost'
    this.#options.trace(`${replica} ${operation} ${target}: ${what}${isAway ? ' (outage)' : ''}`)
    reject(new TransportUnavailableError(`${operation} ${target}: ${what}`))
  }

  #isLost({ phase }: LogCall): boolean {
    if (this.#isCalm) return false
    const { dice, weather } = this.#options
    return dice.chance(phase === 'before' ? weather.lostRequest : weather.lostAnswer)
  }

  #delay(): number {
    const { dice, weather } = this.#options
    if (!this.#isCalm && dice.chance(weather.slow)) return dice.between(SLOW_MS_MIN, weather.slowMsMax)
    return dice.between(0.1, LATENCY_MS_MAX)
  }
}
