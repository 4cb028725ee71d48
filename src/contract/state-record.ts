/**
 * The records of `<prefix>.shard-state`, a compacted topic: last value per key is the state of a shard.
 *   position               how far the shard has read, and what it has applied of each public partition
 *   instance/<instanceId>  a quest instance (bytes of actor/snapshot-bytes.ts)
 *   definition/<ref>       canonical bytes of a definition that an instance plays by
 *   pending/<origin>       a REGISTER that waits for the answer to a look-up
 * Every value carries its version; one that this release does not know stops its shard rather than losing it.
 */
import { UnrestorableError } from '../errors.ts'
import type { InstanceId } from './ids.ts'
import type { Lookup } from './lookup.ts'
import { type Origin, type OriginalRecord, originName } from './origin.ts'

const VERSION = 1

export const POSITION_KEY = Buffer.from('position')
export const instanceRecordKey = (id: InstanceId): Buffer => Buffer.from(`instance/${id}`)
export const definitionRecordKey = (ref: string): Buffer => Buffer.from(`definition/${ref}`)
export const pendingRecordKey = (origin: Origin): Buffer => Buffer.from(`pending/${originName(origin)}`)

export type StateRecordKey =
  | { readonly kind: 'position' }
  | { readonly kind: 'instance'; readonly id: InstanceId }
  | { readonly kind: 'definition'; readonly ref: string }
  | { readonly kind: 'pending'; readonly origin: string }

/** @throws UnrestorableError a key that this release does not know */
export function readStateRecordKey(key: Buffer | null): StateRecordKey {
  const text = key?.toString() ?? ''
  const slash = text.indexOf('/')
  const rest = text.slice(slash + 1)
  switch (slash < 0 ? text : text.slice(0, slash)) {
    case 'position':
      return { kind: 'position' }
    case 'instance':
      return { kind: 'instance', id: rest as InstanceId }
    case 'definition':
      return { kind: 'definition', ref: rest }
    case 'pending':
      return { kind: 'pending', origin: rest }
    default:
      throw new UnrestorableError(`state record with the unknown key "${text}": run a release that knows it`)
  }
}

/** The authority on what a shard has done: written in every transaction. */
export interface Position {
  /** Offset of the next record of `shard-commands` to apply. */
  readonly next: number
  /** Highest origin offset applied, by `topic/partition` of the public topic. */
  readonly watermarks: ReadonlyMap<string, number>
}

export const FIRST_POSITION: Position = { next: 0, watermarks: new Map() }

export function encodePosition({ next, watermarks }: Position): Buffer {
  return Buffer.from(JSON.stringify({ version: VERSION, next, watermarks: Object.fromEntries(watermarks) }))
}

/** @throws UnrestorableError */
export function decodePosition(value: Buffer): Position {
  const { next, watermarks } = readVersioned<{ next: number; watermarks: Record<string, number> }>('position', value)
  return { next, watermarks: new Map(Object.entries(watermarks)) }
}

/** A REGISTER that waits, with the record that it came as: a refusal gives that back untouched. */
export interface PendingRegistration {
  readonly origin: Origin
  readonly lookup: Lookup
  readonly original: OriginalRecord
}

export function encodePending({ origin, lookup, original }: PendingRegistration): Buffer {
  const { topic, partition, offset, timestamp } = origin
  return Buffer.from(
    JSON.stringify({
      version: VERSION,
      origin: { topic, partition, offset, timestamp },
      lookup,
      key: toBase64(original.key),
      value: toBase64(original.value),
      headers: original.headers.map(([name, value]) => [name, toBase64(value)]),
    }),
  )
}

/** @throws UnrestorableError */
export function decodePending(bytes: Buffer): PendingRegistration {
  const { origin, lookup, key, value, headers } = readVersioned<{
    origin: Origin
    lookup: Lookup
    key: string | null
    value: string | null
    headers: [string, string | null][]
  }>('pending', bytes)
  return {
    origin,
    lookup,
    original: {
      key: fromBase64(key),
      value: fromBase64(value),
      headers: headers.map(([name, value]) => [name, fromBase64(value)]),
    },
  }
}

const toBase64 = (bytes: Buffer | null): string | null => bytes?.toString('base64') ?? null
const fromBase64 = (text: string | null): Buffer | null => (text === null ? null : Buffer.from(text, 'base64'))

function readVersioned<Stored>(kind: string, value: Buffer): Stored {
  let stored: { version?: unknown }
  try {
    stored = JSON.parse(value.toString())
  } catch (cause) {
    throw new UnrestorableError(`${kind} record is not JSON: ${value.subarray(0, 80).toString()}`, { cause })
  }
  if (stored?.version !== VERSION) {
    throw new UnrestorableError(
      `${kind} record of version ${stored?.version}, this release reads ${VERSION}: run a release that knows it`,
    )
  }
  return stored as Stored
}
