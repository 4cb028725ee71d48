/** The promises of GET /api/live: what changed, coalesced, to a bounded number of clients, and none is waited for. */
import { describe, expect, it } from 'vitest'
import { change, hello } from '../../src/api/documents.ts'
import { LiveFeeds } from '../../src/api/live-feed.ts'
import type { InstanceId } from '../../src/contract/ids.ts'
import { readEvents } from '../../src/server-sent-events.ts'
import { details } from '../http/http-scene.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { recordedLog } from '../support/recorded-log.ts'
import { apiScene } from './api-scene.ts'
import { FakeView, FIRST, SECOND } from './fake-view.ts'

type Scene = Awaited<ReturnType<typeof apiScene>>
type Told = { readonly event: string; readonly data: unknown }

async function follow({ get }: Scene, query = '', headers = {}) {
  const response = await get(`/api/live${query}`, headers)
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
  return reading(response.body)
}

function reading(body: ReadableStream<Uint8Array> | null | undefined) {
  const reader = body?.getReader()
  if (reader === undefined) throw new Error('a stream without a body')
  const told: Told[] = []
  const chunks = async function* () {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  }
  const ended = (async () => {
    for await (const { event, data } of readEvents(chunks())) told.push({ event, data: JSON.parse(data) })
  })()
  const changes = () => told.filter(({ event }) => event === 'change').map(({ data }) => change.parse(data))
  return { told, changes, ended, leave: () => reader.cancel() }
}

describe('GET /api/live', () => {
  it('begins by saying who answers, and whether one may write', async () => {
    const clock = new ManualClock()
    const scene = await apiScene({ consoleWrites: false }, clock)
    const { told, leave } = await follow(scene)
    await clock.settle()
    expect(told.map(({ event }) => event)).toEqual(['hello'])
    expect(hello.parse(told[0]?.data)).toEqual({
      now: clock.now(),
      replica: { name: 'a', url: 'http://a:8080' },
      writes: false,
      durable: false,
      version: '1.2.3',
    })
    await leave()
  })

  it('tells the first change at once, and what comes within 100 ms of it in one event', async () => {
    const clock = new ManualClock()
    const scene = await apiScene({}, clock)
    const { changes, leave } = await follow(scene)
    await clock.settle()
    scene.view.tell([FIRST])
    await clock.settle()
    expect(changes()).toMatchObject([{ now: clock.now(), ids: [FIRST], isMore: false, isPopulation: false }])
    scene.view.tell([SECOND])
    scene.view.tell([FIRST, SECOND], { isPopulation: true, operationsPerSecond: 9 })
    await clock.advance(99)
    expect(changes()).toHaveLength(1)
    await clock.advance(1)
    expect(changes()[1]).toMatchObject({ ids: [SECOND, FIRST], isPopulation: true, operationsPerSecond: 9 })
    for (let n = 0; n < 200; n++) {
      scene.view.tell([FIRST])
      await clock.advance(10)
    }
    expect(changes().length).toBeLessThanOrEqual(2 + 21)
    await leave()
  })

  it('names 250 ids at most, and none but that there are more where there are more', async () => {
    const clock = new ManualClock()
    const scene = await apiScene({}, clock)
    const { changes, leave } = await follow(scene)
    await clock.settle()
    const ids = Array.from({ length: 251 }, (_, n) => FIRST.replace(/.{4}$/, String(1000 + n)) as InstanceId)
    scene.view.tell(ids.slice(1))
    await clock.settle()
    scene.view.tell(ids)
    await clock.advance(100)
    scene.view.tell(ids.slice(0, 1), { isMore: true })
    scene.view.tell(ids.slice(1, 2))
    await clock.advance(100)
    expect(changes()).toMatchObject([
      { ids: ids.slice(1), isMore: false },
      { ids: [], isMore: true },
      { ids: [], isMore: true },
    ])
    await leave()
  })

  it('watches what is asked for, with one watch for all who watch everything, and none when they have left', async () => {
    const scene = await apiScene({}, new ManualClock())
    const clients = [await follow(scene), await follow(scene)]
    const one = await follow(scene, `?instances=${FIRST},${SECOND.toUpperCase()},${FIRST}`)
    const peer = await follow(scene, '', { 'x-party-quest-replica': 'local' })
    expect(scene.view.watchers.map(({ ids }) => ids)).toEqual([undefined, [FIRST, SECOND]])
    expect(scene.localView.watchers.map(({ ids }) => ids)).toEqual([undefined])
    for (const { leave } of [...clients, one, peer]) await leave()
    expect([scene.view.watchers, scene.localView.watchers]).toEqual([[], []])
  })

  it.each(['', 'x', `${FIRST},`, Array(251).fill(FIRST).join(',')])('refuses the ids "%.40s"', async ids => {
    const { get } = await apiScene()
    const response = await get(`/api/live?instances=${ids}`)
    expect([response.status, await details(response)]).toEqual([
      400,
      [expect.stringMatching(/^instances: .*1 to 250 ids/)],
    ])
  })

  it('is refused beyond 200 clients, of which a HEAD is none, and given again when one has left', async () => {
    const scene = await apiScene({}, new ManualClock())
    const clients = await Promise.all(Array.from({ length: 200 }, () => follow(scene)))
    const refused = await scene.get('/api/live')
    expect([refused.status, await details(refused)]).toEqual([503, ['200 watch already: close one']])
    expect((await scene.app.request('/api/live', { method: 'HEAD' })).status).toBe(200)
    await clients.pop()?.leave()
    clients.push(await follow(scene))
    for (const { leave } of clients) await leave()
  })

  it('tells fewer events a second to each, the more clients there are', async () => {
    const clock = new ManualClock()
    const scene = await apiScene({}, clock)
    const clients = await Promise.all(Array.from({ length: 100 }, () => follow(scene)))
    await clock.settle()
    for (let n = 0; n < 100; n++) {
      scene.view.tell([FIRST])
      await clock.advance(20)
    }
    // In 2 s: 100 for all clients together.
    expect(clients.map(({ changes }) => changes().length).every(count => count >= 1 && count <= 2)).toBe(true)
    for (const { leave } of clients) await leave()
  })

  it('is kept alive while nothing changes, and ends when the server does', async () => {
    const clock = new ManualClock()
    const scene = await apiScene({}, clock)
    const response = await scene.get('/api/live')
    const text = response.text()
    await clock.advance(31_000)
    scene.closing.abort()
    expect((await text).match(/^: here$/gm)).toHaveLength(2)
    expect(scene.view.watchers).toEqual([])
    expect((await (await scene.get('/api/live')).text()).split('\n')[0]).toBe('event: hello')
    expect(scene.view.watchers).toEqual([])
  })
})

