/**
 * Frames of other people's XState apps on their way to the inspector page: a WebSocket adapter of @statelyai/inspect
 * can only connect to a URL, and a page can listen on none, so both meet here. Keeps the last frames for a page that
 * opens later, bounded; never reads what is in them.
 */
import type { WebSocket } from 'ws'
import type { Clock } from '../clock.ts'
import { BoundedSocket } from './bounded-socket.ts'

export const RELAY_FRAMES_MAX = 1_000
export const RELAY_BYTES_MAX = 8 << 20
/** Of one app. What it sends beyond waits on its side. */
export const APP_FRAMES_PER_SECOND = 500

export interface FrameRelay {
  /** An app that sends frames. */
  addApp(socket: WebSocket): BoundedSocket
  /** A page that is sent the frames that are kept, then those that come. What it reads too late for is left out. */
  addViewer(socket: WebSocket, onText: (text: string, viewer: BoundedSocket) => void): BoundedSocket
}

export function createFrameRelay(clock: Clock): FrameRelay {
  const frames: string[] = []
  const viewers = new Set<() => void>()
  /** How many came before the first of `frames`. */
  let dropped = 0
  let bytes = 0

  function keep(text: string): void {
    frames.push(text)
    bytes += text.length
    while (frames.length > RELAY_FRAMES_MAX || bytes > RELAY_BYTES_MAX) {
      bytes -= frames.shift()?.length ?? 0
      dropped += 1
    }
    for (const wake of viewers) wake()
  }

  return {
    addApp: socket => {
      let second = 0
      let count = 0
      const app = new BoundedSocket({
        socket,
        clock,
        onText: text => {
          const now = Math.floor(clock.elapsed() / 1000)
          count = now === second ? count + 1 : 1
          second = now
          keep(text)
          if (count === APP_FRAMES_PER_SECOND) void app.holdBack(1000)
        },
      })
      return app
    },

    addViewer: (socket, onText) => {
      const viewer: BoundedSocket = new BoundedSocket({ socket, clock, onText: text => onText(text, viewer) })
      let next = dropped
      let isSending = false
      const send = async () => {
        if (isSending) return
        isSending = true
        while (next < dropped + frames.length && !viewer.ended.aborted) {
          next = Math.max(next, dropped)
          const frame = frames[next - dropped]
          next += 1
          if (frame !== undefined) await viewer.send(frame)
        }
        isSending = false
      }
      const wake = () => void send()
      viewers.add(wake)
      viewer.ended.addEventListener('abort', () => viewers.delete(wake), { once: true })
      wake()
      return viewer
    },
  }
}
