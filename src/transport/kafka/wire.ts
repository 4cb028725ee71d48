/**
 * The only file that reaches into kafkajs's inside: its broker connections (framing, TLS, SASL, API versions), and one
 * mend of them. Pinned to the version whose source was read; anything else is refused at start, not met at night.
 */
import { createRequire } from 'node:module'
import { ConfigError } from '../../errors.ts'
import { FrameBuffers } from './frame-buffers.ts'
import type { KafkaOptions } from './kafka-options.ts'
import { type ProtocolRequest, ResponseReader } from './protocol.ts'
import { RequestWriter } from './request-writer.ts'
import type { Sockets } from './sockets.ts'

const KAFKAJS_VERSION = '2.2.4'
const load = createRequire(import.meta.url)

/** One connection to one broker. Not to be used again once it was lost. */
export interface BrokerConnection {
  connect(): Promise<void>
  isConnected(): boolean
  send<T>(request: ProtocolRequest<T>): Promise<T>
  /** How long the broker lets this log-in last, milliseconds; 0 for ever. Known once it is connected. */
  sessionLifetimeMs(): number
}

export interface ConnectionOptions extends Pick<KafkaOptions, 'ssl' | 'sasl'> {
  readonly host: string
  readonly port: number
  readonly clientId: string
  readonly connectTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly sockets: Sockets
}

interface Internals {
  readonly Broker: new (options: object) => { connect(): Promise<void> }
  readonly ConnectionPool: new (options: object) => { readonly pool: readonly InternalConnection[] }
  readonly RequestQueue: { readonly prototype: InternalRequestQueue }
  readonly createLogger: (options: object) => object
}

interface InternalConnection {
  readonly sessionLifetime: { toString(): string }
  readonly socket: { write(bytes: Buffer): void }
  readonly requestQueue: {
    push(request: PushedRequest): void
    maybeThrottle(ms: number): void
  }
  isConnected(): boolean
  failIfNotConnected(): void
  nextCorrelationId(): number
}

interface PushedRequest {
  readonly entry: {
    readonly apiKey: number
    readonly apiName: string
    readonly apiVersion: number
    readonly correlationId: number
    resolve(answer: { readonly payload: Buffer }): void
    reject(error: unknown): void
  }
  readonly expectResponse: boolean
  readonly requestTimeout: number | null
  sendRequest(): void
}

/** The part of kafkajs's request queue that `quietRequestQueue` mends. */
export interface InternalRequestQueue {
  readonly pending: readonly unknown[]
  readonly throttledUntil: number
  scheduleCheckPendingRequests(): void
}

/**
 * A number of milliseconds before the end of a log-in that never comes. kafkajs would log in again on the same
 * connection, and take the answer to any request that is on its way for the log-in's; we change the connection.
 */
const NEVER_LOG_IN_AGAIN_MS = -Number.MAX_SAFE_INTEGER

let internals: Internals | undefined

/** @throws ConfigError kafkajs is not the version whose inside we know, or lacks a part that we use. */
export function checkWire(): void {
  internals ??= loadInternals()
}

export function createConnection(options: ConnectionOptions): BrokerConnection {
  internals ??= loadInternals()
  // Its errors reach us as errors; logged as well they would be told twice.
  const logger = internals.createLogger({ level: 0, logCreator: () => () => undefined })
  const connectionPool = new internals.ConnectionPool({
    host: options.host,
    port: options.port,
    ssl: options.ssl ?? null,
    sasl: options.sasl ?? null,
    clientId: options.clientId,
    socketFactory: options.sockets.factory,
    connectionTimeout: options.connectTimeoutMs,
    requestTimeout: options.requestTimeoutMs,
    enforceRequestTimeout: true,
    reauthenticationThreshold: NEVER_LOG_IN_AGAIN_MS,
    logger,
  })
  const broker = new internals.Broker({ connectionPool, logger, allowAutoTopicCreation: false })
  const [connection] = connectionPool.pool
  if (typeof connection?.requestQueue?.push !== 'function') throw missing('Connection.requestQueue')
  if (typeof connection.nextCorrelationId !== 'function') throw missing('Connection.nextCorrelationId')
  const frames = new FrameBuffers()
  return {
    connect: () => broker.connect(),
    isConnected: () => connection.isConnected(),
    // Past the pool, which keeps a second connection for fetches: ours are apart already, a Connections object each.
    send: request => send(connection, frames, options.clientId, request),
    sessionLifetimeMs: () => Number(connection.sessionLifetime.toString()),
  }
}

/** Client id, API, version, correlation id and the frame's length. */
const HEAD_BYTES = 64

/**
 * As kafkajs's connection sends, but for the copies that it makes of a request. It logs in anew when a log-in has run
 * out; ours change the connection before that.
 */
async function send<T>(
  connection: InternalConnection,
  frames: FrameBuffers,
  clientId: string,
  request: ProtocolRequest<T>,
): Promise<T> {
  connection.failIfNotConnected()
  const { key: apiKey, name: apiName, version: apiVersion } = request.api
  const correlationId = connection.nextCorrelationId()
  const buffer = frames.take(HEAD_BYTES + clientId.length + request.bytes)
  const writer = new RequestWriter(buffer)
  writer.beginFrame()
  writer.int16(apiKey)
  writer.int16(apiVersion)
  writer.int32(correlationId)
  writer.string(clientId)
  request.write(writer)
  const frame = writer.frame()
  const { payload } = await new Promise<{ readonly payload: Buffer }>((resolve, reject) =>
    connection.requestQueue.push({
      entry: { apiKey, apiName, apiVersion, correlationId, resolve, reject },
      expectResponse: true,
      requestTimeout: request.timeoutMs ?? null,
      sendRequest: () => connection.socket.write(frame),
    }),
  )
  frames.giveBack(buffer)
  const reader = new ResponseReader(payload)
  try {
    return request.read(reader)
  } finally {
    connection.requestQueue.maybeThrottle(reader.throttleMs)
  }
}

/**
 * kafkajs arms a timer of 1 ms after every answer, for ever, on each connection: 64 idle ones burn 11 % of a core.
 * Mended: none while nothing waits.
 */
export function quietRequestQueue(prototype: InternalRequestQueue): void {
  const stock = prototype.scheduleCheckPendingRequests
  prototype.scheduleCheckPendingRequests = function scheduleCheckPendingRequests() {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) stock.call(this)
  }
}

function loadInternals(): Internals {
  const { version } = load('kafkajs/package.json')
  if (version !== KAFKAJS_VERSION) {
    throw new ConfigError([
      `kafkajs is version ${version}, but only the inside of ${KAFKAJS_VERSION} is known: install that one (npm ci)`,
    ])
  }
  const found: Internals = {
    Broker: load('kafkajs/src/broker'),
    ConnectionPool: load('kafkajs/src/network/connectionPool'),
    RequestQueue: load('kafkajs/src/network/requestQueue'),
    createLogger: load('kafkajs/src/loggers').createLogger,
  }
  for (const [name, part] of Object.entries(found)) if (typeof part !== 'function') throw missing(name)
  const { RequestQueue, Broker } = found
  if (typeof Broker.prototype.connect !== 'function') throw missing('Broker.connect')
  if (typeof RequestQueue.prototype.scheduleCheckPendingRequests !== 'function') throw missing('RequestQueue')
  quietRequestQueue(RequestQueue.prototype)
  return found
}

function missing(part: string): ConfigError {
  return new ConfigError([`kafkajs ${KAFKAJS_VERSION} lacks ${part}: its files were changed, install it anew (npm ci)`])
}
