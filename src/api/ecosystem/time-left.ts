/**
 * The clock that the players of an instance see: which of its timers that is, and what is left of it. Pure.
 */
import type { State, Timer } from '../documents.ts'

/**
 * Whole seconds, `undefined` where no clock is shown: in a lobby, and in what has no limit. Rounded up, so that a timer
 * of 60 s says 60 when it begins, and 0 only when it is due: the ecosystem takes the whole seconds that have passed
 * off the duration, which is the same.
 */
export function secondsLeft(state: State, timers: readonly Timer[], now: number): number | undefined {
  if (state === 'completed') return 0
  const shown = shownIn(state)
    .map(name => timers.find(timer => timer.name === name))
    .find(timer => timer !== undefined)
  return shown && Math.max(0, Math.ceil((shown.dueAt - now) / 1000))
}

/** The first that runs. */
function shownIn(state: State): readonly Timer['name'][] {
  switch (state) {
    case 'bonus':
      return ['bonus']
    case 'active':
    case 'cleared':
      return ['stage', 'quest']
    default:
      return []
  }
}
