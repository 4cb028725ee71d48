/**
 * A connection to one broker, of one use: after a connection error or a time-out it is ended, never mended, because
 * what kafkajs has read of a torn answer cannot be trusted. Retries nothing.
 */
import { isConnectionLost } from './broker-errors.ts'
import { CONNECT_TIMEOUT_MS, type KafkaOptions, REQUEST_TIMEOUT_MS } from './kafka-options.ts'
import type { ProtocolRequest } from './protocol.ts'
import { Sockets } from './sockets.ts'
import { type BrokerConnection, createConnection } from './wire.ts'

/** The part of a log-in's life after which the connection is changed for a fresh one. */
const SESSION_SHARE = 0.7

export class BrokerNode {
  readonly address: string
  readonly #connection: BrokerConnection
  readonly #sockets = new Sockets()
  readonly #options: KafkaOptions
  readonly #onEnd: () => void
  #connected = false
  #ended = false
  #expiresAt = Number.POSITIVE_INFINITY

  /** @param address `host:port` */
  constructor(address: string, clientId: string, options: KafkaOptions, onEnd: () => void) {
    this.address = address
    this.#options = options
    this.#onEnd = onEnd
    const colon = address.lastIndexOf(':')
    this.#connection = createConnection({
      host: address.slice(0, colon).replace(/^\[(.*)\]$/, '$1'),
      port: Number(address.slice(colon + 1)),
      clientId,
      ssl: options.ssl,
      sasl: options.sasl,
      connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      requestTimeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
      sockets: this.#sockets,
    })
  }

  isOpen(): boolean {
    return !this.#ended && this.#connection.isConnected()
  }

  /** Was connected and is no longer: the broker closes a connection that was idle for ten minutes, for one. */
  isSpent(): boolean {
    return this.#ended || (this.#connected && !this.#connection.isConnected())
  }

  /** The broker is about to end it, since its log-in has lasted long enough. */
  isExpiring(): boolean {
    return this.#options.clock.elapsed() >= this.#expiresAt
  }

  async connect(): Promise<void> {
    try {
      // One limit for all of it; kafkajs has one for TCP and the usual one for each exchange after that.
      const timeoutMs = this.#options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS
      await this.#within(timeoutMs, 'connecting', () => this.#connection.connect())
      this.#connected = true
      const lifetimeMs = this.#connection.sessionLifetimeMs()
      if (lifetimeMs > 0) this.#expiresAt = this.#options.clock.elapsed() + lifetimeMs * SESSION_SHARE
    } catch (error) {
      this.end('not connected')
      throw error
    }
  }

  /** @throws ProtocolError, or of kafkajs where the connection is lost or nothing came in time. */
  async send<T>(request: ProtocolRequest<T>): Promise<T> {
    try {
      return await this.#connection.send(request)
    } catch (error) {
      if (isConnectionLost(error)) this.end('lost')
      throw error
    }
  }

  /** As `send`, with a limit shorter than the usual one. */
  sendWithin<T>(timeoutMs: number, request: ProtocolRequest<T>): Promise<T> {
    return this.#within(timeoutMs, request.api.name, () => this.send(request))
  }

  /** At once: what waits for an answer fails with `reason`. */
  end(reason: string): void {
    if (this.#ended) return
    this.#ended = true
    this.#sockets.close(reason)
    this.#onEnd()
  }

  async #within<T>(timeoutMs: number, doing: string, work: () => Promise<T>): Promise<T> {
    const done = new AbortController()
    const expired = this.#options.clock.sleep(timeoutMs, done.signal).then(() => {
      if (!done.signal.aborted) this.end(`${this.address} did not answer for ${timeoutMs} ms (${doing})`)
    })
    try {
      return await work()
    } finally {
      done.abort()
      await expired
    }
  }
}
