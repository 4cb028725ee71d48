/**
 * Where frames come from: a WebSocket of this installation (the relay that apps send to, or instances of its own), and
 * the window that opened or embeds this page, as @statelyai/inspect's browser adapter does. Hands on what comes as it
 * comes; reads nothing of it.
 */
import { cut, type FrameRead, readFrameMessage, readFrameText } from './frame-reader.ts'

export type SourceState = 'connecting' | 'open' | 'closed'

export interface SourceEvents {
  readonly onFrame: (read: FrameRead) => void
  /** `reason`: what the other side said, where it did. */
  readonly onState: (state: SourceState, reason: string) => void
  /** A connection begins, and with it everything is sent anew. */
  readonly onBegin: () => void
}

const RETRY_MS_MIN = 1_000
const RETRY_MS_MAX = 15_000
/** RFC 6455: the other side refuses what was asked for, so asking again is of no use. */
const REFUSED = 1008

/** As the replica counts them; a browser does not tell its page why a WebSocket was refused. */
const INSTANCES_MAX = 50
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

const BINARY: FrameRead = { problem: 'a binary frame: texts are read' }

/** `instances` empty: the relay. Below whatever prefix the console is served. Returns how to stop. */
export function openSocket(instances: readonly string[], { onFrame, onState, onBegin }: SourceEvents): () => void {
  const fault = faultOf(instances)
  if (fault !== undefined) {
    onState('closed', fault)
    return () => {}
  }
  let socket: WebSocket | undefined
  let timer: number | undefined
  let failures = 0
  const connect = () => {
    onState('connecting', '')
    socket = new WebSocket(socketUrl(instances))
    socket.onopen = () => {
      failures = 0
      onBegin()
      onState('open', '')
    }
    socket.onmessage = ({ data }) => onFrame(typeof data === 'string' ? readFrameText(data) : BINARY)
    socket.onclose = ({ code, reason }) => {
      onState('closed', reason)
      if (code === REFUSED) return
      // Never in step with the other tabs.
      const wait = Math.min(RETRY_MS_MIN * 2 ** failures, RETRY_MS_MAX) * (0.5 + Math.random())
      failures += 1
      timer = window.setTimeout(connect, wait)
    }
  }
  connect()
  return () => {
    window.clearTimeout(timer)
    if (socket === undefined) return
    socket.onclose = null
    socket.onmessage = null
    socket.close()
  }
}

/** Why no replica would answer. */
function faultOf(instances: readonly string[]): string | undefined {
  if (instances.length > INSTANCES_MAX) return `${instances.length} instances: at most ${INSTANCES_MAX} are followed`
  const wrong = instances.find(id => !ID.test(id))
  if (wrong === undefined) return undefined
  return `instance=${cut(wrong, 60)} in the address: take the id of an instance from its page`
}

function socketUrl(instances: readonly string[]): URL {
  const url = new URL(instances.length === 0 ? '../inspect/receive?view' : '../inspect', document.baseURI)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  for (const id of instances) url.searchParams.append('instance', id)
  return url
}

/** Whether another window opened or embeds this one: then it may be an app that wants to be drawn. */
export function otherWindow(): Window | undefined {
  const other: unknown = window.self === window.top ? window.opener : window.parent
  return isWindow(other) ? other : undefined
}

/** Tells `other` that somebody listens, which is what its adapter waits for. Returns how to stop. */
export function openMessages(other: Window, { onFrame, onState }: SourceEvents): () => void {
  const listen = ({ source, data }: MessageEvent<unknown>) => {
    if (source !== other || !hasType(data)) return
    if (data.type === '@statelyai.disconnected') onState('closed', 'the app has stopped its inspector')
    // The bridge of createInspectorServer and browser extensions speak in the same window.
    if (!data.type.startsWith('@xstate.')) return
    onState('open', '')
    onFrame(readFrameMessage(data))
  }
  window.addEventListener('message', listen)
  onState('connecting', '')
  // To whoever it is: it says nothing but that this page is here.
  other.postMessage({ type: '@statelyai.connected' }, '*')
  return () => window.removeEventListener('message', listen)
}

function hasType(data: unknown): data is { readonly type: string } {
  return typeof data === 'object' && data !== null && 'type' in data && typeof data.type === 'string'
}

/** A window of another origin shows nothing of itself but this. */
function isWindow(other: unknown): other is Window {
  return typeof other === 'object' && other !== null && 'postMessage' in other
}
