/**
 * Unpacks an LZ4 frame, the form in which Kafka's clients send lz4 batches. Checksums are skipped over, not checked:
 * the batch has its own. No dictionary, which no client of Kafka uses.
 */
import { TransportUnavailableError } from '../../errors.ts'

const FRAME_MAGIC = 0x184d2204
const HAS_BLOCK_CHECKSUM = 0x10
const HAS_CONTENT_SIZE = 0x08
const HAS_DICTIONARY = 0x01
const STORED = 0x80000000
const MATCH_BYTES_MIN = 4

/** @throws TransportUnavailableError the frame is broken. */
export function unpackLz4Frame(frame: Buffer): Buffer {
  if (frame.length < 7 || frame.readUInt32LE(0) !== FRAME_MAGIC) throw broken('it does not begin like one')
  const flags = frame.readUInt8(4)
  if (flags & HAS_DICTIONARY) throw broken('it needs a dictionary')
  const blockMax = 1 << (8 + 2 * ((frame.readUInt8(5) >> 4) & 7))
  let at = flags & HAS_CONTENT_SIZE ? 15 : 7

  let out = Buffer.allocUnsafe(Math.max(blockMax, frame.length * 4))
  let size = 0
  for (;;) {
    if (at + 4 > frame.length) throw broken('it ends before its end mark')
    const mark = frame.readUInt32LE(at)
    at += 4
    if (mark === 0) return out.subarray(0, size)
    const length = mark & ~STORED
    const block = frame.subarray(at, at + length)
    if (block.length < length) throw broken('it ends inside a block')
    if (out.length < size + blockMax)
      out = Buffer.concat([out.subarray(0, size)], Math.max(out.length * 2, size + blockMax))
    size = mark >= STORED ? size + block.copy(out, size) : unpackBlock(block, out, size)
    at += length + (flags & HAS_BLOCK_CHECKSUM ? 4 : 0)
  }
}

/** Unpacks one block behind what is in `out` already, which it may refer back to; the new size. */
function unpackBlock(block: Buffer, out: Buffer, size: number): number {
  let at = 0
  let end = size
  while (at < block.length) {
    const token = block.readUInt8(at++)
    let literals = token >> 4
    if (literals === 15) [literals, at] = extended(block, literals, at)
    if (at + literals > block.length || end + literals > out.length) throw broken('its literals run out of the block')
    end += block.copy(out, end, at, at + literals)
    at += literals
    if (at >= block.length) return end

    const distance = block.readUInt16LE(at)
    at += 2
    let match = token & 15
    if (match === 15) [match, at] = extended(block, match, at)
    match += MATCH_BYTES_MIN
    if (distance === 0 || distance > end || end + match > out.length)
      throw broken('it refers to bytes that are not there')
    // One by one, because a match may overlap what it writes.
    for (const until = end + match; end < until; end += 1) out[end] = out[end - distance] ?? 0
  }
  return end
}

function extended(block: Buffer, start: number, from: number): [length: number, at: number] {
  let length = start
  let at = from
  for (;;) {
    const more = block.readUInt8(at++)
    length += more
    if (more !== 255) return [length, at]
  }
}

function broken(why: string): TransportUnavailableError {
  return new TransportUnavailableError(`a record batch holds a broken lz4 frame: ${why}`)
}
