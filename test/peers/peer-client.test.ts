/** Another replica as a real HTTP server, answering as it should and in every way in which it should not. */
import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { replicaIdentity } from '../../src/api/replica-header.ts'
import { systemClock } from '../../src/clock.ts'
import { PeerClient, type PeerClientOptions } from '../../src/peers/peer-client.ts'
import {
  countsQuestion,
  dryRunQuestion,
  instanceQuestion,
  instanceSinceQuestion,
  instancesQuestion,
  type Question,
  shardsQuestion,
} from '../../src/peers/questions.ts'
import { eventually } from '../support/eventually.ts'
import { recordedLog } from '../support/recorded-log.ts'
import {
  apiOf,
  fakeView,
  headersOf,
  INSTALLATION,
  idOf,
  instanceOf,
  never,
  ownerAt,
  rowOf,
  serve,
  type TestServer,
} from './replica-scene.ts'

const NAME = 'b'
const LIMIT_MS = 250
const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

function clientOf(more: Partial<PeerClientOptions> = {}): PeerClient {
  const client = new PeerClient({
    identityOf: name => replicaIdentity(INSTALLATION, name),
    clock: systemClock,
    log: recordedLog(),
    limitMs: LIMIT_MS,
    ...more,
  })
  closing.push(() => client.close())
  return client
}

async function peerOf(listener: Parameters<typeof serve>[0]): Promise<TestServer> {
  const server = await serve(listener)
  closing.push(() => server.close())
  return server
}

const view = () => fakeView({ name: NAME, url: 'http://b' }, [1, 2], [idOf(1, 1), idOf(2, 2)])
const search = { text: '', terms: [] }

describe('a replica that answers', () => {
  it('tells its rows, one instance, counts, shards and dry runs as a View of its own would', async () => {
    const own = view()
    const { url } = await peerOf(await apiOf(own))
    const peer = ownerAt(NAME, url)
    const ask = async <T>(question: Question<T>) => await clientOf({ limitMs: 5000 }).ask(peer, question, never)
    const asked = { search, after: idOf(0, 1), size: 1 }
    expect(await ask(instancesQuestion(asked))).toEqual({ kind: 'answered', value: await own.instances(asked, never) })
    expect(await ask(instanceQuestion(idOf(1, 1)))).toEqual({
      kind: 'answered',
      value: instanceOf(idOf(1, 1), own.replica),
    })
    const mark = { sequence: 12, at: 1000 }
    expect(await ask(instanceSinceQuestion(idOf(1, 1), mark))).toEqual({
      kind: 'answered',
      value: expect.objectContaining({ isWhole: false, shard: 1 }),
    })
    expect(await ask(instanceQuestion(idOf(1, 9)))).toEqual({ kind: 'absent' })
    expect(await ask(countsQuestion())).toMatchObject({
      kind: 'answered',
      value: { quests: [{ definition: 'kerning@1', states: { active: 2 } }] },
    })
    expect(await ask(shardsQuestion())).toEqual({ kind: 'answered', value: await own.shards(never) })
    const value = JSON.stringify({ worldId: 0, characterId: 7, type: 'START', body: { instanceId: idOf(1, 1) } })
    expect(await ask(dryRunQuestion({ id: idOf(1, 1), value }))).toMatchObject({ kind: 'answered' })
    expect(own.dryRuns).toEqual([value])
  })

  it('is told to answer for itself alone, and who asks by the token', async () => {
    const server = await peerOf(await apiOf(view()))
    await clientOf({ token: 'a token of ours' }).ask(ownerAt(NAME, server.url), shardsQuestion(), never)
    await clientOf().ask(ownerAt(NAME, server.url), shardsQuestion(), never)
    expect(server.requests.map(({ headers }) => [headers['x-party-quest-replica'], headers.authorization])).toEqual([
      ['local', 'Bearer a token of ours'],
      ['local', undefined],
    ])
  })

  it('is asked below the path of its address', async () => {
    const server = await peerOf(await apiOf(view()))
    await clientOf().ask(ownerAt(NAME, `${server.url}/behind/a/proxy`), shardsQuestion(), never)
    expect(server.requests[0]?.url).toBe('/behind/a/proxy/api/shards')
  })

  it('is asked eight things at a time, and the rest after them', async () => {
    const waiting: ServerResponse[] = []
    const server = await peerOf((_, response) => waiting.push(response))
    const client = clientOf({ limitMs: 10_000 })
    const own = view()
    const { shards } = await own.shards(never)
    const data = shards.map(attributes => ({ type: 'shards', id: String(attributes.shard), attributes }))
    const text = JSON.stringify({ data, meta: { now: 1, silent: [] }, links: { next: null } })
    const answers = Array.from({ length: 20 }, () => client.ask(ownerAt(NAME, server.url), shardsQuestion(), never))
    for (let answered = 0; answered < 20; answered++) {
      await eventually(() => waiting.length === Math.min(8, 20 - answered))
      waiting.shift()?.writeHead(200, headersOf(NAME)).end(text)
    }
    expect((await Promise.all(answers)).map(({ kind }) => kind)).toEqual(Array(20).fill('answered'))
    expect(server.underWayPeak).toBe(8)
  })
})

