/** Watching all replicas: each change told once, at most ten times a second, over connections that nobody else holds. */
import { describe, expect, it } from 'vitest'
import type { Change } from '../../src/api/view.ts'
import { systemRandom } from '../../src/clock.ts'
import type { InstanceId } from '../../src/contract/ids.ts'
import { silentLog } from '../../src/log.ts'
import { ClusterWatch } from '../../src/peers/cluster-watch.ts'
import type { Owner, Ownership } from '../../src/peers/owners.ts'
import type { ServerSentEvent } from '../../src/server-sent-events.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { fakeView, idOf, ownerAt, SHARDS } from './replica-scene.ts'

const SELF: Owner = { replica: { name: 'a', url: 'http://a' }, reach: { kind: 'self' }, shards: [0] }

interface Connection {
  readonly peer: Owner
  readonly signal: AbortSignal
  hear(event: string, data: unknown): void
  /** As if the other replica had. */
  end(): void
}

function scene(first: readonly Owner[]) {
  const clock = new ManualClock()
  const local = fakeView(SELF.replica, [0])
  const connections: Connection[] = []
  const group = { owners: first, trouble: undefined as string | undefined, asked: 0 }
  const current = async (): Promise<Ownership> => {
    const { owners, trouble } = group
    group.asked += 1
    return { owners, trouble, ownerOf: shard => owners.find(({ shards }) => shards.includes(shard)) }
  }
  const follow = (peer: Owner, onEvent: (event: ServerSentEvent) => void, signal: AbortSignal) =>
    new Promise<string>(resolve => {
      const hear = (event: string, data: unknown) => {
        if (!signal.aborted) onEvent({ event, data: JSON.stringify(data) })
      }
      const end = () => resolve('it ended')
      connections.push({ peer, signal, hear, end })
      signal.addEventListener('abort', end)
    })
  const watch = new ClusterWatch({
    local,
    owners: { current },
    client: { follow },
    shards: SHARDS,
    clock,
    random: { ...systemRandom, fraction: () => 0.5 },
    log: silentLog,
  })
  const told: Change[] = []
  return { clock, local, connections, group, watch, told, tell: (change: Change) => told.push(change) }
}

const ids = (...all: InstanceId[]) => ({ now: 1, ids: all, isMore: false, isPopulation: false, operationsPerSecond: 5 })
const peer = () => ownerAt('b', 'http://b', [1, 2])

describe('somebody who watches', () => {
  it('is told at once what changes here and elsewhere, with the operations of all replicas', async () => {
    const { clock, local, connections, watch, told, tell } = scene([SELF, peer()])
    watch.watch(undefined, tell)
    await clock.settle()
    local.change([idOf(0)])
    await clock.advance(100)
    connections[0]?.hear('change', ids(idOf(1)))
    expect(told).toEqual([
      { ids: [idOf(0)], isMore: false, isPopulation: false, operationsPerSecond: 1 },
      { ids: [idOf(1)], isMore: false, isPopulation: false, operationsPerSecond: 6 },
    ])
    await clock.advance(3000)
    local.change([idOf(0)])
    expect(told.at(-1)?.operationsPerSecond).toBe(1)
  })

  it('is told at most ten times a second, and nothing is lost on the way', async () => {
    const { clock, connections, watch, told, tell } = scene([SELF, peer()])
    watch.watch(undefined, tell)
    await clock.settle()
    for (let number = 0; number < 100; number++) {
      connections[0]?.hear('change', ids(idOf(1, number), idOf(2, number)))
      await clock.advance(10)
    }
    await clock.advance(100)
    expect(told.length).toBeGreaterThan(5)
    expect(told.length).toBeLessThanOrEqual(11)
    expect(new Set(told.flatMap(change => change.ids)).size).toBe(200)
  })

  it('is told no ids where there are more than 250, but that there are more', async () => {
    const { clock, connections, watch, told, tell } = scene([SELF, peer()])
    watch.watch(undefined, tell)
    await clock.settle()
    connections[0]?.hear('change', ids(idOf(1)))
    for (let part = 0; part < 3; part++) {
      connections[0]?.hear('change', ids(...Array.from({ length: 500 }, (_, at) => idOf(1, part * 500 + at))))
    }
    await clock.advance(100)
    expect(told[1]?.ids).toEqual([])
    expect(told[1]?.isMore).toBe(true)
  })

  it('is told of the instances that he named only', async () => {
    const { clock, connections, watch, told, tell } = scene([SELF, peer()])
    watch.watch([idOf(1, 1), idOf(2, 2), idOf(0, 3)], tell)
    await clock.settle()
    connections[0]?.hear('change', ids(idOf(1, 9)))
    expect(told).toEqual([])
    connections[0]?.hear('change', ids(idOf(1, 9), idOf(1, 1)))
    expect(told[0]?.ids).toEqual([idOf(1, 1)])
    await clock.advance(100)
    connections[0]?.hear('change', { ...ids(idOf(1, 9)), isMore: true })
    expect(told[1]).toMatchObject({ ids: [idOf(1, 1), idOf(2, 2)], isMore: false })
  })

  it('looks at all of an owner again when the connection to it was made anew', async () => {
    const { clock, connections, watch, told, tell } = scene([SELF, peer()])
    watch.watch(undefined, tell)
    const one: Change[] = []
    watch.watch([idOf(0, 1), idOf(2, 2)], change => one.push(change))
    await clock.settle()
    connections[0]?.end()
    await clock.advance(200)
    expect(connections).toHaveLength(2)
    connections[1]?.hear('hello', {})
    expect(told).toEqual([{ ids: [], isMore: true, isPopulation: true, operationsPerSecond: 0 }])
    expect(one.map(change => change.ids)).toEqual([[idOf(2, 2)]])
  })

  it('hears nothing of what no replica of ours would send, and the connection is made anew', async () => {
    const { clock, connections, watch, told, tell } = scene([SELF, peer()])
    watch.watch(undefined, tell)
    await clock.settle()
    expect(() => connections[0]?.hear('change', { ids: 'all' })).toThrow()
    connections[0]?.hear('change', ids('<img>' as InstanceId))
    connections[0]?.hear('other', 'x')
    expect(told.flatMap(change => change.ids)).toEqual([])
  })

  it('waits longer each time for an owner that does not answer, and shorter again once it has', async () => {
    const { clock, connections, watch, tell } = scene([SELF, peer()])
    watch.watch(undefined, tell)
    await clock.settle()
    for (const ms of [200, 400, 800]) {
      const before = connections.length
      connections.at(-1)?.end()
      await clock.advance(ms - 1)
      expect(connections).toHaveLength(before)
      await clock.advance(1)
      expect(connections).toHaveLength(before + 1)
    }
    connections.at(-1)?.hear('hello', {})
    connections.at(-1)?.end()
    await clock.advance(200)
    expect(connections).toHaveLength(5)
  })
})

