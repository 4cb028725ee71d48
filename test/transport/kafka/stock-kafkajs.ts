/**
 * The parts of stock kafkajs that tests hold ours against, loaded from its inside: its record codec as the oracle, its
 * filter and its request queue as the faults that we avoid.
 */
import { createRequire } from 'node:module'
import type { InternalRequestQueue } from '../../../src/transport/kafka/wire.ts'

const load = createRequire(import.meta.url)

export interface StockMessage {
  readonly offset: string
  readonly key: Buffer | null
  readonly value?: Buffer | null
  readonly timestamp?: string
  readonly headers?: Readonly<Record<string, unknown>>
  readonly isControlRecord: boolean
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean }
}

interface StockCodec {
  RecordBatch(options: object): Promise<{ readonly buffer: Buffer }>
  record(options: object): object
  decode(decoder: object): Promise<{ readonly records: readonly StockMessage[] }>
  readonly Decoder: new (buffer: Buffer) => object
}

const codec: StockCodec = {
  RecordBatch: load('kafkajs/src/protocol/recordBatch/v0').RecordBatch,
  record: load('kafkajs/src/protocol/recordBatch/record/v0'),
  decode: load('kafkajs/src/protocol/recordBatch/v0/decoder'),
  Decoder: load('kafkajs/src/protocol/decoder'),
}

export interface StockRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, Buffer>>
}

export interface StockBatchOptions {
  readonly producerId: number
  readonly producerEpoch: number
  readonly firstSequence: number
  readonly transactional: boolean
  readonly timestamp: number
}

export async function stockEncode(records: readonly StockRecord[], options: StockBatchOptions): Promise<Buffer> {
  const { timestamp, ...rest } = options
  const batch = await codec.RecordBatch({
    ...rest,
    firstTimestamp: timestamp,
    maxTimestamp: timestamp,
    lastOffsetDelta: records.length - 1,
    records: records.map((record, offsetDelta) => codec.record({ ...record, offsetDelta, timestampDelta: 0 })),
  })
  return batch.buffer
}

export async function stockDecode(batch: Buffer): Promise<readonly StockMessage[]> {
  return (await codec.decode(new codec.Decoder(batch))).records
}

export function stockFilterAborted(
  messages: readonly StockMessage[],
  abortedTransactions: readonly { readonly producerId: string; readonly firstOffset: string }[],
): readonly StockMessage[] {
  return load('kafkajs/src/consumer/filterAbortedMessages')({ messages, abortedTransactions })
}

/** A class of its own, untouched by whatever has mended the shared one. */
export function freshRequestQueue(): new (
  options: object,
) => InternalRequestQueue & {
  checkPendingRequests(): void
  destroy(): void
} {
  const path = load.resolve('kafkajs/src/network/requestQueue')
  const shared = load.cache[path]
  delete load.cache[path]
  try {
    return load(path)
  } finally {
    if (shared) load.cache[path] = shared
  }
}

/** kafkajs's view of one fetched record set, as its consumer would hand it on; whether its position would move. */
export async function stockBatchIsStuck(recordSet: Buffer, from: number): Promise<boolean> {
  const decodeMessages = load('kafkajs/src/protocol/requests/fetch/v4/decodeMessages')
  const Batch = load('kafkajs/src/consumer/batch')
  const length = Buffer.alloc(4)
  length.writeInt32BE(recordSet.length)
  const messages = await decodeMessages(new codec.Decoder(Buffer.concat([length, recordSet])))
  const data = { partition: 0, highWatermark: '500', messages, abortedTransactions: [] }
  const batch = new Batch('topic', String(from), data)
  return batch.isEmpty() && !batch.isEmptyDueToFiltering()
}
