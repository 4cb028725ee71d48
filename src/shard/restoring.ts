/**
 * Phase 2: read the shard's state from the log. It is final, because nobody but us can write it since the fence.
 * The position in it, not the group's committed offset, says where to go on. Next: running.
 */
import type { Summary } from '../actor/summary.ts'
import { decodePendingEffect, effectName, type PendingEffect } from '../contract/effect-record.ts'
import type { LogRecord } from '../contract/log-record.ts'
import { originName } from '../contract/origin.ts'
import { decodePending, decodePosition, readInstanceKey, readStateRecordKey } from '../contract/state-record.ts'
import { type Catalogue, type CompiledDefinition, parseStoredDefinition } from '../definitions/catalogue.ts'
import { located, reading } from './damage.ts'
import type { ShardDependencies } from './shard-dependencies.ts'
import { inUse, type KeptRecord, ShardState } from './shard-state.ts'
import { SummaryReader } from './summary-reader.ts'
import { holdToTopics } from './topic-identity.ts'

/** Instances taken over before the event loop gets a turn: heartbeats and the other shards go on meanwhile. */
const INSTANCES_PER_TURN = 1000

/** @throws UnrestorableError a record that cannot be read, or a topic that was deleted and made again */
export async function restore(dependencies: ShardDependencies, signal: AbortSignal): Promise<ShardState> {
  const { transport, internal, shard, clock, budget, ruleBook, telemetry, log } = dependencies
  const startedAt = clock.elapsed()
  const state = new ShardState(budget, ruleBook)
  const others = new Map<string, Buffer>()
  let records = 0
  const keepLatest = (chunk: readonly LogRecord[]): void => {
    records += chunk.length
    for (const { key, value } of chunk) {
      const id = readInstanceKey(key)
      if (id !== undefined) state.keepRecord(id, value)
      else if (value === null) others.delete(key?.toString() ?? '')
      // A copy: as a view it would keep the whole fetch in memory.
      else others.set(key?.toString() ?? '', Buffer.from(value))
    }
  }
  try {
    await transport.readToEnd({ topic: internal.shardState, partition: shard }, keepLatest, signal)
    readOthers(state, others, ruleBook.catalogue)
    await adoptInstances(state, dependencies, signal)
    await holdToTopics(state, dependencies)
    await holdEffects(state, dependencies)
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

/** Position, definitions, waiting registrations and effects: few, and needed before the first instance can be understood. */
function readOthers(state: ShardState, records: ReadonlyMap<string, Buffer>, catalogue: Catalogue): void {
  for (const [name, value] of records) {
    const key = reading(name, () => readStateRecordKey(Buffer.from(name)))
    if (key.kind === 'position') state.position = reading(name, () => decodePosition(value))
    else if (key.kind === 'instance') state.keepRecord(key.id, value)
    else if (key.kind === 'definition') {
      const compiled = known(value, key.ref, catalogue) ?? reading(name, () => parseStoredDefinition(value, key.ref))
      state.definitions.set(key.ref, inUse(compiled))
    } else if (key.kind === 'effect') {
      const pending = reading(name, () => decodeEffectNamed(value, key.name))
      state.effects.set(pending)
    } else {
      const pending = reading(name, () => decodePending(value))
      state.pending.set(originName(pending.origin), pending)
    }
  }
}

/** Settled by its name, one whose key says something else would wait for ever. */
function decodeEffectNamed(value: Buffer, name: string): PendingEffect {
  const pending = decodePendingEffect(value)
  if (effectName(pending) !== name) throw new RangeError(`it is the effect ${effectName(pending)}`)
  return pending
}

async function holdEffects({ effects }: ShardState, { admin, internal, shard }: ShardDependencies): Promise<void> {
  if (effects.size > 0) effects.heldUntil = (await admin.offsets(internal.shardCommands))[shard]?.end ?? 0
}

/** Nearly always the one that this process has read at its start: parsing it for every shard is felt in a takeover. */
function known(bytes: Buffer, ref: string, catalogue: Catalogue): CompiledDefinition | undefined {
  return catalogue.all().find(compiled => compiled.ref === ref && compiled.bytes.equals(bytes))
}

async function adoptInstances(
  state: ShardState,
  { shard, telemetry, clock }: ShardDependencies,
  signal: AbortSignal,
): Promise<void> {
  const reader = new SummaryReader(packed => state.summary(packed))
  const counts = new Map<string, Map<string, number>>()
  let adopted = 0
  for (const record of state.kept()) {
    const summary = adopt(state, record, reader)
    const byState = counts.get(summary.questId) ?? new Map<string, number>()
    if (byState.size === 0) counts.set(summary.questId, byState)
    byState.set(summary.state, (byState.get(summary.state) ?? 0) + 1)
    adopted += 1
    if (adopted % INSTANCES_PER_TURN === 0) await clock.sleep(0, signal)
    if (signal.aborted) return
  }
  for (const [questId, byState] of counts) {
    for (const [resting, count] of byState) telemetry.instances(shard, resting, questId, count)
  }
}

function adopt(state: ShardState, record: KeptRecord, reader: SummaryReader): Summary {
  try {
    return state.adopt(record, reader)
  } catch (error) {
    // Named only now: a name for each of a million records would be made for nothing.
    return reading(`instance/${record.id}`, () => {
      throw error
    })
  }
}
