/**
 * Numbers and texts as few bytes: a number takes a byte for every seven bits of it, a `traceparent` the bytes that its
 * hex digits stand for. Only for memory: nothing of this is ever written to the log. Checks nothing that it reads.
 */

const HIGH = 0x80
const LOW = 0x7f
/** From here on bit operations would cut a number short. */
const BITS_END = 2 ** 31

/** A `traceparent` as everybody writes it: each x stands for a hex digit in lower case. */
const TRACEPARENT = Buffer.from('00-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx-xx')
const HEX_PLACE = 0x78
const HEX_DIGITS = Buffer.from('0123456789abcdef')
const NO_NIBBLE = 16
const NIBBLES = new Uint8Array(256).fill(NO_NIBBLE)
for (const [nibble, digit] of HEX_DIGITS.entries()) NIBBLES[digit] = nibble

/** Grows by itself; what it holds is good until the next `begin`. */
export class PackedWriter {
  #bytes = Buffer.allocUnsafeSlow(1024)
  #at = 0

  /** Room for at most so many bytes. */
  begin(room: number): void {
    if (room > this.#bytes.length) this.#bytes = Buffer.allocUnsafeSlow(2 * room)
    this.#at = 0
  }

  written(): Buffer {
    return this.#bytes.subarray(0, this.#at)
  }

  byte(value: number): void {
    this.#bytes[this.#at] = value
    this.#at += 1
  }

  /** Puts another value in the place of the first byte. */
  first(value: number): void {
    this.#bytes[0] = value
  }

  /** An integer from 0 up to what a double holds exactly. */
  number(value: number): void {
    let rest = value
    while (rest >= BITS_END) {
      this.byte((rest % HIGH) + HIGH)
      rest = Math.floor(rest / HIGH)
    }
    while (rest > LOW) {
      this.byte((rest & LOW) | HIGH)
      rest >>>= 7
    }
    this.byte(rest)
  }

  copy(from: Buffer, start: number, end: number): void {
    for (let at = start; at < end; at += 1) this.byte(from[at] ?? 0)
  }

  /** Whether it is one of the usual form; then it is written, behind `head`. */
  traceParent(head: number, from: Buffer, start: number, end: number): boolean {
    if (end - start !== TRACEPARENT.length) return false
    const before = this.#at
    this.byte(head)
    for (let at = 0; at < TRACEPARENT.length; at += 1) {
      const byte = from[start + at] ?? 0
      const wanted = TRACEPARENT[at] ?? 0
      if (wanted !== HEX_PLACE) {
        if (byte === wanted) continue
        this.#at = before
        return false
      }
      at += 1
      const high = NIBBLES[byte] ?? NO_NIBBLE
      const low = NIBBLES[from[start + at] ?? 0] ?? NO_NIBBLE
      if (high === NO_NIBBLE || low === NO_NIBBLE) {
        this.#at = before
        return false
      }
      this.byte(high * 16 + low)
    }
    return true
  }
}

export class PackedReader {
  #bytes: Buffer = Buffer.alloc(0)
  #at = 0
  readonly #text = Buffer.from(TRACEPARENT)

  begin(bytes: Buffer): void {
    this.#bytes = bytes
    this.#at = 0
  }

  byte(): number {
    const byte = this.#bytes[this.#at] ?? 0
    this.#at += 1
    return byte
  }

  number(): number {
    let byte = this.byte()
    let value = byte & LOW
    for (let factor = HIGH; byte >= HIGH; factor *= HIGH) {
      byte = this.byte()
      value += (byte & LOW) * factor
    }
    return value
  }

  /** Of so many bytes. */
  text(length: number): string {
    this.skip(length)
    return this.#bytes.toString('utf8', this.#at - length, this.#at)
  }

  skip(length: number): void {
    this.#at += length
  }

  traceParent(): string {
    const text = this.#text
    for (let at = 0; at < TRACEPARENT.length; at += 1) {
      if (TRACEPARENT[at] !== HEX_PLACE) continue
      const byte = this.byte()
      text[at] = HEX_DIGITS[byte >> 4] ?? 0
      text[at + 1] = HEX_DIGITS[byte & 15] ?? 0
      at += 1
    }
    return text.toString('latin1', 0, TRACEPARENT.length)
  }
}