describe('a shard that moves', () => {
  it('is watched where it went, and looked at again', async () => {
    const { clock, connections, group, watch, told, tell } = scene([SELF, peer()])
    watch.watch(undefined, tell)
    const one: Change[] = []
    watch.watch([idOf(1), idOf(2)], change => one.push(change))
    await clock.settle()
    group.owners = [SELF, ownerAt('b', 'http://b', [1]), ownerAt('c', 'http://c', [2])]
    await clock.advance(2000)
    expect(connections.map(({ peer: { replica } }) => replica.name)).toEqual(['b', 'c'])
    expect(told).toMatchObject([{ isMore: true, isPopulation: true }])
    expect(one.map(change => change.ids)).toEqual([[idOf(2)]])
    group.owners = [SELF, ownerAt('c', 'http://c', [1, 2])]
    await clock.advance(2000)
    expect(connections.map(({ signal }) => signal.aborted)).toEqual([true, false])
    group.owners = []
    group.trouble = 'the group does not answer'
    await clock.advance(2000)
    expect(connections.map(({ signal }) => signal.aborted)).toEqual([true, false])
  })
})

describe('nobody who watches', () => {
  it('holds nothing: no connection, no watch here, no question to the group', async () => {
    const { clock, local, connections, group, watch, tell } = scene([SELF, peer()])
    expect(group.asked).toBe(0)
    const stops = [watch.watch(undefined, tell), watch.watch([idOf(1)], tell)]
    await clock.settle()
    expect(connections).toHaveLength(1)
    stops[0]?.()
    stops[0]?.()
    expect(connections[0]?.signal.aborted).toBe(false)
    stops[1]?.()
    expect(connections[0]?.signal.aborted).toBe(true)
    expect(local.watchers.size).toBe(0)
    const { asked } = group
    await clock.advance(60_000)
    expect({ asked: group.asked, connections: connections.length }).toEqual({ asked, connections: 1 })
    watch.watch(undefined, tell)
    await clock.settle()
    expect(connections).toHaveLength(2)
  })

  it('is told anything after he stopped, or after the end', async () => {
    const { clock, local, connections, watch, told, tell } = scene([SELF, peer()])
    const stop = watch.watch(undefined, tell)
    await clock.settle()
    local.change([idOf(0)])
    local.change([idOf(0, 1)])
    stop()
    await clock.advance(1000)
    expect(told).toHaveLength(1)
    watch.watch(undefined, tell)
    await clock.settle()
    await watch.close()
    expect(connections.every(({ signal }) => signal.aborted)).toBe(true)
    expect(local.watchers.size).toBe(0)
    watch.watch(undefined, tell)
    await clock.settle()
    local.change([idOf(0)])
    expect(told).toHaveLength(1)
  })
})
