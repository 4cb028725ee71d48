/**
 * The tenant that a record belongs to: four headers that are one identity. All four are required, because an
 * instance of half a tenant is one that nobody can reach. Never guesses a missing one.
 */
import { NIL } from 'uuid'
import { type TenantId, UINT16_MAX } from './ids.ts'
import { describe } from './json.ts'
import { type Headers, onlyHeader } from './log-record.ts'
import { type Refusal, refuse } from './refusal.ts'
import { isDashedUuid } from './uuid-text.ts'

export interface Tenant {
  readonly id: TenantId
  /** ASCII, 1 to 1024 bytes, e.g. `GMS`. */
  readonly region: string
  /** uint16 */
  readonly majorVersion: number
  /** uint16 */
  readonly minorVersion: number
}

export type DecodedTenant = { readonly tenant: Tenant } | { readonly refusal: Refusal }

interface KnownTenant {
  /** The four headers' values, in the order of the fields. */
  readonly values: readonly Buffer[]
  readonly decoded: DecodedTenant
}

/** The last one: nearly all records are of the tenant before, and its bytes are sooner compared than read. */
let last: KnownTenant | undefined

/** The tenant of a record's headers, or `MISSING_TENANT` with the header at fault. */
export function decodeTenant(headers: Headers): DecodedTenant {
  if (last !== undefined && hasValues(headers, last.values)) return last.decoded
  const decoded = readTenant(headers)
  if ('refusal' in decoded) return decoded
  // Copies: what was read is a view of all that was fetched with it.
  last = { values: TENANT_HEADERS.map(name => Buffer.from(onlyHeader(headers, name) ?? '')), decoded }
  return decoded
}

function hasValues(headers: Headers, values: readonly Buffer[]): boolean {
  for (let index = 0; index < TENANT_HEADERS.length; index += 1) {
    const value = onlyHeader(headers, TENANT_HEADERS[index] ?? '')
    const known = values[index]
    if (!value || known === undefined || !isSameBytes(value, known)) return false
  }
  return true
}

/** They are short: a loop beats a call out of JavaScript. */
function isSameBytes(one: Buffer, other: Buffer): boolean {
  if (one.length !== other.length) return false
  for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) return false
  return true
}

const TENANT_HEADERS = ['TENANT_ID', 'REGION', 'MAJOR_VERSION', 'MINOR_VERSION'] as const

function readTenant(headers: Headers): DecodedTenant {
  const id = readTenantId(headers)
  if (id === undefined) return missing(headers, 'TENANT_ID', 'a UUID of 36 characters that is not nil')
  const region = onlyHeader(headers, 'REGION')
  if (!region || region.length === 0 || region.length > REGION_BYTES_MAX || !isAscii(region)) {
    return missing(headers, 'REGION', REGION_WANTED)
  }
  const majorVersion = readVersion(headers, 'MAJOR_VERSION')
  if (majorVersion === undefined) return missing(headers, 'MAJOR_VERSION', VERSION_WANTED)
  const minorVersion = readVersion(headers, 'MINOR_VERSION')
  if (minorVersion === undefined) return missing(headers, 'MINOR_VERSION', VERSION_WANTED)
  return { tenant: { id, region: region.toString('latin1'), majorVersion, minorVersion } }
}

/** The id alone, for routing; `undefined` where `decodeTenant` would refuse it. */
export function readTenantId(headers: Headers): TenantId | undefined {
  const value = onlyHeader(headers, 'TENANT_ID')
  if (value?.length !== 36) return undefined
  const text = value.toString('latin1')
  return isDashedUuid(text) && text !== NIL ? (text.toLowerCase() as TenantId) : undefined
}

/** It goes out with every message, and one that does not fit its topic would hold up the shard for good. */
const REGION_BYTES_MAX = 1024
const REGION_WANTED = `ASCII, not empty, of at most ${REGION_BYTES_MAX} bytes`

const VERSION_WANTED = `2 bytes, a big-endian number from 0 to ${UINT16_MAX}`

function readVersion(headers: Headers, name: string): number | undefined {
  const value = onlyHeader(headers, name)
  return value?.length === 2 ? value.readUInt16BE(0) : undefined
}

function isAscii(bytes: Buffer): boolean {
  return bytes.every(byte => byte < 0x80)
}

function missing(headers: Headers, name: string, wanted: string): { readonly refusal: Refusal } {
  const values = headers.filter(([header]) => header === name).map(([, value]) => value)
  const [first = null] = values
  const found =
    values.length === 0
      ? 'missing'
      : values.length > 1
        ? `there ${values.length} times`
        : first === null
          ? 'null'
          : `${describe(first.toString('latin1'))} (${first.length} bytes)`
  return { refusal: refuse('MISSING_TENANT', `header ${name} is ${found}: must be there once, ${wanted}`) }
}

/** All four headers together are the tenant. */
export function isSameTenant(one: Tenant, other: Tenant): boolean {
  if (one === other) return true
  return (
    one.id === other.id &&
    one.majorVersion === other.majorVersion &&
    one.minorVersion === other.minorVersion &&
    one.region === other.region
  )
}

/** One string per tenant, for maps. The region comes last, since it may hold any character. */
export function tenantKey({ id, region, majorVersion, minorVersion }: Tenant): string {
  return `${id}/${majorVersion}.${minorVersion}/${region}`
}

const headersOf = new WeakMap<Tenant, Headers>()

/** The headers of every message for this tenant. */
export function tenantHeaders(tenant: Tenant): Headers {
  const known = headersOf.get(tenant)
  if (known !== undefined) return known
  const { id, region, majorVersion, minorVersion } = tenant
  const headers: Headers = [
    ['TENANT_ID', Buffer.from(id, 'latin1')],
    ['REGION', Buffer.from(region, 'latin1')],
    ['MAJOR_VERSION', uint16(majorVersion)],
    ['MINOR_VERSION', uint16(minorVersion)],
  ]
  headersOf.set(tenant, headers)
  return headers
}

/** The same as text, as services expect it in HTTP. */
export function tenantText({ id, region, majorVersion, minorVersion }: Tenant): Record<string, string> {
  return {
    TENANT_ID: id,
    REGION: region,
    MAJOR_VERSION: String(majorVersion),
    MINOR_VERSION: String(minorVersion),
  }
}

function uint16(number: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(number)
  return bytes
}
