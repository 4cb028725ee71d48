/**
 * Unpacks the records of a batch, whichever of Kafka's four codecs its writer chose. We write none but gzip; others
 * write what they like. Never guesses: an unknown codec is an error.
 */
import { gunzipSync } from 'node:zlib'
import { decompress as unpackZstd } from 'fzstd'
import { uncompress as unpackSnappy } from 'snappyjs'
import { TransportUnavailableError } from '../../errors.ts'
import { unpackLz4Frame } from './lz4-frame.ts'

const GZIP = 1
const SNAPPY = 2
const LZ4 = 3
const ZSTD = 4

// Java's snappy wraps its blocks in the framing of the xerial library; other clients send one bare block.
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const XERIAL_HEADER_BYTES = 16

/**
 * @param codec the lowest three bits of a batch's attributes; not 0.
 * @throws TransportUnavailableError an unknown codec.
 */
export function decompress(codec: number, packed: Buffer): Buffer {
  switch (codec) {
    case GZIP:
      return gunzipSync(packed)
    case SNAPPY:
      return packed.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC) ? unpackXerial(packed) : unpackSnappy(packed)
    case LZ4:
      return unpackLz4Frame(packed)
    case ZSTD: {
      const bytes = unpackZstd(packed)
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    }
    default:
      throw new TransportUnavailableError(
        `a record batch is compressed with codec ${codec}, which is none of Kafka's (gzip, snappy, lz4, zstd)`,
      )
  }
}

function unpackXerial(packed: Buffer): Buffer {
  const blocks: Buffer[] = []
  for (let at = XERIAL_HEADER_BYTES; at < packed.length; ) {
    const length = packed.readInt32BE(at)
    blocks.push(unpackSnappy(packed.subarray(at + 4, at + 4 + length)))
    at += 4 + length
  }
  return Buffer.concat(blocks)
}
