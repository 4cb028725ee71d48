/**
 * The records of `<prefix>.shard-commands`: public records on their way to the shard that owns them, and the
 * answers that a shard appends for itself. Ours is the first header, always; whatever a sender calls his own
 * headers, they come out again untouched. It begins with a version; one that is newer than this release stops the
 * shard, because whatever stands behind it was accepted and is not to be refused for want of an upgrade.
 */
import { UnrestorableError } from '../errors.ts'
import { parseObject } from './json.ts'
import { type Header, type LogRecord, type NewRecord, recordBytes } from './log-record.ts'
import type { Origin, OriginalRecord } from './origin.ts'
import { LAYOUTS, migrated, newestReadable, UPGRADE, versionsTo } from './record-layout.ts'

const ORIGIN_HEADER = 'pq-origin'
const INTERNAL_HEADER = 'pq-internal'
const INTERNAL: Header = [INTERNAL_HEADER, Buffer.from(String(LAYOUTS.internal.written), 'latin1')]
const ORIGIN_VERSION_MAX = 2
const INTERNAL_VERSION_MAX = newestReadable(LAYOUTS.internal)

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
  /** Written by somebody else. */
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

/** @throws UnrestorableError a record of a newer release */
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
  if (!found || topic === undefined) {
    refuseNewer(record, ORIGIN_HEADER, text, ORIGIN_VERSION_MAX)
    return unreadable(record, `${ORIGIN_HEADER} is "${text}": not of version 1 or 2`)
  }
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

function readInternal(record: LogRecord, text: string): ShardCommand {
  const version = refuseNewer(record, INTERNAL_HEADER, text, INTERNAL_VERSION_MAX)
  if (version === undefined || String(version) !== text) {
    return unreadable(record, `${INTERNAL_HEADER} is "${text}": must be ${versionsTo(INTERNAL_VERSION_MAX)}`)
  }
  const parsed = parseObject(record.value)
  if ('problem' in parsed) return unreadable(record, parsed.problem)
  return { kind: 'internal', value: migrated(parsed.object, version, LAYOUTS.internal) }
}

const VERSION = /^[1-9]\d{0,8}(?= |$)/

/**
 * The version that our header begins with; `undefined`: it begins with none.
 * @throws UnrestorableError a newer one than `versionMax`
 */
function refuseNewer(record: LogRecord, header: string, text: string, versionMax: number): number | undefined {
  const [digits] = VERSION.exec(text) ?? []
  if (digits === undefined) return undefined
  const version = Number(digits)
  if (version <= versionMax) return version
  const { topic, partition, offset } = record
  throw new UnrestorableError(
    `shard ${partition} cannot read the record ${topic}/${partition}@${offset}: its ${header} is of version ${version}, ` +
      `this release reads ${versionsTo(versionMax)}: ${UPGRADE}`,
  )
}

function unreadable({ topic, partition, offset }: LogRecord, problem: string): ShardCommand {
  return { kind: 'unreadable', reason: `shard command ${topic}/${partition}@${offset}: ${problem}` }
}
