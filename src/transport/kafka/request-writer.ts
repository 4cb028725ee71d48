/**
 * Writes a request of Kafka's protocol, frame and all, in one pass into one buffer: kafkajs's own encoder would copy it
 * twice more, each time into zeroed memory of up to twice its size. Knows no request.
 */

const FRAME_LENGTH_BYTES = 4

export class RequestWriter {
  #bytes: Buffer
  #at = 0

  /** @param bytes to write into, from its beginning; what is too long for it goes into a larger one. */
  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  int8(value: number): void {
    this.#room(1)
    this.#at = this.#bytes.writeInt8(value, this.#at)
  }

  int16(value: number): void {
    this.#room(2)
    this.#at = this.#bytes.writeInt16BE(value, this.#at)
  }

  int32(value: number): void {
    this.#room(4)
    this.#at = this.#bytes.writeInt32BE(value, this.#at)
  }

  int64(value: number): void {
    this.#room(8)
    this.#at = this.#bytes.writeBigInt64BE(BigInt(value), this.#at)
  }

  string(value: string | null): void {
    if (value === null) {
      this.int16(-1)
      return
    }
    const length = Buffer.byteLength(value)
    this.int16(length)
    this.#room(length)
    this.#at += this.#bytes.write(value, this.#at)
  }

  bytes(value: Buffer): void {
    this.int32(value.length)
    this.#room(value.length)
    this.#bytes.set(value, this.#at)
    this.#at += value.length
  }

  /** A length, then as many bytes as `write` puts into the buffer from there on. */
  sized(size: number, write: (into: Buffer, at: number) => void): void {
    this.int32(size)
    this.#room(size)
    write(this.#bytes, this.#at)
    this.#at += size
  }

  array<E>(elements: readonly E[], write: (element: E) => void): void {
    this.int32(elements.length)
    for (const element of elements) write(element)
  }

  /** Of flexible versions: lengths are one larger and as short as they can be. */
  compactString(value: string): void {
    const length = Buffer.byteLength(value)
    this.uvarint(length + 1)
    this.#room(length)
    this.#at += this.#bytes.write(value, this.#at)
  }

  /** Of flexible versions. */
  compactArray<E>(elements: readonly E[], write: (element: E) => void): void {
    this.uvarint(elements.length + 1)
    for (const element of elements) write(element)
  }

  /** Of flexible versions: none of ours. Ends every structure; also comes before the first field of a request. */
  noTags(): void {
    this.uvarint(0)
  }

  uvarint(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.int8(((rest & 0x7f) | 0x80) - 0x100)
      rest >>>= 7
    }
    this.int8(rest)
  }

  /** The request as it goes over the wire: what was written, behind its own length. A view of `bytes` where it fits. */
  frame(): Buffer {
    this.#bytes.writeInt32BE(this.#at - FRAME_LENGTH_BYTES, 0)
    return this.#bytes.subarray(0, this.#at)
  }

  /** The place of the frame's length, which is known at its end. */
  beginFrame(): void {
    this.#at = FRAME_LENGTH_BYTES
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + bytes))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}
