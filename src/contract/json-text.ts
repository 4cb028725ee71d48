/**
 * The order of names in a JSON text, which JSON.parse loses: only needed where one field is spelled in two ways,
 * so it may be slow. Takes only text that JSON.parse has accepted, and leans on that; never recurses.
 */

export interface Member {
  readonly name: string
  /** Where the value's text starts and ends. */
  readonly start: number
  readonly end: number
}

/** The members of the object whose text starts at `from`, in order, every duplicate included. */
export function membersOf(text: string, from: number): readonly Member[] {
  const members: Member[] = []
  let at = skipSpace(text, skipSpace(text, from) + 1)
  while (text[at] === '"') {
    const nameEnd = skipString(text, at)
    const name: unknown = JSON.parse(text.slice(at, nameEnd))
    const start = skipSpace(text, skipSpace(text, nameEnd) + 1)
    const end = skipValue(text, start)
    members.push({ name: String(name), start, end })
    at = skipSpace(text, skipSpace(text, end) + 1)
  }
  return members
}

function skipSpace(text: string, from: number): number {
  let at = from
  for (;;) {
    const char = text[at]
    if (char !== ' ' && char !== '\n' && char !== '\r' && char !== '\t') return at
    at += 1
  }
}

function skipString(text: string, from: number): number {
  let at = from + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function skipValue(text: string, from: number): number {
  let depth = 0
  let at = from
  do {
    const char = text[at]
    if (char === '"') {
      at = skipString(text, at)
      continue
    }
    if (char === '{' || char === '[') depth += 1
    else if (char === '}' || char === ']') depth -= 1
    else if (depth === 0) return skipScalar(text, at)
    at += 1
  } while (depth > 0)
  return at
}

function skipScalar(text: string, from: number): number {
  let at = from
  while (at < text.length && !',]} \n\r\t'.includes(text.charAt(at))) at += 1
  return at
}
