/** Three replicas that ask each other over real HTTP: any of them answers for all, whoever owns what, whoever is away. */
import type { RequestListener } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DOCUMENTS } from '../../src/api/documents.ts'
import { replicaIdentity } from '../../src/api/replica-header.ts'
import type { Change, InstancesAsked } from '../../src/api/view.ts'
import { systemClock, systemRandom } from '../../src/clock.ts'
import type { InstanceId } from '../../src/contract/ids.ts'
import { silentLog } from '../../src/log.ts'
import { ClusterView } from '../../src/peers/cluster-view.ts'
import { Owners } from '../../src/peers/owners.ts'
import { PeerClient } from '../../src/peers/peer-client.ts'
import type { Member } from '../../src/transport/port.ts'
import { eventually } from '../support/eventually.ts'
import {
  apiOf,
  type FakeView,
  fakeView,
  INSTALLATION,
  idOf,
  never,
  SHARDS,
  STAGE,
  serve,
  type TestServer,
} from './replica-scene.ts'

const LIMIT_MS = 500
const ALL: InstancesAsked = { search: { text: '', terms: [] }, after: undefined, size: 250 }

interface TestReplica {
  readonly local: FakeView
  readonly view: ClusterView
  readonly server: TestServer
  /** What it answers with; tests put something worse there. */
  listener: RequestListener
}

let replicas: TestReplica[] = []
let members: Member[] = []
let groupFails = false

/** As the group of the shards tells it. */
function memberOf({ local: { replica } }: TestReplica, ...shards: number[]): Member {
  return {
    name: replica.name,
    advertisedUrl: replica.url,
    partitions: shards.map(partition => ({ topic: 't', partition })),
  }
}

async function startReplica(name: string, held: readonly number[], ids: readonly InstanceId[]): Promise<TestReplica> {
  const server: TestServer = await serve((request, response) => replica.listener(request, response))
  const local = fakeView({ name, url: server.url }, held, ids)
  const shared = { clock: systemClock, random: systemRandom, log: silentLog }
  const view = new ClusterView({
    ...shared,
    local,
    held: () => [...local.held],
    owners: new Owners({
      members: async () => {
        if (groupFails) throw new Error('no broker')
        return members
      },
      self: local.replica,
      shards: SHARDS,
      clock: systemClock,
    }),
    client: new PeerClient({ ...shared, identityOf: of => replicaIdentity(INSTALLATION, of), limitMs: LIMIT_MS }),
    shards: SHARDS,
  })
  const replica: TestReplica = { local, view, server, listener: await apiOf(local, view) }
  return replica
}

beforeEach(async () => {
  groupFails = false
  replicas = [
    await startReplica('a', [0, 1], [idOf(0, 1), idOf(1, 4), idOf(0, 7)]),
    await startReplica('b', [2, 3], [idOf(2, 2), idOf(3, 5)]),
    await startReplica('c', [4, 5], [idOf(4, 3), idOf(5, 6), idOf(5, 8)]),
  ]
  members = replicas.map((replica, index) => memberOf(replica, 2 * index, 2 * index + 1))
})
afterEach(async () => {
  await Promise.all(replicas.map(({ view }) => view.close()))
  await Promise.all(replicas.map(({ server }) => server.close()))
})

const at = (index: number): TestReplica => {
  const replica = replicas[index]
  if (replica === undefined) throw new Error(`there is no replica ${index}`)
  return replica
}

