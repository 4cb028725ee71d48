/**
 * Writes record batches (format v2) as every Kafka since 0.11 stores them. Two passes: sizes first, then the bytes into
 * one buffer of just that size. Linear, header order kept, nothing shared between calls. Never talks to a broker.
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

/**
 * One batch of all the records, which all get `timestamp` (epoch milliseconds). A batch above BATCH_BYTES_MAX, which
 * is always a single record, is compressed: its topic may still take it.
 */
export function encodeRecordBatch(records: readonly BatchRecord[], producer: BatchProducer, timestamp: number): Buffer {
  const bodySizes: number[] = []
  let size = HEADER_BYTES
  for (const record of records) {
    const body = bodySize(record, bodySizes.length)
    bodySizes.push(body)
    size += varintSize(body) + body
  }
  const raw = Buffer.allocUnsafe(size)
  let at = HEADER_BYTES
  for (const [index, record] of records.entries()) at = writeRecord(raw, at, record, index, bodySizes[index] ?? 0)
  if (size <= BATCH_BYTES_MAX) return writeHeader(raw, records.length, producer, timestamp, 0)

  const packed = gzipSync(raw.subarray(HEADER_BYTES))
  if (packed.length >= size - HEADER_BYTES) return writeHeader(raw, records.length, producer, timestamp, 0)
  const batch = Buffer.concat([raw.subarray(0, HEADER_BYTES), packed])
  return writeHeader(batch, records.length, producer, timestamp, GZIP)
}

/** Cuts records into runs whose batches stay below BATCH_BYTES_MAX; a larger record is a run of its own. */
export function splitIntoBatches<R extends BatchRecord>(records: readonly R[]): readonly (readonly R[])[] {
  const runs: R[][] = []
  let run: R[] = []
  let size = HEADER_BYTES
  for (const record of records) {
    // Five bytes for the length and the offset delta each are never too few, whatever the place in the run.
    const bytes = bodySize(record, 0) + 9
    if (run.length > 0 && size + bytes > BATCH_BYTES_MAX) {
      runs.push(run)
      run = []
      size = HEADER_BYTES
    }
    run.push(record)
    size += bytes
  }
  if (run.length > 0) runs.push(run)
  return runs
}

function writeHeader(
  batch: Buffer,
  count: number,
  producer: BatchProducer,
  timestamp: number,
  compression: number,
): Buffer {
  batch.writeBigInt64BE(0n, 0)
  batch.writeInt32BE(batch.length - AT_LENGTH - 4, AT_LENGTH)
  batch.writeInt32BE(0, AT_LENGTH + 4) // the leader's epoch: the broker's to fill in
  batch.writeInt8(MAGIC, AT_MAGIC)
  let at = batch.writeInt16BE(compression | (producer.transactional ? TRANSACTIONAL : 0), AT_ATTRIBUTES)
  at = batch.writeInt32BE(count - 1, at)
  at = batch.writeBigInt64BE(BigInt(timestamp), at)
  at = batch.writeBigInt64BE(BigInt(timestamp), at)
  at = batch.writeBigInt64BE(BigInt(producer.producerId), at)
  at = batch.writeInt16BE(producer.producerEpoch, at)
  at = batch.writeInt32BE(producer.baseSequence, at)
  batch.writeInt32BE(count, at)
  batch.writeUInt32BE(crc32c(batch, AT_ATTRIBUTES), AT_CRC)
  return batch
}

/** Attributes and timestamp delta are always 0, one byte each. */
function bodySize({ key, value, headers }: BatchRecord, offsetDelta: number): number {
  let size = 2 + varintSize(offsetDelta) + bytesSize(key) + bytesSize(value) + varintSize(headers.length)
  for (const [name, content] of headers) size += varintSize(name.length) + name.length + bytesSize(content)
  return size
}

function writeRecord(into: Buffer, start: number, record: BatchRecord, offsetDelta: number, body: number): number {
  let at = writeVarint(into, start, body)
  into[at++] = 0
  into[at++] = 0
  at = writeVarint(into, at, offsetDelta)
  at = writeBytes(into, at, record.key)
  at = writeBytes(into, at, record.value)
  at = writeVarint(into, at, record.headers.length)
  for (const [name, content] of record.headers) {
    at = writeVarint(into, at, name.length)
    at += into.write(name, at, 'latin1')
    at = writeBytes(into, at, content)
  }
  return at
}

function bytesSize(bytes: Buffer | null): number {
  return bytes === null ? 1 : varintSize(bytes.length) + bytes.length
}

function writeBytes(into: Buffer, at: number, bytes: Buffer | null): number {
  if (bytes === null) return writeVarint(into, at, NULL_LENGTH)
  const start = writeVarint(into, at, bytes.length)
  into.set(bytes, start)
  return start + bytes.length
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
