/**
 * Whether the replica lives and may be sent work, and its metrics: for probes and scrapers, so never guarded.
 */
import type { Hono } from 'hono'

export interface ReplicaStatus {
  /** False when a shard is dead for good. */
  readonly isLive: boolean
  /** What keeps the replica from being ready, one sentence each; empty: it is. */
  readonly missing: readonly string[]
  /** Phase by shard number. */
  readonly shards: Readonly<Record<string, string>>
}

export interface HealthOptions {
  readonly status: () => ReplicaStatus
  readonly metrics: { readonly contentType: string; exposition(): Promise<string> }
}

export function addHealth(app: Hono, { status, metrics }: HealthOptions): void {
  // That there is an answer at all says that the event loop turns.
  app.get('/livez', context => {
    const { isLive, shards } = status()
    return isLive ? context.json({ live: true }) : context.json({ live: false, shards }, 503)
  })
  app.get('/readyz', context => {
    const { missing, shards } = status()
    if (missing.length === 0) return context.json({ ready: true, shards })
    return context.json({ ready: false, missing, shards }, 503)
  })
  app.get('/metrics', async context =>
    context.body(await metrics.exposition(), 200, { 'content-type': metrics.contentType }),
  )
}
