/**
 * What a shard tells itself from outside of its loop, as an internal command on its own partition: the answer of a
 * look-up, an effect that is settled. Tried until it is there or the shard stops; a copy too many is the reader's
 * business, because an append that failed may have come through.
 */
import { type BackOff, backOffMs } from '../back-off.ts'
import { internalCommand } from '../contract/shard-command.ts'
import type { ShardDependencies } from './shard-dependencies.ts'

const RETRY: BackOff = { msMin: 100, msMax: 1000 }

/** What an append needs of its shard. */
export type SelfAppendDependencies = Pick<ShardDependencies, 'appender' | 'internal' | 'shard' | 'clock' | 'random'>

/**
 * Resolves when it is in the log, or when `stop` aborts. Never throws.
 * @param onFailed told of each try that failed
 */
export async function appendToSelf(
  payload: object,
  { appender, internal, shard, clock, random }: SelfAppendDependencies,
  stop: AbortSignal,
  onFailed: (error: unknown) => void,
): Promise<void> {
  for (let attempt = 0; !stop.aborted; attempt++) {
    try {
      await appender.append([internalCommand(shard, internal.shardCommands, payload)])
      return
    } catch (error) {
      onFailed(error)
      await clock.sleep(backOffMs(attempt, RETRY, random), stop)
    }
  }
}
