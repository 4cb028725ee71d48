/**
 * Tells watchers what changes anywhere: what changes here from the view of this replica, the rest from one live
 * connection to each other owner. Holds nothing while nobody watches, and never tells a watcher more than ten times
 * a second. Fetches nothing.
 */
import type { Change, View } from '../api/view.ts'
import type { Clock, Random } from '../clock.ts'
import type { InstanceId } from '../contract/ids.ts'
import { shardOfInstance } from '../contract/shard-key.ts'
import type { Log } from '../log.ts'
import { type ChangedIds, ChangeGatherer } from './change-gatherer.ts'
import type { Owner, Owners, Ownership } from './owners.ts'
import type { PeerClient } from './peer-client.ts'
import { PeerFeed } from './peer-feed.ts'

export interface ClusterWatchOptions {
  readonly local: Pick<View, 'watch'>
  readonly owners: Pick<Owners, 'current'>
  readonly client: Pick<PeerClient, 'follow'>
  /** `SHARDS` */
  readonly shards: number
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

interface Watcher {
  /** Undefined: of all instances. */
  readonly ids: ReadonlySet<InstanceId> | undefined
  readonly gatherer: ChangeGatherer
  readonly stopHere: () => void
}

interface Source {
  shards: ReadonlySet<number>
  readonly feed: PeerFeed
}

/** How often a watch looks whether somebody else owns a shard now. */
const OWNERS_POLL_MS = 2000
/** A replica where nothing happens any more says nothing of it. */
const RATE_HOLDS_MS = 2000
const EVERYTHING: ChangedIds = { ids: [], isMore: true, isPopulation: true }
const HERE = ''

export class ClusterWatch {
  readonly #options: ClusterWatchOptions
  readonly #watchers = new Set<Watcher>()
  /** By name and address. */
  readonly #sources = new Map<string, Source>()
  /** Operations per second of each replica, and when it told them; HERE is this one. */
  readonly #rates = new Map<string, { readonly rate: number; readonly at: number }>()
  /** Set while anybody watches. */
  #watching: AbortController | undefined
  /** What was stopped and has not ended yet. */
  readonly #ending = new Set<Promise<void>>()
  #isClosed = false

  constructor(options: ClusterWatchOptions) {
    this.#options = options
  }

