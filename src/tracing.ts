/**
 * Where finished operations are reported as spans. The spans themselves (contract/trace-context.ts) travel in every
 * message anyway; this only tells a collector of them, and without one it tells nobody and loads nothing.
 */
import type { Clock } from './clock.ts'
import type { Span } from './contract/trace-context.ts'
import type { Log } from './log.ts'

export interface Tracer {
  /** Whether anybody listens: where not, nothing need be put together for `operation`. */
  readonly enabled: boolean
  /** An operation is over and committed. Never throws and never waits; at the bound, spans are dropped. */
  operation(span: Span, info: OperationInfo): void
  /** Sends what is left, for as long as a moment; never rejects. */
  close(): Promise<void>
}

export interface OperationInfo {
  /** Few different ones, such as the command's type. */
  readonly name: string
  /** Epoch milliseconds, fractions allowed. */
  readonly startMs: number
  readonly endMs: number
  /** Spans that led here without being the parent: for a timer, the one which armed it. */
  readonly links?: readonly SpanLink[] | undefined
  readonly attributes: Readonly<Record<string, string | number>>
  /** What went wrong; `undefined`: nothing did. */
  readonly error?: string | undefined
}

export interface SpanLink {
  readonly traceId: string
  readonly spanId: string
}

export interface TracerOptions {
  /** Base address of the collector: spans are posted to `<endpoint>/v1/traces`. `undefined`: no spans. */
  readonly endpoint: string | undefined
  readonly replicaName: string
  readonly version: string
  readonly log: Log
  readonly clock: Clock
}

export const silentTracer: Tracer = { enabled: false, operation: () => {}, close: async () => {} }

export async function openTracer(options: TracerOptions): Promise<Tracer> {
  const { endpoint } = options
  if (endpoint === undefined) return silentTracer
  // Megabytes of JavaScript that most deployments never need.
  const { openOtlpTracer } = await import('./tracing/otlp-tracer.ts')
  return openOtlpTracer({ ...options, endpoint })
}
