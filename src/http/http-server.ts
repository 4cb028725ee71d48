/**
 * The port that a replica listens on. Knows no route: the app answers.
 */
import type { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { createAdaptorServer } from '@hono/node-server'
import { ConfigError } from '../errors.ts'
import type { HttpApp } from './http-app.ts'

export interface HttpServer {
  /** For clients on this machine, without a slash at the end. */
  readonly url: string
  /** Ends all connections at once. */
  close(): Promise<void>
}

/** Takes a connection over for good, as WebSockets do; asked by requests for a WebSocket alone. */
export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** How long a request's headers, and the whole of it, may take to arrive; milliseconds, as Node's server names them. */
export interface Arrival {
  readonly headersTimeout: number
  readonly requestTimeout: number
  readonly connectionsCheckingInterval: number
}

/** Node takes five minutes for what a client sends, and looks every half: eight slow ones would stop all writing. */
const ARRIVAL = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 5_000 }

/**
 * `upgrade` gets every connection that asks for a WebSocket. A request that does not arrive in time is answered with 408.
 * @throws ConfigError the port cannot be had.
 */
export function listen(
  app: Pick<HttpApp, 'fetch'>,
  where: { readonly host: string; readonly port: number },
  upgrade?: Upgrade,
  arrival: Arrival = ARRIVAL,
): Promise<HttpServer> {
  const server = createAdaptorServer({ fetch: app.fetch, serverOptions: arrival })
  if (upgrade !== undefined) {
    server.on('upgrade', (request, socket, head) => {
      if (/^websocket$/i.test(request.headers.upgrade ?? '')) upgrade(request, socket, head)
      else askWithoutUpgrade(server, request, socket, head)
    })
  }
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new ConfigError([portFault(error, where)])))
    server.listen(where.port, where.host, () => {
      server.removeAllListeners('error')
      resolve({
        url: urlOf(where),
        close: () =>
          new Promise(closed => {
            server.close(() => closed())
            if ('closeAllConnections' in server) server.closeAllConnections()
          }),
      })
    })
  })
}

/**
 * A client that offers another protocol (Java's and curl's HTTP/2) takes HTTP/1.1 as well. Node would hand its request
 * to nobody else once WebSockets are listened for: it is read again, as if it offered nothing.
 */
function askWithoutUpgrade(
  server: EventEmitter,
  { method, url, httpVersion, rawHeaders }: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2)
    const kept = /^connection$/i.test(name) ? withoutUpgrade(value) : value
    if (!/^(upgrade|http2-settings)$/i.test(name) && kept !== '') lines.push(`${name}: ${kept}`)
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
  server.emit('connection', socket)
}

/** Of a list of tokens. */
function withoutUpgrade(connection: string): string {
  const tokens = connection.split(',').map(token => token.trim())
  return tokens.filter(token => !/^(upgrade|http2-settings)$/i.test(token)).join(', ')
}

function urlOf({ host, port }: { readonly host: string; readonly port: number }): string {
  const anywhere = host === '0.0.0.0' || host === '::'
  const name = anywhere ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}

function portFault(error: NodeJS.ErrnoException, { host, port }: { host: string; port: number }): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `REST_PORT=${port}: is in use on ${host}; stop what listens there, or set another port, or 0 for none`
    case 'EACCES':
      return `REST_PORT=${port}: this user may not listen on it; set one above 1023, or 0 for none`
    default:
      return `REST_HOST=${host}: cannot be listened on (${error.code ?? error.message}); set an address of this machine`
  }
}
