/**
 * The trace context of a message, by W3C's traceparent: the trace of its command, a span of the operation's own. Only
 * says what is wrong with one; knows nothing of what else a message carries.
 */
import type { JavaRecord } from '../support/kafka/independent-client.ts'

export interface TraceParent {
  readonly traceId: string
  readonly spanId: string
  readonly flags: string
}

const PATTERN = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/
/** What starts a new trace is sampled. */
const NEW_TRACE_FLAGS = '01'

/** `undefined` where it has none, several, or one that is not valid. */
export function parentOf({ headers }: JavaRecord): TraceParent | undefined {
  const given = headers.filter(([name]) => name === 'traceparent')
  if (given.length !== 1) return undefined
  const [, traceId, spanId, flags] = PATTERN.exec(String(given[0]?.[1])) ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  return { traceId, spanId, flags }
}

/** @param cause the parent of its operation, and the span that other messages of the operation carry, if any came */
export function traceFault(
  message: JavaRecord,
  { parent, spanId }: { readonly parent: TraceParent | undefined; readonly spanId: string | undefined },
): { readonly fault: string | undefined; readonly spanId: string | undefined } {
  const own = parentOf(message)
  if (own === undefined) return { fault: 'carries no traceparent', spanId: undefined }
  return { fault: faultOf(own, parent, spanId), spanId: own.spanId }
}

function faultOf(own: TraceParent, parent: TraceParent | undefined, spanId: string | undefined): string | undefined {
  if (parent !== undefined && own.traceId !== parent.traceId)
    return `carries the trace ${own.traceId} instead of ${parent.traceId}`
  if (own.spanId === parent?.spanId) return `carries the span of its command, ${own.spanId}`
  if (own.flags !== (parent?.flags ?? NEW_TRACE_FLAGS)) return `carries the flags ${own.flags}`
  if (spanId !== undefined && own.spanId !== spanId)
    return `carries the span ${own.spanId}, others of its operation ${spanId}`
  return undefined
}
