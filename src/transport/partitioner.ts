/**
 * Which partition a record goes to when nobody says: the one that every Java client would choose, so that records
 * of one key stay on one partition whoever writes them. Knows nothing of topics or of who leads what.
 */

const SEED = 0x9747b28c
const MIX = 0x5bd1e995

/** Kafka's murmur2 of a key, a signed 32-bit integer. */
export function murmur2(key: Buffer): number {
  const blocks = key.length & ~3
  let hash = SEED ^ key.length
  for (let at = 0; at < blocks; at += 4) {
    let block = Math.imul(key.readInt32LE(at), MIX)
    block ^= block >>> 24
    hash = Math.imul(hash, MIX) ^ Math.imul(block, MIX)
  }
  for (let at = key.length - 1; at >= blocks; at -= 1) hash ^= key.readUInt8(at) << (8 * (at - blocks))
  if (blocks < key.length) hash = Math.imul(hash, MIX)
  hash ^= hash >>> 13
  hash = Math.imul(hash, MIX)
  return hash ^ (hash >>> 15)
}

/** Partition of a record: its own if it names one, else by its key, else (null key) the next in turn. */
export type Partitioner = (
  record: { readonly partition?: number; readonly key: Buffer | null },
  count: number,
) => number

/** `start`, a non-negative integer: where the turn of records without a key begins. */
export function createPartitioner(start: number): Partitioner {
  let turn = start
  return ({ partition, key }, count) => {
    if (partition !== undefined) return partition
    // Java's toPositive, which drops the sign bit; Math.abs would put half of the keys elsewhere.
    if (key) return (murmur2(key) & 0x7fffffff) % count
    const mine = turn % count
    turn += 1
    return mine
  }
}
