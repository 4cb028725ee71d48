/**
 * One client of server-sent events: what it does not take waits in a bounded buffer, a client that takes nothing for
 * long is told so by a throw, a silent stream is kept alive. Ends when the server does. Knows no event.
 */
import { Alarm } from '../alarm.ts'
import type { Clock } from '../clock.ts'

export interface EventClientOptions {
  readonly clock: Clock
  /** Of events that wait; one event may overshoot it. */
  readonly bufferBytesMax: number
  /** Ends the stream at once. */
  readonly closing: AbortSignal
  /** Called once, whoever ended it. */
  readonly onEnded: () => void
}

export const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  // nginx would keep events back until its own buffer is full.
  'x-accel-buffering': 'no',
}

/** Proxies cut what is silent for a minute or so. */
const KEEP_ALIVE_MS = 15_000
/** How long a client with a full buffer may take nothing. */
const SLOW_CLIENT_MS = 10_000

export class EventClient {
  readonly readable: ReadableStream<Uint8Array>
  readonly #options: EventClientOptions
  readonly #ended = new AbortController()
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  /** Rung when the client has taken something, and at the end. */
  readonly #taken: Alarm

  constructor(options: EventClientOptions) {
    this.#options = options
    this.#taken = new Alarm(options.clock)
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: controller => {
          this.#controller = controller
        },
        pull: () => this.#taken.ring(),
        cancel: () => {
          this.#controller = undefined
          this.end()
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: options.bufferBytesMax }),
    )
    // Later: whoever makes the client must have it in hand when it is told of its end.
    if (options.closing.aborted) queueMicrotask(() => this.end())
    options.closing.addEventListener('abort', () => this.end(), { signal: this.#ended.signal })
    void this.#keepAlive()
  }

  get ended(): AbortSignal {
    return this.#ended.signal
  }

  get hasRoom(): boolean {
    return this.#free() > 0
  }

  /** Whole events, with the empty line behind each. After the end they go nowhere. */
  send(events: Uint8Array): void {
    if (!this.ended.aborted) this.#controller?.enqueue(events)
  }

  /**
   * Resolves when there is room, or the client is gone. One caller at a time.
   * @throws Error the client takes nothing
   */
  async room(): Promise<void> {
    const { clock } = this.#options
    let free = this.#free()
    let deadline = clock.elapsed() + SLOW_CLIENT_MS
    while (!this.hasRoom && !this.ended.aborted) {
      const left = deadline - clock.elapsed()
      if (left > 0) {
        await this.#taken.wait(left)
        continue
      }
      // It may have taken something that made no room yet: then it is slow, but there.
      if (this.#free() === free) throw new Error(`the client took nothing for ${SLOW_CLIENT_MS / 1000} s: read faster`)
      free = this.#free()
      deadline = clock.elapsed() + SLOW_CLIENT_MS
    }
  }

  end(): void {
    if (this.ended.aborted) return
    this.#ended.abort()
    this.#taken.ring()
    this.#controller?.close()
    this.#options.onEnded()
  }

  async #keepAlive(): Promise<void> {
    for (;;) {
      await this.#options.clock.sleep(KEEP_ALIVE_MS, this.ended)
      if (this.ended.aborted) return
      if (this.hasRoom) this.send(Buffer.from(': here\n\n'))
    }
  }

  /** Bytes left in the buffer; below 0 where an event did not fit. */
  #free(): number {
    return this.#controller?.desiredSize ?? 0
  }
}

/** One event with JSON as its data. Without a name it is a `message`. */
export function eventBytes(name: string | undefined, data: unknown): Uint8Array {
  const event = name === undefined ? '' : `event: ${name}\n`
  return Buffer.from(`${event}data: ${JSON.stringify(data)}\n\n`)
}
