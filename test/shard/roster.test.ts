/** Numbers of instances: one each, back again, and free for another once dropped. */
import { expect, test } from 'vitest'
import type { InstanceId } from '../../src/contract/ids.ts'
import { Roster } from '../../src/shard/roster.ts'

const id = (name: string) => name as InstanceId

test('the roster gives each id a number of its own, and the id back for it', () => {
  const roster = new Roster()
  const numbers = ['a', 'b', 'a', 'c'].map(name => roster.add(id(name)))
  expect(numbers).toEqual([0, 1, 0, 2])
  expect([roster.find(id('b')), roster.find(id('d'))]).toEqual([1, undefined])
  expect([roster.id(2), roster.id(3)]).toEqual(['c', undefined])
})

test('the roster gives the number of one that was dropped to the next, so that numbers stay dense', () => {
  const roster = new Roster()
  for (const name of ['a', 'b', 'c']) roster.add(id(name))
  roster.drop(id('b'))
  roster.drop(id('nobody'))
  expect([roster.find(id('b')), roster.id(1)]).toEqual([undefined, undefined])
  expect([roster.add(id('d')), roster.add(id('e'))]).toEqual([1, 3])
  expect(roster.id(1)).toBe('d')
})