describe('a client that takes nothing', () => {
  /** As the route opens it, but in our hands. */
  function feeds(clock: ManualClock) {
    const log = recordedLog()
    const { lines } = log
    const view = new FakeView()
    const closing = new AbortController().signal
    const said = { now: 0, replica: { name: 'a', url: '' }, writes: false, durable: true, version: '1' }
    const live = new LiveFeeds({ hello: () => said, clock, log, closing })
    return { lines, view, open: () => live.open(view, undefined) }
  }
  const many = Array.from({ length: 250 }, (_, n) => FIRST.replace(/.{4}$/, String(1000 + n)) as InstanceId)

  it('holds up nobody, and is dropped after 10 s', async () => {
    const clock = new ManualClock()
    const { view, open, lines } = feeds(clock)
    const slow = open()
    const quick = reading(open())
    for (let n = 0; n < 50; n++) {
      view.tell(many)
      await clock.advance(100)
    }
    expect(quick.changes()).toHaveLength(50)
    await clock.advance(10_000)
    expect(lines.map(({ message }) => message)).toEqual(['a client of /api/live was dropped'])
    const told = reading(slow)
    await told.ended
    // What was in its buffer of 64 KiB, and no more.
    expect(told.changes().length).toBeLessThanOrEqual(8)
    await quick.leave()
    expect(view.watchers).toEqual([])
  })

  it('and then takes again, is told to look at everything again', async () => {
    const clock = new ManualClock()
    const { view, open } = feeds(clock)
    const stream = open()
    for (let n = 0; n < 20; n++) {
      view.tell(many)
      await clock.advance(100)
    }
    const { changes, leave } = reading(stream)
    await clock.settle()
    await clock.settle()
    expect(changes().at(-1)).toMatchObject({ ids: [], isMore: true, isPopulation: true })
    await leave()
  })
})
