/**
 * What the replica answers over HTTP: health, metrics, and the public topics for people (`/api`). Knows the service
 * by its status only, and writes to the log like any other producer, where CONSOLE_WRITES allows it. Never listens:
 * http-server.ts does.
 */
import { setMaxListeners } from 'node:events'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Clock, Random } from '../clock.ts'
import { RecordTooLargeError, TransportUnavailableError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Transport } from '../transport/port.ts'
import { createCommandSender } from './command-sender.ts'
import { openMessageStream } from './message-stream.ts'
import type { PublicTopics } from './message-view.ts'
import { readSubmission, SUBMISSION_BYTES_MAX } from './submission.ts'

export interface ReplicaStatus {
  /** False when a shard is dead for good. */
  readonly isLive: boolean
  /** What keeps the replica from being ready, one sentence each; empty: it is. */
  readonly missing: readonly string[]
  /** Phase by shard number. */
  readonly shards: Readonly<Record<string, string>>
}

export interface HttpAppOptions {
  readonly status: () => ReplicaStatus
  readonly metrics: { readonly contentType: string; exposition(): Promise<string> }
  readonly transport: Pick<Transport, 'admin' | 'openReader' | 'openAppender'>
  readonly topics: PublicTopics
  /** `CONSOLE_WRITES` */
  readonly consoleWrites: boolean
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Ends every stream at once. */
  readonly closing: AbortSignal
}

/** Each holds a reader of its own on the log. */
const STREAMS_MAX = 32
/** Each may hold a body of SUBMISSION_BYTES_MAX; they are sent one after the other anyway. */
const SUBMISSIONS_AT_ONCE_MAX = 8

const INDEX = {
  service: 'party-quests',
  get: ['/livez', '/readyz', '/metrics', '/api/messages?from=latest|earliest'],
  post: ['/api/commands'],
}

export interface HttpApp {
  readonly fetch: Hono['fetch']
  /** For tests: as `fetch`, without a server. */
  readonly request: Hono['request']
  /** Gives back what it holds of the log. Streams end by the `closing` signal. */
  close(): Promise<void>
}

export function createHttpApp(options: HttpAppOptions): HttpApp {
  const { status, metrics, log } = options
  const app = new Hono()
  app.get('/', context => context.json(INDEX))
  // That there is an answer at all says that the event loop turns.
  app.get('/livez', context => {
    const { isLive, shards } = status()
    return isLive ? context.json({ live: true }) : context.json({ live: false, shards }, 503)
  })
  app.get('/readyz', context => {
    const { missing, shards } = status()
    if (missing.length === 0) return context.json({ ready: true, shards })
    return context.json({ ready: false, missing, shards }, 503)
  })
  app.get('/metrics', async context =>
    context.body(await metrics.exposition(), 200, { 'content-type': metrics.contentType }),
  )
  addMessages(app, options)
  const close = addCommands(app, options)
  app.notFound(context => problem(context, 404, 'Not found', `there is no ${context.req.method} ${context.req.path}`))
  app.onError((error, context) => {
    if (error instanceof TransportUnavailableError) return problem(context, 503, 'The log is away', error.message)
    if (error instanceof RecordTooLargeError) return problem(context, 413, 'A record is too large', error.message)
    log.error({ err: error, path: context.req.path }, 'a request failed')
    return problem(context, 500, 'Internal error', 'the log of the service says more')
  })
  return { fetch: app.fetch, request: app.request, close }
}

function addMessages(app: Hono, options: HttpAppOptions): void {
  let streams = 0
  // Each stream listens to it; Node takes more than ten for a leak.
  setMaxListeners(STREAMS_MAX + 1, options.closing)
  app.get('/api/messages', async context => {
    const from = context.req.query('from') ?? 'latest'
    if (from !== 'latest' && from !== 'earliest') {
      return problem(context, 400, 'Unknown from', `from=${from}: must be latest or earliest`)
    }
    if (streams === STREAMS_MAX) {
      return problem(context, 503, 'Too many streams', `${STREAMS_MAX} clients follow already: close one`)
    }
    streams += 1
    const { transport, topics, clock, log, closing } = options
    const onClosed = () => {
      streams -= 1
    }
    const stream = await openMessageStream({ transport, topics, from, clock, log, closing, onClosed })
    return context.body(stream, 200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
  })
}

/** Gives back how to close it. */
function addCommands(app: Hono, options: HttpAppOptions): () => Promise<void> {
  const { transport, topics, random, consoleWrites } = options
  const sender = createCommandSender({ transport, topic: topics.commands, random })
  const limit = bodyLimit({
    maxSize: SUBMISSION_BYTES_MAX,
    onError: context => problem(context, 413, 'Too large', `the body must be at most ${SUBMISSION_BYTES_MAX} bytes`),
  })
  let submissions = 0
  app.use('/api/commands', async (context, next) => {
    if (submissions === SUBMISSIONS_AT_ONCE_MAX) {
      return problem(context, 503, 'Too many requests', `${SUBMISSIONS_AT_ONCE_MAX} are under way: wait for an answer`)
    }
    submissions += 1
    try {
      return await next()
    } finally {
      submissions -= 1
    }
  })
  app.post('/api/commands', limit, async context => {
    if (!consoleWrites) {
      const detail = 'this replica sends no commands for HTTP clients: set CONSOLE_WRITES=true, or use Kafka'
      return problem(context, 403, 'Writes are off', detail)
    }
    const foreign = foreignOrigin(context)
    if (foreign !== undefined) return problem(context, 403, 'Another origin', foreign)
    const type = context.req.header('content-type') ?? ''
    // A form of another site can send other types without asking; for this one the browser asks us first.
    if (!/^application\/json\s*(;|$)/i.test(type)) {
      return problem(context, 415, 'Not JSON', `content-type ${JSON.stringify(type)}: must be application/json`)
    }
    const read = readSubmission(await context.req.text())
    if ('faults' in read) return problem(context, 400, 'Not a list of records', ...read.faults)
    await sender.send(read.records)
    return context.json({ accepted: read.records.length }, 202)
  })
  return () => sender.close()
}

function foreignOrigin(context: Context): string | undefined {
  const origin = context.req.header('origin')
  if (origin === undefined) return undefined
  const host = context.req.header('host')
  const own = URL.canParse(origin) ? new URL(origin).host : undefined
  if (own !== undefined && own === host?.toLowerCase()) return undefined
  return `a page of ${origin} may not send commands to ${host ?? 'this host'}: use the console of this replica`
}

/** Errors in the form of JSON:API. */
function problem(
  context: Context,
  status: 400 | 403 | 404 | 413 | 415 | 500 | 503,
  title: string,
  ...details: string[]
) {
  const errors = details.map(detail => ({ status: String(status), title, detail }))
  return context.json({ errors }, status)
}
