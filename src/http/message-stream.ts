/**
 * One client of `GET /api/messages`: the public topics as server-sent events. What the client does not take waits in
 * a buffer of 1 MiB, then in the log; a client that takes nothing for long is dropped. Ends when the server does.
 */
import { EventClient, eventBytes } from '../api/event-client.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { ReadAhead, Transport } from '../transport/port.ts'
import { type MessageView, type PublicTopics, topicKinds, viewMessage } from './message-view.ts'
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
  readonly #options: MessageStreamOptions
  readonly #client: EventClient
  #follower: TopicFollower | undefined
  /** One at a time, or several partitions would wait for the same room. */
  #writes: Promise<void> = Promise.resolve()

  constructor(options: MessageStreamOptions) {
    this.#options = options
    this.#client = new EventClient({
      clock: options.clock,
      bufferBytesMax: BUFFER_BYTES_MAX,
      closing: options.closing,
      onEnded: () => {
        options.onClosed()
        this.#stopFollowing()
      },
    })
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#client.readable
  }

  async open(): Promise<void> {
    const { transport, topics, from, log } = this.#options
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
            if (kind !== undefined) await this.#write(viewMessage(record, kind))
          }
        },
      })
    } catch (error) {
      this.#client.end()
      throw error
    }
    this.#follower.done.catch((err: unknown) => {
      log.warn({ err }, 'a client of /api/messages was dropped')
      this.#client.end()
    })
    if (this.#client.ended.aborted) return this.#stopFollowing()
    this.#client.send(eventBytes('following', { topics: Object.fromEntries(kinds), from }))
  }

  #write(message: MessageView): Promise<void> {
    this.#writes = this.#writes.then(async () => {
      await this.#client.room()
      this.#client.send(eventBytes(undefined, message))
    })
    return this.#writes
  }

  #stopFollowing(): void {
    this.#follower?.close().catch((err: unknown) => this.#options.log.warn({ err }, 'a reader did not close'))
  }
}
