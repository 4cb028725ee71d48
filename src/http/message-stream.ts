/**
 * One client of `GET /api/messages`: the public topics as server-sent events. What the client does not take waits in
 * a buffer of 1 MiB, then in the log; a client that takes nothing for long is dropped. Ends when the server does.
 */
import { Alarm } from '../alarm.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { ReadAhead, Transport } from '../transport/port.ts'
import { type PublicTopics, topicKinds, viewMessage } from './message-view.ts'
import { followTopics, type TopicFollower } from './topic-follower.ts'

export interface MessageStreamOptions {
  readonly transport: Pick<Transport, 'admin' | 'openReader'>
  readonly topics: PublicTopics
  readonly from: 'earliest' | 'latest'
  readonly clock: Clock
  readonly log: Log
  /** Ends the stream at once. */
  readonly closing: AbortSignal
  readonly onClosed: () => void
}

const BUFFER_BYTES_MAX = 1 << 20
/** Every client reads every partition for itself. */
const READ_AHEAD: ReadAhead = { recordsMax: 100, bytesMax: 64 << 10 }
/** Proxies cut what is silent for a minute or so. */
const KEEP_ALIVE_MS = 15_000
/** How long a client with a full buffer may take nothing. */
const SLOW_CLIENT_MS = 10_000

/**
 * The first event is `following`, once every partition is followed: what is written from then on will come. Each
 * record is then one `message` event, its data a MessageView.
 * @throws TransportUnavailableError the topics cannot be followed now.
 */
export async function openMessageStream(options: MessageStreamOptions): Promise<ReadableStream<Uint8Array>> {
  const stream = new MessageStream(options)
  await stream.open()
  return stream.readable
}

class MessageStream {
  readonly readable: ReadableStream<Uint8Array>
  readonly #options: MessageStreamOptions
  readonly #ended = new AbortController()
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #follower: TopicFollower | undefined
  /** Rung when the client has taken something, and at the end. */
  readonly #taken: Alarm
  /** One at a time, or several partitions would wait on one alarm. */
  #writes: Promise<void> = Promise.resolve()

  constructor(options: MessageStreamOptions) {
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
          this.#end()
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: BUFFER_BYTES_MAX }),
    )
  }

  async open(): Promise<void> {
    const { transport, topics, from, closing, log } = this.#options
    const kinds = topicKinds(topics)
    try {
      this.#follower = await followTopics({
        transport,
        name: 'http',
        topics: [...kinds.keys()],
        from,
        readAhead: READ_AHEAD,
        onRecords: async records => {
          for (const record of records) {
            const kind = kinds.get(record.topic)
            if (kind !== undefined) await this.#write(`data: ${JSON.stringify(viewMessage(record, kind))}\n\n`)
          }
        },
      })
    } catch (error) {
      this.#end()
      throw error
    }
    if (closing.aborted || this.#ended.signal.aborted) return this.#end()
    closing.addEventListener('abort', () => this.#end(), { signal: this.#ended.signal })
    this.#follower.done.catch((err: unknown) => {
      log.warn({ err }, 'a client of /api/messages was dropped')
      this.#end()
    })
    this.#enqueue(`event: following\ndata: ${JSON.stringify({ topics: Object.fromEntries(kinds), from })}\n\n`)
    void this.#keepAlive()
  }

  async #keepAlive(): Promise<void> {
    const { clock } = this.#options
    for (;;) {
      await clock.sleep(KEEP_ALIVE_MS, this.#ended.signal)
      if (this.#ended.signal.aborted) return
      if (this.#hasRoom()) this.#enqueue(': here\n\n')
    }
  }

  #write(event: string): Promise<void> {
    this.#writes = this.#writes.then(async () => {
      await this.#room()
      this.#enqueue(event)
    })
    return this.#writes
  }

  /** @throws Error the client takes nothing. */
  async #room(): Promise<void> {
    const { clock } = this.#options
    let free = this.#free()
    let deadline = clock.elapsed() + SLOW_CLIENT_MS
    while (!this.#hasRoom() && !this.#ended.signal.aborted) {
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

  #hasRoom(): boolean {
    return this.#free() > 0
  }

  /** Bytes left in the buffer; below 0 where an event did not fit. */
  #free(): number {
    return this.#controller?.desiredSize ?? 0
  }

  #enqueue(text: string): void {
    if (!this.#ended.signal.aborted) this.#controller?.enqueue(Buffer.from(text))
  }

  #end(): void {
    if (this.#ended.signal.aborted) return
    this.#ended.abort()
    this.#taken.ring()
    this.#controller?.close()
    this.#options.onClosed()
    this.#follower?.close().catch((err: unknown) => this.#options.log.warn({ err }, 'a reader did not close'))
  }
}
