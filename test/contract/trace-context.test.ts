/** W3C trace context, continued into every message. */
import { describe, expect, test } from 'vitest'
import type { Random } from '../../src/clock.ts'
import type { Header } from '../../src/contract/log-record.ts'
import { continueTrace, spanHeaders, startTrace, traceparent } from '../../src/contract/trace-context.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'

function counting(): Random {
  let next = 0
  return {
    fraction: () => 0,
    bytes: count => {
      next += 1
      return Buffer.alloc(count, next)
    },
  }
}

const header = (name: string, value: string): Header => [name, Buffer.from(value)]
const state = header('tracestate', 'congo=t61rcWkgMzE')
const baggage = header('baggage', 'userId=alice')
const texts = (headers: readonly Header[]) => headers.map(([name, value]) => `${name}: ${value?.toString()}`)

describe('continueTrace', () => {
  test('keeps the trace id and gives one new span id to all messages of the operation', () => {
    const span = continueTrace([header('traceparent', `00-${TRACE}-${PARENT}-01`)], counting())
    expect(span).toMatchObject({ traceId: TRACE, spanId: '01'.repeat(8), parentSpanId: PARENT, sampled: true })
    expect(traceparent(span)).toBe(`00-${TRACE}-${'01'.repeat(8)}-01`)
  })

  test.each([
    ['00', '00'],
    ['01', '01'],
    ['02', '00'],
    ['03', '01'],
    ['ff', '01'],
  ])('keeps the sampled flag of %s and writes it as %s', (flags, out) => {
    expect(traceparent(continueTrace([header('traceparent', `00-${TRACE}-${PARENT}-${flags}`)], counting()))).toMatch(
      new RegExp(`^00-${TRACE}-.*-${out}$`),
    )
  })

  test('reads a later version by what it has in common with ours, and writes ours', () => {
    for (const rest of ['', '-', '-what comes then']) {
      const span = continueTrace([header('traceparent', `cc-${TRACE}-${PARENT}-01${rest}`)], counting())
      expect(traceparent(span)).toBe(`00-${TRACE}-${'01'.repeat(8)}-01`)
    }
  })

  test('passes on every tracestate and baggage as it came, tracestate first', () => {
    const again = header('tracestate', 'rojo=1')
    const headers = [baggage, state, header('other', 'x'), header('traceparent', `00-${TRACE}-${PARENT}-00`), again]
    expect(texts(spanHeaders(continueTrace(headers, counting())))).toEqual([
      `traceparent: 00-${TRACE}-${'01'.repeat(8)}-00`,
      'tracestate: congo=t61rcWkgMzE',
      'tracestate: rojo=1',
      'baggage: userId=alice',
    ])
  })

  const valid = `00-${TRACE}-${PARENT}-01`
  const limit = 64 * 1024
  test.each<[string, Header[], string[]]>([
    ['as much as fits', [header('baggage', 'k'.repeat(limit - 7)), state], ['tracestate', 'baggage']],
    ['baggage beyond it', [header('baggage', 'k'.repeat(limit - 6)), state], ['tracestate']],
    ['beyond it in several headers', [header('baggage', 'k'.repeat(limit - 20)), baggage, state], ['tracestate']],
    ['tracestate beyond it', [baggage, header('tracestate', 'k'.repeat(limit))], ['baggage']],
    ['names alone', [baggage, ...Array<Header>(limit / 8).fill(['tracestate', null])], ['baggage']],
  ])('never makes a message too large for its topic: passes on 64 KiB of each, or none (%s)', (_, given, names) => {
    const span = continueTrace([header('traceparent', valid), ...given], counting())
    expect(span.traceId).toBe(TRACE)
    expect(span.passedOn.map(([name]) => name)).toEqual(names)
  })

  test.each<[string, Header[]]>([
    ['none', []],
    ['null', [['traceparent', null]]],
    ['empty', [header('traceparent', '')]],
    ['two', [header('traceparent', valid), header('traceparent', valid)]],
    ['another case of the name', [header('Traceparent', valid)]],
    ['upper-case digits', [header('traceparent', valid.toUpperCase())]],
    ['version ff', [header('traceparent', `ff${valid.slice(2)}`)]],
    ['version 00 that goes on', [header('traceparent', `${valid}-x`)]],
    ['a later version that goes on without a dash', [header('traceparent', `01${valid.slice(2)}x`)]],
    ['a zero trace id', [header('traceparent', `00-${'0'.repeat(32)}-${PARENT}-01`)]],
    ['a zero span id', [header('traceparent', `00-${TRACE}-${'0'.repeat(16)}-01`)]],
    ['too short', [header('traceparent', valid.slice(0, -1))]],
    ['white space', [header('traceparent', `${valid}\n`)]],
  ])('starts a new sampled trace without tracestate where traceparent is invalid: %s', (_, headers) => {
    const span = continueTrace([state, ...headers, baggage], counting())
    expect(texts(spanHeaders(span))).toEqual([
      `traceparent: 00-${'01'.repeat(16)}-${'02'.repeat(8)}-01`,
      'baggage: userId=alice',
    ])
    expect(span.parentSpanId).toBeUndefined()
  })
})

test('startTrace never makes the id of all zeros, which means none', () => {
  const zeros: Random = { fraction: () => 0, bytes: count => Buffer.alloc(count) }
  expect(traceparent(startTrace(zeros))).toBe(`00-${'0'.repeat(31)}1-${'0'.repeat(15)}1-01`)
})
