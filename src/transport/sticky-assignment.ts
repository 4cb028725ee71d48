/**
 * Who owns which partition of a group: a pure function of what each member says that it owned. Used by both
 * adapters. It never asks the log, and the same members in any order get the same answer.
 */
import { partitionName, type TopicPartition } from '../contract/log-record.ts'

/** A member as it joins: what it owned last, and the generation of that assignment (0: it never had one). */
export interface ClaimingMember {
  readonly id: string
  readonly generation: number
  readonly owned: readonly TopicPartition[]
}

/**
 * Shares `partitions` so that the members' counts differ by at most one and as few partitions move as that allows.
 * Where two members claim one partition, the newer generation has it, then the lesser id. Members are all taken to
 * want every partition. Each member is in the answer; its partitions are sorted by topic and number.
 */
export function assignSticky(
  partitions: readonly TopicPartition[],
  members: readonly ClaimingMember[],
): Map<string, TopicPartition[]> {
  const wanted = new Map(partitions.map(partition => [partitionName(partition), partition]))
  const kept = keptByClaim(wanted, members)

  // Whoever kept the most gets the places above the floor: any other choice would move one partition more.
  const byKept = [...kept].sort(([a, ours], [b, theirs]) => theirs.length - ours.length || compare(a, b))
  const floor = byKept.length === 0 ? 0 : Math.floor(wanted.size / byKept.length)
  const above = byKept.length === 0 ? 0 : wanted.size % byKept.length
  const places = byKept.map(([id, owned], rank) => {
    const quota = rank < above ? floor + 1 : floor
    return { id, quota, owned: owned.sort(byTopicAndNumber).slice(0, quota) }
  })

  const taken = new Set(places.flatMap(place => place.owned.map(partitionName)))
  const free = [...wanted.values()].filter(partition => !taken.has(partitionName(partition))).sort(byTopicAndNumber)
  for (const partition of free) {
    // The emptiest first, so that the partitions of one topic are dealt out in turn.
    let emptiest: (typeof places)[number] | undefined
    for (const place of places) {
      if (place.owned.length < place.quota && (!emptiest || place.owned.length < emptiest.owned.length)) {
        emptiest = place
      }
    }
    emptiest?.owned.push(partition)
  }
  return new Map(
    places.map(({ id, owned }): [string, TopicPartition[]] => [id, owned.sort(byTopicAndNumber)]).sort(byId),
  )
}

/** What each member may keep of what it claims, before any of it has to move for balance. */
function keptByClaim(
  wanted: ReadonlyMap<string, TopicPartition>,
  members: readonly ClaimingMember[],
): Map<string, TopicPartition[]> {
  const kept = new Map<string, TopicPartition[]>()
  const claimed = new Set<string>()
  const strongestFirst = [...members].sort((a, b) => b.generation - a.generation || compare(a.id, b.id))
  for (const { id, owned } of strongestFirst) {
    const own = kept.get(id) ?? []
    for (const claim of owned) {
      const name = partitionName(claim)
      const partition = wanted.get(name)
      if (!partition || claimed.has(name)) continue
      claimed.add(name)
      own.push(partition)
    }
    kept.set(id, own)
  }
  return kept
}

// Not localeCompare: every member must sort alike, whatever its locale.
function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function byId([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return compare(a, b)
}

function byTopicAndNumber(a: TopicPartition, b: TopicPartition): number {
  return compare(a.topic, b.topic) || a.partition - b.partition
}
