/** Who owns which shard, as a group tells it that moves, hangs, fails and holds strangers. */
import { describe, expect, it } from 'vitest'
import { Owners } from '../../src/peers/owners.ts'
import type { Member } from '../../src/transport/port.ts'
import { ManualClock } from '../support/manual-clock.ts'

const SELF = { name: 'a', url: 'http://a:8080' }

function member(name: string, advertisedUrl: string, ...partitions: number[]): Member {
  return { name, advertisedUrl, partitions: partitions.map(partition => ({ topic: 't', partition })) }
}

/** Owners over a group that answers what `group` gives at the time. */
function ownersOf(group: () => readonly Member[] | Promise<readonly Member[]>) {
  const clock = new ManualClock()
  const asked = { times: 0 }
  const members = async () => {
    asked.times += 1
    return await group()
  }
  return { owners: new Owners({ members, self: SELF, shards: 6, clock }), clock, asked }
}

const TWO = [member('a', SELF.url, 0, 1), member('b', 'http://b:8080', 2, 3)]

describe('the owners of the shards', () => {
  it('are those that the group tells, this replica told apart by its name and address', async () => {
    const { owners } = ownersOf(() => [...TWO, member('a', 'http://elsewhere:8080', 4)])
    const ownership = await owners.current()
    expect([0, 1, 2, 3, 4, 5].map(shard => ownership.ownerOf(shard)?.reach)).toEqual([
      { kind: 'self' },
      { kind: 'self' },
      { kind: 'http', base: 'http://b:8080' },
      { kind: 'http', base: 'http://b:8080' },
      { kind: 'http', base: 'http://elsewhere:8080' },
      undefined,
    ])
    expect(ownership.trouble).toBeUndefined()
  })

  it('own no partition that an operator added, and count only where they own one', async () => {
    const { owners } = ownersOf(() => [member('b', 'http://b:8080', 6, 3, 2), member('c', 'http://c:8080', 7)])
    const ownership = await owners.current()
    expect(ownership.owners.map(({ shards }) => shards)).toEqual([[2, 3]])
    expect(ownership.ownerOf(6)).toBeUndefined()
  })

  it('are asked for once a second, however often somebody wants to know', async () => {
    const { owners, clock, asked } = ownersOf(() => TWO)
    await Promise.all([owners.current(), owners.current()])
    await clock.advance(999)
    await owners.current()
    expect(asked.times).toBe(1)
    await clock.advance(1)
    await owners.current()
    expect(asked.times).toBe(2)
  })

  it('are asked for again at once by whoever found that they have moved, and only by the first of them', async () => {
    let group = TWO
    const { owners, asked } = ownersOf(() => group)
    const seen = await owners.current()
    group = [member('b', 'http://b:8080', 0, 1, 2, 3)]
    const [one, other] = await Promise.all([owners.newerThan(seen), owners.newerThan(seen)])
    expect(one.ownerOf(0)?.replica.name).toBe('b')
    expect(other).toBe(one)
    expect(await owners.newerThan(seen)).toBe(one)
    expect(asked.times).toBe(2)
  })

  it('stay known while the group shares the shards out, and are forgotten when that takes too long', async () => {
    let group = TWO
    const { owners, clock } = ownersOf(() => group)
    await owners.current()
    group = [member('a', ''), member('b', '')]
    await clock.advance(5000)
    expect((await owners.current()).ownerOf(2)?.replica.name).toBe('b')
    await clock.advance(5000)
    expect((await owners.current()).ownerOf(2)).toBeUndefined()
  })

  it('stay known while the group cannot be asked', async () => {
    let isAway = false
    const { owners, clock } = ownersOf(() => {
      if (isAway) throw new Error('no broker')
      return TWO
    })
    await owners.current()
    isAway = true
    await clock.advance(60_000)
    const ownership = await owners.current()
    expect(ownership.ownerOf(2)?.replica.name).toBe('b')
  })

  it('are unknown, with the reason, while no group has answered', async () => {
    let isAway = true
    const { owners, clock } = ownersOf(() => {
      if (isAway) throw new Error('no broker')
      return TWO
    })
    expect((await owners.current()).trouble).toBe('the group of the shards cannot be asked: no broker')
    isAway = false
    await clock.advance(1000)
    expect((await owners.current()).trouble).toBeUndefined()
  })

  it('are waited for 1.5 s and no more, and one question to the group waits on for all', async () => {
    let answer = (_: readonly Member[]) => {}
    const group = new Promise<readonly Member[]>(resolve => {
      answer = resolve
    })
    const { owners, clock, asked } = ownersOf(() => group)
    const first = owners.current()
    await clock.advance(1500)
    expect((await first).trouble).toContain('did not answer within 1500 ms')
    expect((await owners.current()).trouble).toContain('did not answer')
    expect(asked.times).toBe(1)
    answer(TWO)
    await clock.settle()
    expect((await owners.current()).ownerOf(2)?.replica.name).toBe('b')
    expect(asked.times).toBe(1)
  })
})

describe('an address that anybody could have written', () => {
  const reachOf = async (url: string) => {
    const { owners } = ownersOf(() => [member('b', url, 2)])
    const owner = (await owners.current()).ownerOf(2)
    return { reach: owner?.reach, url: owner?.replica.url }
  }

  it.each([
    ['http://b:8080', 'http://b:8080'],
    ['https://b.example/quests/', 'https://b.example/quests'],
    ['HTTP://[::1]:8080/', 'http://[::1]:8080'],
  ])('(%s) is asked where it is a plain web address', async (url, base) => {
    expect(await reachOf(url)).toEqual({ reach: { kind: 'http', base }, url: base })
  })

  it.each([
    'file:///etc/passwd',
    'javascript:alert(1)',
    'ftp://b/',
    'b:8080',
    'http://',
    'http://user:secret@b:8080',
    'http://b:8080/?a=b',
    'http://b:8080/#a',
    'http://b :8080',
    `http://b/${'x'.repeat(3000)}`,
  ])('(%s) is neither asked nor shown where it is not', async url => {
    const { reach, url: shown } = await reachOf(url)
    expect(reach).toMatchObject({ kind: 'none', reason: expect.stringContaining('set ADVERTISED_URL there') })
    expect(shown).toBe('')
  })

  it('that is missing says how to tell one', async () => {
    expect((await reachOf('')).reach).toMatchObject({
      reason: expect.stringContaining('set ADVERTISED_URL there, and'),
    })
  })
})
