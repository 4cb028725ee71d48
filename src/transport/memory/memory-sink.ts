/**
 * One owner's right to write a shard's transactions to the memory log. After any throw it is dead: like its twin over
 * Kafka it never tries again, because only a new fence tells what happened.
 */
import type { NewRecord, TopicPartition } from '../../contract/log-record.ts'
import { CommitUnknownError, InvariantError, TransportUnavailableError } from '../../errors.ts'
import { createPartitioner } from '../partitioner.ts'
import type { SinkOptions, TransactionalSink } from '../port.ts'
import type { LogCaller } from './fault-gate.ts'
import type { MemoryLog } from './memory-log.ts'

export class MemorySink implements TransactionalSink {
  readonly #log: MemoryLog
  readonly #call: LogCaller
  readonly #options: SinkOptions
  readonly #epoch: number
  readonly #partitioner = createPartitioner(0)
  #state: 'idle' | 'committing' | 'dead' = 'idle'

  constructor(log: MemoryLog, call: LogCaller, options: SinkOptions, epoch: number) {
    this.#log = log
    this.#call = call
    this.#options = options
    this.#epoch = epoch
  }

  async commit(records: readonly NewRecord[], offset: TopicPartition & { readonly next: number }): Promise<void> {
    const { transactionalId, groupId } = this.#options
    if (this.#state === 'committing') {
      throw new InvariantError(`${transactionalId}: a commit is open already: one at a time`)
    }
    if (this.#state === 'dead') {
      throw new TransportUnavailableError(`${transactionalId}: this sink is closed or failed before: fence again`)
    }
    this.#state = 'committing'
    const { transactions, clock } = this.#log
    try {
      const placed = this.#log.place(records, this.#partitioner)
      const pending = { group: this.#log.group(groupId), offset: { ...offset } }
      await this.#call(
        'sink.write',
        transactionalId,
        () => transactions.write(transactionalId, this.#epoch, placed, pending, clock.now()),
        records.length,
      )
      // Before: nobody sees any of it. After: everybody sees all of it. In between the owner can only guess.
      await this.#call('sink.end', transactionalId, () => transactions.commit(transactionalId, this.#epoch)).catch(
        asUnknown(transactionalId),
      )
    } catch (error) {
      this.#state = 'dead'
      throw error
    }
    if (this.#state === 'committing') this.#state = 'idle'
  }

  async close(): Promise<void> {
    this.#state = 'dead'
  }
}

function asUnknown(transactionalId: string): (error: unknown) => never {
  return error => {
    if (!(error instanceof TransportUnavailableError)) throw error
    throw new CommitUnknownError(
      `${transactionalId}: the memory log did not answer the commit: fence again and restore to learn of it`,
      { cause: error },
    )
  }
}
