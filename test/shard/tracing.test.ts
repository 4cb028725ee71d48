/** The trace context of what goes out: the sender's trace goes on, and a timer starts one that links back. */
import { afterEach, describe, expect, test } from 'vitest'
import type { Header } from '../../src/contract/log-record.ts'
import type { Span } from '../../src/contract/trace-context.ts'
import type { OperationInfo, Tracer } from '../../src/tracing.ts'
import { quest } from '../support/definitions.ts'
import { FakeLookups, party } from '../support/fake-lookups.ts'
import { type HarnessOptions, ShardHarness, TOPICS } from '../support/shard-harness.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SENDER = '00f067aa0ba902b7'
const sent = (flags: string): Header => ['traceparent', Buffer.from(`00-${TRACE}-${SENDER}-${flags}`)]
const header = (name: string, value: string): Header => [name, Buffer.from(value)]

const operations: { span: Span; info: OperationInfo }[] = []
const tracer: Tracer = {
  enabled: true,
  operation: (span, info) => operations.push({ span, info }),
  close: async () => {},
}

let harness: ShardHarness | undefined
afterEach(() => {
  operations.length = 0
  return harness?.stop()
})
async function start(options: HarnessOptions = {}): Promise<ShardHarness> {
  const definitions = [quest({ startRequirements: [], duration: 600 })]
  harness = await ShardHarness.start({ definitions, tracer, ...options })
  return harness
}

/** The headers behind the tenant's of every message so far, as text. */
function traces(h: ShardHarness): readonly (readonly string[])[] {
  return [...h.records(TOPICS.statusEvents), ...h.records(TOPICS.characterCommands)].map(({ headers }) =>
    headers.slice(4).map(([name, value]) => `${name}: ${value}`),
  )
}

describe('the messages of a command', () => {
  test('go on with the trace of its sender, under one new span', async () => {
    const h = await start()
    await h.register(1001, { headers: [sent('01')] })
    const found = traces(h)
    expect(found).toHaveLength(3)
    expect(new Set(found.flat()).size).toBe(1)
    const [, trace, span, flags] = found[0]?.[0]?.split('-') ?? []
    expect([trace, flags]).toEqual([TRACE, '01'])
    expect(span).toMatch(/^[0-9a-f]{16}$/)
    expect(span).not.toBe(SENDER)
  })

  test('have a span of their own for each command', async () => {
    const h = await start()
    await h.register(1001, { headers: [sent('01')] })
    await h.register(1002, { headers: [sent('01')] })
    expect(new Set(traces(h).flat()).size).toBe(2)
  })

  test('are not sampled where the sender did not sample', async () => {
    const h = await start()
    await h.register(1001, { headers: [sent('00')] })
    expect(traces(h)[0]?.[0]).toMatch(/-00$/)
  })

  test('pass tracestate and baggage on, and no other header', async () => {
    const h = await start()
    const headers = [header('x-other', '1'), header('baggage', 'b=2'), sent('01'), header('tracestate', 'a=1')]
    await h.register(1001, { headers })
    expect(traces(h)[0]?.slice(1)).toEqual(['tracestate: a=1', 'baggage: b=2'])
  })

  test('start a sampled trace where the command has none, without its tracestate', async () => {
    const h = await start()
    await h.register(1001, { headers: [header('traceparent', 'nonsense'), header('tracestate', 'a=1')] })
    const found = traces(h)[0] ?? []
    expect(found).toHaveLength(1)
    expect(found[0]).toMatch(/^traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  })

  test('go on with the trace of the REGISTER also behind a look-up', async () => {
    const lookups = new FakeLookups()
    const h = await start({ services: { parties: true }, lookupClient: lookups })
    await h.register(1001, { partyId: 88, headers: [sent('01'), header('baggage', 'b=2')] })
    lookups.answer(party(1001, 1002))
    await h.clock.settle()
    const found = traces(h)
    expect(found.length).toBeGreaterThan(0)
    for (const [traceparent, baggage] of found) {
      expect([traceparent?.split('-')[1], baggage]).toEqual([TRACE, 'baggage: b=2'])
    }
  })
})

describe('a timer', () => {
  test('starts a new sampled trace, which links to the span that armed it', async () => {
    const h = await start()
    await h.register(1001, { headers: [sent('00'), header('tracestate', 'a=1')] })
    const armedBy = traces(h)[0]?.[0]?.split('-') ?? []
    const before = h.records(TOPICS.statusEvents).length
    await h.clock.advance(600_000)
    const [fired] = h.records(TOPICS.statusEvents).slice(before)
    const own = fired?.headers.slice(4).map(([name, value]) => `${name}: ${value}`) ?? []
    expect(own).toHaveLength(1)
    expect(own[0]).toMatch(/-01$/)
    expect(own[0]).not.toContain(TRACE)
    const { info } = operations.at(-1) ?? {}
    expect([info?.name, info?.links]).toEqual(['timer.quest', [{ traceId: armedBy[1], spanId: armedBy[2] }]])
  })

  test('remembers what armed it across a restart', async () => {
    const h = await start()
    await h.register(1001, { headers: [sent('01')] })
    await h.restart()
    await h.clock.advance(600_000)
    expect(operations.at(-1)?.info.links?.[0]?.traceId).toBe(TRACE)
  })
})

test('a collector is told of an operation once it is committed, with its instance', async () => {
  const h = await start()
  await h.register(1001, { headers: [sent('01')] })
  h.seen()
  expect(operations.map(({ span, info }) => [span.traceId, span.parentSpanId, info.name, info.attributes])).toEqual([
    [TRACE, SENDER, 'REGISTER', { instanceId: h.id(1) }],
  ])
})
