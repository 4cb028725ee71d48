/**
 * What the replica answers over HTTP, put together: health and metrics for everybody, then behind the access rules
 * `/api` and the console. Knows the service by its status and its views only. Never listens: http-server.ts does.
 */
import { setMaxListeners } from 'node:events'
import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { type ApiOptions, isLocal } from '../api/api-options.ts'
import { apiRoutes } from '../api/api-routes.ts'
import { openApi } from '../api/open-api.ts'
import { problem } from '../api/problem.ts'
import { REPLICA_HEADER } from '../api/replica-header.ts'
import { addRoutes, getRoute, type Route } from '../api/route.ts'
import type { Clock, Random } from '../clock.ts'
import { RecordTooLargeError, TransportUnavailableError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Transport } from '../transport/port.ts'
import { type Access, createAccess } from './access.ts'
import { boundAddress, requireAccess, requireOwnHost, requireOwnJson } from './access-guards.ts'
import { commandRoute } from './command-route.ts'
import { addHealth, type HealthOptions } from './health.ts'
import type { HostRule } from './host-rule.ts'
import { addLogin } from './login.ts'
import { messageRoute } from './message-route.ts'
import type { PublicTopics } from './message-view.ts'
import { addStaticFiles } from './static-files.ts'

export type { ReplicaStatus } from './health.ts'

export interface HttpAppOptions extends HealthOptions {
  /** Who answers what is read under `/api`. */
  readonly api: Pick<
    ApiOptions,
    'view' | 'localView' | 'catalogue' | 'definitionFiles' | 'rules' | 'replica' | 'version'
  > & {
    /** Who answers, for the replicas that ask (replicaIdentity of api/replica-header.ts); undefined before the log was reached. */
    readonly identity: () => string | undefined
  }
  readonly transport: Pick<Transport, 'admin' | 'openReader' | 'openAppender' | 'durable'>
  readonly topics: PublicTopics
  /** `CONSOLE_WRITES` */
  readonly consoleWrites: boolean
  /** `CONSOLE_TOKEN`; absent: everybody may come in. */
  readonly consoleToken?: string | undefined
  /** By which names it may be called; absent: by any. */
  readonly hostRule?: HostRule | undefined
  /** Where the console was built; absent: where `npm run build` puts it. */
  readonly consoleDirectory?: string | undefined
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Ends every stream at once. */
  readonly closing: AbortSignal
}

export interface HttpApp {
  readonly fetch: Hono['fetch']
  /** For tests: as `fetch`, without a server. */
  readonly request: Hono['request']
  /** The rules that hold for what is no request of this app: WebSockets. */
  readonly access: Access
  /** Gives back what it holds of the log. Streams end by the `closing` signal. */
  close(): Promise<void>
}

export function createHttpApp(options: HttpAppOptions): HttpApp {
  const { api, transport, topics, consoleWrites, consoleToken: token, clock, random, log, closing } = options
  // Every stream listens to it, and each kind has its own bound; Node takes more than ten for a leak.
  setMaxListeners(0, closing)
  const access = createAccess({ token, clock, random })
  const commands = commandRoute({ transport, topic: topics.commands, consoleWrites, random, log })
  const shared = { transport, clock, log, closing }
  const read = apiRoutes({ ...shared, ...api, deadLetters: topics.deadLetters, writes: consoleWrites })
  const routes = withOpenApi([...read, messageRoute({ ...shared, topics }), commands.route], api.version)
  const app = new Hono()
  app.use(boundAddress)
  if (options.hostRule !== undefined) app.use(requireOwnHost(options.hostRule))
  app.use((context, next) => {
    // Before the answer: a header that is added to one copies it, at the price of all the rest.
    context.header('x-content-type-options', 'nosniff')
    if (isLocal(context)) context.header(REPLICA_HEADER, api.identity())
    return next()
  })
  const guard = requireAccess(access)
  for (const path of ['/api/*', '/console', '/console/*', '/inspect/*']) app.use(path, guard)
  app.get('/', context => {
    const isPage = (context.req.header('accept') ?? '').includes('text/html')
    return isPage ? context.redirect('console/', 302) : context.json(indexOf(routes))
  })
  addHealth(app, options)
  addRoutes(app, routes, requireOwnJson)
  addLogin(app, { access, log })
  addStaticFiles(app, options.consoleDirectory)
  // Here come only those who did not ask for a WebSocket: the others are given to the inspector by the port.
  for (const path of ['/inspect', '/inspect/receive']) app.get(path, tellOfWebSocket)
  app.notFound(context => problem(context, 404, 'Not found', `there is no ${context.req.method} ${context.req.path}`))
  app.onError((error, context) => {
    // A view stops asking then; nobody hears this any more.
    if (context.req.raw.signal.aborted) return problem(context, 503, 'Gone', 'the client left before the answer')
    if (error instanceof TransportUnavailableError) return problem(context, 503, 'The log is away', error.message)
    if (error instanceof RecordTooLargeError) return problem(context, 413, 'A record is too large', error.message)
    log.error({ err: error, path: context.req.path }, 'a request failed')
    return problem(context, 500, 'Internal error', 'the log of the service says more')
  })
  return { fetch: app.fetch, request: app.request, access, close: () => commands.close() }
}

function tellOfWebSocket(context: Context): Response {
  context.header('upgrade', 'websocket')
  context.header('connection', 'upgrade')
  const { path } = context.req
  const what = path === '/inspect' ? 'sends instances: /inspect?instance=<id>' : 'takes the frames of inspected apps'
  const cure = 'connect with the protocol of WebSockets, or open /console/#/inspector, which does'
  return problem(context, 426, 'Upgrade required', `${path} ${what}, and is a WebSocket: ${cure}`)
}

/** Beside them the one that describes them all, itself too. */
function withOpenApi(routes: readonly Route[], version: string): readonly Route[] {
  let document: ReturnType<typeof openApi> | undefined
  const route = getRoute({
    path: '/api/openapi.json',
    summary: 'This document',
    answers: { 200: { type: 'application/json', schema: z.looseObject({ openapi: z.literal('3.1.0') }) } },
    answer: context => {
      document ??= openApi(all, version)
      return context.json(document, 200, { 'cache-control': 'no-cache' })
    },
  })
  const all = [...routes, route]
  return all
}

function indexOf(routes: readonly Route[]) {
  const of = (method: Route['method']) => routes.filter(route => route.method === method).map(({ path }) => path)
  return {
    service: 'party-quests',
    get: ['/livez', '/readyz', '/metrics', '/console/', ...of('get')],
    post: of('post'),
  }
}
