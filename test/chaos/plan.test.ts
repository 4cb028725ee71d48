/** Promises of the plan of a chaos run: it is its seed's, has the kills that were asked for, and leaves nothing out. */
import { expect, test } from 'vitest'
import { type Fault, killsIn, planFaults } from './plan.ts'

const SEEDS = Array.from({ length: 50 }, (_, seed) => seed)
const kills = (plan: readonly Fault[]) => plan.reduce((sum, fault) => sum + killsIn(fault), 0)
const kinds = (plan: readonly Fault[]) => new Set(plan.map(({ kind }) => kind))

test('one seed has one plan, another seed another', () => {
  const options = { kills: 10, replicas: 3, nodes: 1 } as const
  expect(planFaults({ ...options, seed: 1 })).toEqual(planFaults({ ...options, seed: 1 }))
  expect(planFaults({ ...options, seed: 1 })).not.toEqual(planFaults({ ...options, seed: 2 }))
})

test.each([1, 3, 4, 10, 300])('a plan of %i kills has exactly so many, on one broker and on three', count => {
  for (const seed of SEEDS) {
    for (const nodes of [1, 3] as const)
      expect(kills(planFaults({ seed, kills: count, replicas: 3, nodes }))).toBe(count)
  }
})

test('the smallest run of CI kills a broker and a replica, freezes both, and stops one', () => {
  for (const seed of SEEDS) {
    for (const nodes of [1, 3] as const) {
      const found = kinds(planFaults({ seed, kills: 3, replicas: 3, nodes }))
      for (const kind of ['broker-kill', 'replica-kill', 'replica-freeze', 'broker-freeze', 'replica-stop'])
        expect(found).toContain(kind)
    }
  }
})

test('on three brokers a plan disturbs every leader and coordinator, and strikes every replica', () => {
  const plan = planFaults({ seed: 5, kills: 40, replicas: 3, nodes: 3 })
  const targets = new Set(plan.flatMap(fault => ('target' in fault ? fault.target : [])))
  expect(targets.size).toBe(4)
  expect(new Set(plan.flatMap(fault => ('replica' in fault ? fault.replica : [])))).toEqual(new Set([0, 1, 2]))
})

test('nothing is killed where no kill is asked for', () => {
  expect(kills(planFaults({ seed: 1, kills: 0, replicas: 3, nodes: 1 }))).toBe(0)
})
