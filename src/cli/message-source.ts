/**
 * Where `tail` finds messages: the public topics, or a running service that reads them. One interface for both;
 * committed messages only.
 */
import { z } from 'zod'
import type { Clock, Random } from '../clock.ts'
import type { Config } from '../config.ts'
import { TransportUnavailableError } from '../errors.ts'
import { type MessageView, type TopicKind, topicKinds, viewMessage } from '../http/message-view.ts'
import { followTopics } from '../http/topic-follower.ts'
import { silentLog } from '../log.ts'
import { readEvents } from '../server-sent-events.ts'
import { openTransport } from './open-transport.ts'
import { askService } from './service-url.ts'
import { aborted } from './stop-signal.ts'

export interface FollowMessagesOptions {
  readonly config: Config
  /** A running service; `undefined`: Kafka. */
  readonly url: string | undefined
  readonly from: 'earliest' | 'latest'
  readonly kinds: ReadonlySet<TopicKind>
  readonly clock: Clock
  readonly random: Random
  /** What is written from now on will come. */
  readonly onFollowing: () => void
  readonly onMessage: (message: MessageView) => void
  /** Ends it. */
  readonly signal: AbortSignal
}

/** Until the signal. @throws TransportUnavailableError it cannot be followed, or not any longer. */
export async function followMessages(options: FollowMessagesOptions): Promise<void> {
  if (options.url === undefined) await followKafka(options)
  else await followService(options, options.url)
}

async function followKafka(options: FollowMessagesOptions): Promise<void> {
  const { config, from, kinds, clock, random, signal, onMessage } = options
  const kindOf = topicKinds(config.topics)
  const transport = await openTransport({ config, clock, random, log: silentLog })
  try {
    await transport.connect()
    const follower = await followTopics({
      transport,
      name: 'tail',
      topics: [...kindOf].filter(([, kind]) => kinds.has(kind)).map(([topic]) => topic),
      from,
      onRecords: records => {
        for (const record of records) {
          const kind = kindOf.get(record.topic)
          if (kind !== undefined) onMessage(viewMessage(record, kind))
        }
      },
    })
    options.onFollowing()
    await Promise.race([follower.done, aborted(signal)])
    await follower.close()
  } finally {
    await transport.close()
  }
}

const view = z.object({
  topic: z.string(),
  kind: z.enum(['command', 'status', 'character', 'dead-letter']),
  partition: z.number(),
  offset: z.number(),
  timestamp: z.number(),
  key: z.string().nullable(),
  tenant: z
    .object({ id: z.string(), region: z.string(), majorVersion: z.number(), minorVersion: z.number() })
    .nullable(),
  headers: z.record(z.string(), z.string().nullable()),
  value: z.record(z.string(), z.unknown()).nullable(),
  raw: z.string().nullable().exactOptional(),
})

async function followService(options: FollowMessagesOptions, url: string): Promise<void> {
  const { config, from, kinds, signal } = options
  try {
    const response = await askService(url, config.http.consoleToken, `/api/messages?from=${from}`, { signal })
    if (response.body === null)
      throw new TransportUnavailableError(`${url} answered without a body: is it party-quests?`)
    for await (const { event, data } of readEvents(response.body)) {
      if (event === 'following') options.onFollowing()
      if (event !== 'message') continue
      const message = view.parse(JSON.parse(data))
      if (kinds.has(message.kind)) options.onMessage(message)
    }
  } catch (error) {
    if (signal.aborted) return
    if (error instanceof TransportUnavailableError) throw error
    if (error instanceof TypeError)
      throw new TransportUnavailableError(`${url} went away: ${error.message}`, { cause: error })
    throw error
  }
  if (!signal.aborted) throw new TransportUnavailableError(`${url} ended the stream: the service has stopped`)
}
