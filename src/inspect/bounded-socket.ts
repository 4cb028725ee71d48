/**
 * One WebSocket and what bounds it: how far the client may fall behind, how much it may say, and whether it is still
 * there. Every way in which it ends is one code with a reason. Knows nothing of what is sent.
 */
import type { RawData, WebSocket } from 'ws'
import { Alarm } from '../alarm.ts'
import type { Clock } from '../clock.ts'

/** Codes of RFC 6455 and the registry of its extensions. */
export const CLOSE = { goingAway: 1001, notText: 1003, refused: 1008, tryAgainLater: 1013 } as const

/** What may wait for a client that reads slowly: with one frame more, never above twice this. */
export const BEHIND_BYTES_MAX = 1 << 20
/** From here on the next frame waits until the client has taken something. */
const PACE_BYTES = BEHIND_BYTES_MAX / 2
/** How long a client may be that far behind before it is let go. */
export const BEHIND_MS_MAX = 10_000
/** How long one that was sent away may take to say goodbye. */
const ANSWER_MS = 2_000
/** A client that answers no ping until the next one is gone. */
export const PING_MS = 30_000

export interface BoundedSocketOptions {
  readonly socket: WebSocket
  readonly clock: Clock
  /** A text frame that the client sent. Frames that are no text end it. */
  readonly onText: (text: string) => void
}

export class BoundedSocket {
  readonly #socket: WebSocket
  readonly #clock: Clock
  readonly #ended = new AbortController()
  /** After `ended`, when the connection is. */
  readonly #closed = new AbortController()
  /** Rung when the client has taken something, and at the end. */
  readonly #taken: Alarm
  /** One at a time, or several senders would wait on one alarm. */
  #sends: Promise<void> = Promise.resolve()
  #hasAnswered = true

  constructor({ socket, clock, onText }: BoundedSocketOptions) {
    this.#socket = socket
    this.#clock = clock
    this.#taken = new Alarm(clock)
    socket.on('message', (data, isBinary) => {
      if (isBinary) return this.close(CLOSE.notText, 'only text frames are read here')
      onText(textOf(data))
    })
    socket.on('pong', () => {
      this.#hasAnswered = true
    })
    // `close` follows: with 1009 after a frame beyond maxPayload, with 1002 after one that is no WebSocket frame.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#closed.abort()
      this.#end()
    })
    void this.#watchLife()
  }

  /** Aborts when the client is gone, or was sent away. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  /** Resolves when the connection is gone. */
  async gone(): Promise<void> {
    if (this.#closed.signal.aborted) return
    await new Promise(resolve => this.#closed.signal.addEventListener('abort', resolve, { once: true }))
  }

  /** Resolves once the frame is on its way, and at once when the client is gone. One after the other, in order. */
  send(text: string): Promise<void> {
    this.#sends = this.#sends.then(async () => {
      await this.#room()
      if (this.#ended.signal.aborted) return
      this.#socket.send(text, () => this.#taken.ring())
    })
    return this.#sends
  }

  /** The reason is cut to the 123 bytes that a close frame has. */
  close(code: number, reason: string): void {
    if (this.#ended.signal.aborted) return
    this.#socket.close(
      code,
      Buffer.from(reason)
        .subarray(0, 123)
        .toString()
        .replace(/\ufffd$/, ''),
    )
    this.#end()
    void this.#cutOff(ANSWER_MS)
  }

  /** Reads nothing for so long: what the client sends waits on its side. */
  async holdBack(ms: number): Promise<void> {
    this.#socket.pause()
    await this.#clock.sleep(ms, this.#ended.signal)
    this.#socket.resume()
  }

  async #room(): Promise<void> {
    const deadline = this.#clock.elapsed() + BEHIND_MS_MAX
    while (this.#socket.bufferedAmount > PACE_BYTES && !this.#ended.signal.aborted) {
      const left = deadline - this.#clock.elapsed()
      if (left <= 0) return this.close(CLOSE.tryAgainLater, 'too slow: read faster, or follow fewer instances')
      await this.#taken.wait(left)
    }
  }

  async #watchLife(): Promise<void> {
    for (;;) {
      await this.#clock.sleep(PING_MS, this.#ended.signal)
      if (this.#ended.signal.aborted) return
      if (!this.#hasAnswered) return this.#socket.terminate()
      this.#hasAnswered = false
      this.#socket.ping()
    }
  }

  /** A client that takes nothing does not answer a close frame either. */
  async #cutOff(ms: number): Promise<void> {
    await this.#clock.sleep(ms, this.#closed.signal)
    this.#socket.terminate()
  }

  #end(): void {
    if (this.#ended.signal.aborted) return
    this.#ended.abort()
    this.#taken.ring()
  }
}

function textOf(data: RawData): string {
  if (Buffer.isBuffer(data)) return data.toString('utf8')
  return Array.isArray(data) ? Buffer.concat(data).toString('utf8') : Buffer.from(data).toString('utf8')
}