type Misbehaviour = (response: ServerResponse) => void
const shardsText = JSON.stringify({ data: [], meta: { now: 1, silent: [] }, links: { next: null } })

const MISBEHAVIOURS: [string, Misbehaviour, string][] = [
  ['says nothing at all', () => {}, `did not answer within ${LIMIT_MS} ms`],
  ['sends half an answer and then nothing', r => r.writeHead(200, headersOf(NAME)).write('{"data":'), 'did not answer'],
  [
    'drips its answer byte by byte',
    r => {
      r.writeHead(200, headersOf(NAME))
      const drip = setInterval(() => r.write(' '), 20)
      r.on('close', () => clearInterval(drip))
    },
    'did not answer',
  ],
  ['breaks off in the head', r => r.destroy(), 'broke off the connection'],
  [
    'breaks off in the body',
    r => {
      r.writeHead(200, { ...headersOf(NAME), 'content-length': '100' })
      r.write('{"data"', () => r.destroy())
    },
    'broke off the connection',
  ],
  ['ends too early', r => r.writeHead(200, headersOf(NAME)).end('{"data":['), 'not JSON, or not all of it'],
  ['answers garbage', r => r.writeHead(200, headersOf(NAME)).end(Buffer.from([0xff, 0, 1, 2])), 'not JSON'],
  ['is of another release', r => r.writeHead(200, headersOf(NAME)).end('{"data":[{"type":"x"}]}'), 'at data.0.type'],
  ['answers null', r => r.writeHead(200, headersOf(NAME)).end('null'), 'none of this release'],
  ['answers with a page', r => r.writeHead(200, headersOf(NAME, 'text/html')).end(shardsText), '"text/html"'],
  [
    'tells no type',
    r => r.writeHead(200, { ...headersOf(NAME), 'content-type': '' }).end(shardsText),
    'answered with ""',
  ],
  ['fails', r => r.writeHead(500, headersOf(NAME)).end('oops'), 'it answered 500'],
  [
    'fails and says why',
    r => {
      const errors = [{ status: '503', title: 'No', detail: 'the shard is restoring' }]
      r.writeHead(503, headersOf(NAME)).end(JSON.stringify({ errors }))
    },
    'it answered 503: the shard is restoring',
  ],
  ['stands behind what wants another word', r => r.writeHead(401).end(), 'does not say that it is this replica'],
  ['knows no such path', r => r.writeHead(404, headersOf(NAME)).end('{}'), 'it answered 404'],
  ['is somebody else', r => r.writeHead(200, headersOf('c')).end(shardsText), 'does not say that it is this replica'],
  ['is no replica', r => r.writeHead(200, { 'content-type': 'application/json' }).end(shardsText), 'does not say that'],
  [
    'is of another installation',
    r => {
      const other = replicaIdentity({ ...INSTALLATION, prefix: 'other' }, NAME)
      r.writeHead(200, { ...headersOf(NAME), 'x-party-quest-replica': other }).end(shardsText)
    },
    'of this installation',
  ],
]

