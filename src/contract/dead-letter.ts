/**
 * What becomes of a refused record: itself, byte for byte, with six headers that say why and where from.
 * Says nothing about who writes it: that is the shard's one transaction.
 */
import type { Header, NewRecord } from './log-record.ts'
import type { Origin, OriginalRecord } from './origin.ts'
import type { Refusal } from './refusal.ts'

/** The six headers that are ours, in the order in which they are written. */
export const DEAD_LETTER_HEADERS = [
  'error-code',
  'error-message',
  'origin-topic',
  'origin-partition',
  'origin-offset',
  'origin-timestamp',
] as const

const ours: ReadonlySet<string> = new Set(DEAD_LETTER_HEADERS)

/**
 * The headers that came keep their bytes and order; one that has a name of ours (a dead letter sent again) goes,
 * and ours follow at the end. No `partition`: a caller that wants null keys spread sets one.
 */
export function deadLetter(topic: string, origin: Origin, original: OriginalRecord, refusal: Refusal): NewRecord {
  const headers: Header[] = original.headers.filter(([name]) => !ours.has(name))
  headers.push(
    ['error-code', Buffer.from(refusal.code)],
    ['error-message', Buffer.from(refusal.reason)],
    ['origin-topic', Buffer.from(origin.topic)],
    ['origin-partition', Buffer.from(String(origin.partition))],
    ['origin-offset', Buffer.from(String(origin.offset))],
    ['origin-timestamp', Buffer.from(String(origin.timestamp))],
  )
  return { topic, key: original.key, value: original.value, headers }
}