describe('any replica', () => {
  it('lists the instances of all, page by page, with totals and states of all', async () => {
    at(2).local.instancesHeld.set(idOf(5, 8), 'cleared')
    for (const { view } of replicas) {
      const pages: string[][] = []
      let after: string | undefined
      for (let hasMore = true; hasMore; ) {
        const page = await view.instances({ ...ALL, after, size: 3 }, never)
        expect(page).toMatchObject({ total: 8, states: { active: 7, cleared: 1 }, silent: [] })
        pages.push(page.rows.map(({ id }) => id))
        after = page.rows.at(-1)?.id
        hasMore = page.hasMore
      }
      expect(pages).toEqual([
        [idOf(0, 1), idOf(2, 2), idOf(4, 3)],
        [idOf(1, 4), idOf(3, 5), idOf(5, 6)],
        [idOf(0, 7), idOf(5, 8)],
      ])
    }
  })

  it('tells the stage of every row, and how all ids are spread, where it is asked to', async () => {
    for (const { view } of replicas) {
      const { rows, spread } = await view.instances({ ...ALL, include: ['stage', 'spread'] }, never)
      expect(rows.map(({ stage }) => stage)).toEqual(Array(8).fill(STAGE))
      expect(spread?.[0]).toBe(8)
    }
    const { rows, spread } = await at(0).view.instances(ALL, never)
    expect([rows.filter(({ stage }) => stage !== undefined), spread]).toEqual([[], undefined])
  })

  it('passes the search on', async () => {
    at(2).local.instancesHeld.set(idOf(5, 8), 'cleared')
    const search = { text: 'state:cleared', terms: [{ kind: 'state' as const, states: ['cleared' as const] }] }
    const { rows, total } = await at(0).view.instances({ ...ALL, search }, never)
    expect({ ids: rows.map(({ id }) => id), total }).toEqual({ ids: [idOf(5, 8)], total: 1 })
  })

  it('tells of any instance, asking its owner alone', async () => {
    for (const { view } of replicas) {
      expect(await view.instance(idOf(3, 5), never)).toMatchObject({
        kind: 'found',
        instance: { owner: { name: 'b' } },
      })
      expect(await view.instance(idOf(3, 99), never)).toEqual({ kind: 'absent' })
    }
    expect(at(0).server.requests).toEqual([])
    expect(at(2).server.requests).toEqual([])
  })

  it('runs a command dry where the instance is', async () => {
    const value = JSON.stringify({ worldId: 0, characterId: 7, type: 'START', body: { instanceId: idOf(3, 5) } })
    for (const { view } of replicas) {
      const ran = await view.dryRun({ id: idOf(3, 5), value }, never)
      expect(ran).toEqual({ kind: 'ran', result: { outcome: 'refused', code: 'INVALID_STATE', reason: 'by b' } })
    }
    expect(at(1).local.dryRuns).toEqual([value, value, value])
    expect(await at(0).view.dryRun({ id: idOf(3, 99), value: '{"type":"START"}' }, never)).toEqual({ kind: 'absent' })
  })

  it('counts what lives anywhere, and shows every shard with its owner', async () => {
    for (const { view } of replicas) {
      expect((await view.counts(never)).quests).toMatchObject([{ definition: 'kerning@1', states: { active: 8 } }])
      const { shards, silent } = await view.shards(never)
      expect(shards.map(({ shard, owner, phase }) => `${shard} ${owner?.name} ${phase}`)).toEqual([
        '0 a running',
        '1 a running',
        '2 b running',
        '3 b running',
        '4 c running',
        '5 c running',
      ])
      expect(silent).toEqual([])
    }
  })

  it('tells what changes anywhere, and holds no connection when nobody watches any more', async () => {
    const told: Change[] = []
    const stop = at(0).view.watch([idOf(3, 5), idOf(5, 6)], change => told.push(change))
    await eventually(() => at(1).local.watchers.size === 1 && at(2).local.watchers.size === 1)
    // What its first connections say of what may have been missed.
    await eventually(() => new Set(told.flatMap(({ ids }) => ids)).size === 2)
    told.length = 0
    at(1).local.change([idOf(3, 5), idOf(2, 2)])
    at(2).local.change([idOf(5, 8)])
    await eventually(() => told.length > 0)
    expect(told).toMatchObject([{ ids: [idOf(3, 5)] }])
    stop()
    await eventually(() => at(1).server.underWay + at(2).server.underWay === 0)
    await eventually(() => at(1).local.watchers.size === 0)
  })
})

