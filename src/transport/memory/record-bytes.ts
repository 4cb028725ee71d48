/**
 * A record's way into the log: its bytes are copied and its size is taken, so that nobody shares an object with
 * somebody else by accident and records are refused by the size that a broker would see. Never decodes anything.
 */
import type { Headers, NewRecord } from '../../contract/log-record.ts'

/** What a partition keeps of a record before it has a place. */
export interface RecordBytes {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Headers
}

// The overhead of a batch of one record, as a broker counts it: 61 bytes of batch, up to 21 of record and lengths.
const RECORD_OVERHEAD_BYTES = 82
const HEADER_OVERHEAD_BYTES = 10

/** Bytes that the record takes in a batch of its own, rounded up by at most a few bytes a field. */
export function recordSize({ key, value, headers }: RecordBytes): number {
  let size = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0)
  for (const [name, bytes] of headers) size += HEADER_OVERHEAD_BYTES + name.length + (bytes?.length ?? 0)
  return size
}

/** `alone`: the record may outlive its neighbours. */
export function copyRecord({ key, value, headers }: NewRecord, alone: boolean): RecordBytes {
  let length = (key?.length ?? 0) + (value?.length ?? 0)
  for (const [, bytes] of headers) length += bytes?.length ?? 0
  // From Node's pool where records go in the order in which they came: a compacted one that lives on would hold on to
  // 8 KiB of dead neighbours. A block of its own costs three times as much.
  const block = alone ? Buffer.allocUnsafeSlow(length) : Buffer.allocUnsafe(length)
  let used = 0
  const copy = (bytes: Buffer | null): Buffer | null => {
    if (!bytes) return null
    const start = used
    used += bytes.copy(block, start)
    return block.subarray(start, used)
  }
  return { key: copy(key), value: copy(value), headers: headers.map(([name, bytes]) => [name, copy(bytes)] as const) }
}
