/**
 * Finds one field of a JSON object in the bytes of its text, without decoding anything: for topics of which all but a
 * few records are somebody else's. Says "not sure" wherever the text is not as Go's encoder writes it; whoever asks
 * decodes it then. Judges no value, and never looks behind the field.
 */

/** Not sure: the field's value is no plain string, or something before it is not plain. */
export const NOT_SURE = -1

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const BACKSLASH = 0x5c
const OPEN_OBJECT = 0x7b
const OPEN_ARRAY = 0x5b
/** What turns A to Z into a to z, and spares the rest of what a field's name holds. */
const LOWER = 0x20

/**
 * Where the string of the field begins, behind its quote; `NOT_SURE` otherwise. Fields before it may be numbers,
 * words and plain strings, in any order.
 * @param start where the object begins; it ends before `end`
 * @param name the bytes of its name, in lower case
 */
export function findString(value: Buffer, start: number, end: number, name: Buffer): number {
  if (start >= end || value[start] !== OPEN_OBJECT) return NOT_SURE
  let at = start + 1
  while (at < end) {
    if (value[at] !== QUOTE) return NOT_SURE
    const nameAt = at + 1
    at = endOfString(value, nameAt, end)
    if (at === NOT_SURE || value[at + 1] !== COLON) return NOT_SURE
    const isIt = isNamed(value, nameAt, at, name)
    at += 2
    const first = value[at]
    if (isIt) return first === QUOTE ? at + 1 : NOT_SURE
    if (first === OPEN_OBJECT || first === OPEN_ARRAY) return NOT_SURE
    if (first === QUOTE) {
      at = endOfString(value, at + 1, end)
      if (at === NOT_SURE) return NOT_SURE
    }
    while (at < end && value[at] !== COMMA) at += 1
    at += 1
  }
  return NOT_SURE
}

/** Whether the string that begins at `at` is this one. */
export function isString(value: Buffer, at: number, text: Buffer): boolean {
  if (value[at + text.length] !== QUOTE) return false
  for (let index = 0; index < text.length; index += 1) if (value[at + index] !== text[index]) return false
  return true
}

/** Where its quote is; a string with an escape in it is none that we are sure of. */
export function endOfString(value: Buffer, from: number, end: number): number {
  for (let at = from; at < end; at += 1) {
    const byte = value[at]
    if (byte === QUOTE) return at
    if (byte === BACKSLASH) return NOT_SURE
  }
  return NOT_SURE
}

function isNamed(value: Buffer, from: number, to: number, name: Buffer): boolean {
  if (to - from !== name.length) return false
  for (let index = 0; index < name.length; index += 1) {
    if (((value[from + index] ?? 0) | LOWER) !== name[index]) return false
  }
  return true
}
