/**
 * The WebSocket edge: who may connect to `/inspect` (instances of this installation, out) and `/inspect/receive`
 * (frames of other apps, in), how many of them, and how much they may say. A request that is refused gets an HTTP
 * answer in the form of the API's. Never listens: http-server.ts does, and hands over its upgrades.
 */
import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { HeaderOf } from '../api/header-of.ts'
import type { View } from '../api/view.ts'
import type { Clock } from '../clock.ts'
import type { InstanceId } from '../contract/ids.ts'
import { cut } from '../contract/json.ts'
import { parseUuid } from '../contract/uuid-text.ts'
import type { Log } from '../log.ts'
import { BoundedSocket, CLOSE } from './bounded-socket.ts'
import { createFrameRelay } from './frame-relay.ts'
import { streamInstances } from './instance-stream.ts'

/** Instances that one client may follow. */
export const INSTANCES_MAX = 50
/** Clients that follow instances, pages that view the relay, and apps that send to it: so many of each. */
export const CLIENTS_MAX = 50
/** One way is all that the protocol knows; this much is ignored before the client is sent away. */
export const IGNORED_FRAMES_MAX = 100
export const IGNORED_BYTES_MAX = 64 << 10
/** A frame of an app. */
export const APP_FRAME_BYTES_MAX = 256 << 10

export interface InspectServerOptions {
  readonly view: Pick<View, 'instance' | 'watch'>
  /** Whether the request carries what CONSOLE_TOKEN asks for; always, where it is not set. */
  readonly isAllowed: (header: HeaderOf) => boolean
  /** Why the page that asks may not: it is of another origin, and would read with the rights of who looks at it. */
  readonly foreignOrigin: (header: HeaderOf) => string | undefined
  readonly clock: Clock
  readonly log: Log
}

export interface InspectServer {
  /** For `upgrade` of Node's HTTP server. Takes every socket that it is given: what it does not know is a 404. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Sends every client away, and resolves when they are gone: within seconds. Node's own closeAllConnections does not know sockets that were upgraded. */
  close(): Promise<void>
}

interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 503
  readonly title: string
  readonly detail: string
}

/** What a request is answered with: a refusal, or a socket that is handed on. */
type Admission = Refusal | { readonly role: Role; readonly accept: (socket: WebSocket) => BoundedSocket }
type Role = 'follower' | 'viewer' | 'app'

export function createInspectServer(options: InspectServerOptions): InspectServer {
  const { view, isAllowed, foreignOrigin, clock, log } = options
  const shared = { noServer: true, clientTracking: false, perMessageDeflate: false }
  const quiet = new WebSocketServer({ ...shared, maxPayload: IGNORED_BYTES_MAX })
  const receiving = new WebSocketServer({ ...shared, maxPayload: APP_FRAME_BYTES_MAX })
  const relay = createFrameRelay(clock)
  const clients: Record<Role, Set<BoundedSocket>> = { follower: new Set(), viewer: new Set(), app: new Set() }
  let isClosing = false

  function admit(request: IncomingMessage): Admission {
    const header = headersOf(request)
    const foreign = foreignOrigin(header)
    if (foreign !== undefined) return { status: 403, title: 'Another origin', detail: foreign }
    if (!isAllowed(header)) {
      const detail = 'this replica asks for CONSOLE_TOKEN: log in at /console/, or send authorization: Bearer <token>'
      return { status: 401, title: 'Not allowed', detail }
    }
    // Not URL: a target like `//x` would be a host to it.
    const [path, query = ''] = (request.url ?? '').split('?', 2)
    const asked = new URLSearchParams(query)
    if (path === '/inspect') return follow(asked.getAll('instance'))
    if (path !== '/inspect/receive') {
      const detail = `there is no WebSocket at ${cut(path ?? '')}: /inspect?instance=<id> or /inspect/receive`
      return { status: 404, title: 'Not found', detail }
    }
    if (!asked.has('view')) return { role: 'app', accept: relay.addApp }
    return { role: 'viewer', accept: socket => relay.addViewer(socket, ignoring()) }
  }

  function follow(texts: readonly string[]): Admission {
    const ids = idsOf(texts)
    if ('status' in ids) return ids
    return {
      role: 'follower',
      accept: socket => {
        const ignore = ignoring()
        const client: BoundedSocket = new BoundedSocket({ socket, clock, onText: text => ignore(text, client) })
        streamInstances({ ids, view, socket: client, clock, log })
        return client
      },
    }
  }

  return {
    upgrade: (request, socket, head) => {
      // The client may go at any time; there is nobody to tell.
      socket.on('error', () => socket.destroy())
      const admission = isClosing ? CLOSING : admit(request)
      if ('status' in admission) return refuse(socket, admission)
      const { role, accept } = admission
      if (clients[role].size >= CLIENTS_MAX) {
        const detail = `${CLIENTS_MAX} are connected already: close one`
        return refuse(socket, { status: 503, title: 'Too many clients', detail })
      }
      const server = role === 'app' ? receiving : quiet
      server.handleUpgrade(request, socket, head, webSocket => {
        const client = accept(webSocket)
        clients[role].add(client)
        void client.gone().then(() => clients[role].delete(client))
      })
    },

    close: async () => {
      isClosing = true
      const all = Object.values(clients).flatMap(set => [...set])
      for (const client of all) client.close(CLOSE.goingAway, 'the replica is closing: connect again')
      await Promise.all(all.map(client => client.gone()))
    },
  }
}

const CLOSING: Refusal = { status: 503, title: 'Closing', detail: 'the replica is closing: connect again' }

function headersOf({ headers }: IncomingMessage): HeaderOf {
  return name => {
    const value = headers[name]
    return Array.isArray(value) ? value[0] : value
  }
}

function idsOf(texts: readonly string[]): readonly InstanceId[] | Refusal {
  const title = 'Not a list of instances'
  if (texts.length === 0) return { status: 400, title, detail: 'name what to follow: /inspect?instance=<id>' }
  if (texts.length > INSTANCES_MAX) {
    return { status: 400, title, detail: `${texts.length} instances: at most ${INSTANCES_MAX} a connection` }
  }
  const ids = new Set<InstanceId>()
  for (const text of texts) {
    const id = parseUuid(text)
    if (id === undefined) return { status: 400, title, detail: `instance=${cut(text)}: must be a UUID` }
    ids.add(id as InstanceId)
  }
  return [...ids]
}

/** Counts what a client says that nobody listens to. */
function ignoring(): (text: string, client: BoundedSocket) => void {
  let count = 0
  return (_, client) => {
    count += 1
    if (count > IGNORED_FRAMES_MAX) client.close(CLOSE.refused, 'nothing is read here: only listen')
  }
}

function refuse(socket: Duplex, { status, title, detail }: Refusal): void {
  const body = JSON.stringify({ errors: [{ status: String(status), title, detail }] })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  // Or a client that never closes its side would keep it open.
  socket.once('finish', () => socket.destroy())
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
