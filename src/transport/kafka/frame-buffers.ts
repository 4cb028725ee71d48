/**
 * Buffers for requests on their way, used again once the answer shows that the broker has read them: memory outside the
 * heap that is asked for and dropped for each transaction makes the collector run for that alone. A request without an
 * answer takes its buffer with it, since part of it may still be waiting in the socket.
 */

/** Smaller ones come from Node's own pool. */
const POOLED_BYTES_MIN = 4096
const KEPT_MAX = 4
/** Of all that are kept. */
const KEPT_BYTES_MAX = 4 << 20

export class FrameBuffers {
  /** Powers of two, smallest first. */
  #kept: readonly Buffer[] = []

  take(bytes: number): Buffer {
    if (bytes < POOLED_BYTES_MIN) return Buffer.allocUnsafe(bytes)
    const found = this.#kept.find(buffer => buffer.length >= bytes)
    if (found === undefined) return Buffer.allocUnsafeSlow(powerOfTwo(bytes))
    this.#kept = this.#kept.filter(buffer => buffer !== found)
    return found
  }

  giveBack(buffer: Buffer): void {
    if (buffer.length < POOLED_BYTES_MIN) return
    const kept = [...this.#kept, buffer].sort((one, other) => one.length - other.length)
    while (kept.length > KEPT_MAX || kept.reduce((sum, { length }) => sum + length, 0) > KEPT_BYTES_MAX) {
      // The smallest where there are too many, the largest where they are too large.
      if (kept.length > KEPT_MAX) kept.shift()
      else kept.pop()
    }
    this.#kept = kept
  }
}

function powerOfTwo(atLeast: number): number {
  return 2 ** Math.ceil(Math.log2(atLeast))
}
