/**
 * What waits for the commit: the public messages of a batch, encoded, in order. An operation's messages are encoded
 * before any of them is added, so that one which cannot be encoded leaves nothing behind.
 * It never writes: `shard/commit.ts` does.
 */
import { deadLetter } from '../contract/dead-letter.ts'
import { type Headers, type NewRecord, recordBytes } from '../contract/log-record.ts'
import { type Destination, encodeMessage, type InstanceIdentity, type Message } from '../contract/messages.ts'
import type { Origin, OriginalRecord } from '../contract/origin.ts'
import type { Refusal } from '../contract/refusal.ts'
import { tenantHeaders } from '../contract/tenant.ts'
import { type Span, spanHeaders } from '../contract/trace-context.ts'

export interface OutboxTopics {
  readonly statusEvents: string
  readonly characterCommands: string
  readonly deadLetters: string
}

/** Destinations whose topics are other services' and may be missing. */
export type NeighbourDestination = Exclude<Destination, 'status' | 'character'>

export interface Neighbours {
  /** `undefined`: what goes there is not written. */
  topicOf(destination: NeighbourDestination): string | undefined
  /** Whether it was there when somebody looked last: a message to a missing topic would fail its transaction. */
  isThere(topic: string): boolean
  /** A message was left out, because its topic is missing. */
  dropped(topic: string): void
}

export interface OutboxOptions {
  readonly topics: OutboxTopics
  readonly neighbours: Pick<Neighbours, 'topicOf' | 'isThere'>
  /**
   * A dead letter whose original is larger goes without its value, and without all of it where that is not enough.
   * Infinite, until the log has refused one: a record that fits its command topic need not fit the dead-letter topic
   * with our headers on it.
   */
  readonly deadLetterBytesMax: number
}

/** A reason may quote what others sent; it must never be what makes a dead letter too large. */
const REASON_CHARACTERS_MAX = 1000

/** What was sent where, for the metrics; `type` is the message's or the refusal's code. */
export interface Sent {
  readonly topic: string
  readonly type: string
}

export class Outbox {
  readonly #topics: OutboxTopics
  readonly #neighbours: OutboxOptions['neighbours']
  readonly #deadLetterBytesMax: number
  readonly #records: NewRecord[] = []
  readonly #sent: Sent[] = []
  readonly #unsent: Sent[] = []
  #bytes = 0

  constructor({ topics, neighbours, deadLetterBytesMax }: OutboxOptions) {
    this.#topics = topics
    this.#neighbours = neighbours
    this.#deadLetterBytesMax = deadLetterBytesMax
  }

  get records(): readonly NewRecord[] {
    return this.#records
  }

  get sent(): readonly Sent[] {
    return this.#sent
  }

  /** What was left out, because its topic is missing. */
  get unsent(): readonly Sent[] {
    return this.#unsent
  }

  /** Of keys, values and headers; a batch takes no more operations once it is beyond its bound. */
  get bytes(): number {
    return this.#bytes
  }

  /** The messages of one operation, all under its span. */
  send(messages: readonly Message[], identity: InstanceIdentity, span: Span): void {
    if (messages.length === 0) return
    const headers: Headers = [...tenantHeaders(identity.tenant), ...spanHeaders(span)]
    const encoded = messages.map(message => {
      const { destination, key, value } = encodeMessage(message, identity)
      return { topic: this.#topicOf(destination), key, value, type: message.type, isOwn: isOwn(destination) }
    })
    for (const { topic, key, value, type, isOwn } of encoded) {
      if (topic === undefined) continue
      if (isOwn || this.#neighbours.isThere(topic)) this.#add({ topic, key, value, headers }, type)
      else this.#unsent.push({ topic, type })
    }
  }

  /** `undefined`: it is not written. */
  #topicOf(destination: Destination): string | undefined {
    if (destination === 'status') return this.#topics.statusEvents
    return destination === 'character' ? this.#topics.characterCommands : this.#neighbours.topicOf(destination)
  }

  /** The original of a refused record, with the reason. */
  bury(origin: Origin, original: OriginalRecord, refusal: Refusal): void {
    const reason = refusal.reason.slice(0, REASON_CHARACTERS_MAX)
    const kept = this.#fitting(original)
    const missing =
      kept.original === original ? '' : ` (${kept.missing} does not fit this topic: raise max.message.bytes)`
    const letter = deadLetter(this.#topics.deadLetters, origin, kept.original, { ...refusal, reason: reason + missing })
    this.#add(letter, refusal.code)
  }

  #fitting(original: OriginalRecord): { readonly original: OriginalRecord; readonly missing: string } {
    const bytes = original.value?.length ?? 0
    const others = recordBytes(original) - bytes
    if (bytes + others <= this.#deadLetterBytesMax) return { original, missing: 'nothing' }
    if (others <= this.#deadLetterBytesMax) {
      return { original: { ...original, value: null }, missing: `its value of ${bytes} bytes` }
    }
    return { original: { key: null, value: null, headers: [] }, missing: `the original of ${bytes + others} bytes` }
  }

  #add(record: NewRecord, type: string): void {
    this.#records.push(record)
    this.#sent.push({ topic: record.topic, type })
    this.#bytes += recordBytes(record)
  }
}

function isOwn(destination: Destination): boolean {
  return destination === 'status' || destination === 'character'
}
