/** Whom a shard tells of its operations, behind their commit: a journal, or nobody. */
import type { Entry } from './entry.ts'

export interface Recorder {
  /** Nobody listens: no entry need be made. */
  readonly isSilent: boolean
  /** The operations of one committed batch of `shard`, in their order. Never throws. */
  record(shard: number, entries: readonly Entry[]): void
  /** The shard's life here is over: what happens to its instances from now on is not seen. */
  forget(shard: number): void
}

export const silentJournal: Recorder = { isSilent: true, record: () => {}, forget: () => {} }
