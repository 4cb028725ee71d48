/**
 * The body of `POST /api/commands`: its schema, and the records that it asks for. Judges the request, never the
 * command in it: a malformed command is for the service to refuse, in a dead letter, as from any other producer.
 */
import { z } from 'zod'
import { readJson } from '../api/route.ts'
import { type TenantId, UINT16_MAX } from '../contract/ids.ts'
import { isObject, type JsonObject } from '../contract/json.ts'
import type { Headers } from '../contract/log-record.ts'
import { tenantHeaders } from '../contract/tenant.ts'
import { isDashedUuid } from '../contract/uuid-text.ts'
import type { CommandRecord } from './command-sender.ts'

export const SUBMISSION_BYTES_MAX = 8 << 20
export const SUBMISSION_RECORDS_MAX = 1000
const HEADERS_MAX = 50

const version = z.int().min(0).max(UINT16_MAX)

const tenant = z
  .strictObject({
    id: z.string().refine(isDashedUuid, 'must be a UUID of 36 characters'),
    region: z.string().min(1).max(100),
    majorVersion: version,
    minorVersion: version,
  })
  .transform(({ id, ...others }) => ({ id: id as TenantId, ...others }))

const record = z.strictObject({
  /** An object is written as JSON; a string as it is. */
  // Not z.record, which leaves the name `__proto__` out: what is in a value is for the service to judge.
  value: z.union([z.string(), z.custom<JsonObject>(isObject)], 'must be a JSON object, or text'),
  /** Becomes the four tenant headers, with the versions as the bytes that they are. */
  tenant: tenant.optional(),
  /** Any others, as text. */
  headers: z
    .record(z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be a name of printable ASCII'), z.string())
    .refine(headers => Object.keys(headers).length <= HEADERS_MAX, `must be ${HEADERS_MAX} at most`)
    .optional(),
  key: z.string().nullish(),
})

/** For whoever describes the API; to read one, readSubmission. */
export const submission = z.strictObject({ records: z.array(record).min(1).max(SUBMISSION_RECORDS_MAX) })

/** What a client sends. */
export type Submission = z.input<typeof submission>

export type ReadSubmission = { readonly records: readonly CommandRecord[] } | { readonly faults: readonly string[] }

/** Each fault names the field by its path. */
export function readSubmission(text: string): ReadSubmission {
  const read = readJson(text, submission)
  if ('faults' in read) return read
  try {
    return { records: read.value.records.map(toRecord) }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return { faults: ['records: a value is nested too deep to be written, send it as text'] }
  }
}

function toRecord({ value, tenant, headers, key }: z.output<typeof record>): CommandRecord {
  const others: Headers = Object.entries(headers ?? {}).map(([name, text]) => [name, Buffer.from(text)] as const)
  return {
    key: typeof key === 'string' ? Buffer.from(key) : null,
    value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
    headers: [...(tenant ? tenantHeaders(tenant) : []), ...others],
  }
}
