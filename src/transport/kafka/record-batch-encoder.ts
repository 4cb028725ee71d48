/**
 * Writes record batches (format v2) as every Kafka since 0.11 stores them. Two passes: sizes first, then the bytes, to
 * where they are to go: into the request. Linear, header order kept, nothing shared between calls. Never talks to a broker.
 */
import { gzipSync } from 'node:zlib'
import type { NewRecord } from '../../contract/log-record.ts'
import { crc32c } from './crc32c.ts'

/** A batch stays below this, so that it fits the broker's default `max.message.bytes` of 1 MiB. */
export const BATCH_BYTES_MAX = 900 * 1024

const HEADER_BYTES = 61
const AT_LENGTH = 8
const AT_MAGIC = 16
const AT_CRC = 17
const AT_ATTRIBUTES = 21
const MAGIC = 2
const GZIP = 1
const TRANSACTIONAL = 16
const NULL_LENGTH = -1
const UINT32 = 2 ** 32
/** Up to here a loop is faster than a call. */
const LOOPED_BYTES_MAX = 48

export type BatchRecord = Pick<NewRecord, 'key' | 'value' | 'headers'>

export interface BatchProducer {
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly transactional: boolean
}

/** Neither idempotent nor in a transaction, as Java's producer writes it. */
export const NO_PRODUCER: BatchProducer = {
  producerId: -1,
  producerEpoch: -1,
  baseSequence: -1,
  transactional: false,
}

/** Records that make one batch. */
export interface BatchRun<R extends BatchRecord = BatchRecord> {
  readonly records: readonly R[]
  /** Of each record, behind its length. */
  readonly bodySizes: readonly number[]
  /** Of the batch, as long as it is not compressed. */
  readonly size: number
}

/** A batch that is written when there is a place for it, and not before. */
export interface RecordBatchDraft {
  /** Exactly what `writeTo` writes. */
  readonly size: number
  writeTo(into: Buffer, at: number): void
}

/** Cuts records into runs whose batches stay below BATCH_BYTES_MAX; a larger record is a run of its own. */
export function splitIntoBatches<R extends BatchRecord>(records: readonly R[]): readonly BatchRun<R>[] {
  const runs: BatchRun<R>[] = []
  let run: { records: R[]; bodySizes: number[]; size: number } = { records: [], bodySizes: [], size: HEADER_BYTES }
  const sizes = new HeaderSizes()
  for (const record of records) {
    let body = bodySize(record, run.records.length, sizes)
    if (run.records.length > 0 && run.size + varintSize(body) + body > BATCH_BYTES_MAX) {
      runs.push(run)
      run = { records: [], bodySizes: [], size: HEADER_BYTES }
      body = bodySize(record, 0, sizes)
    }
    run.records.push(record)
    run.bodySizes.push(body)
    run.size += varintSize(body) + body
  }
  if (run.records.length > 0) runs.push(run)
  return runs
}

/**
 * One batch of a run, whose records all get `timestamp` (epoch milliseconds). One above BATCH_BYTES_MAX, which is
 * always a single record, is compressed: its topic may still take it.
 */
export function draftRecordBatch(run: BatchRun, producer: BatchProducer, timestamp: number): RecordBatchDraft {
  const writeTo = (into: Buffer, at: number): void => {
    writeRecords(into, at + HEADER_BYTES, run)
    writeHeader(into, at, run.size, { count: run.records.length, producer, timestamp, compression: 0 })
  }
  if (run.size <= BATCH_BYTES_MAX) return { size: run.size, writeTo }

  const raw = Buffer.allocUnsafe(run.size)
  writeRecords(raw, HEADER_BYTES, run)
  const packed = gzipSync(raw.subarray(HEADER_BYTES))
  if (packed.length >= run.size - HEADER_BYTES) return { size: run.size, writeTo }
  const size = HEADER_BYTES + packed.length
  return {
    size,
    writeTo: (into, at) => {
      into.set(packed, at + HEADER_BYTES)
      writeHeader(into, at, size, { count: run.records.length, producer, timestamp, compression: GZIP })
    },
  }
}