describe('a shard that has moved', () => {
  it('is asked for once more at its new owner, by whoever still knew the old one', async () => {
    expect(await at(0).view.instance(idOf(3, 5), never)).toMatchObject({ kind: 'found' })
    at(1).local.held.delete(3)
    at(2).local.held.add(3)
    at(2).local.instancesHeld.set(idOf(3, 5), 'active')
    members = [memberOf(at(0), 0, 1), memberOf(at(1), 2), memberOf(at(2), 3, 4, 5)]
    expect(await at(0).view.instance(idOf(3, 5), never)).toMatchObject({ instance: { owner: { name: 'c' } } })
  })

  it('is asked for here, when it has come to us', async () => {
    expect(await at(0).view.instance(idOf(3, 5), never)).toMatchObject({ kind: 'found' })
    at(1).local.held.delete(3)
    at(0).local.held.add(3)
    at(0).local.instancesHeld.set(idOf(3, 5), 'active')
    members = [memberOf(at(0), 0, 1, 3), memberOf(at(1), 2), memberOf(at(2), 4, 5)]
    expect(await at(0).view.instance(idOf(3, 5), never)).toMatchObject({ instance: { owner: { name: 'a' } } })
  })

  it('and does not run yet where it went is silent with what its new owner says, asked once', async () => {
    at(1).local.held.delete(3)
    const found = await at(0).view.instance(idOf(3, 5), never)
    expect(found).toMatchObject({
      kind: 'silent',
      silence: { replica: { name: 'b' }, shards: [3], reason: expect.stringContaining('shard 3 does not run here') },
    })
    expect(at(1).server.requests).toHaveLength(1)
  })

  it('is found by the first question, where nobody was known to own it', async () => {
    const all = members
    members = [memberOf(at(0), 0, 1)]
    expect(await at(0).view.instance(idOf(3, 5), never)).toMatchObject({
      kind: 'silent',
      silence: { replica: { name: 'nobody' }, shards: [3], reason: expect.stringContaining('no replica owns it now') },
    })
    members = all
    expect(await at(0).view.instance(idOf(3, 5), never)).toMatchObject({ kind: 'found' })
  })

  it('to nobody is shown as such', async () => {
    members = members.slice(0, 2)
    const { rows, silent } = await at(0).view.instances(ALL, never)
    expect(rows).toHaveLength(5)
    expect(silent).toMatchObject([{ replica: { name: 'nobody' }, shards: [4, 5] }])
    const shards = await at(0).view.shards(never)
    expect(shards.shards.slice(3)).toMatchObject([{ phase: 'running' }, { phase: 'unowned' }, { phase: 'unowned' }])
  })
})

describe('a shard that comes to us', () => {
  it('is missed aloud until we hold it', async () => {
    at(0).local.held.delete(1)
    at(0).local.instancesHeld.delete(idOf(1, 4))
    const silence = { replica: at(0).local.replica, shards: [1], reason: 'it is just taking it: try again' }
    expect(await at(0).view.instances(ALL, never)).toMatchObject({ total: 7, silent: [silence] })
    expect((await at(0).view.counts(never)).silent).toEqual([silence])
    const { shards } = await at(0).view.shards(never)
    expect(shards[1]).toMatchObject({ phase: 'unknown', owner: { name: 'a' }, trouble: silence.reason })
  })
})

