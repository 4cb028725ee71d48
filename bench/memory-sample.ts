/**
 * One sample of memory.ts: fills shards' states as commits or a restore do, and prints how much memory that took as JSON.
 * Run with --expose-gc and one of the residences, or `crowd`.
 */
import { readFileSync } from 'node:fs'
import { ResidencyBudget } from '../src/shard/residency.ts'
import type { ShardState } from '../src/shard/shard-state.ts'
import { SHARDS } from './fleet.ts'
import {
  CROWD_INSTANCES,
  CROWD_RESIDENTS,
  type CrowdSample,
  MEMORY_INSTANCES,
  MEMORY_PARTY_SIZE,
  type MemorySample,
  RESIDENCES,
  type Residence,
} from './memory.ts'
import { FILL_BATCH, ShardFilling } from './shard-filling.ts'

const [, , asked] = process.argv
const residence = RESIDENCES.find(known => known === asked)
const { gc } = globalThis
if ((residence === undefined && asked !== 'crowd') || gc === undefined) {
  throw new Error(`usage: node --expose-gc memory-sample.js ${RESIDENCES.join('|')}|crowd`)
}

const filling = new ShardFilling(MEMORY_PARTY_SIZE)
process.stdout.write(JSON.stringify(residence === undefined ? crowd() : sampleOf(residence)))

function sampleOf(residence: Residence): MemorySample {
  // Once for what is paid once: compiled code, shapes, pools.
  filled(residence, 2 * FILL_BATCH).close()
  const before = used()
  const state = filled(residence, MEMORY_INSTANCES)
  const after = used()
  return {
    heap: (after.heapUsed - before.heapUsed) / state.residency.size,
    external: (after.external - before.external) / state.residency.size,
    record: filling.recordBytes,
  }
}

function filled(residence: Residence, count: number): ShardState {
  const state = filling.empty(new ResidencyBudget(residence === 'passivated' ? 1 : Number.MAX_SAFE_INTEGER))
  if (residence === 'restored' || residence === 'resident again') filling.restore(state, 0, count)
  else for (let from = 0; from < count; from += FILL_BATCH) filling.commit(state, from)
  if (residence === 'resident again') for (let from = 0; from < count; from += FILL_BATCH) filling.touch(state, from)
  return state
}

/** All shards of one replica, restored; then as many are touched as may be resident by default. */
function crowd(): CrowdSample {
  const budget = new ResidencyBudget(CROWD_RESIDENTS)
  const share = Math.ceil(CROWD_INSTANCES / SHARDS / FILL_BATCH) * FILL_BATCH
  const states = Array.from({ length: SHARDS }, (_, shard) => {
    const state = filling.empty(budget)
    filling.restore(state, shard * share, share)
    return state
  })
  const touched = Math.ceil(CROWD_RESIDENTS / SHARDS / FILL_BATCH) * FILL_BATCH
  for (const [shard, state] of states.entries()) {
    for (let from = 0; from < touched; from += FILL_BATCH) filling.touch(state, shard * share + from)
  }
  const { heapUsed, external, rss } = used()
  return {
    instances: states.reduce((sum, { residency }) => sum + residency.size, 0),
    residents: states.reduce((sum, { residency }) => sum + residency.residents, 0),
    heap: heapUsed,
    external,
    rss,
    peak: peakBytes(),
  }
}

function used(): NodeJS.MemoryUsage {
  gc?.()
  gc?.()
  return process.memoryUsage()
}

/** The most that this process ever had; 0 where /proc does not tell. */
function peakBytes(): number {
  try {
    const [, kilobytes] = /VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    return Number(kilobytes ?? 0) * 1024
  } catch {
    return 0
  }
}
