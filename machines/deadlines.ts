/**
 * Timers are deadlines in the context: wall-clock epoch milliseconds that survive restarts and moves.
 * Nothing here counts down; whoever runs the instance sends `timer.<name>` once its deadline has passed.
 */

export const TIMER_NAMES = ['registration', 'lobby', 'quest', 'stage', 'bonus', 'completion'] as const
export type TimerName = (typeof TIMER_NAMES)[number]

/** A timer without an entry is not armed. */
export type Deadlines = { readonly [Timer in TimerName]?: number }

export interface DueTimer {
  readonly timer: TimerName
  /** Epoch milliseconds. */
  readonly at: number
}

/** A manual bonus may be entered for this long after completion. */
export const COMPLETION_LIMIT_SECONDS = 120

/** `{ [timer]: now + seconds }`; nothing where `seconds` is 0, which means never. */
export function arm(timer: TimerName, now: number, seconds: number): Deadlines {
  return seconds > 0 ? { [timer]: now + seconds * 1000 } : {}
}

/**
 * The same deadlines without `timer`. Copied one by one: V8 gives what a rest pattern leaves, and what is spread behind
 * something else, a hidden class of its own each time, which is 144 bytes an instance.
 */
export function without(timer: TimerName, deadlines: Deadlines): { [Timer in TimerName]?: number } {
  const others: { [Timer in TimerName]?: number } = {}
  for (const name of TIMER_NAMES) {
    const at = deadlines[name]
    if (name !== timer && at !== undefined) others[name] = at
  }
  return others
}

/** The same deadlines, `timer` armed anew and behind the others; disarmed where `seconds` is 0. */
export function rearm(timer: TimerName, now: number, seconds: number, deadlines: Deadlines): Deadlines {
  const rearmed = without(timer, deadlines)
  if (seconds > 0) rearmed[timer] = now + seconds * 1000
  return rearmed
}

/** The timer that runs out first; of two at the same moment the one that ends more (the order of TIMER_NAMES). */
export function earliestDeadline(deadlines: Deadlines): DueTimer | undefined {
  let earliest: DueTimer | undefined
  for (const timer of TIMER_NAMES) {
    const at = deadlines[timer]
    if (at !== undefined && (earliest === undefined || at < earliest.at)) earliest = { timer, at }
  }
  return earliest
}
