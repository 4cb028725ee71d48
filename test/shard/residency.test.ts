/** Which instances are snapshots and which are bytes: the budget holds, and nobody is lost in between. */
import { describe, expect, test } from 'vitest'
import type { Instance } from '../../src/actor/instance.ts'
import { InstancePacking } from '../../src/actor/instance-packing.ts'
import { encodeInstance } from '../../src/actor/snapshot-bytes.ts'
import type { InstanceId } from '../../src/contract/ids.ts'
import { Residency, ResidencyBudget } from '../../src/shard/residency.ts'
import { quest } from '../support/definitions.ts'
import { inputOf, Playthrough } from '../support/playthrough.ts'

const compiled = quest()
const { rules } = inputOf(compiled)
const instance: Instance = { snapshot: new Playthrough(compiled).snapshot, definition: compiled.ref, armedBy: {} }
const id = (name: string) => name as InstanceId

function residencyOf(budget: ResidencyBudget) {
  /** The definition of each instance that was made of bytes. */
  const restored: string[] = []
  const packing = new InstancePacking(definition => {
    restored.push(definition)
    return rules
  })
  const residency = new Residency(budget, packing)
  return { residency, restored }
}

describe('residency', () => {
  test('passivates the idlest beyond the budget, and finds it again', () => {
    const { residency, restored } = residencyOf(new ResidencyBudget(2))
    for (const name of ['a', 'b', 'a', 'c']) residency.put(id(name), instance)
    expect([residency.residents, residency.size]).toEqual([2, 3])
    expect(residency.get(id('a'))).toBe(instance)
    expect(residency.get(id('c'))).toBe(instance)
    expect(restored).toEqual([])
    expect(residency.get(id('b'))?.snapshot.context).toEqual(instance.snapshot.context)
    expect(restored).toEqual([compiled.ref])
  })

  test('restores nobody until he is asked for, and asking does not make him resident', () => {
    const { residency, restored } = residencyOf(new ResidencyBudget(2))
    residency.putPassive(id('a'), encodeInstance(instance))
    expect([residency.residents, residency.size, restored.length]).toEqual([0, 1, 0])
    residency.get(id('a'))
    expect(residency.residents).toBe(0)
    residency.put(id('a'), instance)
    expect([residency.residents, residency.size]).toEqual([1, 1])
  })

  test('knows nothing of one that was deleted, as snapshot or as bytes', () => {
    const budget = new ResidencyBudget(1)
    const { residency } = residencyOf(budget)
    residency.put(id('a'), instance)
    residency.put(id('b'), instance)
    residency.delete(id('a'))
    residency.delete(id('b'))
    residency.delete(id('c'))
    expect([residency.get(id('a')), residency.get(id('b')), residency.ids(), budget.taken]).toEqual([
      undefined,
      undefined,
      [],
      0,
    ])
  })

  test('of two shards share one budget: at the bound the shard with the most gives one up', () => {
    const budget = new ResidencyBudget(3)
    const first = residencyOf(budget).residency
    const second = residencyOf(budget).residency
    for (const name of ['a', 'b', 'c']) first.put(id(name), instance)
    second.put(id('d'), instance)
    expect([first.residents, second.residents, budget.taken]).toEqual([2, 1, 3])
    second.put(id('e'), instance)
    expect([first.residents, second.residents, budget.taken]).toEqual([1, 2, 3])
    expect([first.size, second.size]).toEqual([3, 2])
  })

  test('of a shard that is closed gives its part of the budget back', () => {
    const budget = new ResidencyBudget(3)
    const first = residencyOf(budget).residency
    const second = residencyOf(budget).residency
    for (const name of ['a', 'b', 'c']) first.put(id(name), instance)
    first.clear()
    expect([first.size, budget.taken]).toEqual([0, 0])
    for (const name of ['d', 'e', 'f', 'g']) second.put(id(name), instance)
    expect([second.residents, second.size, budget.taken]).toEqual([3, 4, 3])
  })

  test('names every instance once', () => {
    const { residency } = residencyOf(new ResidencyBudget(1))
    for (const name of ['a', 'b', 'c', 'a']) residency.put(id(name), instance)
    expect([...residency.ids()].sort()).toEqual(['a', 'b', 'c'])
  })
})
