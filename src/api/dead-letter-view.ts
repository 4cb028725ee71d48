/**
 * A record of the dead-letter topic as `/api/dead-letters` answers it. Lenient: anybody may have written there, and
 * what is not as ours are is shown as far as it can be.
 */
import { DEAD_LETTER_HEADERS } from '../contract/dead-letter.ts'
import { type LogRecord, onlyHeader } from '../contract/log-record.ts'
import { decodeTenant, tenantHeaders } from '../contract/tenant.ts'
import type { DeadLetter } from './documents.ts'
import { textOf } from './record-text.ts'

export const VALUE_BYTES_MAX = 64 << 10
const HEADER_BYTES_MAX = 8 << 10
const HEADERS_MAX = 100

const ours: ReadonlySet<string> = new Set(DEAD_LETTER_HEADERS)

export function viewDeadLetter({ partition, offset, timestamp, value, headers }: LogRecord): DeadLetter {
  const text = (name: string) => onlyHeader(headers, name)?.toString('utf8').slice(0, HEADER_BYTES_MAX)
  const decoded = decodeTenant(headers)
  const tenant = 'tenant' in decoded ? decoded.tenant : null
  const told = new Set([...ours, ...(tenant === null ? [] : tenantHeaders(tenant).map(([name]) => name))])
  const others = headers.filter(([name]) => !told.has(name)).slice(0, HEADERS_MAX)
  return {
    partition,
    offset,
    at: timestamp,
    code: text('error-code') ?? '',
    reason: text('error-message') ?? '',
    origin: originOf(text),
    tenant: tenant && { ...tenant },
    value: value === null ? null : value.subarray(0, VALUE_BYTES_MAX).toString('utf8'),
    isCut: value !== null && value.length > VALUE_BYTES_MAX,
    headers: Object.fromEntries(
      others.map(([name, bytes]) => [name, bytes && textOf(bytes.subarray(0, HEADER_BYTES_MAX))]),
    ),
  }
}

function originOf(text: (name: string) => string | undefined): DeadLetter['origin'] {
  const topic = text('origin-topic')
  const [partition, offset, at] = ['origin-partition', 'origin-offset', 'origin-timestamp'].map(name =>
    uint(text(name)),
  )
  if (topic === undefined || partition === undefined || offset === undefined || at === undefined) return null
  return { topic, partition, offset, at }
}

function uint(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined
}
