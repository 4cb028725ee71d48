/**
 * The one function that writes what operations did. Before it: an overlay on the committed state, nothing of it
 * visible anywhere. After it returned: messages, state, position and offset are in the log together, and the overlay
 * is the state. If it throws, nobody knows which of the two holds: the sink is dead, the overlay is dropped, and
 * only fencing and restoring tell what happened. Never guess.
 */
import type { NewRecord } from '../contract/log-record.ts'
import { CommitUnknownError, ShardFencedError } from '../errors.ts'
import type { CommitOutcome } from '../telemetry.ts'
import type { TransactionalSink } from '../transport/port.ts'
import type { Batch } from './batch.ts'
import type { ShardDependencies } from './shard-dependencies.ts'

/**
 * Resolves with the milliseconds that it took.
 * @throws ShardFencedError, CommitUnknownError, RecordTooLargeError, TransportUnavailableError
 */
export async function commit(batch: Batch, sink: TransactionalSink, dependencies: ShardDependencies): Promise<number> {
  const { internal, shard, clock, telemetry } = dependencies
  const startedAt = clock.elapsed()
  const records: NewRecord[] = [...batch.outbox.records]
  for (const { key, value } of batch.overlay.records()) {
    records.push({ topic: internal.shardState, partition: shard, key, value, headers: [] })
  }
  const { next } = batch.overlay.position()
  const report = (outcome: CommitOutcome): number => {
    const ms = clock.elapsed() - startedAt
    telemetry.committed(outcome, ms / 1000, records.length)
    return ms
  }
  try {
    await sink.commit(records, { topic: internal.shardCommands, partition: shard, next })
  } catch (error) {
    report(outcomeOf(error))
    throw error
  }
  const ms = report('committed')
  batch.settle()
  return ms
}

function outcomeOf(error: unknown): CommitOutcome {
  if (error instanceof ShardFencedError) return 'fenced'
  return error instanceof CommitUnknownError ? 'unknown' : 'failed'
}
