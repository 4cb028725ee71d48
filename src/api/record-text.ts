/** Bytes of a record as JSON can hold them, for people. */

/** Bytes that are UTF-8 without control characters as they are, other bytes as base64. */
export function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  return /[\p{Cc}\uFFFD]/u.test(text) ? bytes.toString('base64') : text
}
