/**
 * Reads a state record by the very layout that snapshot-bytes.ts writes: constant text, numbers, plain texts. Whatever
 * is not there makes it irregular, for good, and everything behind is passed over: who reads asks once, at the end.
 * Makes no objects.
 */

const QUOTE = 0x22
const BACKSLASH = 0x5c
const ZERO = 0x30
const NINE = 0x39
const SPACE = 0x20
const DELETE = 0x7f
const NOT_ASCII = 0x80
/** So many are exact in a double, whatever they are. */
const DIGITS_MAX = 15
const NOTHING = Buffer.alloc(0)

export class RecordCursor {
  #bytes: Buffer = NOTHING
  #at = 0
  #textStart = 0
  #isRegular = true

  get bytes(): Buffer {
    return this.#bytes
  }

  /** Of the next byte. */
  get at(): number {
    return this.#at
  }

  /** Of the text that was read last; it ends at `at`. */
  get textStart(): number {
    return this.#textStart
  }

  get isRegular(): boolean {
    return this.#isRegular
  }

  begin(bytes: Buffer): void {
    this.#bytes = bytes
    this.#at = 0
    this.#isRegular = true
  }

  /** Keeps nothing of the bytes, which may be a small part of a large fetch. Whether all of them were regular. */
  end(): boolean {
    const isWhole = this.#isRegular && this.#at === this.#bytes.length
    this.#bytes = NOTHING
    return isWhole
  }

  /** The record is not of the layout, by what the reader knows. */
  fail(): void {
    this.#isRegular = false
  }

  /** Whether an irregular record or this byte, which is not passed, ends a list. */
  isEndOfList(byte: number): boolean {
    return !this.#isRegular || this.#bytes[this.#at] === byte
  }

  isNext(byte: number): boolean {
    return this.#bytes[this.#at] === byte
  }

  /** What follows must be `expected`. */
  expect(expected: Buffer): void {
    const bytes = this.#bytes
    const start = this.#at
    const { length } = expected
    for (let index = 0; index < length; index += 1) {
      if (bytes[start + index] !== expected[index]) {
        this.#isRegular = false
        return
      }
    }
    this.#at = start + length
  }

  /** An integer of 0 or more behind `before`. */
  number(before: Buffer): number {
    this.expect(before)
    const value = this.digits(this.#at)
    if (value < 0) this.#isRegular = false
    return value
  }

  /** The integer from `start` on, which `at` is behind then; -1: not as JSON has one, or one that may not be exact. */
  digits(start: number): number {
    const bytes = this.#bytes
    let at = start
    let value = 0
    for (let byte = bytes[at] ?? 0; byte >= ZERO && byte <= NINE; byte = bytes[at] ?? 0) {
      value = value * 10 + byte - ZERO
      at += 1
    }
    this.#at = at
    const digits = at - start
    return digits === 0 || digits > DIGITS_MAX || (digits > 1 && bytes[start] === ZERO) ? -1 : value
  }

  /** Text behind `before`, up to a quote: only of characters that stand for themselves. */
  text(before: Buffer): void {
    this.expect(before)
    const bytes = this.#bytes
    let at = this.#at
    this.#textStart = at
    let byte = bytes[at] ?? 0
    while (byte >= SPACE && byte !== DELETE && byte !== QUOTE && byte !== BACKSLASH) {
      at += 1
      byte = bytes[at] ?? 0
    }
    if (byte !== QUOTE) this.#isRegular = false
    this.#at = at
  }

  /** The place in `names` of the text behind `before`; of any other the record is irregular, and it is 0. */
  oneOf(before: Buffer, names: readonly string[]): number {
    this.text(before)
    for (let index = 0; index < names.length; index += 1) if (this.isText(names[index] ?? '')) return index
    this.#isRegular = false
    return 0
  }

  /** Whether the text that was read last is this one; never of one that is not all ASCII. */
  isText(text: string): boolean {
    const bytes = this.#bytes
    const start = this.#textStart
    if (text.length !== this.#at - start) return false
    for (let index = 0; index < text.length; index += 1) {
      const byte = bytes[start + index] ?? 0
      if (byte >= NOT_ASCII || text.charCodeAt(index) !== byte) return false
    }
    return true
  }
}
