/**
 * Promise: any replica answers for all, on a real Kafka and in processes of their own, whoever owns what, and while
 * shards move; of one that is stopped or dead the others say which shards it leaves untold. One installation for the
 * whole file, whose replicas leave one after the other.
 */
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type ChangeEvent, change, DOCUMENTS, type Document } from '../../src/api/documents.ts'
import { LOCAL_ONLY, REPLICA_HEADER } from '../../src/api/replica-header.ts'
import { shardOfInstance } from '../../src/contract/shard-key.ts'
import { readEvents } from '../../src/server-sent-events.ts'
import { connect } from '../inspect/scene.ts'
import { installations, SHARDS } from '../integrity/installation.ts'
import { describeWithKafka } from '../support/brokers.ts'
import { eventually } from '../support/eventually.ts'
import type { ServiceProcess } from '../support/service-process.ts'
import { TENANT } from '../support/tenants.ts'

const LIMIT_MS = 90_000
/** On a machine that does much else. */
const WAIT = { limitMs: 45_000, pollMs: 100 }
/** A replica waits 1.5 s for another; the rest is its own work. */
const LIST_LIMIT_MS = 2000
const TOKEN = 'all-replicas-have-the-same-one'
const AUTHORIZED = { authorization: `Bearer ${TOKEN}` }
/** One in each channel, whose lobby it opens. */
const INSTANCES = 24
const PAGE = 5

/** Waits for its START, and then for commands: no timer of it is due while the tests run. */
const MILL = {
  questId: 'mill_pq',
  name: 'The Old Mill',
  duration: 3600,
  registration: { type: 'individual', mode: 'timed', duration: 3600 },
  exit: 900,
  stages: [
    {
      ...{ index: 0, name: 'The Gate', mapIds: [100], type: 'item_collection' },
      clearConditions: [{ type: 'item', operator: '>=', value: 4, referenceId: 4001008 }],
    },
  ],
}

interface Known {
  readonly id: string
  readonly shard: number
  readonly characterId: number
}