function writeRecords(into: Buffer, start: number, { records, bodySizes }: BatchRun): void {
  let at = start
  // What an operation tells has the same headers in each record: they are written once, and copied.
  let headers: BatchRecord['headers'] | undefined
  let [headersAt, headersEnd] = [0, 0]
  for (let index = 0; index < records.length; index += 1) {
    const record = records[index]
    if (record === undefined) continue
    at = writeVarint(into, at, bodySizes[index] ?? 0)
    into[at++] = 0
    into[at++] = 0
    at = writeVarint(into, at, index)
    at = writeBytes(into, at, record.key)
    at = writeBytes(into, at, record.value)
    const from = at
    if (record.headers === headers) {
      into.copyWithin(at, headersAt, headersEnd)
      at += headersEnd - headersAt
    } else {
      at = writeHeaders(into, at, record.headers)
    }
    headers = record.headers
    headersAt = from
    headersEnd = at
  }
}

interface BatchHead {
  readonly count: number
  readonly producer: BatchProducer
  readonly timestamp: number
  readonly compression: number
}

/** Of the batch of `size` bytes that begins at `start`, whose records are written. */
function writeHeader(
  batch: Buffer,
  start: number,
  size: number,
  { count, producer, timestamp, compression }: BatchHead,
): void {
  writeInt64(batch, 0, start)
  batch.writeInt32BE(size - AT_LENGTH - 4, start + AT_LENGTH)
  batch.writeInt32BE(0, start + AT_LENGTH + 4) // the leader's epoch: the broker's to fill in
  batch.writeInt8(MAGIC, start + AT_MAGIC)
  let at = batch.writeInt16BE(compression | (producer.transactional ? TRANSACTIONAL : 0), start + AT_ATTRIBUTES)
  at = batch.writeInt32BE(count - 1, at)
  at = writeInt64(batch, timestamp, at)
  at = writeInt64(batch, timestamp, at)
  at = writeInt64(batch, producer.producerId, at)
  at = batch.writeInt16BE(producer.producerEpoch, at)
  at = batch.writeInt32BE(producer.baseSequence, at)
  batch.writeInt32BE(count, at)
  batch.writeUInt32BE(crc32c(batch, start + AT_ATTRIBUTES, start + size), start + AT_CRC)
}

/** A safe integer, without making a BigInt of it. */
function writeInt64(into: Buffer, value: number, at: number): number {
  into.writeInt32BE(Math.floor(value / UINT32), at)
  into.writeUInt32BE(value >>> 0, at + 4)
  return at + 8
}

/** Attributes and timestamp delta are always 0, one byte each. */
function bodySize({ key, value, headers }: BatchRecord, offsetDelta: number, sizes: HeaderSizes): number {
  return 2 + varintSize(offsetDelta) + bytesSize(key) + bytesSize(value) + sizes.of(headers)
}

/** Records of one operation have one list of headers, one after the other. */
class HeaderSizes {
  #headers: BatchRecord['headers'] | undefined
  #size = 0

  of(headers: BatchRecord['headers']): number {
    if (headers === this.#headers) return this.#size
    let size = varintSize(headers.length)
    for (const [name, content] of headers) size += varintSize(name.length) + name.length + bytesSize(content)
    this.#headers = headers
    this.#size = size
    return size
  }
}

function writeHeaders(into: Buffer, start: number, headers: BatchRecord['headers']): number {
  let at = writeVarint(into, start, headers.length)
  for (const [name, content] of headers) {
    at = writeVarint(into, at, name.length)
    // Names are short: a loop beats a call out of JavaScript.
    for (let index = 0; index < name.length; index += 1) into[at + index] = name.charCodeAt(index)
    at = writeBytes(into, at + name.length, content)
  }
  return at
}

function bytesSize(bytes: Buffer | null): number {
  return bytes === null ? 1 : varintSize(bytes.length) + bytes.length
}

function writeBytes(into: Buffer, at: number, bytes: Buffer | null): number {
  if (bytes === null) return writeVarint(into, at, NULL_LENGTH)
  const start = writeVarint(into, at, bytes.length)
  const { length } = bytes
  if (length > LOOPED_BYTES_MAX) into.set(bytes, start)
  else for (let index = 0; index < length; index += 1) into[start + index] = bytes[index] ?? 0
  return start + length
}

/** Of a number of at least 0, zigzag encoded. */
function varintSize(value: number): number {
  if (value < 64) return 1
  if (value < 8192) return 2
  if (value < 1_048_576) return 3
  return value < 134_217_728 ? 4 : 5
}

function writeVarint(into: Buffer, start: number, value: number): number {
  let at = start
  let rest = (value << 1) ^ (value >> 31)
  while ((rest & ~127) !== 0) {
    into[at++] = (rest & 127) | 128
    rest >>>= 7
  }
  into[at++] = rest
  return at
}
