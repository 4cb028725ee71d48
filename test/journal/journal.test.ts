/** What the journal keeps of entries that it is given, and what it lets go of. */
import { describe, expect, test } from 'vitest'
import { contextOf, type Instance } from '../../src/actor/instance.ts'
import type { InstanceId } from '../../src/contract/ids.ts'
import type { Message } from '../../src/contract/messages.ts'
import { type Entry, entryOf, type Trigger } from '../../src/journal/entry.ts'
import { Journal } from '../../src/journal/journal.ts'
import { quest } from '../support/definitions.ts'
import { Playthrough } from '../support/playthrough.ts'
import { character } from '../support/tenants.ts'

/** Waits in its lobby. */
const compiled = quest({ startRequirements: [{ type: 'party_size', operator: 'gte', value: 5 }] })
const instance: Instance = { snapshot: new Playthrough(compiled).snapshot, definition: compiled.ref, armedBy: {} }
const idOf = (number: number) => `00000000-0000-8000-8000-${String(number).padStart(12, '0')}` as InstanceId

function trigger(counts = 0): Trigger {
  const itemCounts = new Map(Array.from({ length: counts }, (_, item) => [item, 1]))
  return {
    kind: 'command',
    command: {
      type: 'UPDATE_STAGE_STATE',
      worldId: 0,
      characterId: character(1001),
      instanceId: idOf(1),
      itemCounts,
      monsterKills: new Map(),
    },
    origin: { topic: 'commands', partition: 0, offset: 7, timestamp: 1 },
    isAnswer: false,
  }
}

interface Shape {
  readonly born?: boolean
  readonly ends?: boolean
  readonly messages?: readonly Message[]
  readonly counts?: number
  readonly at?: number
}

function entry(number: number, { born = false, ends = false, messages = [], counts = 0, at = 0 }: Shape = {}): Entry {
  const change = { before: born ? undefined : instance, after: ends ? undefined : instance, messages }
  const made = entryOf(idOf(number), change, trigger(counts), at, 0.5)
  if (made === undefined) throw new Error('nothing happened')
  return made
}

const timesOf = (journal: Journal, number: number) => journal.operations(idOf(number)).map(({ entry: { at } }) => at)
const sequencesOf = (journal: Journal, number: number) =>
  journal.operations(idOf(number)).map(({ sequence }) => sequence)

describe('of one instance', () => {
  test('the last 50 operations are kept, oldest first, under sequences without a gap', () => {
    const journal = new Journal()
    for (let at = 0; at < 130; at++) journal.record(0, [entry(1, { born: at === 0, at })])
    expect(timesOf(journal, 1)).toEqual(Array.from({ length: 50 }, (_, index) => 80 + index))
    expect(sequencesOf(journal, 1)).toEqual(timesOf(journal, 1))
    expect(journal.last(idOf(1))?.at).toBe(129)
  })

  test('whoever names an operation that is kept, by sequence and time, gets those behind it; else nothing is promised', () => {
    const journal = new Journal()
    for (let at = 0; at < 130; at++) journal.record(0, [entry(1, { born: at === 0, at })])
    const behind = (sequence: number, at: number) =>
      journal.operationsAfter(idOf(1), sequence, at)?.map(recorded => recorded.sequence)
    expect([behind(126, 126), behind(129, 129)]).toEqual([[127, 128, 129], []])
    expect(behind(80, 80)).toHaveLength(49)
    // Overwritten, of another time (another replica numbered it), not there yet; and of an instance that nobody knows.
    expect([behind(79, 79), behind(120, 121), behind(130, 130), behind(70, 120)]).toEqual(Array(4).fill(undefined))
    expect(journal.operationsAfter(idOf(2), 0, 0)).toBeUndefined()
  })

  test('operations with many counts or messages push out more of the old ones, and one alone is always kept', () => {
    const journal = new Journal()
    for (let at = 0; at < 50; at++) journal.record(0, [entry(1, { at })])
    // 1 + 800 / 8 entries: of the others 99 would fit, of one like it none.
    journal.record(0, [entry(1, { at: 50, counts: 800 })])
    expect(timesOf(journal, 1)).toHaveLength(50)
    journal.record(0, [entry(1, { at: 51, counts: 800 })])
    expect(timesOf(journal, 1)).toEqual([51])
    journal.record(0, [entry(1, { at: 52, counts: 8192 })])
    expect(timesOf(journal, 1)).toEqual([52])
    journal.record(0, [entry(1, { at: 53 })])
    expect(timesOf(journal, 1)).toEqual([53])
  })

  test('of one that nobody knows nothing is told', () => {
    const journal = new Journal()
    expect(journal.operations(idOf(9))).toEqual([])
    expect(journal.last(idOf(9))).toBeUndefined()
    expect(journal.ended(idOf(9))).toBeUndefined()
  })
})

