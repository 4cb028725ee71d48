/**
 * What JSON.parse loses of a text: the order of names, and fractions too small for a double. Only needed where one
 * field is spelled in two ways or a number is that odd, so it may be slow. Takes only text that JSON.parse has
 * accepted, and leans on that; never recurses.
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

/** Up to 2^32, only seven decimal places or a negative exponent can hold a fraction that a double rounds away. */
const MAY_LOSE_A_FRACTION = /\.\d{7}|[eE]-/

/**
 * The text, in which every number that a double would round to an integer has become a number beside that integer:
 * `255.00000000000000001` and `1e-400` are no integers, and must not be read as 255 and 0. Beyond 2^52, where doubles
 * have no fractions left, nothing can be done; no field goes that far.
 */
export function keepFractions(text: string): string {
  if (!MAY_LOSE_A_FRACTION.test(text)) return text
  let kept = ''
  let done = 0
  let at = 0
  while (at < text.length) {
    const char = text.charAt(at)
    if (char === '"') {
      at = skipString(text, at)
    } else if (char === '-' || (char >= '0' && char <= '9')) {
      const end = skipScalar(text, at)
      const literal = text.slice(at, end)
      const double = Number(literal)
      if (Number.isInteger(double) && !isWhole(literal)) {
        kept += text.slice(done, at) + String(double + Math.max(Number.MIN_VALUE, Math.abs(double) * Number.EPSILON))
        done = end
      }
      at = end
    } else {
      at += 1
    }
  }
  return kept + text.slice(done)
}

/** Whether a number is an integer as it is written: `2550e-1` is, `255.0000000000000000001` is not. */
function isWhole(literal: string): boolean {
  const [mantissa = '', exponent = '0'] = literal.replace(/^-/, '').toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const digits = whole + fraction
  let significant = digits.length
  while (significant > 0 && digits[significant - 1] === '0') significant -= 1
  return significant === 0 || significant - whole.length <= Number(exponent)
}

function skipSpace(text: string, from: number): number {
  let at = from
  for (;;) {
    const char = text[at]
    if (char !== ' ' && char !== '\n' && char !== '\r' && char !== '\t') return at
    at += 1
  }
}

/** Whether its arrays and objects stand in each other more than `levelsMax` deep: what then calls itself for each level may run out of stack. */
export function isNestedDeeper(text: string, levelsMax: number): boolean {
  if (!opensMore(text, levelsMax)) return false
  let levels = 0
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at)
    if (char === QUOTE) at = skipString(text, at) - 1
    else if (char === OPEN_OBJECT || char === OPEN_ARRAY) {
      levels += 1
      if (levels > levelsMax) return true
    } else if (char === CLOSE_OBJECT || char === CLOSE_ARRAY) levels -= 1
  }
  return false
}

/** Whether it opens so many at all, be it within strings: few texts do, and to look for them costs a quarter. */
function opensMore(text: string, timesMax: number): boolean {
  let times = 0
  for (const open of ['{', '[']) {
    for (let at = text.indexOf(open); at >= 0; at = text.indexOf(open, at + 1)) {
      times += 1
      if (times > timesMax) return true
    }
  }
  return false
}

const QUOTE = 0x22
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d

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
