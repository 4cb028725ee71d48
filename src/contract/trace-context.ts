/**
 * W3C trace context (https://www.w3.org/TR/trace-context/), read from a command's headers and passed on in every
 * message that it causes. Never decides what is sampled: the sender did, and new traces are.
 */
import type { Random } from '../clock.ts'
import { type Headers, headerBytes, onlyHeader } from './log-record.ts'

/** The span that handles one operation: all its messages carry it. */
export interface Span {
  /** 32 hex digits, lower case. */
  readonly traceId: string
  /** 16 hex digits, lower case. */
  readonly spanId: string
  /** The sender's span; `undefined` where the trace starts with us. */
  readonly parentSpanId: string | undefined
  readonly sampled: boolean
  /** `tracestate`, then `baggage`, as they came. */
  readonly passedOn: Headers
}

const NOTHING: Headers = []

/**
 * Of `tracestate`, and of `baggage`, names included: eight times what W3C's Baggage asks everybody to pass on. Beyond
 * it they are dropped. A command may be as large as Kafka takes one, and what it causes must still fit its topics: a
 * message that does not would hold up its shard for good.
 */
const PASSED_ON_BYTES_MAX = 64 * 1024

/** `version-traceid-parentid-flags`; what a version above 00 adds behind another dash is not ours to read. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/s
/** The version that everybody writes, whose parts have their places: found without making each a text of its own. */
const USUAL = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/
const SAMPLED = 1

/** A new span under the sender's; without exactly one valid `traceparent` a new trace, which keeps only the baggage. */
export function continueTrace(headers: Headers, random: Random): Span {
  const parent = readParent(headers)
  const baggage = named(headers, 'baggage')
  if (parent === undefined) return { ...startTrace(random), passedOn: baggage }
  const tracestate = named(headers, 'tracestate')
  const { traceId, parentSpanId, sampled } = parent
  return {
    traceId,
    spanId: newId(random, SPAN_ID_BYTES),
    parentSpanId,
    sampled,
    passedOn: tracestate.length === 0 ? baggage : [...tracestate, ...baggage],
  }
}

/** `traceparent` and `tracestate` as they came; none without exactly one valid `traceparent`. */
export function givenTrace(headers: Headers): Headers {
  if (readParent(headers) === undefined) return NOTHING
  return [...named(headers, 'traceparent'), ...named(headers, 'tracestate')]
}

function readParent(headers: Headers): { traceId: string; parentSpanId: string; sampled: boolean } | undefined {
  const text = onlyHeader(headers, 'traceparent')?.toString('latin1')
  if (text === undefined) return undefined
  if (USUAL.test(text)) {
    const sampled = (Number.parseInt(text.slice(-2), 16) & SAMPLED) !== 0
    return { traceId: text.slice(3, 35), parentSpanId: text.slice(36, 52), sampled }
  }
  const found = TRACEPARENT.exec(text)
  const [, version, traceId, parentSpanId, flags, rest] = found ?? []
  if (traceId === undefined || parentSpanId === undefined || flags === undefined) return undefined
  if (version === '00' && rest !== undefined) return undefined
  return { traceId, parentSpanId, sampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 }
}

/** For what nobody sent: a timer, or a command without a trace. */
export function startTrace(random: Random): Span {
  return {
    traceId: newId(random, TRACE_ID_BYTES),
    spanId: newId(random, SPAN_ID_BYTES),
    parentSpanId: undefined,
    sampled: true,
    passedOn: NOTHING,
  }
}

export function traceparent({ traceId, spanId, sampled }: Span): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`
}

/** What every message of the span's operation carries. */
export function spanHeaders(span: Span): Headers {
  return [['traceparent', Buffer.from(traceparent(span), 'latin1')], ...span.passedOn]
}

/** All headers of that name, or none of them where they are more than anybody may load on every message. */
function named(headers: Headers, name: string): Headers {
  if (!isThere(headers, name)) return NOTHING
  const found = headers.filter(([header]) => header === name)
  return found.length === 0 || headerBytes(found) > PASSED_ON_BYTES_MAX ? NOTHING : found
}

function isThere(headers: Headers, name: string): boolean {
  for (const [header] of headers) if (header === name) return true
  return false
}

const TRACE_ID_BYTES = 16
const SPAN_ID_BYTES = 8
const NO_TRACE_ID = '00'.repeat(TRACE_ID_BYTES)
const NO_SPAN_ID = '00'.repeat(SPAN_ID_BYTES)

/** All zeros means "no id" on the wire, so that one is replaced. */
function newId(random: Random, bytes: number): string {
  const id = random.bytes(bytes).toString('hex')
  return id === NO_SPAN_ID || id === NO_TRACE_ID ? id.replace(/0$/, '1') : id
}
