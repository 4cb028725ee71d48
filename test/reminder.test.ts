/** What happens all the time is said now and then, and how often it happened is never lost. */
import { expect, test } from 'vitest'
import { Reminder } from '../src/reminder.ts'
import { ManualClock } from './support/manual-clock.ts'

test('is said the first time, then every half minute with how often it has happened since', () => {
  const clock = new ManualClock()
  const reminder = new Reminder(clock)
  const said: number[] = []
  for (let second = 0; second <= 65; second++) {
    reminder.happened(times => said.push(times))
    clock.skip(1000)
  }
  expect(said).toEqual([1, 30, 30])
  clock.skip(60_000)
  reminder.happened(times => said.push(times))
  expect(said).toEqual([1, 30, 30, 6])
})
