/**
 * The records of `<prefix>.shard-commands`: public records on their way to the shard that owns them, and the
 * answers that a shard appends for itself. Ours is the first header, always; whatever a sender calls his own
 * headers, they come out again untouched.
 */
import { parseObject } from './json.ts'
import { type Header, type LogRecord, type NewRecord, recordBytes } from './log-record.ts'
import type { Origin, OriginalRecord } from './origin.ts'

const ORIGIN_HEADER = 'pq-origin'
const INTERNAL_HEADER = 'pq-internal'
const INTERNAL_VERSION = '1'
const INTERNAL: Header = [INTERNAL_HEADER, Buffer.from(INTERNAL_VERSION, 'latin1')]

/** Version 1: `1 <partition> <offset> <timestamp> <topic>`; the topic is last, so nothing in it needs escaping. */
const ORIGIN_V1 = /^1 (\d+) (\d+) (-?\d+) (.+)$/s
/** Version 2: `2 <partition> <offset> <timestamp> <bytes> <topic>`; the record itself stayed behind. */
const ORIGIN_V2 = /^2 (\d+) (\d+) (-?\d+) (\d+) (.+)$/s

export type ShardRecord = NewRecord & { readonly partition: number }

export type ShardCommand =
  | { readonly kind: 'forwarded'; readonly origin: Origin; readonly original: OriginalRecord }
  /** The record of that origin did not fit the topic, and travels without key, value and headers. */
  | { readonly kind: 'oversized'; readonly origin: Origin; readonly bytes: number }
  | { readonly kind: 'internal'; readonly value: unknown }
  /** Written by another version, or by somebody else. */
  | { readonly kind: 'unreadable'; readonly reason: string }

/** The record for its shard: key, value and headers as they came, our header in front. */
export function forward(record: LogRecord, shard: number, topic: string): ShardRecord {
  const origin = `1 ${record.partition} ${record.offset} ${record.timestamp} ${record.topic}`
  return {
    topic,
    partition: shard,
    key: record.key,
    value: record.value,
    headers: [[ORIGIN_HEADER, Buffer.from(origin, 'latin1')], ...record.headers],
  }
}

/** Stands for a record that does not fit: nothing of it but where it is, so that it can be refused in its turn. */
export function forwardOversized(record: LogRecord, shard: number, topic: string): ShardRecord {
  const origin = `2 ${record.partition} ${record.offset} ${record.timestamp} ${recordBytes(record)} ${record.topic}`
  return { topic, partition: shard, key: null, value: null, headers: [[ORIGIN_HEADER, Buffer.from(origin, 'latin1')]] }
}

/** A command of a shard to itself. `payload` must survive JSON. */
export function internalCommand(partition: number, topic: string, payload: object): ShardRecord {
  return { topic, partition, key: null, value: Buffer.from(JSON.stringify(payload)), headers: [INTERNAL] }
}

export function readShardCommand(record: LogRecord): ShardCommand {
  const [name, value] = record.headers[0] ?? []
  const text = value?.toString('latin1') ?? ''
  if (name === ORIGIN_HEADER) return readForwarded(record, text)
  if (name === INTERNAL_HEADER) return readInternal(record, text)
  return unreadable(record, `its first header is ${name ?? 'missing'}: must be ${ORIGIN_HEADER} or ${INTERNAL_HEADER}`)
}

function readForwarded(record: LogRecord, text: string): ShardCommand {
  const oversized = readOversized(text)
  if (oversized !== undefined) return oversized
  const found = ORIGIN_V1.exec(text)
  const topic = found?.[4]
  if (!found || topic === undefined) return unreadable(record, `${ORIGIN_HEADER} is "${text}": not of version 1 or 2`)
  return {
    kind: 'forwarded',
    origin: { topic, partition: Number(found[1]), offset: Number(found[2]), timestamp: Number(found[3]) },
    original: { key: record.key, value: record.value, headers: record.headers.slice(1) },
  }
}

function readOversized(text: string): ShardCommand | undefined {
  const [, partition, offset, timestamp, bytes, topic] = ORIGIN_V2.exec(text) ?? []
  if (topic === undefined) return undefined
  const origin = { topic, partition: Number(partition), offset: Number(offset), timestamp: Number(timestamp) }
  return { kind: 'oversized', origin, bytes: Number(bytes) }
}

function readInternal(record: LogRecord, version: string): ShardCommand {
  if (version !== INTERNAL_VERSION) {
    return unreadable(record, `${INTERNAL_HEADER} is "${version}": must be ${INTERNAL_VERSION}`)
  }
  const parsed = parseObject(record.value)
  if ('problem' in parsed) return unreadable(record, parsed.problem)
  return { kind: 'internal', value: parsed.object }
}

function unreadable({ topic, partition, offset }: LogRecord, problem: string): ShardCommand {
  return { kind: 'unreadable', reason: `shard command ${topic}/${partition}@${offset}: ${problem}` }
}
