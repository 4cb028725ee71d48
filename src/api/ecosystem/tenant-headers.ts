/**
 * The tenant that a request of another service is for, by the four headers that the ecosystem sends with HTTP: the
 * versions as decimal text there. All four are required, as on the log; never guesses a missing one.
 */
import type { Context } from 'hono'
import { NIL } from 'uuid'
import { type TenantId, UINT16_MAX } from '../../contract/ids.ts'
import { describe } from '../../contract/json.ts'
import type { Tenant } from '../../contract/tenant.ts'
import { isDashedUuid } from '../../contract/uuid-text.ts'
import { SEARCH_LENGTH_MAX, tenantWord } from '../../query/search.ts'
import type { HeaderOf } from '../header-of.ts'
import { problem } from '../problem.ts'

const ID_WANTED = 'a UUID of 36 characters that is not nil'
const REGION_WANTED = 'printable ASCII, not empty'
const VERSION_WANTED = `a whole number from 0 to ${UINT16_MAX}`
/** Of a search, left to what else is looked for. */
const OTHER_WORDS_LENGTH = 32

/** By their names; what each is, for OpenAPI. */
export const TENANT_HEADERS = {
  TENANT_ID: `The tenant: ${ID_WANTED}.`,
  REGION: 'Its region, `GMS`.',
  MAJOR_VERSION: `Its major version: ${VERSION_WANTED}.`,
  MINOR_VERSION: `Its minor version: ${VERSION_WANTED}.`,
} as const

type HeaderName = keyof typeof TENANT_HEADERS

/** An answer for the tenant of the headers; without one it is a 400 that says what they lack. */
export function forTenant<Query extends readonly unknown[]>(
  answer: (context: Context, tenant: Tenant, ...query: Query) => Response | Promise<Response>,
): (context: Context, ...query: Query) => Response | Promise<Response> {
  return (context, ...query) => {
    const read = readTenant(name => context.req.header(name))
    return 'tenant' in read
      ? answer(context, read.tenant, ...query)
      : problem(context, 400, 'No tenant', ...read.faults)
  }
}

/** Each fault names a header, what it is and what it must be. */
export function readTenant(
  headerOf: HeaderOf,
): { readonly tenant: Tenant } | { readonly faults: readonly [string, ...string[]] } {
  const id = tenantId(headerOf('tenant_id'))
  const region = headerOf('region')
  const majorVersion = version(headerOf('major_version'))
  const minorVersion = version(headerOf('minor_version'))
  const isRegion = region !== undefined && /^[\x20-\x7e]+$/.test(region)
  if (id !== undefined && isRegion && majorVersion !== undefined && minorVersion !== undefined) {
    const tenant = { id, region, majorVersion, minorVersion }
    if (tenantWord(tenant).length <= SEARCH_LENGTH_MAX - OTHER_WORDS_LENGTH) return { tenant }
    return { faults: [fault('REGION', region, 'shorter')] }
  }
  const faults = [
    ...(id === undefined ? [fault('TENANT_ID', headerOf('tenant_id'), ID_WANTED)] : []),
    ...(isRegion ? [] : [fault('REGION', region, REGION_WANTED)]),
    ...(majorVersion === undefined ? [fault('MAJOR_VERSION', headerOf('major_version'), VERSION_WANTED)] : []),
    ...(minorVersion === undefined ? [fault('MINOR_VERSION', headerOf('minor_version'), VERSION_WANTED)] : []),
  ]
  const [first = '', ...others] = faults
  return { faults: [first, ...others] }
}

function tenantId(text: string | undefined): TenantId | undefined {
  return text !== undefined && isDashedUuid(text) && text !== NIL ? (text.toLowerCase() as TenantId) : undefined
}

function version(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,5}$/.test(text)) return undefined
  const number = Number(text)
  return number <= UINT16_MAX ? number : undefined
}

function fault(name: HeaderName, found: string | undefined, wanted: string): string {
  return `header ${name} is ${found === undefined ? 'missing' : describe(found)}: must be ${wanted}`
}