describe('an owner that does not answer', () => {
  it.each<[string, (replica: TestReplica) => void | Promise<void>]>([
    [
      'because it hangs',
      replica => {
        replica.listener = () => {}
      },
    ],
    ['because it is gone', replica => replica.server.close()],
    [
      'but with garbage',
      replica => {
        replica.listener = (_, response) => response.end('<html>')
      },
    ],
  ])('%s costs its part of the answer, and says so, in time', async (_, misbehave) => {
    await misbehave(at(2))
    const { view } = at(0)
    const startedAt = performance.now()
    const silence = { replica: at(2).local.replica, shards: [4, 5] }
    const [instances, counts, shards, found, ran] = await Promise.all([
      view.instances(ALL, never),
      view.counts(never),
      view.shards(never),
      view.instance(idOf(5, 6), never),
      view.dryRun({ id: idOf(5, 6), value: '{}' }, never),
    ])
    expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS * 6)
    expect(instances).toMatchObject({ total: 5, silent: [silence] })
    expect(counts).toMatchObject({ quests: [{ states: { active: 5 } }], silent: [silence] })
    expect(shards.silent).toMatchObject([silence])
    expect(shards.shards.slice(3)).toMatchObject([
      { phase: 'running' },
      { phase: 'unknown', owner: { name: 'c' }, trouble: expect.any(String) },
      { phase: 'unknown', owner: { name: 'c' } },
    ])
    expect(found).toMatchObject({ kind: 'silent', silence: { replica: { name: 'c' }, shards: [5] } })
    expect(ran).toMatchObject({ kind: 'silent', silence: { replica: { name: 'c' }, shards: [5] } })
  })

  it('because it has another CONSOLE_TOKEN is named to the page, with the cause and the cure', async () => {
    const { local, view } = at(2)
    at(2).listener = await apiOf(local, view, 'a token of its own')
    const response = await fetch(`${at(0).server.url}/api/instances`)
    const { data, meta } = DOCUMENTS.Instances.parse(await response.json())
    const reason = 'it asks for a CONSOLE_TOKEN, and this replica has none: give all replicas the same'
    expect([data.length, meta.total, meta.silent]).toEqual([5, 5, [{ replica: local.replica, shards: [4, 5], reason }]])
  })

  it('because it tells no address is named with the cure, and not asked', async () => {
    members = members.map(member => (member.name === 'c' ? { ...member, advertisedUrl: '' } : member))
    const { silent } = await at(0).view.instances(ALL, never)
    expect(silent).toEqual([
      { replica: { name: 'c', url: '' }, shards: [4, 5], reason: expect.stringContaining('set ADVERTISED_URL there') },
    ])
    expect(at(2).server.requests).toEqual([])
  })
})

describe('a replica that cannot ask the group', () => {
  it('answers for itself, and says of which shards nobody is known', async () => {
    groupFails = true
    const { view } = at(0)
    const { rows, silent } = await view.instances(ALL, never)
    expect(rows.map(({ id }) => id)).toEqual([idOf(0, 1), idOf(1, 4), idOf(0, 7)])
    expect(silent).toEqual([
      { replica: { name: 'nobody', url: '' }, shards: [2, 3, 4, 5], reason: expect.stringContaining('no broker') },
    ])
    expect(await view.instance(idOf(0, 1), never)).toMatchObject({ kind: 'found' })
    expect(await view.instance(idOf(3, 5), never)).toMatchObject({ silence: { shards: [3] } })
    const { shards } = await view.shards(never)
    expect(shards.map(({ phase }) => phase)).toEqual(['running', 'running', ...Array(4).fill('unknown')])
  })

  it('goes on with what it knew', async () => {
    await at(0).view.instance(idOf(3, 5), never)
    groupFails = true
    expect(await at(0).view.instances(ALL, never)).toMatchObject({ total: 8, silent: [] })
  })
})

describe('nothing hangs', () => {
  it('on a close in the middle of questions and watches', async () => {
    for (const index of [1, 2]) at(index).listener = () => {}
    const { view } = at(0)
    view.watch(undefined, () => {})
    const answers = [view.instances(ALL, never), view.instance(idOf(3, 5), never), view.shards(never)]
    await eventually(() => at(1).server.requests.length >= 3)
    await view.close()
    await Promise.all(answers)
    await eventually(() => at(1).server.underWay + at(2).server.underWay === 0)
    expect(at(0).local.watchers.size).toBe(0)
    expect(await view.instances(ALL, never)).toMatchObject({ total: 3 })
  })
})
