/**
 * A record of a public topic as people and pages read it: one JSON object, decoded as far as it can be. What
 * `GET /api/messages` sends and `party-quests tail` prints. Judges nothing: what cannot be decoded is shown as bytes.
 */
import { textOf } from '../api/record-text.ts'
import { isObject, type JsonObject } from '../contract/json.ts'
import type { LogRecord } from '../contract/log-record.ts'
import { decodeTenant } from '../contract/tenant.ts'

export type TopicKind = 'command' | 'status' | 'character' | 'dead-letter'

export interface MessageView {
  /** As configured. */
  readonly topic: string
  readonly kind: TopicKind
  readonly partition: number
  readonly offset: number
  /** Epoch milliseconds. */
  readonly timestamp: number
  /** Text; the characterId as decimal text for character commands; base64 of bytes that are no text. */
  readonly key: string | null
  /** `null` where the headers do not name one tenant. */
  readonly tenant: {
    readonly id: string
    readonly region: string
    readonly majorVersion: number
    readonly minorVersion: number
  } | null
  /** All other headers (all of them where there is no tenant), by name; of two of one name the last. Text, or base64. */
  readonly headers: Readonly<Record<string, string | null>>
  /** The JSON object that the value is; any other value is in `raw`. */
  readonly value: JsonObject | null
  /** Only where `value` is null: base64; `null` for a record without a value. */
  readonly raw?: string | null
}

export interface PublicTopics {
  readonly commands: string
  readonly statusEvents: string
  readonly characterCommands: string
  readonly deadLetters: string
}

const TENANT_HEADERS: ReadonlySet<string> = new Set(['TENANT_ID', 'REGION', 'MAJOR_VERSION', 'MINOR_VERSION'])
const CHARACTER_KEY_BYTES = 8

/** Each public topic's name and what is on it. */
export function topicKinds(topics: PublicTopics): ReadonlyMap<string, TopicKind> {
  return new Map([
    [topics.commands, 'command'],
    [topics.statusEvents, 'status'],
    [topics.characterCommands, 'character'],
    [topics.deadLetters, 'dead-letter'],
  ])
}

export function viewMessage(record: LogRecord, kind: TopicKind): MessageView {
  const { topic, partition, offset, timestamp } = record
  const decoded = decodeTenant(record.headers)
  const tenant = 'tenant' in decoded ? decoded.tenant : null
  const others = record.headers.filter(([name]) => tenant === null || !TENANT_HEADERS.has(name))
  return {
    topic,
    kind,
    partition,
    offset,
    timestamp,
    key: keyText(record.key, kind),
    tenant,
    headers: Object.fromEntries(others.map(([name, value]) => [name, value && textOf(value)])),
    ...parsedOrRaw(record.value),
  }
}

function parsedOrRaw(value: Buffer | null): Pick<MessageView, 'value' | 'raw'> {
  if (value === null) return { value: null, raw: null }
  const raw = value.toString('base64')
  try {
    const parsed: unknown = JSON.parse(value.toString('utf8'))
    return isObject(parsed) ? { value: parsed } : { value: null, raw }
  } catch {
    return { value: null, raw }
  }
}

function keyText(key: Buffer | null, kind: TopicKind): string | null {
  if (key === null) return null
  if (kind === 'character' && key.length === CHARACTER_KEY_BYTES) return String(key.readUInt32LE(0))
  return textOf(key)
}
