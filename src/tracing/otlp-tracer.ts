/**
 * Spans to an OpenTelemetry collector, as OTLP over HTTP in JSON. Batching, time-outs and retries are the SDK's, and
 * so are the other OTEL_* variables that it reads. The only file that knows OpenTelemetry; loaded when it is needed.
 */
import {
  type Attributes,
  createTraceState,
  diag,
  type HrTime,
  type Link,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
} from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { detectResources, envDetector, type Resource, resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace'
import type { Span } from '../contract/trace-context.ts'
import type { Log } from '../log.ts'
import type { OperationInfo, Tracer, TracerOptions } from '../tracing.ts'

/** What waits to be sent, at most; a collector that is slower than that loses spans, never commands. */
const WAITING_SPANS_MAX = 8192
const BATCH_SPANS_MAX = 1024
const CLOSE_TIMEOUT_MS = 2000

const SERVICE = 'party-quests'

export function openOtlpTracer(options: TracerOptions & { readonly endpoint: string }): Tracer {
  const { endpoint, log, clock } = options
  listenToSdk(log)
  const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces` })
  const processor = new BatchSpanProcessor({
    exporter: reporting(exporter, endpoint, log),
    maxQueueSize: WAITING_SPANS_MAX,
    maxExportBatchSize: BATCH_SPANS_MAX,
  })
  const toReadable = spanBuilder(resource(options), options.version)
  return {
    enabled: true,
    operation: (span, info) => {
      if (span.sampled) processor.onEnd(toReadable(span, info))
    },
    close: async () => {
      const timeout = new AbortController()
      // A failure was reported where it happened.
      const flushed = processor.shutdown().catch(() => {})
      await Promise.race([flushed, clock.sleep(CLOSE_TIMEOUT_MS, timeout.signal)])
      timeout.abort()
    },
  }
}

/** What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say wins. */
function resource({ replicaName, version }: TracerOptions): Resource {
  const own = { 'service.name': SERVICE, 'service.version': version, 'service.instance.id': replicaName }
  return resourceFromAttributes(own).merge(detectResources({ detectors: [envDetector] }))
}

function spanBuilder(from: Resource, version: string): (span: Span, info: OperationInfo) => ReadableSpan {
  const instrumentationScope = { name: SERVICE, version }
  return (span, info) => {
    const { parentSpanId } = span
    const spanContext = contextOf(span, span.spanId)
    return {
      name: info.name,
      kind: parentSpanId === undefined ? SpanKind.INTERNAL : SpanKind.CONSUMER,
      spanContext: () => spanContext,
      ...(parentSpanId === undefined
        ? {}
        : { parentSpanContext: { ...contextOf(span, parentSpanId), isRemote: true } }),
      startTime: hrTime(info.startMs),
      endTime: hrTime(info.endMs),
      duration: hrTime(Math.max(0, info.endMs - info.startMs)),
      ended: true,
      status:
        info.error === undefined ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: info.error },
      attributes: info.attributes satisfies Attributes,
      links: (info.links ?? []).map(linkTo),
      events: [],
      resource: from,
      instrumentationScope,
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    }
  }
}

function contextOf({ traceId, passedOn }: Span, spanId: string): SpanContext {
  const state = passedOn.filter(([name]) => name === 'tracestate').map(([, value]) => value?.toString('latin1') ?? '')
  const traceFlags = TraceFlags.SAMPLED
  return state.length === 0
    ? { traceId, spanId, traceFlags }
    : { traceId, spanId, traceFlags, traceState: createTraceState(state.join(',')) }
}

function linkTo({ traceId, spanId }: { readonly traceId: string; readonly spanId: string }): Link {
  return { context: { traceId, spanId, traceFlags: TraceFlags.NONE } }
}

function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000)
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)]
}

/** Tells when the collector goes away and when it is back, instead of one line for each lost batch. */
function reporting(exporter: SpanExporter, endpoint: string, log: Log): SpanExporter {
  let failing = false
  return {
    export: (spans, onResult) =>
      exporter.export(spans, result => {
        const failed = result.error !== undefined
        if (failed && !failing) {
          log.warn({ err: result.error, endpoint }, 'spans are lost: the collector (OTEL_EXPORTER_OTLP_ENDPOINT) fails')
        } else if (!failed && failing) {
          log.info({ endpoint }, 'spans reach the collector again')
        }
        failing = failed
        onResult(result)
      }),
    shutdown: () => exporter.shutdown(),
  }
}

/** The SDK warns of spans that it drops; what it calls errors are failed exports, which `reporting` tells of. */
function listenToSdk(log: Log): void {
  const silent = () => {}
  const warn = (detail: string) => log.warn({ detail }, 'trace export warns')
  diag.setLogger(
    { verbose: silent, debug: silent, info: silent, warn, error: silent },
    { suppressOverrideMessage: true },
  )
}
