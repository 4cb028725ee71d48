/**
 * One sample of memory.ts: fills a ShardState as commits or a restore do, and prints how much memory that took as JSON.
 * Run with --expose-gc and one of the residences.
 */
import { encodeInstance } from '../src/actor/snapshot-bytes.ts'
import { createStepper } from '../src/actor/stepper.ts'
import { instanceRecordKey, readInstanceKey } from '../src/contract/state-record.ts'
import { Overlay } from '../src/shard/overlay.ts'
import { ResidencyBudget } from '../src/shard/residency.ts'
import { inUse, ShardState } from '../src/shard/shard-state.ts'
import { SummaryReader } from '../src/shard/summary-reader.ts'
import { MEMORY_INSTANCES, MEMORY_PARTY_SIZE, type MemorySample, RESIDENCES } from './memory.ts'
import { Population } from './population.ts'
import { compiledQuest } from './quest.ts'

/** As many as one transaction changes. */
const BATCH = 250

const residence = RESIDENCES.find(known => known === process.argv[2])
const { gc } = globalThis
if (residence === undefined || gc === undefined) {
  throw new Error(`usage: node --expose-gc memory-sample.js ${RESIDENCES.join('|')}`)
}

const compiled = compiledQuest(MEMORY_PARTY_SIZE)
const population = new Population({ compiled, stepper: createStepper('bench'), partySize: MEMORY_PARTY_SIZE })

function filled(count: number): ShardState {
  const instancesMax = residence === 'passivated' ? 1 : Number.MAX_SAFE_INTEGER
  const state = new ShardState(new ResidencyBudget(instancesMax), population.ruleBook)
  if (residence === 'restored') restoreInto(state, count)
  else for (let index = 0; index < count; index += BATCH) commitInto(state, index)
  return state
}

/** As a running shard makes them: what does not fit the budget becomes bytes at once. */
function commitInto(state: ShardState, from: number): void {
  const overlay = new Overlay(state)
  for (let index = from; index < from + BATCH; index++) {
    overlay.keep(population.birth(population.halfPlayed(index)), compiled)
  }
  // The records of the transaction: encoded beside what stays, as they are in a commit.
  overlay.records()
  state.settle(overlay)
}

/** As a restore makes them: first all records, slices of large fetches, then what the shard must know of each. */
function restoreInto(state: ShardState, count: number): void {
  for (let from = 0; from < count; from += BATCH) {
    const bytes = Array.from({ length: BATCH }, (_, at) => encodeInstance(population.halfPlayed(from + at)))
    const fetched = Buffer.concat(bytes)
    let start = 0
    for (const [at, { length }] of bytes.entries()) {
      const id = readInstanceKey(instanceRecordKey(population.identity(from + at).instanceId))
      if (id !== undefined) state.keepRecord(id, fetched.subarray(start, start + length))
      start += length
    }
  }
  state.definitions.set(compiled.ref, inUse(compiled))
  const reader = new SummaryReader(packed => state.summary(packed))
  for (const record of state.kept()) state.adopt(record, reader)
}

function used(): { heap: number; external: number } {
  gc?.()
  gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return { heap: heapUsed, external }
}

// Once for what is paid once: compiled code, shapes, pools.
filled(2 * BATCH).close()
const record = encodeInstance(population.halfPlayed(1)).length
const before = used()
const state = filled(MEMORY_INSTANCES)
const after = used()
const sample: MemorySample = {
  heap: (after.heap - before.heap) / state.residency.size,
  external: (after.external - before.external) / state.residency.size,
  record,
}
process.stdout.write(JSON.stringify(sample))
