/** Answers of several replicas as one: nothing is left out, nothing comes twice, whoever owns what. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { InstancesFound } from '../../src/api/view.ts'
import type { InstanceId } from '../../src/contract/ids.ts'
import { mergeCounts, mergeInstances, mergeShards } from '../../src/peers/merged-answers.ts'
import type { Owner, Ownership } from '../../src/peers/owners.ts'
import { idOf, ownerAt, rowOf, SHARDS, shardOf } from './replica-scene.ts'

/** The page of one replica that holds these; `sizeMax` where it gives shorter pages than it was asked for. */
function pageOf(ids: readonly InstanceId[], after: string | undefined, size: number): InstancesFound {
  const rest = [...ids].sort().filter(id => after === undefined || id > after)
  const rows = rest.slice(0, size).map(id => ({ id, row: rowOf(id) }))
  return { rows, hasMore: rest.length > size, total: ids.length, states: { active: ids.length }, silent: [] }
}

describe('pages of several replicas', () => {
  it('show every instance once, in the order of the ids, however they are spread, and however long each page is', () => {
    const spread = fc.array(fc.record({ number: fc.nat(60), replica: fc.nat(2) }), { maxLength: 60 })
    const sizes = fc.tuple(
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 7 }),
    )
    fc.assert(
      fc.property(spread, sizes, fc.integer({ min: 1, max: 10 }), (held, ownSizes, size) => {
        const replicas = [0, 1, 2].map(replica => [
          ...new Set(held.filter(one => one.replica === replica).map(({ number }) => idOf(replica, number))),
        ])
        const seen: string[] = []
        let after: string | undefined
        for (let isLast = false; !isLast; ) {
          const answers = replicas.map((ids, index) => pageOf(ids, after, Math.min(size, ownSizes[index] ?? size)))
          const page = mergeInstances(answers, size)
          expect(page.rows.length).toBeLessThanOrEqual(size)
          expect(page.total).toBe(replicas.flat().length)
          if (page.hasMore) expect(page.rows.length).toBeGreaterThan(0)
          seen.push(...page.rows.map(({ id }) => id))
          after = seen.at(-1)
          isLast = !page.hasMore
        }
        expect(seen).toEqual(replicas.flat().sort())
      }),
    )
  })

  it('show an instance of which two tell while its shard moves once, with the states added up', () => {
    const one = { ...pageOf([idOf(1, 1)], undefined, 5), states: { active: 1, cleared: 2 } }
    const other = { ...pageOf([idOf(1, 1), idOf(2, 2)], undefined, 5), states: { active: 3, bonus: 1 } }
    const merged = mergeInstances([one, other], 5)
    expect(merged.rows.map(({ id }) => id)).toEqual([idOf(1, 1), idOf(2, 2)])
    expect(merged.states).toEqual({ active: 4, cleared: 2, bonus: 1 })
  })
})

it('how ids are spread is added up, place by place', () => {
  const answers = [
    { ...pageOf([], undefined, 1), spread: [1, 0, 2] },
    { ...pageOf([], undefined, 1), spread: [0, 0, 3] },
  ]
  expect(mergeInstances(answers, 1).spread).toEqual([1, 0, 5])
  expect(mergeInstances([pageOf([], undefined, 1)], 1).spread).toBeUndefined()
})

it('counts of one definition are added up, and its body is kept from whoever knows it', () => {
  const named = { questId: 'kerning', name: 'kerning' }
  const quest = { questId: 'kerning', name: 'First Time Together', stages: [] }
  const merged = mergeCounts([
    { quests: [{ definition: 'a', quest: named, states: { active: 1 } }], silent: [] },
    {
      quests: [
        { definition: 'b', states: {} },
        { definition: 'a', quest, states: { active: 2, bonus: 1 } },
      ],
      silent: [],
    },
  ])
  expect(merged.quests).toEqual([
    { definition: 'a', quest, states: { active: 3, bonus: 1 } },
    { definition: 'b', states: {} },
  ])
})

describe('the shards', () => {
  const here: Owner = { replica: { name: 'a', url: 'http://a' }, reach: { kind: 'self' }, shards: [0] }
  const there = ownerAt('b', 'http://b', [1, 2])
  const away = ownerAt('c', 'http://c', [3])
  const owners: Ownership = {
    owners: [here, there, away],
    ownerOf: shard => [here, there, away].find(({ shards }) => shards.includes(shard)),
    trouble: undefined,
  }
  const silent = [{ replica: away.replica, shards: [3], reason: 'it hangs' }]

  it('are each there once: as told, as unowned, or as unknown where the owner is silent', () => {
    const told = [
      { by: undefined, shards: [shardOf(0, here.replica)] },
      { by: there, shards: [shardOf(1, there.replica)] },
    ]
    const shards = mergeShards(told, silent, owners, SHARDS)
    expect(shards.map(({ shard, phase, owner, trouble }) => [shard, phase, owner?.name, trouble !== null])).toEqual([
      [0, 'running', 'a', false],
      [1, 'running', 'b', false],
      [2, 'unknown', 'b', true],
      [3, 'unknown', 'c', true],
      [4, 'unowned', undefined, false],
      [5, 'unowned', undefined, false],
    ])
    expect(shards[3]?.trouble).toBe('it hangs')
  })

  it('are told by the owner where another still holds one, and by that other where the owner does not yet', () => {
    const draining = { ...shardOf(1, here.replica), phase: 'draining' as const }
    const both = [
      { by: undefined, shards: [draining] },
      { by: there, shards: [shardOf(1, there.replica)] },
    ]
    expect(mergeShards(both, [], owners, 2)[1]?.owner?.name).toBe('b')
    expect(mergeShards([...both].reverse(), [], owners, 2)[1]?.owner?.name).toBe('b')
    expect(mergeShards(both.slice(0, 1), [], owners, 2)[1]).toBe(draining)
  })
})
