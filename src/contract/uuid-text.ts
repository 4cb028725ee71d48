/**
 * UUIDs as the Go services write them: every form that github.com/google/uuid reads, one form that goes out.
 * Never makes one and never judges version or variant.
 */

const HEX32 = '[0-9a-fA-F]{32}'
const DASHED = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}'
/** The URN prefix counts in any case; the pattern spells that out, because JSON Schema knows no flags. */
const URN = '[uU][rR][nN]:[uU][uU][iI][dD]:'

/** Everything that `parseUuid` takes, for JSON Schemas. */
export const UUID_FORMS = new RegExp(`^(?:(?:${URN})?${DASHED}|\\{${DASHED}\\}|${HEX32})$`)
/** The form that goes out. */
export const UUID_OUT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

const PLAIN = new RegExp(`^${DASHED}$`)
export const DASHED_LENGTH = 36
const URN_LENGTH = 'urn:uuid:'.length

/** Whether it is 36 characters with dashes, in any case. */
export function isDashedUuid(text: string): boolean {
  return text.length === DASHED_LENGTH && PLAIN.test(text)
}

/** The UUID in lower case with dashes; `undefined` for what google/uuid's forms do not cover. */
export function parseUuid(text: string): string | undefined {
  if (isDashedUuid(text)) return text.toLowerCase()
  if (!UUID_FORMS.test(text)) return undefined
  if (text.length === 32) return dashed(text.toLowerCase())
  const from = text.startsWith('{') ? 1 : URN_LENGTH
  return text.slice(from, from + DASHED_LENGTH).toLowerCase()
}

/** 32 hex digits with the dashes put in. */
export function dashed(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
