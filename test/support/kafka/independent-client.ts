/**
 * Reads and writes a real Kafka by Kafka's own Java client, as the judge of what we wrote. Works on any broker; needs
 * a JDK (java-process.ts). Only shapes here: what happens is in IndependentClient.java.
 */
import { askJava, tellOfEach } from './java-process.ts'

/** In the order they lie in the record; a name may come twice. */
export type JavaHeaders = readonly (readonly [name: string, value: Buffer | null])[]

export interface JavaRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Epoch milliseconds. */
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: JavaHeaders
}

export interface JavaNewRecord {
  readonly topic: string
  /** Default: by Java's own partitioner. */
  readonly partition?: number
  /** Epoch milliseconds; default now. */
  readonly timestamp?: number
  readonly key?: Buffer | string | null
  readonly value: Buffer | string | null
  readonly headers?: readonly (readonly [name: string, value: Buffer | string | null])[]
}

export interface JavaPosition {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
}

export interface JavaProduceOptions {
  readonly compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  /** All records in one transaction, and how that ends; `leave-open` leaves it to time out, as a crash does. */
  readonly transaction?: { readonly id: string; readonly end: 'commit' | 'abort' | 'leave-open' }
}

/** A batch as it lies in the log: what a producer sent at once, or the marker that ends a transaction. */
export interface LogBatch {
  readonly topic: string
  readonly partition: number
  readonly baseOffset: number
  readonly lastOffset: number
  /** Records in it; after compaction less than the offsets it spans. */
  readonly count: number
  readonly compression: string
  /** -1 where the producer is neither idempotent nor transactional. */
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly transactional: boolean
  readonly control: 'COMMIT' | 'ABORT' | null
}

/** All committed records of the topics, up to the last stable offsets at the time of the call, in order a partition. */
export function readCommitted(bootstrap: string, topics: readonly string[]): Promise<readonly JavaRecord[]> {
  return read(bootstrap, 'read_committed', topics)
}

/** As `readCommitted`, one record at a time: for more of them than memory should hold. */
export function eachCommitted(
  bootstrap: string,
  topics: readonly string[],
  take: (record: JavaRecord) => void,
): Promise<void> {
  const request = { do: 'read', bootstrap, isolation: 'read_committed', topics }
  return tellOfEach(request, answer => take(recordOf(answer)))
}

/** All records, those of open and aborted transactions too. */
export function readUncommitted(bootstrap: string, topics: readonly string[]): Promise<readonly JavaRecord[]> {
  return read(bootstrap, 'read_uncommitted', topics)
}

/** Resolves with where the records lie, in the order given, when all are acknowledged and the transaction has ended. */
export function javaProduce(
  bootstrap: string,
  records: readonly JavaNewRecord[],
  { compression = 'none', transaction }: JavaProduceOptions = {},
): Promise<readonly JavaPosition[]> {
  const encoded = records.map(({ key, value, headers, ...rest }) => ({
    ...rest,
    key: base64(key),
    value: base64(value),
    headers: headers?.map(([name, content]) => [name, base64(content)]),
  }))
  return askJava(
    { do: 'produce', bootstrap, compression, records: encoded, transaction },
    answer => answer as JavaPosition,
  )
}

/** Every batch of the topics, partition by partition. */
export function readBatches(bootstrap: string, topics: readonly string[]): Promise<readonly LogBatch[]> {
  return askJava({ do: 'batches', bootstrap, topics }, answer => answer as LogBatch)
}

/** The markers that ended transactions: one for each partition that a transaction wrote to. */
export async function controlBatches(bootstrap: string, topics: readonly string[]): Promise<readonly LogBatch[]> {
  const batches = await readBatches(bootstrap, topics)
  return batches.filter(batch => batch.control !== null)
}

interface EncodedRecord extends JavaPosition {
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [name: string, value: string | null])[]
}

function read(bootstrap: string, isolation: string, topics: readonly string[]): Promise<readonly JavaRecord[]> {
  return askJava({ do: 'read', bootstrap, isolation, topics }, recordOf)
}

function recordOf(answer: unknown): JavaRecord {
  const record = answer as EncodedRecord
  const headers: JavaHeaders = record.headers.map(([name, value]) => [name, bytes(value)])
  return { ...record, key: bytes(record.key), value: bytes(record.value), headers }
}

function base64(content: Buffer | string | null | undefined): string | null {
  return content === null || content === undefined ? null : Buffer.from(content).toString('base64')
}

function bytes(encoded: string | null): Buffer | null {
  return encoded === null ? null : Buffer.from(encoded, 'base64')
}
