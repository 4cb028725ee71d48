/** The promise of the clock that a character sees: right to the second, and of the timer that concerns him. */
import { describe, expect, it } from 'vitest'
import type { State, Timer } from '../../../src/api/documents.ts'
import { secondsLeft } from '../../../src/api/ecosystem/time-left.ts'

const NOW = 1_750_000_000_000
const timer = (name: Timer['name'], inMs: number): Timer => ({
  name,
  dueAt: NOW + inMs,
  seconds: 600,
  target: 'failed',
})

describe('the seconds that are left', () => {
  it.each<[string, State, readonly Timer[], number | undefined]>([
    ['of the stage before the quest', 'active', [timer('quest', 60_000), timer('stage', 30_000)], 30],
    ['of the stage, though the quest ends sooner', 'active', [timer('quest', 10_000), timer('stage', 30_000)], 30],
    ['of the quest, where the stage has no limit', 'active', [timer('quest', 60_000)], 60],
    ['of the quest, when the stage is cleared', 'cleared', [timer('quest', 60_000)], 60],
    ['of the bonus, and of nothing else', 'bonus', [timer('bonus', 5000), timer('quest', 60_000)], 5],
    ['none in what has no limit', 'active', [], undefined],
    ['none in a bonus without one', 'bonus', [timer('quest', 60_000)], undefined],
    ['none in a lobby, whose timer is nobody’s clock', 'registering', [timer('registration', 60_000)], undefined],
    ['0 in a completed quest, whatever runs', 'completed', [timer('completion', 60_000)], 0],
  ])('are those %s', (_, state, timers, seconds) => {
    expect(secondsLeft(state, timers, NOW)).toBe(seconds)
  })

  it.each([
    [60_000, 60],
    [59_999, 60],
    [59_001, 60],
    [59_000, 59],
    [1, 1],
    [0, 0],
    [-1, 0],
    [-5000, 0],
  ])('with %i ms to go are %i: all of them at the beginning, 0 only when it is due', (left, seconds) => {
    expect(secondsLeft('active', [timer('stage', left)], NOW)).toBe(seconds)
  })
})
