/**
 * The shards of this replica that run now, as one reads them: an instance by its id, or all of them one number after the
 * other. Reads what is committed and nothing else; a shard may change between two calls, and be gone at the next.
 */
import type { Instance } from '../actor/instance.ts'
import { type Summary, summaryOf } from '../actor/summary.ts'
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

/** Of what a shard holds, without unpacking a passive instance. */
export function summaryIn(state: ShardState, { kept }: Present): Summary | undefined {
  return Buffer.isBuffer(kept) ? readable(() => state.summary(kept)) : summaryOf(kept)
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