describeWithKafka('three replicas that have one token', kafka => {
  const install = installations()
  const replicas = new Map<string, ServiceProcess>()
  let known: readonly Known[] = []

  const replica = (name: string): ServiceProcess => {
    const found = replicas.get(name)
    if (found === undefined) throw new Error(`no replica ${name}`)
    return found
  }

  async function ask(name: string, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return await fetch(`${replica(name).url}${path}`, { headers: { ...AUTHORIZED, ...headers } })
  }
  async function list(name: string, query = 'page[size]=250', headers = {}): Promise<Document<'Instances'>> {
    return DOCUMENTS.Instances.parse(await (await ask(name, `/api/instances?${query}`, headers)).json())
  }
  async function instance(name: string, id: string) {
    const answer = await ask(name, `/api/instances/${id}`)
    const body: unknown = await answer.json()
    if (answer.status !== 200) throw new Error(`${answer.status}: ${JSON.stringify(body)}`)
    return DOCUMENTS.Instance.parse(body).data.attributes
  }
  async function shards(name: string): Promise<Document<'Shards'>> {
    return DOCUMENTS.Shards.parse(await (await ask(name, '/api/shards')).json())
  }
  async function post(name: string, path: string, body: unknown): Promise<unknown> {
    const headers = { ...AUTHORIZED, 'content-type': 'application/json' }
    const answer = await fetch(`${replica(name).url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`)
    return await answer.json()
  }
  async function send(name: string, ...commands: readonly object[]): Promise<void> {
    await post(name, '/api/commands', {
      records: commands.map(command => ({ value: JSON.stringify({ worldId: 0, ...command }), tenant: TENANT })),
    })
  }
  const command = (type: string, { id, characterId }: Known) => ({ characterId, type, body: { instanceId: id } })

  /** An instance of a shard that `owner` says is its own. */
  async function ownedBy(owner: string): Promise<Known> {
    const { data } = await shards(owner)
    const own = data
      .filter(({ attributes }) => attributes.owner?.name === owner)
      .map(({ attributes: { shard } }) => shard)
    const found = known.find(({ shard }) => own.includes(shard))
    if (found === undefined) throw new Error(`no instance in the shards ${own} of ${owner}`)
    return found
  }

  /** The next one of its shard, or the one behind that. */
  function besides({ id, shard }: Known, place: 1 | 2 = 1): Known {
    const found = known.filter(one => one.shard === shard && one.id !== id)[place - 1]
    if (found === undefined) throw new Error(`shard ${shard} has no ${place + 1} instances`)
    return found
  }

  /** Everything is told, by every replica that is named, and nobody is silent. */
  async function untilWhole(...names: readonly string[]): Promise<void> {
    await eventually(async () => {
      for (const name of names) {
        const { meta } = await list(name)
        expect(meta, name).toMatchObject({ total: INSTANCES, silent: [] })
        const { data } = await shards(name)
        expect(data.map(({ attributes: { phase } }) => phase)).toEqual(Array(SHARDS).fill('running'))
      }
      return true
    }, WAIT)
  }

  /** What `/api/live` says until the test ends. */
  async function follow(name: string, query = ''): Promise<readonly ChangeEvent[]> {
    const closing = new AbortController()
    onTestFinished(() => closing.abort())
    const { body } = await fetch(`${replica(name).url}/api/live${query}`, {
      headers: AUTHORIZED,
      signal: closing.signal,
    })
    const changes: ChangeEvent[] = []
    const read = async () => {
      for await (const { event, data } of readEvents(body)) {
        if (event === 'change') changes.push(change.parse(JSON.parse(data)))
      }
    }
    // Ends with the test, or with the replica: what was not heard then is missed by the test.
    void read().catch(() => {})
    return changes
  }

  beforeAll(async () => {
    const { start } = await install({
      bootstrap: kafka.bootstrap,
      prefix: `${kafka.topicPrefix()}-cluster`,
      definitions: [MILL],
      // Long enough to look at one that stands still, and to kill it behind that, before the group gives it up.
      env: { CONSOLE_TOKEN: TOKEN, CONSOLE_WRITES: 'true', SESSION_TIMEOUT_MS: '9000' },
    })
    for (const name of ['a', 'b', 'c']) replicas.set(name, await start(name))
    await Promise.all([...replicas.values()].map(one => one.untilReady(WAIT.limitMs)))
    const registers = Array.from({ length: INSTANCES }, (_, place) => ({
      ...{ characterId: 30_001 + place, type: 'REGISTER' },
      body: { questId: 'mill_pq', partyId: 0, channelId: 1 + place, mapId: 0 },
    }))
    await send('a', ...registers)
    await untilWhole('a', 'b', 'c')
    const { data } = await list('a')
    known = data.map(({ id, attributes: { shard, characters } }) => ({
      ...{ id, shard },
      characterId: characters[0]?.characterId ?? 0,
    }))
  }, LIMIT_MS)

  describe('that all run', () => {
    it('list the same instances, each once on the pages, though no one of them holds all', async () => {
      expect(new Set(known.map(({ shard }) => shard)).size).toBe(SHARDS)
      for (const name of replicas.keys()) {
        const ids: string[] = []
        for (let query: string | null = `?page[size]=${PAGE}`; query !== null; ) {
          const { data, meta, links }: Document<'Instances'> = await list(name, query.slice(1))
          expect(meta).toMatchObject({ total: INSTANCES, states: { registering: INSTANCES }, silent: [] })
          ids.push(...data.map(({ id }) => id))
          query = links.next
        }
        expect(ids, name).toEqual(known.map(({ id }) => id))
        const own = (await list(name, 'page[size]=250', { [REPLICA_HEADER]: LOCAL_ONLY })).meta.total
        expect(own, name).toBeGreaterThan(0)
        expect(own, name).toBeLessThan(INSTANCES)
      }
    })

    it('tell of every shard whose it is, and agree on it', async () => {
      const told = await Promise.all([...replicas.keys()].map(shards))
      const owners = told.map(({ data }) => data.map(({ attributes: { shard, owner } }) => [shard, owner]))
      expect(owners[1]).toEqual(owners[0])
      expect(owners[2]).toEqual(owners[0])
      expect(owners[0]?.map(([shard]) => shard)).toEqual([0, 1, 2, 3])
      const names = new Set(told[0]?.data.map(({ attributes }) => attributes.owner?.name))
      expect([...names].sort()).toEqual(['a', 'b', 'c'])
    })

    it('answer for an instance that another owns, and try a command there without doing it', async () => {
      const one = await ownedBy('b')
      const there = await instance('b', one.id)
      expect(there.owner).toEqual({ name: 'b', url: replica('b').url })
      expect(await instance('a', one.id)).toEqual(there)
      const body = { type: 'START', body: {} }
      const ran = DOCUMENTS.DryRun.parse(await post('a', `/api/instances/${one.id}/dry-run`, body))
      expect(ran.data).toMatchObject({ outcome: 'applied', operation: { from: 'registering', to: 'active' } })
      expect(await instance('b', one.id)).toEqual(there)
      expect((await ask('a', `/api/instances/${nobodyBeside(one.id)}`)).status).toBe(404)
    })

    it('stream what changes at another, of one instance as of all', async () => {
      const one = await ownedBy('b')
      const other = besides(one)
      const ofOne = await follow('a', `?instances=${one.id}`)
      // Now the other is listened to: from here on nothing is missed.
      await eventually(() => ofOne.length > 0, WAIT)
      const ofAll = await follow('a')
      await send('a', command('START', other))
      await eventually(() => ofAll.some(({ ids }) => ids.includes(other.id)), WAIT)
      await send('a', command('START', one))
      const told = { ids: [one.id], isMore: false, isPopulation: false }
      await eventually(() => {
        expect(ofOne).toContainEqual(expect.objectContaining(told))
        return true
      }, WAIT)
      expect(ofOne.flatMap(({ ids }) => ids)).not.toContain(other.id)
      expect((await instance('a', one.id)).state).toBe('active')
    })

    it('let an inspector at one follow an instance of another', async () => {
      const one = besides(await ownedBy('b'), 2)
      const url = `${replica('a').url.replace(/^http/, 'ws')}/inspect?instance=${one.id}`
      const { frames, socket } = connect(url, AUTHORIZED)
      onTestFinished(() => socket.terminate())
      await eventually(() => frames.some(({ type }) => type === '@xstate.actor'), WAIT)
      await send('b', command('START', one))
      const event = expect.objectContaining({ type: 'START' })
      await eventually(() => {
        expect(frames).toContainEqual(expect.objectContaining({ type: '@xstate.event', sessionId: one.id, event }))
        return true
      }, WAIT)
      expect(frames.at(-1)).toMatchObject({ type: '@xstate.snapshot', snapshot: { value: 'active' } })
    })

    it('let nobody in without the token, and write it into no log', async () => {
      for (const path of ['/api/instances', `/api/instances/${known[0]?.id}`, '/api/shards', '/api/live']) {
        const headers = { [REPLICA_HEADER]: LOCAL_ONLY }
        expect((await fetch(`${replica('a').url}${path}`, { headers })).status, path).toBe(401)
      }
      for (const { output, errors } of replicas.values()) expect(output + errors).not.toContain(TOKEN)
    })
  })

  it(
    'of whom one leaves, go on to tell of its instances, to listeners and inspectors too',
    async () => {
      const one = await ownedBy('c')
      const changes = await follow('a')
      const url = `${replica('a').url.replace(/^http/, 'ws')}/inspect?instance=${one.id}`
      const { frames, socket } = connect(url, AUTHORIZED)
      onTestFinished(() => socket.terminate())
      await eventually(() => changes.length > 0 && frames.length > 0, WAIT)
      expect(await replica('c').terminate(WAIT.limitMs)).toEqual({ code: 0, signal: null })
      replicas.delete('c')
      await untilWhole('a', 'b')
      expect((await instance('a', one.id)).owner.name).not.toBe('c')
      await send('a', command('START', one))
      const ids = expect.arrayContaining([one.id])
      await eventually(() => {
        expect(changes).toContainEqual(expect.objectContaining({ ids }))
        expect(frames.at(-1)).toMatchObject({ type: '@xstate.snapshot', snapshot: { value: 'active' } })
        return true
      }, WAIT)
    },
    LIMIT_MS,
  )

  it(
    'of whom one stands still, say whose shards are untold within two seconds, and all again when it goes on',
    async () => {
      const one = await ownedBy('b')
      const mine = await ownedBy('a')
      const own = (await list('a', 'page[size]=250', { [REPLICA_HEADER]: LOCAL_ONLY })).meta.total
      replica('b').pause()
      onTestFinished(() => replica('b').resume())
      const tries: number[] = []
      for (let look = 0; look < 2; look++) {
        const from = performance.now()
        const { data, meta } = await list('a')
        tries.push(performance.now() - from)
        expect(meta.total).toBe(own)
        expect(data.map(({ id }) => id)).toContain(mine.id)
        expect(meta.silent).toMatchObject([{ replica: { name: 'b' }, reason: 'it did not answer within 1500 ms' }])
        expect(meta.silent[0]?.shards).toContain(one.shard)
      }
      // The better of two: the machine may do much else.
      expect(Math.min(...tries)).toBeLessThan(LIST_LIMIT_MS)
      expect((await instance('a', mine.id)).owner.name).toBe('a')
      await expectSilent(one, 'did not answer')
      replica('b').resume()
      await untilWhole('a', 'b')
      expect((await instance('a', one.id)).state).toBe('active')
    },
    LIMIT_MS,
  )

  it(
    'of whom one is killed, say so until its session ends, and then tell all of what it had',
    async () => {
      const one = await ownedBy('b')
      const own = (await list('a', 'page[size]=250', { [REPLICA_HEADER]: LOCAL_ONLY })).meta.total
      await replica('b').kill()
      const { meta, data } = await list('a')
      const { url } = replica('b')
      expect(meta.silent).toMatchObject([{ replica: { name: 'b', url }, reason: 'nobody listens at its address' }])
      expect([...(meta.silent[0]?.shards ?? [])].sort()).toEqual(
        [0, 1, 2, 3].filter(shard => !data.some(row => row.attributes.shard === shard)),
      )
      expect(meta.total).toBe(own)
      const told = (await shards('a')).data.find(({ attributes }) => attributes.shard === one.shard)
      expect(told?.attributes).toMatchObject({ phase: 'unknown', owner: { name: 'b' } })
      await expectSilent(one, 'nobody listens')
      await untilWhole('a')
      expect((await instance('a', one.id)).owner.name).toBe('a')
    },
    LIMIT_MS,
  )

  async function expectSilent(one: Known, reason: string): Promise<void> {
    const answer = await ask('a', `/api/instances/${one.id}`)
    expect(answer.status).toBe(503)
    const { errors } = DOCUMENTS.Errors.parse(await answer.json())
    for (const word of ['replica b at ', replica('b').url, `shard ${one.shard}`, reason]) {
      expect(errors[0]?.detail).toContain(word)
    }
  }
})

/** An id of nobody, in the same shard. */
function nobodyBeside(id: string): string {
  const nobody = `00000000${id.slice(8)}`
  expect(shardOfInstance(nobody, SHARDS)).toBe(shardOfInstance(id, SHARDS))
  return nobody
}
