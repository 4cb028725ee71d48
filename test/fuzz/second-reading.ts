/**
 * A record's fields read a second time: from the specification's words, by means that the service does not use (a list
 * of tokens instead of JSON.parse's object, decimal digits instead of doubles). JSON.parse is asked only whether a text
 * is JSON at all. Knows no record of ours: what a whole one comes to, the verdicts say.
 */
import type { Headers } from '../../src/contract/log-record.ts'

export const NIL = '00000000-0000-0000-0000-000000000000'

/** Thrown for the first field that breaks its rule. */
export class Malformed extends Error {}

/** @throws SyntaxError, Malformed */
export function jsonText(value: Buffer | null): string {
  if (value === null) throw new Malformed('null')
  // Never takes a byte order mark away; what is no UTF-8 becomes U+FFFD.
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(value)
  JSON.parse(text)
  return text
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/gsu

/** Members of an object, name and text of the value, in order. @throws Malformed for what is no object */
export function membersOf(text: string): [string, string][] {
  const members: [string, string][] = []
  let depth = 0
  let name: string | undefined
  let from = 0
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (depth === 0 && token !== '{') throw new Malformed('no object')
    const ends = depth === 1 && (token === ',' || token === '}')
    if (ends && name !== undefined) {
      members.push([name, text.slice(from, index).trim()])
      name = undefined
    } else if (depth === 1 && name === undefined && token.startsWith('"')) {
      name = String(JSON.parse(token))
    } else if (depth === 1 && token === ':') {
      from = index + 1
    }
    if (token === '{' || token === '[') depth += 1
    if (token === '}' || token === ']') depth -= 1
  }
  return members
}

/** By name in small ASCII letters; the last of several stands. */
export function fieldsOf(text: string): ReadonlyMap<string, string> {
  const small = (name: string) => name.replace(/[A-Z]/g, letter => String.fromCharCode(letter.charCodeAt(0) + 32))
  return new Map(membersOf(text).map(([name, value]) => [small(name), value]))
}

/** A missing field, or null, is "". */
export function stringIn(text = 'null'): string {
  if (text === 'null') return ''
  if (!text.startsWith('"')) throw new Malformed('no string')
  return String(JSON.parse(text))
}

const UUIDS = [
  /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  /^urn:uuid:([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/,
  /^\{([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}$/,
  /^[0-9a-f]{32}$/,
]

export function uuidIn(text = 'null'): string {
  if (text === 'null') return NIL
  // Not toLowerCase alone, which makes a "k" of the Kelvin sign; no UUID has one, and no URN.
  const given = stringIn(text).replace(/[A-Z]/g, letter => letter.toLowerCase())
  const form = UUIDS.find(pattern => pattern.test(given))
  if (form === undefined) throw new Malformed('no UUID')
  const hex = given.replace(/^urn:uuid:/, '').replace(/[-{}]/g, '')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** @throws Malformed for a number that is not in 0 to 2^bits - 1, or has a fraction, however small */
export function checkInteger(text = 'null', bits: 8 | 32): void {
  if (text === 'null') return
  const [, sign, whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  if (sign === undefined) throw new Malformed('no number')
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return
  const zeros = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length)
  if (sign === '-' || zeros < 0n || zeros > 10n || significant.length > 10) throw new Malformed('out of range')
  if (BigInt(significant) * 10n ** zeros >= 2n ** BigInt(bits)) throw new Malformed('out of range')
}

export function hasTenant(headers: Headers): boolean {
  const only = (name: string): Buffer | null => {
    const [first, ...others] = headers.filter(([header]) => header === name)
    return first === undefined || others.length > 0 ? null : first[1]
  }
  const id = only('TENANT_ID')?.toString('latin1').toLowerCase() ?? ''
  const region = only('REGION')
  return (
    /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(id) &&
    id !== NIL &&
    region !== null &&
    region.length >= 1 &&
    region.length <= 1024 &&
    [...region].every(byte => byte < 128) &&
    only('MAJOR_VERSION')?.length === 2 &&
    only('MINOR_VERSION')?.length === 2
  )
}
