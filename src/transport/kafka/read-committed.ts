/**
 * What a reader of committed records may see of a fetch: a pure function over its batches and the broker's list of
 * aborted transactions. kafkajs's filter takes one list entry per record, in the list's order, and any key of four
 * zero bytes for an abort marker, so aborted records leak through it. Never decodes what it drops.
 */
import type { LogRecord, TopicPartition } from '../../contract/log-record.ts'
import type { Sieve } from '../port.ts'
import { isAbortMarker, type RecordBatch, readRecords } from './record-batch-decoder.ts'

export interface AbortedTransaction {
  readonly producerId: number
  /** Offset of its first record in the partition. */
  readonly firstOffset: number
}

export interface CommittedRecords {
  readonly records: readonly LogRecord[]
  /** Where to fetch next. Behind markers, aborted records and batches that compaction has emptied. */
  readonly next: number
  /** Committed records that the sieve has turned down. */
  readonly passedOver: number
}

/**
 * The committed records at or above offset `from`. An entry of `aborted` holds from its first offset until the abort
 * marker of its producer; several producers' transactions may overlap in any way, and the list is in no order.
 */
export function readCommitted(
  batches: readonly RecordBatch[],
  aborted: readonly AbortedTransaction[],
  partition: TopicPartition,
  from: number,
  keep?: Sieve,
): CommittedRecords {
  const records: LogRecord[] = []
  let passedOver = 0
  for (const batch of committedBatches(batches, aborted)) {
    passedOver += readRecords(batch, partition, from, records, keep)
  }
  return { records, next: offsetBehind(batches, from), passedOver }
}

/** Where to fetch next after these, which were fetched from `from` on. */
export function offsetBehind(batches: readonly RecordBatch[], from: number): number {
  return batches.reduce((next, { lastOffset }) => Math.max(next, lastOffset + 1), from)
}

/** The batches whose records may be seen. */
export function* committedBatches(
  batches: readonly RecordBatch[],
  aborted: readonly AbortedTransaction[],
): Iterable<RecordBatch> {
  const due = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  let taken = 0
  const aborting = new Set<number>()
  for (const batch of batches) {
    for (let entry = due[taken]; entry !== undefined && entry.firstOffset <= batch.lastOffset; entry = due[taken]) {
      aborting.add(entry.producerId)
      taken += 1
    }
    if (batch.control) {
      if (isAbortMarker(batch)) aborting.delete(batch.producerId)
    } else if (!(batch.transactional && aborting.has(batch.producerId))) {
      yield batch
    }
  }
}
