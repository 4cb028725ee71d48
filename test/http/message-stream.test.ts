/** The promises of GET /api/messages: every committed record once, in order, bounded, and over when it must be. */
import { describe, expect, it } from 'vitest'
import { openMessageStream } from '../../src/http/message-stream.ts'
import type { MessageView } from '../../src/http/message-view.ts'
import { silentLog } from '../../src/log.ts'
import { readEvents } from '../../src/server-sent-events.ts'
import { eventually } from '../support/eventually.ts'
import { SteppedClock } from '../transport/memory/stepped-clock.ts'
import { details, httpScene, TOPICS } from './http-scene.ts'

type Scene = Awaited<ReturnType<typeof httpScene>>

/** Follows until the stream ends; what came so far. */
async function follow({ app }: Scene, query = '') {
  const response = await app.request(`/api/messages${query}`)
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  const messages: MessageView[] = []
  const events: string[] = []
  const reader = response.body?.getReader()
  if (reader === undefined) throw new Error('a stream without a body')
  const chunks = async function* () {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  }
  const ended = (async () => {
    for await (const { event, data } of readEvents(chunks())) {
      events.push(event)
      if (event === 'message') messages.push(JSON.parse(data))
    }
  })()
  await eventually(() => events.includes('following'))
  return { messages, ended, leave: () => reader.cancel() }
}

describe('a stream of messages', () => {
  it('tells of what all public topics get from then on, decoded', async () => {
    const scene = await httpScene()
    await scene.write(TOPICS.statusEvents, '{"type":"EARLIER"}')
    const { messages, leave } = await follow(scene)
    const tenantHeaders = [
      ['TENANT_ID', Buffer.from('00000000-0000-4000-8000-000000000001')],
      ['REGION', Buffer.from('GMS')],
      ['MAJOR_VERSION', Buffer.from([0, 83])],
      ['MINOR_VERSION', Buffer.from([0, 1])],
      ['traceparent', Buffer.from('00-1-2-01')],
    ] as const
    await scene.write(TOPICS.statusEvents, '{"type":"STARTED"}', 2, tenantHeaders)
    await scene.write(TOPICS.deadLetters, Buffer.from([0xff, 0]), 1, [['error-code', Buffer.from('MALFORMED')]])
    await scene.write(TOPICS.commands, null)
    await scene.write(TOPICS.characterCommands, '[]')
    await eventually(() => messages.length === 4)
    const of = (kind: string) => messages.find(message => message.kind === kind)
    expect(of('status')).toEqual({
      topic: 'S',
      kind: 'status',
      partition: 2,
      offset: 0,
      timestamp: expect.any(Number),
      key: null,
      tenant: { id: '00000000-0000-4000-8000-000000000001', region: 'GMS', majorVersion: 83, minorVersion: 1 },
      headers: { traceparent: '00-1-2-01' },
      value: { type: 'STARTED' },
    })
    expect(of('dead-letter')).toMatchObject({
      tenant: null,
      headers: { 'error-code': 'MALFORMED' },
      value: null,
      raw: '/wA=',
    })
    expect(of('command')).toMatchObject({ value: null, raw: null })
    expect(of('character')).toMatchObject({ value: null, raw: 'W10=' })
    await leave()
  })

  it('tells of all that there is, in the order of each partition, when asked to begin with the earliest', async () => {
    const scene = await httpScene()
    for (let n = 0; n < 250; n++) await scene.write(TOPICS.statusEvents, `{"n":${n}}`, n % 2)
    const { messages, leave } = await follow(scene, '?from=earliest')
    await eventually(() => messages.length === 250)
    for (const partition of [0, 1]) {
      const numbers = messages.filter(message => message.partition === partition).map(({ value }) => value?.n)
      expect(numbers).toEqual(Array.from({ length: 125 }, (_, at) => at * 2 + partition))
    }
    await leave()
  })

  it('ends at once when the server closes', async () => {
    const scene = await httpScene()
    const { ended } = await follow(scene)
    scene.closing.abort()
    await ended
  })

  it('is refused beyond 32 clients, and given again when one has left', async () => {
    const scene = await httpScene()
    const clients = []
    for (let n = 0; n < 32; n++) clients.push(await follow(scene))
    const refused = await scene.app.request('/api/messages')
    expect([refused.status, await details(refused)]).toEqual([503, [expect.stringContaining('32 clients')]])
    await clients[0]?.leave()
    const again = await follow(scene)
    await again.leave()
    scene.closing.abort()
  })

  it('is refused for an unknown beginning', async () => {
    const { app } = await httpScene()
    expect((await app.request('/api/messages?from=yesterday')).status).toBe(400)
  })

  it('is refused while there are no topics to follow, and costs no client its place', async () => {
    const { app } = await httpScene({ topics: { ...TOPICS, deadLetters: 'NOT_THERE' } })
    for (let n = 0; n < 40; n++) {
      const response = await app.request('/api/messages')
      expect([response.status, await details(response)]).toEqual([503, [expect.stringContaining('NOT_THERE')]])
    }
  })
})

describe('a slow client', () => {
  const slowClient = async () => {
    const clock = new SteppedClock()
    const scene = await httpScene({}, clock)
    for (let n = 0; n < 6; n++) await scene.write(TOPICS.statusEvents, JSON.stringify({ n, fill: 'x'.repeat(500_000) }))
    let isClosed = false
    const stream = await openMessageStream({
      transport: scene.transport,
      topics: TOPICS,
      from: 'earliest',
      clock,
      log: silentLog,
      closing: scene.closing.signal,
      onClosed: () => {
        isClosed = true
      },
    })
    await clock.advance(0)
    return { clock, reader: stream.getReader(), isClosed: () => isClosed, closing: scene.closing }
  }

  it('is waited for, and misses nothing', async () => {
    const { clock, reader, isClosed } = await slowClient()
    let bytes = 0
    while (bytes < 3_000_000) {
      await clock.advance(9000)
      const { done, value } = await reader.read()
      if (done) break
      bytes += value.length
    }
    expect(bytes).toBeGreaterThan(3_000_000)
    expect(isClosed()).toBe(false)
    await reader.cancel()
    expect(isClosed()).toBe(true)
  })

  it('is dropped when it takes nothing for 10 seconds while its buffer is full', async () => {
    const { clock, reader, isClosed } = await slowClient()
    await clock.advance(9999)
    expect(isClosed()).toBe(false)
    await clock.advance(1)
    expect(isClosed()).toBe(true)
    let bytes = 0
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      bytes += value.length
    }
    // 1 MiB, and the event that did not fit any more.
    expect(bytes).toBeLessThan((1 << 20) + 600_000)
  })

  it('that only waits for news is kept, and hears now and then that the server is here', async () => {
    const clock = new SteppedClock()
    const scene = await httpScene({}, clock)
    const { body } = await scene.app.request('/api/messages')
    const reader = body?.getReader()
    await clock.advance(31_000)
    const read = async () => Buffer.from((await reader?.read())?.value ?? []).toString()
    expect([await read(), await read(), await read()]).toEqual([
      expect.stringContaining('event: following'),
      ': here\n\n',
      ': here\n\n',
    ])
    await reader?.cancel()
  })
})
