/**
 * Reads the record batches (format v2) of a fetch. Headers first; the records of a batch are decoded only when asked
 * for, so that a batch of an aborted transaction costs nothing. Keys and values are views onto the fetched bytes.
 * Checksums are not checked. Knows nothing of what may be read (read-committed.ts).
 */
import type { Header, LogRecord, TopicPartition } from '../../contract/log-record.ts'
import { TransportUnavailableError } from '../../errors.ts'
import type { Sieve } from '../port.ts'
import { decompress } from './decompression.ts'

const HEADER_BYTES = 61
const LENGTH_BYTES = 12
const MAGIC = 2
const CODEC_BITS = 7
const LOG_APPEND_TIME = 8
const TRANSACTIONAL = 16
const CONTROL = 32
const ABORT_MARKER = 0

export interface RecordBatch {
  readonly baseOffset: number
  /** Also of a batch that compaction has emptied: it still stands for its offsets. */
  readonly lastOffset: number
  readonly producerId: number
  readonly transactional: boolean
  /** Holds a transaction's marker, no records of anybody. */
  readonly control: boolean
  readonly count: number
  readonly attributes: number
  /** Epoch milliseconds. */
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  /** The records as they were sent: behind the batch's header, perhaps compressed. */
  readonly payload: Buffer
}

/**
 * The batches of a fetched record set, in order; an incomplete one at its end, cut off by the fetch's bound, is left out.
 * @throws TransportUnavailableError a batch of a format older than Kafka 0.11.
 */
export function readBatches(bytes: Buffer): readonly RecordBatch[] {
  const batches: RecordBatch[] = []
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const end = at + LENGTH_BYTES + bytes.readInt32BE(at + 8)
    if (end > bytes.length) break
    batches.push(readBatch(bytes, at, end))
    at = end
  }
  return batches
}

function readBatch(bytes: Buffer, at: number, end: number): RecordBatch {
  const magic = bytes.readInt8(at + 16)
  if (magic !== MAGIC) {
    throw new TransportUnavailableError(
      `a record batch has message format ${magic}; only format 2 (Kafka 0.11 and newer) is read`,
    )
  }
  const attributes = bytes.readInt16BE(at + 21)
  const baseOffset = Number(bytes.readBigInt64BE(at))
  return {
    baseOffset,
    lastOffset: baseOffset + bytes.readInt32BE(at + 23),
    producerId: Number(bytes.readBigInt64BE(at + 43)),
    transactional: (attributes & TRANSACTIONAL) !== 0,
    control: (attributes & CONTROL) !== 0,
    count: bytes.readInt32BE(at + 57),
    attributes,
    baseTimestamp: Number(bytes.readBigInt64BE(at + 27)),
    maxTimestamp: Number(bytes.readBigInt64BE(at + 35)),
    payload: bytes.subarray(at + HEADER_BYTES, end),
  }
}

/**
 * Appends to `into` the records of a batch at or above offset `from`; what `keep` turns down is not decoded.
 * @returns how many that were
 */
export function readRecords(
  batch: RecordBatch,
  { topic, partition }: TopicPartition,
  from: number,
  into: LogRecord[],
  keep?: Sieve,
): number {
  let passedOver = 0
  const reader = new RecordReader(payloadOf(batch))
  const stamped = (batch.attributes & LOG_APPEND_TIME) !== 0
  for (let index = 0; index < batch.count; index += 1) {
    const end = reader.varint() + reader.at
    reader.at += 1 // the record's attributes, of which there are none yet
    const delta = reader.varlong()
    const offset = batch.baseOffset + reader.varint()
    if (offset < from) {
      // Was there before.
    } else if (keep !== undefined && reader.isTurnedDown(keep)) {
      passedOver += 1
    } else {
      into.push({
        topic,
        partition,
        offset,
        timestamp: stamped ? batch.maxTimestamp : batch.baseTimestamp + delta,
        key: reader.bytes(),
        value: reader.bytes(),
        headers: reader.headers(),
      })
    }
    reader.at = end
  }
  return passedOver
}

/** Whether a control batch ends a transaction by aborting it. */
export function isAbortMarker(batch: RecordBatch): boolean {
  if (batch.count === 0) return false
  const reader = new RecordReader(payloadOf(batch))
  reader.varint()
  reader.at += 1
  reader.varlong()
  reader.varint()
  const key = reader.bytes()
  return key !== null && key.length >= 4 && key.readInt16BE(2) === ABORT_MARKER
}

function payloadOf({ attributes, payload }: RecordBatch): Buffer {
  const codec = attributes & CODEC_BITS
  return codec === 0 ? payload : decompress(codec, payload)
}

const NO_HEADERS: readonly Header[] = []

class RecordReader {
  readonly #bytes: Buffer
  at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Signed, 32 bits. */
  varint(): number {
    let byte = this.#bytes[this.at++] ?? 0
    let value = byte & 127
    for (let shift = 7; byte > 127; shift += 7) {
      byte = this.#bytes[this.at++] ?? 0
      value |= (byte & 127) << shift
    }
    return (value >>> 1) ^ -(value & 1)
  }

  /** Signed, up to 2^53: arithmetic, since shifts stop at 32 bits. */
  varlong(): number {
    let byte = this.#bytes[this.at++] ?? 0
    let value = byte & 127
    for (let factor = 128; byte > 127; factor *= 128) {
      byte = this.#bytes[this.at++] ?? 0
      value += (byte & 127) * factor
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  /** By a look at the value behind the key, from where the key begins; goes back there. */
  isTurnedDown(keep: Sieve): boolean {
    const start = this.at
    const keyLength = this.varint()
    if (keyLength > 0) this.at += keyLength
    const length = this.varint()
    const isTurnedDown = length >= 0 && !keep(this.#bytes, this.at, this.at + length)
    this.at = start
    return isTurnedDown
  }

  bytes(): Buffer | null {
    const length = this.varint()
    if (length < 0) return null
    const start = this.at
    this.at += length
    return this.#bytes.subarray(start, this.at)
  }

  headers(): readonly Header[] {
    const count = this.varint()
    if (count === 0) return NO_HEADERS
    const headers: Header[] = []
    for (let index = 0; index < count; index += 1) {
      const length = this.varint()
      const start = this.at
      this.at += length
      headers.push([headerName(this.#bytes, start, this.at), this.bytes()])
    }
    return headers
  }
}

// A log has a handful of header names, each on every record: found again by length and two bytes, then compared.
// Cheaper than making the string; bounded, because anybody may invent names.
const NAMES_MAX = 256
const names = new Map<number, string>()

function headerName(bytes: Buffer, start: number, end: number): string {
  if (end <= start) return ''
  const slot = ((end - start) << 16) | ((bytes[start] ?? 0) << 8) | (bytes[end - 1] ?? 0)
  const known = names.get(slot)
  if (known !== undefined && isName(known, bytes, start, end)) return known
  const name = bytes.toString('latin1', start, end)
  if (names.size < NAMES_MAX) names.set(slot, name)
  return name
}

function isName(name: string, bytes: Buffer, start: number, end: number): boolean {
  if (name.length !== end - start) return false
  for (let at = start; at < end; at += 1) if (name.charCodeAt(at - start) !== bytes[at]) return false
  return true
}
