/**
 * The shards of this replica that run now, as one reads them: an instance by its id, or all of them one number after the
 * other. Reads what is committed and nothing else; a shard may change between two calls, and be gone at the next.
 */
import type { Instance } from '../actor/instance.ts'
import { SnapshotScan, type Summary, summaryOf } from '../actor/snapshot-scan.ts'
import type { InstanceId } from '../contract/ids.ts'
import { UnrestorableError } from '../errors.ts'
import type { Held } from '../shard/shard-set.ts'
import type { Present, ShardState } from '../shard/shard-state.ts'
import type { Subject } from './subject.ts'

export interface RunningShard {
  readonly shard: number
  readonly state: ShardState
}

/** In the order of their numbers. */
export function runningShards(held: readonly Held[]): readonly RunningShard[] {
  const running = held.flatMap(({ shard, phase, life }) => {
    const state = phase === 'running' ? life?.state : undefined
    return state === undefined ? [] : [{ shard, state }]
  })
  return running.sort((one, other) => one.shard - other.shard)
}

export function subjectOf({ shard, state }: RunningShard, id: InstanceId): Subject | undefined {
  const instance = readable(() => state.instance(id))
  return instance && { id, shard, instance, isEnded: false }
}

/** Of one that ended. */
export function endedSubject(id: InstanceId, { last, shard }: { last: Instance; shard: number }): Subject {
  return { id, shard, instance: last, isEnded: true }
}

/** Summaries of what shards hold, without decoding a passive instance where its bytes are as this release writes them. */
export class PresentReader {
  readonly #scan = new SnapshotScan()

  summary({ kept }: Present, state: ShardState): Summary | undefined {
    if (!Buffer.isBuffer(kept)) return summaryOf(kept)
    return this.#scan.read(kept) ?? readable(() => summaryOf(state.decode(kept)))
  }
}

/** One that cannot be read is the shard's to be loud about, when its next event comes: a list goes on without it. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof UnrestorableError) return undefined
    throw error
  }
}
