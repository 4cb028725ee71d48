/** The promises of the changes that a replica tells its watchers of: how often, of whom, and of how much. */
import { describe, expect, test } from 'vitest'
import { CHANGED_IDS_MAX, type Change } from '../../src/api/view.ts'
import type { InstanceId } from '../../src/contract/ids.ts'
import { Journal } from '../../src/journal/journal.ts'
import { ChangeHub } from '../../src/query/change-hub.ts'
import { entryOf, idOf } from '../journal/entries.ts'
import { ManualClock } from '../support/manual-clock.ts'

interface Told extends Change {
  readonly at: number
}

function scene() {
  const clock = new ManualClock(0)
  const journal = new Journal()
  const hub = new ChangeHub(journal, clock)
  const watch = (ids?: readonly InstanceId[]) => {
    const told: Told[] = []
    const stop = hub.watch(ids, change => told.push({ ...change, at: clock.elapsed() }))
    return { told, stop }
  }
  /** One operation of each. */
  const operate = (...numbers: readonly number[]) => {
    journal.record(
      0,
      numbers.map(number => entryOf(number)),
    )
  }
  return { clock, journal, hub, watch, operate }
}

const upTo = (count: number) => Array.from({ length: count }, (_, number) => number)
const SILENCE_MS = 5000

describe('a watcher', () => {
  test('is told at once after a silence, and then ten times a second at most, of everything', async () => {
    const { clock, watch, operate } = scene()
    const { told } = watch()
    await clock.advance(SILENCE_MS)
    operate(0)
    await clock.settle()
    expect(told).toMatchObject([{ at: SILENCE_MS, ids: [idOf(0)] }])
    for (let number = 1; number <= 200; number++) {
      operate(number)
      await clock.advance(5)
    }
    await clock.advance(100)
    const moments = told.map(({ at }) => at)
    for (const [place, at] of moments.entries()) {
      if (place > 0) expect(at - (moments[place - 1] ?? 0)).toBeGreaterThanOrEqual(100)
    }
    expect(moments.length).toBeGreaterThanOrEqual(10)
    expect(told.flatMap(({ ids }) => ids)).toEqual(upTo(201).map(idOf))
  })

  test('is told of an instance once, however often something happened to it meanwhile', async () => {
    const { clock, watch, operate } = scene()
    const { told } = watch()
    operate(1, 2, 1, 1)
    operate(2)
    await clock.advance(100)
    expect(told.map(({ ids }) => ids)).toEqual([[idOf(1), idOf(2)]])
  })

  test('of some instances hears of them alone, and nothing while nothing happens to them', async () => {
    const { clock, watch, operate } = scene()
    const { told } = watch([idOf(1), idOf(2)])
    operate(3, 4)
    await clock.advance(1000)
    expect(told).toEqual([])
    operate(3, 2)
    await clock.advance(1000)
    expect(told).toMatchObject([{ ids: [idOf(2)], isMore: false, isPopulation: false }])
  })

  test('that stopped hears nothing more, not even of what was gathered before, while others do', async () => {
    const { clock, watch, operate } = scene()
    const [gone, stays] = [watch(), watch()]
    operate(1)
    gone.stop()
    await clock.advance(1000)
    expect(gone.told).toEqual([])
    expect(stays.told).toHaveLength(1)
    stays.stop()
    operate(2)
    await clock.advance(1000)
    expect(stays.told).toHaveLength(1)
  })

  test('that comes after all others have gone hears nothing of the time before it', async () => {
    const { clock, watch, operate } = scene()
    watch().stop()
    operate(1, 2, 3)
    await clock.advance(1000)
    const { told } = watch()
    await clock.advance(1000)
    expect(told).toEqual([])
    operate(4)
    await clock.advance(100)
    expect(told).toMatchObject([{ ids: [idOf(4)], operationsPerSecond: 1 }])
  })
})

describe('a change', () => {
  test('names as many instances as it may, and says whether there are more', async () => {
    const { clock, watch, operate } = scene()
    const { told } = watch()
    operate(...upTo(CHANGED_IDS_MAX))
    await clock.advance(100)
    operate(...upTo(CHANGED_IDS_MAX + 1))
    await clock.advance(100)
    expect(told.map(({ ids, isMore }) => [ids.length, isMore])).toEqual([
      [CHANGED_IDS_MAX, false],
      [0, true],
    ])
  })

  test('of an instance that is watched is told, however many others changed, and of no other', async () => {
    const { clock, watch, operate } = scene()
    const [all, late, again] = [watch(), watch([idOf(10_000)]), watch([idOf(10_000)])]
    const idle = watch([idOf(99_999)])
    operate(...upTo(10_000))
    await clock.advance(100)
    expect([late.told.length, idle.told.length]).toEqual([0, 0])
    again.stop()
    operate(...upTo(10_001))
    await clock.advance(100)
    expect(late.told).toMatchObject([{ ids: [idOf(10_000)], isMore: false }])
    expect([all.told.at(-1)?.isMore, idle.told.length, again.told.length]).toEqual([true, 0, 0])
  })

  test('says that an instance began or ended, to those only who watch that one', async () => {
    const { clock, journal, watch } = scene()
    const [all, born, other] = [watch(), watch([idOf(1)]), watch([idOf(2)])]
    journal.record(0, [entryOf(1, { from: undefined, to: 'registering', name: 'REGISTER' }), entryOf(2)])
    await clock.advance(100)
    journal.record(0, [entryOf(1), entryOf(2, { to: undefined, name: 'FORFEIT' })])
    await clock.advance(100)
    journal.record(0, [entryOf(1), entryOf(2)])
    await clock.advance(100)
    const flags = ({ told }: typeof all) => told.map(({ isPopulation }) => isPopulation)
    expect([all, born, other].map(flags)).toEqual([
      [true, true, false],
      [true, false, false],
      [false, true, false],
    ])
  })

  test('counts the operations of the last second, of all instances, and forgets what is older', async () => {
    const { clock, watch, operate } = scene()
    const { told } = watch([idOf(1)])
    for (let tenth = 0; tenth < 20; tenth++) {
      operate(1, 2, 3, 3, 3)
      await clock.advance(100)
    }
    expect(told.at(0)?.operationsPerSecond).toBe(5)
    expect(told.at(-1)?.operationsPerSecond).toBe(50)
    await clock.advance(SILENCE_MS)
    operate(1)
    await clock.advance(100)
    expect(told.at(-1)?.operationsPerSecond).toBe(1)
  })
})
