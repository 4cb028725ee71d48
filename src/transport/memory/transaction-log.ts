/**
 * Who may write under each transactional id, and what is open under it. Epochs fence: the newest owner of an id is
 * the only one that can write or commit. Never retries, never decides by time.
 */
import type { TopicPartition } from '../../contract/log-record.ts'
import { ShardFencedError } from '../../errors.ts'
import type { MemoryGroup } from './memory-group.ts'
import type { PartitionLog, TransactionMark } from './partition-log.ts'
import type { RecordBytes } from './record-bytes.ts'

/** Records by the partition that they go to, each partition's in order. */
export type PlacedRecords = ReadonlyMap<PartitionLog, readonly RecordBytes[]>

export interface PendingOffset {
  readonly group: MemoryGroup
  readonly offset: TopicPartition & { readonly next: number }
}

interface OpenTransaction {
  readonly mark: TransactionMark
  readonly partitions: readonly PartitionLog[]
  readonly pending: PendingOffset
}

export class TransactionLog {
  readonly #epochs = new Map<string, number>()
  readonly #open = new Map<string, OpenTransaction>()

  /** Aborts what is open under the id; the epoch that it resolves with is the only one that may write from now on. */
  fence(transactionalId: string): number {
    this.#end(transactionalId, 'aborted')
    const epoch = (this.#epochs.get(transactionalId) ?? -1) + 1
    this.#epochs.set(transactionalId, epoch)
    return epoch
  }

  /**
   * Appends all records in an open transaction that nobody sees yet.
   * @throws ShardFencedError
   */
  write(
    transactionalId: string,
    epoch: number,
    placed: PlacedRecords,
    pending: PendingOffset,
    timestamp: number,
  ): void {
    this.#refuseFenced(transactionalId, epoch)
    const mark: TransactionMark = { outcome: 'open' }
    this.#open.set(transactionalId, { mark, partitions: [...placed.keys()], pending })
    for (const [partition, records] of placed) partition.append(records, timestamp, mark)
  }

  /**
   * Commits what is open: its records and its offset in one step, for every reader in this process.
   * @throws ShardFencedError
   */
  commit(transactionalId: string, epoch: number): void {
    this.#refuseFenced(transactionalId, epoch)
    this.#end(transactionalId, 'committed')
  }

  #end(transactionalId: string, outcome: 'committed' | 'aborted'): void {
    const open = this.#open.get(transactionalId)
    if (!open) return
    this.#open.delete(transactionalId)
    open.mark.outcome = outcome
    if (outcome === 'committed') open.pending.group.moveOffset(open.pending.offset)
    for (const partition of open.partitions) partition.close(open.mark)
  }

  #refuseFenced(transactionalId: string, epoch: number): void {
    const newest = this.#epochs.get(transactionalId)
    if (newest === epoch) return
    throw new ShardFencedError(
      `${transactionalId}: epoch ${epoch} was fenced by epoch ${newest}: another owner has it, stop writing`,
    )
  }
}
