/**
 * The answers of several replicas as one. Pure: asks nobody, and decides nothing about who owns what. While a shard
 * moves, two may tell of it: a row is then shown once, a sum may for a moment count it twice.
 */
import { type Shard, type Silence, STATES, type State } from '../api/documents.ts'
import type { Counts, InstancesFound, QuestCount, Row } from '../api/view.ts'
import type { Owner, Ownership } from './owners.ts'

type States = Partial<Record<State, number>>

/** The first `size` rows of all, by id. */
export function mergeInstances(answers: readonly InstancesFound[], size: number): InstancesFound {
  // Behind the last row of one that has more, rows of the others would leap over its next ones.
  const cuts = answers.flatMap(({ hasMore, rows }) => (hasMore ? [rows.at(-1)?.id ?? ''] : []))
  const cut = cuts.reduce<string | undefined>(
    (least, id) => (least === undefined || id < least ? id : least),
    undefined,
  )
  const byId = new Map<string, Row>()
  for (const { rows } of answers) {
    for (const row of rows) if ((cut === undefined || row.id <= cut) && !byId.has(row.id)) byId.set(row.id, row)
  }
  const rows = [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  return {
    rows: rows.slice(0, size),
    hasMore: rows.length > size || answers.some(({ hasMore }) => hasMore),
    total: answers.reduce((sum, { total }) => sum + total, 0),
    states: answers.reduce<States>((sum, { states }) => addStates(sum, states), {}),
    ...mergeSpreads(answers),
    silent: answers.flatMap(({ silent }) => silent),
  }
}

function mergeSpreads(answers: readonly InstancesFound[]): Pick<InstancesFound, 'spread'> {
  const spreads = answers.flatMap(({ spread }) => (spread === undefined ? [] : [spread]))
  const [first, ...others] = spreads
  if (first === undefined) return {}
  return { spread: first.map((count, place) => others.reduce((sum, other) => sum + (other[place] ?? 0), count)) }
}

export function mergeCounts(answers: readonly Counts[]): Counts {
  const quests = new Map<string, QuestCount>()
  for (const count of answers.flatMap(answer => answer.quests)) {
    const before = quests.get(count.definition)
    quests.set(count.definition, before === undefined ? count : addCounts(before, count))
  }
  return { quests: [...quests.values()], silent: answers.flatMap(({ silent }) => silent) }
}

function addCounts(one: QuestCount, other: QuestCount): QuestCount {
  // Who does not have a body at hand tells the names alone.
  const fields = ({ quest }: QuestCount) => Object.keys(quest ?? {}).length
  return { ...(fields(other) > fields(one) ? other : one), states: addStates(one.states, other.states) }
}

export interface ShardsTold {
  /** Undefined: this replica. */
  readonly by: Owner | undefined
  readonly shards: readonly Shard[]
}

/**
 * Each shard once, by number: as its owner tells it, else as anybody does who holds it, else as nobody's or, where its
 * owner is silent, as unknown.
 */
export function mergeShards(
  told: readonly ShardsTold[],
  silent: readonly Silence[],
  ownership: Ownership,
  count: number,
): readonly Shard[] {
  const best = new Map<number, Shard>()
  for (const { by, shards } of told) {
    for (const shard of shards) {
      if (shard.phase === 'unowned' || shard.phase === 'unknown') continue
      const owner = ownership.ownerOf(shard.shard)
      const isOwners = owner !== undefined && (by === undefined ? owner.reach.kind === 'self' : owner === by)
      if (isOwners || !best.has(shard.shard)) best.set(shard.shard, shard)
    }
  }
  return Array.from({ length: count }, (_, shard) => best.get(shard) ?? untold(shard, silent, ownership))
}

function untold(shard: number, silent: readonly Silence[], ownership: Ownership): Shard {
  const owner = ownership.ownerOf(shard)
  const silence = silent.find(({ shards }) => shards.includes(shard))
  const isUnowned = owner === undefined && ownership.trouble === undefined
  return {
    shard,
    owner: owner?.replica ?? null,
    phase: isUnowned ? 'unowned' : 'unknown',
    trouble: silence?.reason ?? (isUnowned ? null : 'its owner answered, but not of this shard: it is just taking it'),
    instances: 0,
    resident: 0,
    lag: 0,
    commitMs: null,
    batchRecords: null,
    timerLatenessMs: null,
    commitsPerSecond: 0,
    recordsPerSecond: 0,
    history: [],
    ownedSince: null,
  }
}

function addStates(one: States, other: States): States {
  const sum = { ...one }
  for (const state of STATES) {
    const count = other[state]
    if (count !== undefined) sum[state] = (sum[state] ?? 0) + count
  }
  return sum
}
