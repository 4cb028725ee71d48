/** The index of deadlines: the order in which instances become due, through every move and disarming. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { InstanceId } from '../../src/contract/ids.ts'
import { DeadlineIndex } from '../../src/shard/deadline-index.ts'

const id = (name: string | number) => String(name) as InstanceId

function indexOf(deadlines: Readonly<Record<string, number>>): DeadlineIndex {
  const index = new DeadlineIndex()
  for (const [name, at] of Object.entries(deadlines)) index.set(id(name), at)
  return index
}

describe('the index of deadlines', () => {
  test('gives the due ones in the order of their deadlines, and keeps the others', () => {
    const index = indexOf({ c: 30, a: 10, d: 40, b: 20 })
    expect(index.takeDue(30, 10)).toEqual(['a', 'b', 'c'])
    expect([index.next(), index.size]).toEqual([40, 1])
  })

  test('gives none before its deadline', () => {
    const index = indexOf({ a: 10 })
    expect(index.takeDue(9, 10)).toEqual([])
    expect(index.takeDue(10, 10)).toEqual(['a'])
  })

  test('gives no more than asked for, the earliest first', () => {
    const index = indexOf({ c: 30, a: 10, b: 20 })
    expect(index.takeDue(100, 2)).toEqual(['a', 'b'])
    expect(index.takeDue(100, 2)).toEqual(['c'])
    expect(index.takeDue(100, 2)).toEqual([])
  })

  test('forgets what was taken until it is set again', () => {
    const index = indexOf({ a: 10 })
    index.takeDue(10, 1)
    expect([index.next(), index.size]).toEqual([undefined, 0])
    index.set(id('a'), 10)
    expect(index.takeDue(10, 1)).toEqual(['a'])
  })

  test('follows a deadline that moves, later or earlier, and one that goes', () => {
    const index = indexOf({ a: 10, b: 20, c: 30 })
    index.set(id('a'), 25)
    index.set(id('c'), 5)
    index.set(id('b'), undefined)
    expect(index.next()).toBe(5)
    expect(index.takeDue(100, 10)).toEqual(['c', 'a'])
    expect(index.next()).toBeUndefined()
  })

  test('gives an instance once whose deadline moved away and back', () => {
    const index = indexOf({ a: 10 })
    index.set(id('a'), 20)
    index.set(id('a'), 10)
    expect(index.takeDue(100, 10)).toEqual(['a'])
    expect(index.takeDue(100, 10)).toEqual([])
  })

  test('gives what a sorted list would, through any moves, disarmings and takings', () => {
    const change = fc.oneof(
      fc.record({ name: fc.nat(20), at: fc.option(fc.nat(100), { nil: undefined }) }),
      fc.record({ now: fc.nat(100), max: fc.nat(4) }),
    )
    fc.assert(
      fc.property(fc.array(change, { maxLength: 150 }), changes => {
        const index = new DeadlineIndex()
        const armed = new Map<InstanceId, number>()
        for (const one of changes) {
          if ('name' in one) {
            index.set(id(one.name), one.at)
            if (one.at === undefined) armed.delete(id(one.name))
            else armed.set(id(one.name), one.at)
          } else {
            const due = [...armed.values()].filter(at => at <= one.now).sort((a, b) => a - b)
            const taken = index.takeDue(one.now, one.max)
            expect(taken.map(name => armed.get(name))).toEqual(due.slice(0, one.max))
            for (const name of taken) armed.delete(name)
          }
          expect(index.size).toBe(armed.size)
          expect(index.next()).toBe([...armed.values()].sort((a, b) => a - b)[0])
        }
      }),
    )
  })

  test('is as right after ten thousand moves as before', () => {
    const index = new DeadlineIndex()
    for (let move = 0; move < 10_000; move++) index.set(id(move % 7), 1000 + ((move * 7919) % 5003))
    const expected = Array.from({ length: 7 }, (_, name) => {
      const last = 10_000 - 1 - ((10_000 - 1 - name) % 7)
      return { name: String(name), at: 1000 + ((last * 7919) % 5003) }
    }).sort((a, b) => a.at - b.at)
    expect(index.next()).toBe(expected[0]?.at)
    expect(index.takeDue(10_000, 100)).toEqual(expected.map(({ name }) => name))
  })
})