describe('a replica that', () => {
  it.each(MISBEHAVIOURS)('%s is silent, with the reason', async (_, misbehave, reason) => {
    const server = await peerOf((_request, response) => misbehave(response))
    const peer = ownerAt(NAME, server.url, [1, 2])
    const startedAt = performance.now()
    const answer = await clientOf().ask(peer, shardsQuestion(), never)
    expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS * 8)
    expect(answer).toEqual({
      kind: 'silent',
      silence: { replica: peer.replica, shards: [1, 2], reason: expect.stringContaining(reason) },
    })
  })

  it('leads to another address is silent, and nobody is asked there', async () => {
    const elsewhere = await peerOf(await apiOf(view()))
    const server = await peerOf((request, response) => {
      response.writeHead(307, { ...headersOf(NAME), location: `${elsewhere.url}${request.url}` }).end()
    })
    const answer = await clientOf({ token: 'a token of ours' }).ask(ownerAt(NAME, server.url), shardsQuestion(), never)
    expect(answer).toMatchObject({ silence: { reason: expect.stringContaining('which is not followed') } })
    expect(elsewhere.requests).toEqual([])
  })

  it('answers without end is read no further than 16 MiB', async () => {
    let written = 0
    const server = await peerOf((_, response) => {
      response.writeHead(200, headersOf(NAME))
      const chunk = Buffer.alloc(1 << 20, ' ')
      const write = () => {
        while (!response.destroyed) {
          written += chunk.length
          if (!response.write(chunk)) return
        }
      }
      response.on('drain', write)
      write()
    })
    const answer = await clientOf({ limitMs: 20_000 }).ask(ownerAt(NAME, server.url), shardsQuestion(), never)
    expect(answer).toMatchObject({ silence: { reason: 'its answer is larger than 16 MiB' } })
    await eventually(() => server.underWay === 0)
    expect(written).toBeLessThan(64 << 20)
  })

  it('gives more rows than were asked for, or a row without an id, is silent', async () => {
    const answering = async (ids: string[]) => {
      const data = ids.map(id => ({ type: 'instances', id, attributes: rowOf(idOf(1)) }))
      const meta = { now: 1, silent: [], total: 2, states: {} }
      const text = JSON.stringify({ data, meta, links: { next: null } })
      const server = await peerOf((_, response) => response.writeHead(200, headersOf(NAME)).end(text))
      return await clientOf().ask(
        ownerAt(NAME, server.url),
        instancesQuestion({ search, after: undefined, size: 1 }),
        never,
      )
    }
    expect(await answering([idOf(1)])).toMatchObject({ kind: 'answered' })
    expect(await answering([idOf(1), idOf(2)])).toMatchObject({ kind: 'silent' })
    expect(await answering(['<img src=x>'])).toMatchObject({ kind: 'silent' })
  })

  it('is not there is silent at once, and said so in the log once, not each time', async () => {
    const server = await serve(() => {})
    await server.close()
    const log = recordedLog()
    const client = clientOf({ log })
    const peer = ownerAt(NAME, server.url)
    for (let times = 0; times < 3; times++) {
      expect(await client.ask(peer, shardsQuestion(), never)).toMatchObject({
        silence: { reason: 'nobody listens at its address' },
      })
    }
    expect(log.at('warn')).toEqual(['another replica is silent'])
  })

  it.each([
    [
      'wants another token',
      'a token of ours',
      "it does not accept this replica's CONSOLE_TOKEN: give all replicas the same",
    ],
    [
      'wants a token where we have none',
      undefined,
      'it asks for a CONSOLE_TOKEN, and this replica has none: give all replicas the same',
    ],
  ])('%s is silent, with the cure, and neither token is told', async (_, token, reason) => {
    const server = await peerOf(await apiOf(view(), undefined, 'a token of theirs'))
    const log = recordedLog()
    const client = clientOf({ token, log, limitMs: 5000 })
    const peer = ownerAt(NAME, server.url)
    expect(await client.ask(peer, shardsQuestion(), never)).toMatchObject({
      silence: { replica: peer.replica, reason },
    })
    expect(await client.follow(peer, () => {}, never)).toBe(reason)
    expect(JSON.stringify(log.lines)).not.toContain('a token of')
  })

  it('tells no address is silent without being asked', async () => {
    const peer = { replica: { name: NAME, url: '' }, reach: { kind: 'none', reason: 'set one' }, shards: [4] } as const
    expect(await clientOf().ask(peer, shardsQuestion(), never)).toEqual({
      kind: 'silent',
      silence: { replica: peer.replica, shards: [4], reason: 'set one' },
    })
  })

  it('hangs makes nobody wait longer than the limit, those behind the first eight included', async () => {
    const server = await peerOf(() => {})
    const client = clientOf()
    const startedAt = performance.now()
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => client.ask(ownerAt(NAME, server.url), shardsQuestion(), never)),
    )
    expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS * 8)
    expect(answers.map(({ kind }) => kind)).toEqual(Array(40).fill('silent'))
    await eventually(() => server.underWay === 0)
  })
})

