/**
 * JSON as the Go services read and write it. Reading is lenient like encoding/json's decoder: names in any ASCII
 * letter case, the last of two wins. Writing escapes like its encoder. Never judges a value: schemas do.
 */
import { keepFractions, type Member, membersOf } from './json-text.ts'

export type JsonObject = Readonly<Record<string, unknown>>

export type ParsedJson = { readonly text: string; readonly object: JsonObject } | { readonly problem: string }

/** The one object that a record's value must be. Invalid UTF-8 has become U+FFFD; a byte order mark is a problem. */
export function parseObject(value: Buffer | null): ParsedJson {
  if (value === null) return { problem: 'the value is null: a JSON object is wanted' }
  if (value.length === 0) return { problem: 'the value is empty: a JSON object is wanted' }
  const received = value.toString('utf8')
  let text = received
  let parsed: unknown
  try {
    parsed = JSON.parse(received)
    text = keepFractions(received)
    if (text !== received) parsed = JSON.parse(text)
  } catch (error) {
    return { problem: `the value is not JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
  if (!isObject(parsed)) return { problem: `the value is ${describe(parsed)}: a JSON object is wanted` }
  return { text, object: parsed }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The names of an object's known fields, ready for look-up. */
export interface Fields<Name extends string> {
  readonly exact: ReadonlyMap<string, Name>
  readonly lower: ReadonlyMap<string, Name>
}

export function fieldsOf<Name extends string>(...names: readonly Name[]): Fields<Name> {
  return {
    exact: new Map(names.map(name => [name, name])),
    lower: new Map(names.map(name => [asciiLower(name), name])),
  }
}

export type Folded<Name extends string> = { readonly [Key in Name]?: unknown }

/**
 * The known fields of an object under their own names; a field that is not there is absent.
 * `text` is the whole record's and `path` leads from its root to this object: where one field occurs in two
 * spellings, only the text still tells which came last.
 */
export function fold<Name extends string>(
  object: JsonObject,
  fields: Fields<Name>,
  text: string,
  path: readonly string[] = [],
): Folded<Name> {
  const folded: { [Key in Name]?: unknown } = {}
  for (const key of Object.keys(object)) {
    const name = fieldNamed(fields, key)
    if (name === undefined) continue
    if (folded[name] !== undefined) return foldText(fields, text, path)
    folded[name] = object[key]
  }
  return folded
}

function fieldNamed<Name extends string>(fields: Fields<Name>, key: string): Name | undefined {
  return fields.exact.get(key) ?? fields.lower.get(asciiLower(key))
}

/** Only A to Z: String.toLowerCase would also turn the Kelvin sign into a k. */
function asciiLower(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]+/g, letters => letters.toLowerCase()) : text
}

function foldText<Name extends string>(fields: Fields<Name>, text: string, path: readonly string[]): Folded<Name> {
  let from = 0
  for (const step of path) {
    const name = asciiLower(step)
    from = membersOf(text, from).findLast(member => asciiLower(member.name) === name)?.start ?? from
  }
  const last = new Map<Name, Member>()
  for (const member of membersOf(text, from)) {
    const name = fieldNamed(fields, member.name)
    if (name !== undefined) last.set(name, member)
  }
  const folded: { [Key in Name]?: unknown } = {}
  for (const [name, { start, end }] of last) folded[name] = JSON.parse(text.slice(start, end))
  return folded
}

const SHOWN_CHARS_MAX = 80

/** A value for people, cut to 80 characters. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(cut(value))
  if (Array.isArray(value)) return 'an array'
  if (isObject(value)) return 'an object'
  return value === undefined ? 'missing' : String(value)
}

export function cut(text: string): string {
  return text.length <= SHOWN_CHARS_MAX ? text : `${text.slice(0, SHOWN_CHARS_MAX)}…`
}

const PLAIN = /^[\x20\x21\x23-\x25\x27-\x3b\x3d\x3f-\x5b\x5d-\x7f]*$/
const ESCAPED_BY_GO_ONLY = /[<>&\u2028\u2029]/g
const LONE_SURROGATES = /\p{Surrogate}/gu

/**
 * The text as a JSON string, quotes included, escaped as Go's encoder (1.22 and later) does with HTML escaping on.
 * A lone surrogate goes out as U+FFFD itself, because that is what Go holds after reading one.
 */
export function goString(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`
  return JSON.stringify(wellFormed(text)).replace(
    ESCAPED_BY_GO_ONLY,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The text with each lone surrogate as U+FFFD. */
export function wellFormed(text: string): string {
  return text.replace(LONE_SURROGATES, '\ufffd')
}
