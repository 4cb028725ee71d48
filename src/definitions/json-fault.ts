/**
 * Where a text stops being JSON: line, column and what was expected there. `JSON.parse` alone does not say it in
 * every Node version. Only for texts that `JSON.parse` has refused; it makes no values.
 */

export interface JsonFault {
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units, as editors count. */
  readonly column: number
  readonly expected: string
}

/** Far beyond any definition; whoever goes through a value by calling himself must not run out of stack. */
export const NESTED_LEVELS_MAX = 100

/** `undefined` where the text is JSON after all, and not nested beyond that bound. */
export function findJsonFault(text: string): JsonFault | undefined {
  try {
    new Scanner(text).document()
    return undefined
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    const before = text.slice(0, error.at).split('\n')
    return { line: before.length, column: (before.at(-1) ?? '').length + 1, expected: error.expected }
  }
}

const SPACE = /[ \t\n\r]*/y
const SCALAR = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these inside a string
const STRING_CHARACTERS = /(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y

class Stop extends Error {
  readonly at: number
  readonly expected: string

  constructor(at: number, expected: string) {
    super(expected)
    this.at = at
    this.expected = expected
  }
}

class Scanner {
  readonly #text: string
  #at = 0
  #levels = 0

  constructor(text: string) {
    this.#text = text
  }

  document(): void {
    this.#value()
    if (this.#peek() !== undefined) this.#stop('the end of the file')
  }

  #value(): void {
    const next = this.#peek()
    if (next === '{') this.#listing('}', () => this.#property())
    else if (next === '[') this.#listing(']', () => this.#value())
    else if (next === '"') this.#string()
    else if (!this.#skip(SCALAR)) this.#stop('a value')
  }

  /** From the opening bracket to behind the closing one. */
  #listing(close: '}' | ']', element: () => void): void {
    if (++this.#levels > NESTED_LEVELS_MAX) this.#stop(`at most ${NESTED_LEVELS_MAX} levels of nesting`)
    this.#at++
    if (!this.#take(close)) {
      do element()
      while (this.#take(','))
      if (!this.#take(close)) this.#stop(`, or ${close}`)
    }
    this.#levels--
  }

  #property(): void {
    if (this.#peek() !== '"') this.#stop('a name in double quotes')
    this.#string()
    if (!this.#take(':')) this.#stop(':')
    this.#value()
  }

  #string(): void {
    this.#at++
    this.#skip(STRING_CHARACTERS)
    if (this.#text[this.#at] !== '"') this.#stop('a closing quote or a legal character of a string')
    this.#at++
  }

  #peek(): string | undefined {
    this.#skip(SPACE)
    return this.#text[this.#at]
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false
    this.#at++
    return true
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at
    if (!pattern.test(this.#text)) return false
    this.#at = pattern.lastIndex
    return true
  }

  #stop(expected: string): never {
    throw new Stop(this.#at, expected)
  }
}
