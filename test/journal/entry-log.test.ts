/** Promise: what the journal is told of an operation is what it tells of it, wherever it keeps the parts. */
import { expect, test } from 'vitest'
import { TIMER_NAMES } from '../../machines/deadlines.ts'
import { RESTING_STATES } from '../../machines/party-quest.ts'
import { COMMAND_TYPES } from '../../src/contract/command-envelope.ts'
import { type Entry, GAME_HAPPENINGS } from '../../src/journal/entry.ts'
import { Journal } from '../../src/journal/journal.ts'
import { entryOf, idOf } from './entries.ts'

const STATES = [undefined, ...RESTING_STATES] as const
const KINDS = ['command', 'lookup', 'timer', 'event'] as const

/** Of each `number` another, and all of its parts different from those of its neighbours. */
function odd(instance: number, number: number): Entry {
  const pick = <Value>(values: readonly [Value, ...Value[]], from = number) => values[from % values.length] ?? values[0]
  const kind = pick<Entry['kind']>(KINDS)
  return entryOf(instance, {
    at: 1.8e12 + number,
    durationMs: number / 7,
    kind,
    name: pick<Entry['name']>([...COMMAND_TYPES, ...TIMER_NAMES, ...GAME_HAPPENINGS]),
    topic: pick(['', 'commands', 'commands-2', '<b>']),
    partition: number,
    offset: kind === 'timer' ? 0 : Number.MAX_SAFE_INTEGER - number,
    dueAt: kind === 'timer' ? 2e12 + number : 0,
    characterId: 4_294_967_295 - number,
    counts: pick<Entry['counts']>([[], [1, 4001008, number, 1, 2], [0]]),
    texts: pick<Entry['texts']>([[], [], ['voluntary'], ['PINK_TEXT', `${number}`]]),
    from: pick<Entry['from']>(STATES),
    to: pick<Entry['to']>(STATES, number + 3),
    stageIndex: number % 5,
    messages: pick<Entry['messages']>([[], [{ type: 'INSTANCE_CREATED', partyId: number }]]),
    deadlines: pick<Entry['deadlines']>([{}, { quest: number }]),
    born: pick<Entry['born']>([[], [], [{ characterId: number, level: 3 }]]),
  })
}

test('each operation is told as it was recorded, with all of its parts, until it is forgotten', () => {
  const journal = new Journal({ weightMax: 500, endedMax: 10 })
  const recorded = new Map<number, Entry[]>()
  // Instances push each other out again and again, so that whatever they left behind is used anew.
  for (let number = 0; number < 6000; number++) {
    const instance = (number * number + (number >> 5)) % 37
    const entry = odd(instance, number)
    journal.record(instance % 4, [entry])
    recorded.set(instance, [...(recorded.get(instance) ?? []), entry].slice(-50))
    if (number % 997 === 0) journal.forget(2)
    if (number % 249 > 0) continue
    for (const [known, entries] of recorded) {
      const told = journal.operations(idOf(known)).map(({ entry: one }) => one)
      expect(told).toEqual(told.length === 0 ? [] : entries.slice(-told.length))
      expect(journal.last(idOf(known))).toEqual(told.at(-1))
      expect(journal.lastAt(idOf(known))).toBe(told.at(-1)?.at)
    }
  }
  const held = [...recorded.keys()].map(instance => journal.operations(idOf(instance)).length)
  expect(held.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(300)
})