describe('nothing is left of a question', () => {
  it('whose asker has gone', async () => {
    const server = await peerOf(() => {})
    const client = clientOf({ limitMs: 60_000 })
    const going = new AbortController()
    const answer = client.ask(ownerAt(NAME, server.url), shardsQuestion(), going.signal)
    await eventually(() => server.requests.length === 1)
    going.abort()
    expect(await answer).toMatchObject({ silence: { reason: 'the question was dropped' } })
    await eventually(() => server.underWay === 0)
  })

  it('when the replica stops, and none begins any more', async () => {
    const server = await peerOf((_, response) =>
      response.writeHead(200, headersOf(NAME, 'text/event-stream')).write(':\n'),
    )
    const client = clientOf({ limitMs: 60_000 })
    const peer = ownerAt(NAME, server.url)
    const answers = Array.from({ length: 10 }, () => client.ask(peer, instanceQuestion(idOf(1)), never))
    const followed = client.follow(peer, () => {}, never)
    await eventually(() => server.requests.length > 0)
    client.close()
    const reason = 'this replica is stopping'
    expect((await Promise.all(answers)).filter(({ kind }) => kind === 'silent')).toHaveLength(10)
    expect(await followed).toBe(reason)
    await eventually(() => server.underWay === 0)
    expect(await client.ask(peer, shardsQuestion(), never)).toMatchObject({ silence: { reason } })
  })
})

describe('live events', () => {
  const following = async (misbehave: Misbehaviour, more: Partial<PeerClientOptions> = {}) => {
    const server = await peerOf((_, response) => misbehave(response))
    const events: string[] = []
    const reason = await clientOf(more).follow(ownerAt(NAME, server.url), ({ event }) => events.push(event), never)
    return { events, reason }
  }
  const head = (response: ServerResponse) => response.writeHead(200, headersOf(NAME, 'text/event-stream'))

  it('come one by one until the other ends them', async () => {
    expect(await following(r => head(r).end('event: hello\ndata: {}\n\nevent: change\ndata: {}\n\n'))).toEqual({
      events: ['hello', 'change'],
      reason: 'it ended its live events',
    })
  })

  it('go on for longer than a question may take, while anything is said', async () => {
    const { events, reason } = await following(
      r => {
        head(r)
        let said = 0
        const saying = setInterval(() => {
          said += 1
          if (said === 12) r.end('event: last\ndata: {}\n\n')
          else r.write(': here\n\n')
        }, 50)
        r.on('close', () => clearInterval(saying))
      },
      { quietLimitMs: 400 },
    )
    expect({ events, reason }).toEqual({ events: ['last'], reason: 'it ended its live events' })
  })

  it.each<[string, Misbehaviour, string]>([
    ['never begin', () => {}, 'did not answer within'],
    ['fall silent', r => head(r).write('event: hello\ndata: {}\n\n'), 'said nothing for 300 ms'],
    ['are one without an end', r => head(r).write(`data: ${'x'.repeat(2 << 20)}`), 'larger than'],
    ['are none', r => r.writeHead(200, headersOf(NAME)).end('{}'), 'answered with'],
    ['are refused', r => r.writeHead(503, headersOf(NAME)).end(), 'it answered 503'],
    ['are of another', r => r.writeHead(200, headersOf('c', 'text/event-stream')).end(), 'does not say that it is'],
    ['break off', r => head(r).write(': here\n\n', () => r.destroy()), 'broke off'],
  ])('that %s end, with the reason', async (_, misbehave, reason) => {
    expect((await following(misbehave, { quietLimitMs: 300 })).reason).toContain(reason)
  })
})
