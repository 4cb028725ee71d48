/**
 * The keys of what goes out, byte for byte: they decide the partition, and with it what stays in order.
 * Incoming keys mean nothing and are never read.
 */
import type { CharacterId, InstanceId } from './ids.ts'

/** What a character is told or told of stays in order. */
export function characterKey(id: CharacterId): Buffer {
  return uint32Key(id)
}

/** So does what happens on a map: reactors, weather. */
export function mapKey(mapId: number): Buffer {
  return uint32Key(mapId)
}

/** 8 bytes: the id as little-endian uint32, then four zero bytes. */
function uint32Key(id: number): Buffer {
  const key = Buffer.allocUnsafe(8)
  key.writeUInt32LE(id)
  key.writeUInt32LE(0, 4)
  return key
}

/** The 36 characters of the id: one instance's events stay in order on one partition. */
export function instanceKey(id: InstanceId): Buffer {
  return Buffer.from(id, 'latin1')
}
