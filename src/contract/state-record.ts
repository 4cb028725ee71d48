/**
 * The records of `<prefix>.shard-state`, a compacted topic: last value per key is the state of a shard.
 *   position               how far the shard has read, and what it has applied of each public partition
 *   instance/<instanceId>  a quest instance (bytes of actor/snapshot-bytes.ts)
 *   definition/<ref>       canonical bytes of a definition that an instance plays by (definitions/catalogue.ts)
 *   pending/<origin>       a REGISTER that waits for the answer to a look-up
 *   effect/<instanceId>/<number>  something to be done at the monster service (effect-record.ts)
 * Every value carries its version (record-layout.ts); one that cannot be read stops its shard rather than losing it.
 */
import { z } from 'zod'
import { UnrestorableError } from '../errors.ts'
import type { InstanceId } from './ids.ts'
import { type CharacterId, UINT32_MAX } from './ids.ts'
import type { Lookup } from './lookup.ts'
import { type Origin, type OriginalRecord, originName } from './origin.ts'
import { LAYOUTS, type RecordLayout, readVersioned, repairOf } from './record-layout.ts'

export const POSITION_KEY = Buffer.from('position')
export const instanceRecordKey = (id: InstanceId): Buffer => Buffer.from(`instance/${id}`)
export const definitionRecordKey = (ref: string): Buffer => Buffer.from(`definition/${ref}`)
export const pendingRecordKey = (origin: Origin): Buffer => Buffer.from(`pending/${originName(origin)}`)

const INSTANCE_PREFIX = Buffer.from('instance/')

/** The instance whose record has this key; `undefined` for a key of another kind. */
export function readInstanceKey(key: Buffer | null): InstanceId | undefined {
  if (key === null || key.length < INSTANCE_PREFIX.length) return undefined
  for (let at = 0; at < INSTANCE_PREFIX.length; at += 1) if (key[at] !== INSTANCE_PREFIX[at]) return undefined
  return key.toString('utf8', INSTANCE_PREFIX.length) as InstanceId
}

export type StateRecordKey =
  | { readonly kind: 'position' }
  | { readonly kind: 'instance'; readonly id: InstanceId }
  | { readonly kind: 'definition'; readonly ref: string }
  | { readonly kind: 'pending'; readonly origin: string }
  | { readonly kind: 'effect'; readonly name: string }

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
    case 'effect':
      return { kind: 'effect', name: rest }
    default:
      throw new UnrestorableError(
        `state record with the unknown key "${text}": run the release that wrote it, or delete it with a tombstone`,
      )
  }
}

/** The authority on what a shard has done: written in every transaction. */
export interface Position {
  /** Offset of the next record of `shard-commands` to apply. */
  readonly next: number
  /** Highest origin offset applied, by `topic/partition` of the public topic. */
  readonly watermarks: ReadonlyMap<string, number>
  /**
   * Id of each topic that the offsets above are of, by its name: one that was deleted and made again has another.
   * Empty in what older releases wrote, which pass over it when they read.
   */
  readonly topicIds: ReadonlyMap<string, string>
}

export const FIRST_POSITION: Position = { next: 0, watermarks: new Map(), topicIds: new Map() }

export function encodePosition({ next, watermarks, topicIds }: Position): Buffer {
  const { written: version } = LAYOUTS.position
  const ids = topicIds.size === 0 ? {} : { topicIds: Object.fromEntries(topicIds) }
  return Buffer.from(JSON.stringify({ version, next, watermarks: Object.fromEntries(watermarks), ...ids }))
}

const offset = z.int().min(0)
const storedPosition = z.object({
  next: offset,
  watermarks: z.record(z.string(), offset),
  topicIds: z.record(z.string(), z.string()).default({}),
})

/**
 * `layout`: of another release, for tests.
 * @throws UnrestorableError
 */
export function decodePosition(value: Buffer, layout: RecordLayout = LAYOUTS.position): Position {
  const { next, watermarks, topicIds } = checked(storedPosition, value, layout)
  return { next, watermarks: new Map(Object.entries(watermarks)), topicIds: new Map(Object.entries(topicIds)) }
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
      version: LAYOUTS.pending.written,
      origin: { topic, partition, offset, timestamp },
      lookup,
      key: toBase64(original.key),
      value: toBase64(original.value),
      headers: original.headers.map(([name, value]) => [name, toBase64(value)]),
    }),
  )
}

/** Zod's own check is a pattern that a megabyte of text makes deep; Buffer.from would pass over what is no base64. */
const base64 = z
  .string()
  .refine(text => text.length % 4 === 0 && !/[^A-Za-z0-9+/=]/.test(text), 'is no base64')
  .nullable()
const characterId = z
  .int()
  .min(0)
  .max(UINT32_MAX)
  .transform(id => id as CharacterId)
const storedPending = z.object({
  origin: z.object({ topic: z.string(), partition: offset, offset, timestamp: z.int() }),
  lookup: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('members'), partyId: z.int().min(0).max(UINT32_MAX) }),
    z.object({ kind: z.enum(['guild', 'party']), characterId }),
  ]),
  key: base64,
  value: base64,
  headers: z.array(z.tuple([z.string(), base64])),
})

/**
 * `layout`: of another release, for tests.
 * @throws UnrestorableError
 */
export function decodePending(bytes: Buffer, layout: RecordLayout = LAYOUTS.pending): PendingRegistration {
  const { origin, lookup, key, value, headers } = checked(storedPending, bytes, layout)
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

/**
 * The record as the newest version has it; what that version does not name is left out.
 * @throws UnrestorableError
 */
export function checked<Schema extends z.ZodType>(
  schema: Schema,
  value: Buffer,
  layout: RecordLayout,
): z.output<Schema> {
  const parsed = schema.safeParse(readVersioned(value, layout))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const place = ['$', ...(issue?.path ?? [])].join('.')
  throw new UnrestorableError(`${layout.kind} record is damaged at ${place}: ${issue?.message}; ${repairOf(layout)}`)
}
