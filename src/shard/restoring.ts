/**
 * Phase 2: read the shard's state from the log. It is final, because nobody but us can write it since the fence.
 * The position in it, not the group's committed offset, says where to go on. Next: running.
 */
import { contextOf, stateOf } from '../actor/instance.ts'
import type { InstanceId } from '../contract/ids.ts'
import type { LogRecord } from '../contract/log-record.ts'
import { originName } from '../contract/origin.ts'
import { decodePending, decodePosition, readStateRecordKey } from '../contract/state-record.ts'
import { parseStoredDefinition } from '../definitions/catalogue.ts'
import { located, reading } from './damage.ts'
import type { ShardDependencies } from './shard-dependencies.ts'
import { ShardState } from './shard-state.ts'
import { holdToTopics } from './topic-identity.ts'

/** Instances decoded before the event loop gets a turn: heartbeats and the other shards go on meanwhile. */
const INSTANCES_PER_TURN = 1000

/** @throws UnrestorableError a record that cannot be read, or a topic that was deleted and made again */
export async function restore(dependencies: ShardDependencies, signal: AbortSignal): Promise<ShardState> {
  const { transport, internal, shard, clock, budget, ruleBook, telemetry, log } = dependencies
  const startedAt = clock.elapsed()
  const latest = new Map<string, Buffer>()
  let records = 0
  const keepLatest = (chunk: readonly LogRecord[]): void => {
    records += chunk.length
    for (const { key, value } of chunk) {
      const name = key?.toString() ?? ''
      if (value === null) latest.delete(name)
      else latest.set(name, value)
    }
  }
  await transport.readToEnd({ topic: internal.shardState, partition: shard }, keepLatest, signal)

  const state = new ShardState(budget, ruleBook)
  try {
    await fill(state, latest, dependencies, signal)
    await holdToTopics(state, dependencies)
  } catch (error) {
    state.close()
    throw await located(error, dependencies, signal)
  }
  telemetry.restored((clock.elapsed() - startedAt) / 1000, records)
  log.info(
    { shard, instances: state.residency.size, records, ms: Math.round(clock.elapsed() - startedAt) },
    'shard restored',
  )
  return state
}

async function fill(
  state: ShardState,
  latest: ReadonlyMap<string, Buffer>,
  { shard, telemetry, clock }: ShardDependencies,
  signal: AbortSignal,
): Promise<void> {
  const instances: [InstanceId, Buffer][] = []
  for (const [name, value] of latest) {
    const key = reading(name, () => readStateRecordKey(Buffer.from(name)))
    if (key.kind === 'position') state.position = reading(name, () => decodePosition(value))
    else if (key.kind === 'instance') instances.push([key.id, value])
    else if (key.kind === 'definition') {
      const compiled = reading(name, () => parseStoredDefinition(value, key.ref))
      state.definitions.set(key.ref, { compiled, instances: 0 })
    } else {
      const pending = reading(name, () => decodePending(value))
      state.pending.set(originName(pending.origin), pending)
    }
  }
  for (const [index, [id, bytes]] of instances.entries()) {
    const instance = reading(`instance/${id}`, () => state.restoreInstance(id, bytes))
    telemetry.instances(shard, stateOf(instance), contextOf(instance).identity.questId, 1)
    if (index % INSTANCES_PER_TURN === INSTANCES_PER_TURN - 1) await clock.sleep(0, signal)
    if (signal.aborted) return
  }
}
