/** Record batches for tests: written by ours, then put where a broker would have put them. */
import {
  type BatchProducer,
  type BatchRecord,
  type BatchRun,
  draftRecordBatch,
  NO_PRODUCER,
  type RecordBatchDraft,
  splitIntoBatches,
} from '../../../src/transport/kafka/record-batch-encoder.ts'

const AT_ATTRIBUTES = 21
const CONTROL = 32

export interface PlacedBatch {
  readonly baseOffset: number
  readonly producerId?: number
  readonly transactional?: boolean
  readonly records: readonly BatchRecord[]
}

export const TIMESTAMP = 1_700_000_000_000

export function text(value: string, key: string | null = null): BatchRecord {
  return { key: key === null ? null : Buffer.from(key), value: Buffer.from(value), headers: [] }
}

export function placedBatch({ baseOffset, producerId = -1, transactional = false, records }: PlacedBatch): Buffer {
  const producer = { ...NO_PRODUCER, producerId, producerEpoch: 0, baseSequence: 0, transactional }
  const batch = encodeRecordBatch(records, producer, TIMESTAMP)
  batch.writeBigInt64BE(BigInt(baseOffset), 0)
  return batch
}

/** The marker with which a broker ends a transaction. */
export function markerBatch(baseOffset: number, producerId: number, kind: 'abort' | 'commit'): Buffer {
  const key = Buffer.from([0, 0, 0, kind === 'abort' ? 0 : 1])
  const batch = placedBatch({
    baseOffset,
    producerId,
    transactional: true,
    records: [{ key, value: Buffer.alloc(6), headers: [] }],
  })
  batch.writeInt16BE(batch.readInt16BE(AT_ATTRIBUTES) | CONTROL, AT_ATTRIBUTES)
  return batch
}

/** What compaction leaves of a batch whose records are all overwritten: its header, standing for its offsets. */
export function emptiedBatch(baseOffset: number, lastOffsetDelta: number): Buffer {
  const batch = placedBatch({ baseOffset, producerId: 7, transactional: true, records: [] })
  batch.writeInt32BE(lastOffsetDelta, 23)
  return batch
}

/** As compaction leaves one of which all records are gone. */
const EMPTY: BatchRun = { records: [], bodySizes: [], size: 61 }

/** One batch of records that fit one. */
export function encodeRecordBatch(records: readonly BatchRecord[], producer: BatchProducer, timestamp: number): Buffer {
  const [run = EMPTY, ...others] = splitIntoBatches(records)
  if (others.length > 0) throw new RangeError('the records of one batch are wanted')
  return written(draftRecordBatch(run, producer, timestamp))
}

/** In the middle of a buffer, as in a request: nothing before and behind it is touched. */
export function written({ size, writeTo }: RecordBatchDraft): Buffer {
  const into = Buffer.alloc(size + 2 * MARGIN, 0xaa)
  writeTo(into, MARGIN)
  const margins = Buffer.concat([into.subarray(0, MARGIN), into.subarray(MARGIN + size)])
  if (!margins.equals(Buffer.alloc(2 * MARGIN, 0xaa))) throw new RangeError('a batch was written beyond its size')
  return into.subarray(MARGIN, MARGIN + size)
}

const MARGIN = 7
