/**
 * A case as the record that it stands for: its bytes, the ids of instances that live now, a trace of its own. And what
 * campaigns compare records by: their tenant, their trace, their bytes.
 */
import type { Headers } from '../../src/contract/log-record.ts'
import type { InRecord } from './arena.ts'
import { type CaseHeader, OWN_TRACE } from './case-headers.ts'
import { STAND_INS } from './grammar.ts'

export interface RecordCase {
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly CaseHeader[]
}

/** What every trace begins with that a case was given as its own. */
export const OUR_TRACES = 'fa22'

export function recordOf(
  { key, value, headers }: RecordCase,
  ids: Record<keyof typeof STAND_INS, string>,
  trace: number,
): InRecord {
  const own = `00-${OUR_TRACES}${String(trace).padStart(28, '0')}-00f067aa0ba902b7-01`
  return {
    key: key === null ? null : latin1(key),
    value: value === null ? null : latin1(withIds(value, ids)),
    headers: headers.map(([name, bytes]) => [name, bytes === null ? null : latin1(bytes === OWN_TRACE ? own : bytes)]),
  }
}

/** In each way in which a case may write an id. */
function withIds(value: string, ids: Record<keyof typeof STAND_INS, string>): string {
  let text = value
  for (const [name, id] of Object.entries(ids)) {
    const standIn = STAND_INS[name === 'own' ? 'own' : name === 'others' ? 'others' : 'neighbours']
    for (const form of [
      (uuid: string) => uuid,
      (uuid: string) => uuid.toUpperCase(),
      (uuid: string) => uuid.replaceAll('-', ''),
    ]) {
      text = text.replaceAll(form(standIn), form(id))
    }
  }
  return text
}

/** The last of that name: ours come behind. */
export function headerText(headers: Headers, name: string): string {
  return headers.findLast(([header]) => header === name)?.[1]?.toString('latin1') ?? ''
}

export function traceOf(headers: Headers): string {
  return headerText(headers, 'traceparent').slice(3, 35)
}

const TENANT_HEADERS = ['TENANT_ID', 'REGION', 'MAJOR_VERSION', 'MINOR_VERSION']

/** One text for one tenant, whatever the order and the case that its headers came in. */
export function tenantText(headers: Headers): string {
  return TENANT_HEADERS.map(wanted => {
    const bytes = headers.find(([name]) => name === wanted)?.[1]
    return wanted === 'TENANT_ID' ? bytes?.toString('latin1').toLowerCase() : bytes?.toString('hex')
  }).join('/')
}

export function latin1(text: string | null): Buffer {
  return Buffer.from(text ?? '', 'latin1')
}

export function isSame(one: Buffer | null, other: Buffer | null): boolean {
  return one === null || other === null ? one === other : one.equals(other)
}
