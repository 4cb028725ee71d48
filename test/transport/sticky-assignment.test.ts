/** The assignment of a group: balance, as few moves as balance allows, and the same answer for everybody. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { partitionName, type TopicPartition } from '../../src/contract/log-record.ts'
import { assignSticky, type ClaimingMember } from '../../src/transport/sticky-assignment.ts'

function shards(...numbers: readonly number[]): TopicPartition[] {
  return numbers.map(partition => ({ topic: 'shards', partition }))
}

function member(id: string, generation = 0, ...owned: readonly number[]): ClaimingMember {
  return { id, generation, owned: shards(...owned) }
}

function numbers(assignment: ReadonlyMap<string, readonly TopicPartition[]>): Record<string, number[]> {
  return Object.fromEntries([...assignment].map(([id, owned]) => [id, owned.map(each => each.partition)]))
}

const TWELVE = shards(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)

describe('assignSticky', () => {
  it('gives a lone member everything', () => {
    expect(numbers(assignSticky(TWELVE, [member('a')]))).toEqual({ a: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] })
  })

  it('gives nothing to nobody', () => {
    expect(assignSticky(TWELVE, []).size).toBe(0)
  })

  it('deals the partitions of every topic out in turn to members that own nothing', () => {
    const partitions = [...shards(0, 1, 2, 3), { topic: 'other', partition: 0 }, { topic: 'other', partition: 1 }]
    const assignment = assignSticky(partitions, [member('a'), member('b')])
    expect([...assignment.values()].map(owned => owned.map(partitionName))).toEqual([
      ['other/0', 'shards/0', 'shards/2'],
      ['other/1', 'shards/1', 'shards/3'],
    ])
  })

  it('moves three of twelve partitions when a fourth member joins three', () => {
    const assignment = assignSticky(TWELVE, [
      member('a', 3, 0, 3, 6, 9),
      member('b', 3, 1, 4, 7, 10),
      member('c', 3, 2, 5, 8, 11),
      member('d'),
    ])
    expect(numbers(assignment)).toEqual({ a: [0, 3, 6], b: [1, 4, 7], c: [2, 5, 8], d: [9, 10, 11] })
  })

  it('gives who comes in the place of a dead member exactly what that one had', () => {
    const assignment = assignSticky(TWELVE, [member('b', 3, 1, 4, 7, 10), member('again'), member('c', 3, 2, 5, 8, 11)])
    expect(numbers(assignment)).toEqual({ again: [0, 3, 6, 9], b: [1, 4, 7, 10], c: [2, 5, 8, 11] })
  })

  it('gives back no more than a share when a member leaves and another comes, one after the other', () => {
    const left = assignSticky(TWELVE, [member('b', 3, 1, 4, 7, 10), member('c', 3, 2, 5, 8, 11)])
    const claims = [...left].map(([id, owned]) => ({ id, generation: 4, owned }))
    const joined = assignSticky(TWELVE, [...claims, member('again')])
    expect([...joined.values()].map(owned => owned.length)).toEqual([4, 4, 4])
    for (const { id, owned } of claims) expect(owned).toEqual(expect.arrayContaining(joined.get(id) ?? []))
  })

  it('moves only the partitions of a member that went away', () => {
    const assignment = assignSticky(shards(0, 1, 2, 3, 4, 5), [member('a', 3, 0, 3), member('b', 3, 1, 4)])
    expect(numbers(assignment)).toEqual({ a: [0, 2, 3], b: [1, 4, 5] })
  })

  it('lets the newer generation have what two members claim', () => {
    const assignment = assignSticky(shards(0, 1), [member('a', 3, 0, 1), member('b', 4, 1)])
    expect(numbers(assignment)).toEqual({ a: [0], b: [1] })
  })

  it('lets the lesser id have what two members of one generation claim', () => {
    const assignment = assignSticky(shards(0, 1), [member('b', 4, 0, 1), member('a', 4, 1)])
    expect(numbers(assignment)).toEqual({ a: [1], b: [0] })
  })

  it('keeps what a member of an older generation owned when nobody newer claims it', () => {
    const assignment = assignSticky(shards(0, 1, 2, 3), [member('a', 1, 2, 3), member('b', 4)])
    expect(numbers(assignment)).toEqual({ a: [2, 3], b: [0, 1] })
  })

  it('forgets claims to partitions that do not exist', () => {
    const assignment = assignSticky(shards(0, 1), [member('a', 1, 7, 8, 1), member('b')])
    expect(numbers(assignment)).toEqual({ a: [1], b: [0] })
  })

  it('leaves nobody with two more than another, gives each partition once, and moves as few as balance allows', () => {
    const claims = fc.array(fc.record({ generation: fc.nat(3), owned: fc.uniqueArray(fc.nat(20)) }), {
      minLength: 1,
      maxLength: 6,
    })
    fc.assert(
      fc.property(claims, fc.nat(18), (members, count) => {
        const partitions = shards(...Array(count).keys())
        const claiming = members.map(({ generation, owned }, at) => member(`m${at}`, generation, ...owned))
        const assignment = assignSticky(partitions, claiming)

        const all = [...assignment.values()].flat().map(partitionName)
        expect([...all].sort()).toEqual(partitions.map(partitionName).sort())
        const sizes = [...assignment.values()].map(owned => owned.length)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)

        // What one owner after the other may keep: its undisputed claims, up to its place in a balanced group.
        const claimed = new Set<string>()
        const undisputed = [...claiming]
          .sort((a, b) => b.generation - a.generation || (a.id < b.id ? -1 : 1))
          .map(({ id, owned }) => {
            const own = owned.map(partitionName).filter(name => !claimed.has(name) && all.includes(name))
            for (const name of own) claimed.add(name)
            return { id, own }
          })
        const stayed = undisputed
          .map(({ id, own }) => (assignment.get(id) ?? []).filter(each => own.includes(partitionName(each))).length)
          .reduce((sum, each) => sum + each, 0)
        const floor = Math.floor(count / members.length)
        const keepable = undisputed.reduce((sum, { own }) => sum + Math.min(own.length, floor), 0)
        const above = undisputed.filter(({ own }) => own.length > floor).length
        expect(stayed).toBeGreaterThanOrEqual(keepable + Math.min(above, count % members.length))
      }),
    )
  })

  it('gives the same answer whatever the order of members, partitions and claims', () => {
    const one = assignSticky(TWELVE, [member('a', 3, 0, 1, 2), member('b', 2, 2, 3), member('c')])
    const other = assignSticky([...TWELVE].reverse(), [member('c'), member('b', 2, 3, 2), member('a', 3, 2, 1, 0)])
    expect(other).toEqual(one)
    expect([...other.keys()]).toEqual([...one.keys()])
  })
})
