/** A replica that did not answer, in words. */
import type { Silence } from './documents.ts'

export function silenceText({ replica, shards, reason }: Silence): string {
  const owned = shards.length === 1 ? `shard ${shards[0]}` : `shards ${shards.join(', ')}`
  return `replica ${replica.name || '(unknown)'} at ${replica.url || '(unknown)'}, the owner of ${owned}: ${reason}`
}
