/**
 * Which shard owns what: hashes of a channel, of an origin, and the InstanceId that carries its channel's hash.
 * Every function is pure and frozen: routing one record in two ways would give it two effects, so a change of a
 * single bit here breaks exactly-once across a deploy. Golden vectors in the tests hold it.
 */
import { hash as digest } from 'node:crypto'
import type { InstanceId, TenantId } from './ids.ts'
import type { TopicPartition } from './log-record.ts'
import type { Origin } from './origin.ts'
import { dashed } from './uuid-text.ts'

/** uint32 of a channel: all that meets there (lobbies, characters, instances) is of one shard. */
export function shardKeyHash(tenantId: TenantId, worldId: number, channelId: number): number {
  return sha256(`${tenantId}/${worldId}/${channelId}`).readUInt32BE(0)
}

/** uint32 for a record that names no shard: spreads what is malformed. */
export function originHash({ topic, partition, offset }: TopicPartition & { readonly offset: number }): number {
  return sha256(`${topic}/${partition}/${offset}`).readUInt32BE(0)
}

/** The shard of a uint32. */
export function shardOf(hash: number, shards: number): number {
  return hash % shards
}

/** The shard that an id carries in its last 4 bytes; ids of others land somewhere too, and are refused there. */
export function shardOfInstance(id: string, shards: number): number {
  return shardOf(instanceHash(id), shards)
}

/** uint32: the last 4 bytes of a UUID of 36 characters. */
export function instanceHash(id: string): number {
  return Number.parseInt(id.slice(-8), 16)
}

/**
 * The id of the instance that the REGISTER from `origin` makes: a UUID of version 8, the same each time that this
 * record is handled, ending in the hash of its channel.
 */
export function newInstanceId(clusterId: string, origin: Origin, hash: number): InstanceId {
  const { topic, partition, offset, timestamp } = origin
  const id = sha256(JSON.stringify([clusterId, topic, partition, offset, timestamp])).subarray(0, 16)
  id.writeUInt8((id.readUInt8(6) & 0x0f) | 0x80, 6)
  id.writeUInt8((id.readUInt8(8) & 0x3f) | 0x80, 8)
  id.writeUInt32BE(hash, 12)
  return dashed(id.toString('hex')) as InstanceId
}

function sha256(text: string): Buffer {
  return digest('sha256', text, 'buffer')
}
