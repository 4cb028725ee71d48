/** The shards that this replica holds as people read them (api/documents.ts), whatever phase they are in. */
import type { Replica, Shard } from '../api/documents.ts'
import type { Held } from '../shard/shard-set.ts'

const DECIMALS = 100

export function shardDocument({ shard, phase, trouble, ownedSince, life }: Held, owner: Replica): Shard {
  const reading = life?.meter.read()
  const residency = life?.state?.residency
  const batchRecords = reading?.batchRecords
  return {
    shard,
    owner,
    phase,
    trouble: trouble ?? null,
    instances: residency?.size ?? 0,
    resident: residency?.residents ?? 0,
    lag: reading?.lag ?? 0,
    commitMs: rounded(reading?.commitMs, 1 / DECIMALS),
    batchRecords: rounded(batchRecords, 1),
    timerLatenessMs: rounded(reading?.timerLatenessMs, 1 / DECIMALS),
    commitsPerSecond: reading?.commitsPerSecond ?? 0,
    recordsPerSecond: reading?.recordsPerSecond ?? 0,
    history: [...(reading?.history ?? [])],
    ownedSince,
  }
}

function rounded(percentiles: Shard['commitMs'] | undefined, unit: number): Shard['commitMs'] {
  if (percentiles === undefined || percentiles === null) return null
  const { p50, p99 } = percentiles
  return { p50: Math.round(p50 / unit) * unit, p99: Math.round(p99 / unit) * unit }
}
