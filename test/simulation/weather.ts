/** What a seed's world is like: how often which fault comes. Some worlds have one fault in plenty, some all of them. */
import type { Dice } from './dice.ts'

/** What happens to a process or to the log from outside. */
export const DISASTERS = [
  'kill',
  'stop',
  'pause',
  'outage',
  'expire member',
  'expire transaction',
  'compact',
  'wall jump',
  'aborted commands',
  'copy again',
] as const
export type Disaster = (typeof DISASTERS)[number]

export interface Weather {
  /** Of a call into the log: it fails before it took effect, or its answer is lost. */
  readonly lostRequest: number
  readonly lostAnswer: number
  /** Of an answer: it takes long. */
  readonly slow: number
  readonly slowMsMax: number
  /** Milliseconds between two disasters, on average. */
  readonly disasterMs: number
  readonly disasters: readonly (readonly [Disaster, number])[]
}

export function weatherOf(dice: Dice): Weather {
  return {
    lostRequest: dice.pick([0, 0.003, 0.02]),
    lostAnswer: dice.pick([0, 0.003, 0.02]),
    slow: dice.pick([0, 0.02, 0.1]),
    slowMsMax: dice.pick([30, 500, 4000]),
    disasterMs: dice.pick([800, 2000, 5000]),
    disasters: DISASTERS.map(disaster => [disaster, dice.pick([0, 1, 1, 3])]),
  }
}