  /** As View.watch. */
  watch(ids: readonly InstanceId[] | undefined, changed: (change: Change) => void): () => void {
    if (this.#isClosed) return () => {}
    const tell = (told: ChangedIds) => changed({ ...told, operationsPerSecond: this.#rate() })
    const gatherer = new ChangeGatherer(this.#options.clock, tell)
    // First, so that the operations per second are heard before what is told with them.
    this.#watching ??= this.#begin()
    const stopHere = this.#options.local.watch(ids, change => gatherer.add(change))
    const watcher = { ids: ids && new Set(ids), gatherer, stopHere }
    this.#watchers.add(watcher)
    return () => {
      this.#drop(watcher)
      if (this.#watchers.size === 0) this.#end()
    }
  }

  /** Resolves when no connection is left. Watchers are told nothing from now on. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const watcher of this.#watchers) this.#drop(watcher)
    this.#end()
    await Promise.all(this.#ending)
  }

  #drop(watcher: Watcher): void {
    if (!this.#watchers.delete(watcher)) return
    watcher.stopHere()
    watcher.gatherer.close()
  }

  #begin(): AbortController {
    const watching = new AbortController()
    const stopRate = this.#options.local.watch(undefined, ({ operationsPerSecond }) =>
      this.#heard(HERE, operationsPerSecond),
    )
    watching.signal.addEventListener('abort', stopRate, { once: true })
    this.#settle(this.#keepSources(watching.signal))
    return watching
  }

  #end(): void {
    this.#watching?.abort()
    this.#watching = undefined
    for (const { feed } of this.#sources.values()) this.#settle(feed.close())
    this.#sources.clear()
    this.#rates.clear()
  }

  #settle(ending: Promise<void>): void {
    const gone = ending.finally(() => this.#ending.delete(gone))
    this.#ending.add(gone)
  }

  async #keepSources(signal: AbortSignal): Promise<void> {
    const { owners, clock } = this.#options
    let known: Ownership | undefined
    while (!signal.aborted) {
      const ownership = await owners.current()
      if (signal.aborted) return
      this.#connect(ownership)
      // Where a shard has moved, what is shown of it may be of an owner that said nothing for a while.
      const moved = known === undefined ? new Set<number>() : this.#movedBetween(known, ownership)
      if (moved.size > 0) this.#tellGap(moved)
      known = ownership
      await clock.sleep(OWNERS_POLL_MS, signal)
    }
  }

  /** One source for each other owner that can be asked; the others are let go. */
  #connect({ owners, trouble }: Ownership): void {
    // Whom we know to own what we no longer can ask for is better heard than forgotten.
    if (trouble !== undefined) return
    const peers = new Map(owners.filter(({ reach }) => reach.kind === 'http').map(owner => [keyOf(owner), owner]))
    for (const [key, source] of this.#sources) {
      if (peers.has(key)) continue
      this.#sources.delete(key)
      this.#rates.delete(key)
      this.#settle(source.feed.close())
    }
    for (const [key, peer] of peers) {
      const source = this.#sources.get(key)
      if (source === undefined) this.#sources.set(key, this.#open(key, peer))
      else source.shards = new Set(peer.shards)
    }
  }

  #open(key: string, peer: Owner): Source {
    const { client, clock, random, log } = this.#options
    const feed = new PeerFeed(peer, {
      client,
      onChange: change => this.#spread(key, source, change),
      onGap: () => this.#tellGap(source.shards),
      clock,
      random,
      log,
    })
    const source: Source = { shards: new Set(peer.shards), feed }
    return source
  }

  #spread(key: string, source: Source, change: Change): void {
    this.#heard(key, change.operationsPerSecond)
    for (const { ids, gatherer } of this.#watchers) {
      if (ids === undefined) gatherer.add(change)
      else {
        const mine = change.isMore ? this.#of(source.shards, ids) : change.ids.filter(id => ids.has(id))
        if (mine.length > 0) gatherer.add({ ids: mine, isMore: false, isPopulation: change.isPopulation })
      }
    }
  }

  /** Anything of these shards may have changed. */
  #tellGap(shards: ReadonlySet<number>): void {
    for (const { ids, gatherer } of this.#watchers) {
      if (ids === undefined) gatherer.add(EVERYTHING)
      else {
        const mine = this.#of(shards, ids)
        if (mine.length > 0) gatherer.add({ ids: mine, isMore: false, isPopulation: true })
      }
    }
  }

  #of(shards: ReadonlySet<number>, ids: ReadonlySet<InstanceId>): readonly InstanceId[] {
    return [...ids].filter(id => shards.has(shardOfInstance(id, this.#options.shards)))
  }

  #movedBetween(before: Ownership, after: Ownership): ReadonlySet<number> {
    const moved = new Set<number>()
    for (let shard = 0; shard < this.#options.shards; shard++) {
      const [from, to] = [before.ownerOf(shard), after.ownerOf(shard)]
      if ((from && keyOf(from)) !== (to && keyOf(to))) moved.add(shard)
    }
    return moved
  }

  #heard(key: string, rate: number): void {
    this.#rates.set(key, { rate, at: this.#options.clock.elapsed() })
  }

  #rate(): number {
    const since = this.#options.clock.elapsed() - RATE_HOLDS_MS
    return [...this.#rates.values()].reduce((sum, { rate, at }) => (at < since ? sum : sum + rate), 0)
  }
}

function keyOf({ replica, reach }: Owner): string {
  return JSON.stringify([reach.kind, replica.name, replica.url])
}
