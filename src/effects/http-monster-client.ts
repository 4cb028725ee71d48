/**
 * Removes and spawns monsters by JSON:API at the monster service, one try at a time; how often, how long and in which
 * order is the runner's business (shard/effect-runner.ts). Its answers are read for their status alone.
 */
import type { PendingEffect } from '../contract/effect-record.ts'
import { tenantText } from '../contract/tenant.ts'
import { unreachable } from '../errors.ts'
import { EffectRefusedError, type MonsterClient } from '../shard/effect-runner.ts'

const JSON_API = 'application/vnd.api+json'
/** Of those that blame the request: too early, too many, too slow. All else of 4xx says the same the next time. */
const WORTH_ANOTHER_TRY: readonly number[] = [408, 425, 429]

/** `url`: with the trailing slash. */
export function createHttpMonsterClient(url: string, fetchUrl: typeof fetch = fetch): MonsterClient {
  return {
    async run(pending, signal) {
      const { method, body } = requestOf(pending)
      const address = `${url}${pathOf(pending)}`
      const response = await fetchUrl(address, {
        method,
        headers: {
          accept: `${JSON_API}, application/json`,
          ...(body === undefined ? {} : { 'content-type': JSON_API }),
          ...tenantText(pending.tenant),
          traceparent: pending.traceparent,
        },
        ...(body === undefined ? {} : { body }),
        // Followed, a POST would become a GET, and whoever answers that has spawned nothing.
        redirect: 'manual',
        signal,
      })
      // Unread, it would hold its connection for as long as the service likes to write.
      await response.body?.cancel()
      if (response.ok) return
      const { status } = response
      // Where there is no field, there is no monster in it.
      if (status === 404 && pending.effect.kind === 'destroyMonsters') return
      const failure = `${method} ${address} answered ${status}`
      // A field may not be known before the first of the party has come to it.
      const isFinal = status >= 400 && status < 500 && status !== 404 && !WORTH_ANOTHER_TRY.includes(status)
      throw isFinal ? new EffectRefusedError(failure) : new Error(failure)
    },
  }
}

function pathOf({ worldId, channelId, instanceId, effect }: PendingEffect): string {
  return `worlds/${worldId}/channels/${channelId}/maps/${effect.mapId}/instances/${instanceId}/monsters`
}

function requestOf({ effect }: PendingEffect): { readonly method: string; readonly body?: string } {
  switch (effect.kind) {
    case 'destroyMonsters':
      return { method: 'DELETE' }
    case 'spawnMonster': {
      const { monsterId, x, y, fh } = effect
      const attributes = { monsterId, x, y, fh, team: 0 }
      return { method: 'POST', body: JSON.stringify({ data: { type: 'monsters', id: '0', attributes } }) }
    }
    default:
      return unreachable(effect)
  }
}