describe('of all together', () => {
  test('what happened the longest time ago is forgotten first, whose it ever was', () => {
    const journal = new Journal({ weightMax: 6, endedMax: 10 })
    for (const number of [1, 2, 3]) journal.record(0, [entry(number), entry(number)])
    journal.record(0, [entry(1)])
    expect([1, 2, 3].map(number => timesOf(journal, number).length)).toEqual([2, 2, 2])
    journal.record(0, [entry(4), entry(4), entry(4)])
    expect([1, 2, 3, 4].map(number => timesOf(journal, number).length)).toEqual([1, 0, 2, 3])
  })

  test('the one that something happened to is kept however much it weighs', () => {
    const journal = new Journal({ weightMax: 3, endedMax: 10 })
    journal.record(0, [entry(1), entry(2, { counts: 80 })])
    expect([1, 2].map(number => timesOf(journal, number).length)).toEqual([0, 1])
    journal.record(0, [entry(3)])
    expect([2, 3].map(number => timesOf(journal, number).length)).toEqual([0, 1])
  })

  test('an instance that was forgotten begins anew beyond every sequence that it had', () => {
    const journal = new Journal({ weightMax: 3, endedMax: 10 })
    journal.record(0, [entry(1, { born: true }), entry(1), entry(1)])
    const had = sequencesOf(journal, 1)
    for (let at = 0; at < 3; at++) journal.record(0, [entry(2)])
    expect(sequencesOf(journal, 1)).toEqual([])
    journal.record(0, [entry(1)])
    expect(had).toEqual([0, 1, 2])
    expect(Math.min(...sequencesOf(journal, 1))).toBeGreaterThan(2)
  })

  test('100,000 operations are held, and no more', () => {
    const journal = new Journal()
    for (let number = 0; number < 4000; number++) {
      journal.record(
        0,
        Array.from({ length: 30 }, () => entry(number)),
      )
    }
    const held = Array.from({ length: 4000 }, (_, number) => timesOf(journal, number).length)
    expect(held.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(100_000)
    expect(held.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(99_900)
    expect(journal.recorded).toBe(120_000)
  })
})

describe('of an instance that ended', () => {
  test('its operations and what it last was stay, and nothing runs in it any more', () => {
    const journal = new Journal()
    journal.record(3, [entry(1, { born: true }), entry(1, { ends: true })])
    expect(journal.ended(idOf(1))).toEqual({ last: instance, shard: 3 })
    expect(journal.operations(idOf(1)).map(({ entry: { from, to } }) => [from, to])).toEqual([
      [undefined, 'registering'],
      ['registering', undefined],
    ])
    expect(contextOf(instance).run.deadlines).not.toEqual({})
    expect(journal.last(idOf(1))?.deadlines).toEqual({})
  })

  test('of more than the bound the first are forgotten whole', () => {
    const journal = new Journal({ weightMax: 100, endedMax: 2 })
    for (const number of [1, 2, 3]) journal.record(0, [entry(number), entry(number, { ends: true })])
    expect([1, 2, 3].map(number => timesOf(journal, number).length)).toEqual([0, 2, 2])
    expect(journal.ended(idOf(1))).toBeUndefined()
    expect(journal.ended(idOf(2))).toBeDefined()
  })
})

test('a shard that is given away takes its instances along, and no other', () => {
  const journal = new Journal({ weightMax: 4, endedMax: 2 })
  journal.record(0, [entry(1), entry(2, { ends: true })])
  journal.record(1, [entry(3)])
  journal.forget(0)
  expect([1, 2, 3].map(number => timesOf(journal, number).length)).toEqual([0, 0, 1])
  expect(journal.ended(idOf(2))).toBeUndefined()
  // What they weighed is free again.
  journal.record(1, [entry(4), entry(4), entry(4)])
  expect([3, 4].map(number => timesOf(journal, number).length)).toEqual([1, 3])
})

test('whoever watches is told of each batch with its shard, until it stops', () => {
  const journal = new Journal()
  const told: [number, number][] = []
  const stop = journal.watch((entries, shard) => told.push([shard, entries.length]))
  journal.record(5, [entry(1), entry(2)])
  stop()
  journal.record(5, [entry(1)])
  expect(told).toEqual([[5, 2]])
})
