/**
 * What waits for the commit: the public messages of a batch, encoded, in order. An operation's messages are encoded
 * before any of them is added, so that one which cannot be encoded leaves nothing behind.
 * It never writes: `shard/commit.ts` does.
 */
import { deadLetter } from '../contract/dead-letter.ts'
import type { Headers, NewRecord } from '../contract/log-record.ts'
import { encodeMessage, type InstanceIdentity, type Message } from '../contract/messages.ts'
import type { Origin, OriginalRecord } from '../contract/origin.ts'
import type { Refusal } from '../contract/refusal.ts'
import { tenantHeaders } from '../contract/tenant.ts'
import { type Span, spanHeaders } from '../contract/trace-context.ts'

export interface OutboxTopics {
  readonly statusEvents: string
  readonly characterCommands: string
  readonly deadLetters: string
}

export interface OutboxOptions {
  readonly topics: OutboxTopics
  /**
   * A dead letter whose value is larger goes without it and says where the original is. Infinite, until the log has
   * refused one: a record that fits its command topic need not fit the dead-letter topic with our headers on it.
   */
  readonly deadLetterValueBytesMax: number
}

/** What was sent where, for the metrics; `type` is the message's or the refusal's code. */
export interface Sent {
  readonly topic: string
  readonly type: string
}

export class Outbox {
  readonly #topics: OutboxTopics
  readonly #deadLetterValueBytesMax: number
  readonly #records: NewRecord[] = []
  readonly #sent: Sent[] = []
  #bytes = 0

  constructor({ topics, deadLetterValueBytesMax }: OutboxOptions) {
    this.#topics = topics
    this.#deadLetterValueBytesMax = deadLetterValueBytesMax
  }

  get records(): readonly NewRecord[] {
    return this.#records
  }

  get sent(): readonly Sent[] {
    return this.#sent
  }

  /** Of keys and values; a batch takes no more operations once it is beyond its bound. */
  get bytes(): number {
    return this.#bytes
  }

  /** The messages of one operation, all under its span. */
  send(messages: readonly Message[], identity: InstanceIdentity, span: Span): void {
    if (messages.length === 0) return
    const headers: Headers = [...tenantHeaders(identity.tenant), ...spanHeaders(span)]
    const records = messages.map(message => {
      const { destination, key, value } = encodeMessage(message, identity)
      const topic = destination === 'status' ? this.#topics.statusEvents : this.#topics.characterCommands
      return { topic, key, value, headers }
    })
    for (const [index, message] of messages.entries()) this.#add(records[index], message.type)
  }

  /** The original of a refused record, with the reason. */
  bury(origin: Origin, original: OriginalRecord, refusal: Refusal): void {
    const bytes = original.value?.length ?? 0
    const omitted = bytes > this.#deadLetterValueBytesMax
    const reason = `${refusal.reason} (its value of ${bytes} bytes does not fit this topic: raise max.message.bytes)`
    const letter = omitted
      ? deadLetter(this.#topics.deadLetters, origin, { ...original, value: null }, { ...refusal, reason })
      : deadLetter(this.#topics.deadLetters, origin, original, refusal)
    this.#add(letter, refusal.code)
  }

  #add(record: NewRecord | undefined, type: string): void {
    if (record === undefined) return
    this.#records.push(record)
    this.#sent.push({ topic: record.topic, type })
    this.#bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0)
  }
}
