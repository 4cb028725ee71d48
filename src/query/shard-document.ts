/** The shards that this replica holds as people read them (api/documents.ts), whatever phase they are in. */
import type { Replica, Shard } from '../api/documents.ts'
import type { Held } from '../shard/shard-set.ts'

/** Of a millisecond. */
const HUNDREDTHS = 100

/** What is read of one, and no more. */
type Shown = Omit<Held, 'life'> & { readonly life: Pick<NonNullable<Held['life']>, 'meter' | 'state'> | undefined }

export function shardDocument({ shard, phase, trouble, ownedSince, life }: Shown, owner: Replica): Shard {
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
    commitMs: rounded(reading?.commitMs, HUNDREDTHS),
    batchRecords: rounded(batchRecords, 1),
    timerLatenessMs: rounded(reading?.timerLatenessMs, HUNDREDTHS),
    commitsPerSecond: reading?.commitsPerSecond ?? 0,
    recordsPerSecond: reading?.recordsPerSecond ?? 0,
    history: [...(reading?.history ?? [])],
    ownedSince,
  }
}

/** To whole parts of one: divided last, since 351 * 0.01 is not 3.51. */
function rounded(percentiles: Shard['commitMs'] | undefined, parts: number): Shard['commitMs'] {
  if (percentiles === undefined || percentiles === null) return null
  const { p50, p99 } = percentiles
  return { p50: Math.round(p50 * parts) / parts, p99: Math.round(p99 * parts) / parts }
}
