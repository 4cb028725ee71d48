/** The promises of the trace export, held against a small HTTP server that plays the collector. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Clock, systemClock } from '../src/clock.ts'
import type { Span } from '../src/contract/trace-context.ts'
import { type Log, silentLog } from '../src/log.ts'
import { openTracer, silentTracer } from '../src/tracing.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN: Span = {
  traceId: TRACE,
  spanId: 'b7ad6b7169203331',
  parentSpanId: '00f067aa0ba902b7',
  sampled: true,
  passedOn: [
    ['tracestate', Buffer.from('vendor=1')],
    ['baggage', Buffer.from('user=ada')],
  ],
}
const INFO = { name: 'START', startMs: 1_700_000_000_123.5, endMs: 1_700_000_000_125, attributes: { shard: 3 } }

interface Received {
  readonly url: string | undefined
  readonly contentType: string | undefined
  readonly body: unknown
}

let collector: Server
let received: Received[]
let status: number

beforeEach(async () => {
  received = []
  status = 200
  collector = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString())
    received.push({ url: request.url, contentType: request.headers['content-type'], body })
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
  }).listen(0, '127.0.0.1')
  await once(collector, 'listening')
})

afterEach(() => {
  collector.closeAllConnections()
  collector.close()
})

function endpoint(): string {
  return `http://127.0.0.1:${(collector.address() as AddressInfo).port}`
}

function open(options: { log?: Log; clock?: Clock; endpoint?: string | undefined } = {}) {
  return openTracer({
    endpoint: endpoint(),
    replicaName: 'box',
    version: '1.2.3',
    log: silentLog,
    clock: systemClock,
    ...options,
  })
}

/** The spans that arrived, of all requests. */
function spans(): unknown[] {
  const bodies = received.map(({ body }) => body as { resourceSpans: { scopeSpans: { spans: unknown[] }[] }[] })
  return bodies.flatMap(body => body.resourceSpans.flatMap(each => each.scopeSpans.flatMap(scope => scope.spans)))
}

describe('without a collector', () => {
  it('nothing of OpenTelemetry is loaded', async () => {
    const loaded = () => Object.keys(createRequire(import.meta.url).cache).filter(path => path.includes('sdk-trace'))
    const before = loaded()
    expect(await open({ endpoint: undefined })).toBe(silentTracer)
    expect(before).toEqual([])
    expect(loaded()).toEqual([])
    await (await open()).close()
    expect(loaded()).not.toEqual([])
  })
})

describe('with a collector', () => {
  it('an operation arrives as a span under its trace, with times, attributes and who reported it', async () => {
    const tracer = await open()
    tracer.operation(SPAN, INFO)
    await tracer.close()
    expect(received).toEqual([
      expect.objectContaining({ url: '/v1/traces', contentType: expect.stringContaining('application/json') }),
    ])
    expect(spans()).toEqual([
      expect.objectContaining({
        traceId: TRACE,
        spanId: SPAN.spanId,
        parentSpanId: SPAN.parentSpanId,
        traceState: 'vendor=1',
        name: 'START',
        startTimeUnixNano: '1700000000123500000',
        endTimeUnixNano: '1700000000125000000',
        attributes: [{ key: 'shard', value: { intValue: 3 } }],
        status: { code: 0 },
      }),
    ])
    expect(JSON.stringify(received[0]?.body)).toContain('{"key":"service.name","value":{"stringValue":"party-quests"}}')
    expect(JSON.stringify(received[0]?.body)).toContain('{"key":"service.instance.id","value":{"stringValue":"box"}}')
  })

  it('a timer begins its own trace and links to the span that armed it', async () => {
    const tracer = await open()
    const links = [{ traceId: 'f'.repeat(32), spanId: 'e'.repeat(16) }]
    tracer.operation({ ...SPAN, parentSpanId: undefined, passedOn: [] }, { ...INFO, links })
    await tracer.close()
    expect(spans()).toEqual([expect.objectContaining({ links: [expect.objectContaining(links[0])] })])
    expect(spans()).not.toEqual([expect.objectContaining({ parentSpanId: expect.anything() })])
  })

  it('an operation that failed says why', async () => {
    const tracer = await open()
    tracer.operation(SPAN, { ...INFO, error: 'INVALID_STATE' })
    await tracer.close()
    expect(spans()).toEqual([expect.objectContaining({ status: { code: 2, message: 'INVALID_STATE' } })])
  })

  it('a trace that its sender does not sample is not reported', async () => {
    const tracer = await open()
    tracer.operation({ ...SPAN, sampled: false }, INFO)
    tracer.operation(SPAN, { ...INFO, name: 'sampled' })
    await tracer.close()
    expect(spans()).toEqual([expect.objectContaining({ name: 'sampled' })])
  })

  it('that refuses, closing tells so once and does not throw', async () => {
    status = 400
    const warnings: string[] = []
    const tracer = await open({ log: { ...silentLog, warn: (_fields, message) => void warnings.push(message) } })
    for (let count = 0; count < 1500; count++) tracer.operation(SPAN, INFO)
    await tracer.close()
    expect(received).toHaveLength(2)
    expect(warnings).toEqual(['spans are lost: the collector (OTEL_EXPORTER_OTLP_ENDPOINT) fails'])
  })

  it('that does not answer, closing waits no longer than its bound', async () => {
    collector.removeAllListeners('request')
    const waits: number[] = []
    const impatient: Clock = { ...systemClock, sleep: async ms => void waits.push(ms) }
    const tracer = await open({ clock: impatient })
    tracer.operation(SPAN, INFO)
    await tracer.close()
    expect(waits).toEqual([2000])
  })
})
