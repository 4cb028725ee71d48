/**
 * The keys of what goes out, byte for byte: they decide the partition, and with it what stays in order.
 * Incoming keys mean nothing and are never read.
 */
import type { CharacterId, InstanceId } from './ids.ts'

/** 8 bytes: the id as little-endian uint32, then four zero bytes. */
export function characterKey(id: CharacterId): Buffer {
  const key = Buffer.alloc(8)
  key.writeUInt32LE(id)
  return key
}

/** The 36 characters of the id: one instance's events stay in order on one partition. */
export function instanceKey(id: InstanceId): Buffer {
  return Buffer.from(id, 'latin1')
}
