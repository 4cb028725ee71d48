/** The id of an instance, told a second time: by docs/behaviour.md, and not by the service's code. */
import { createHash } from 'node:crypto'

/** The id that the REGISTER at that place makes an instance by. */
export function instanceIdAt(
  clusterId: string,
  origin: { readonly topic: string; readonly partition: number; readonly offset: number; readonly timestamp: number },
  channel: { readonly tenantId: string; readonly worldId: number; readonly channelId: number },
): string {
  const { topic, partition, offset, timestamp } = origin
  const place = sha256(JSON.stringify([clusterId, topic, partition, offset, timestamp]))
  const shardKey = sha256(`${channel.tenantId}/${channel.worldId}/${channel.channelId}`).slice(0, 8)
  const version = `8${place.slice(13, 16)}`
  const variant = ((Number.parseInt(place.slice(16, 17), 16) & 0x3) | 0x8).toString(16)
  return [
    place.slice(0, 8),
    place.slice(8, 12),
    version,
    variant + place.slice(17, 20),
    place.slice(20, 24) + shardKey,
  ].join('-')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
