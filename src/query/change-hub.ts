/**
 * Gathers what the journal is told into at most ten changes a second, for any number of watchers: a commit pays for one
 * set of ids, however many look on, and for nothing while nobody does. Keeps nothing between two changes.
 */
import type { Change } from '../api/view.ts'
import { CHANGED_IDS_MAX } from '../api/view.ts'
import type { Clock } from '../clock.ts'
import type { InstanceId } from '../contract/ids.ts'
import type { Entry } from '../journal/entry.ts'
import type { Journal } from '../journal/journal.ts'

/** Between two changes that a watcher is told of. */
const INTERVAL_MS = 100
const SECOND_MS = 1000
/** Different instances gathered in one interval: beyond, each watcher takes all of its own for changed. */
const GATHERED_MAX = 10_000

interface Watcher {
  readonly ids: ReadonlySet<InstanceId> | undefined
  readonly changed: (change: Change) => void
}

export class ChangeHub {
  readonly #journal: Journal
  readonly #clock: Clock
  readonly #watchers = new Set<Watcher>()
  #stopWatching: (() => void) | undefined
  #ids = new Set<InstanceId>()
  /** Of these an instance began or ended. */
  #population = new Set<InstanceId>()
  #operations = 0
  /** What was told in the last second: when, and of how many operations. */
  #told: { readonly at: number; readonly operations: number }[] = []
  #isOverfull = false
  #isTelling = false
  /** By the clock's `elapsed`. */
  #toldAt: number

  constructor(journal: Journal, clock: Clock) {
    this.#journal = journal
    this.#clock = clock
    this.#toldAt = clock.elapsed()
  }

  watch(ids: readonly InstanceId[] | undefined, changed: (change: Change) => void): () => void {
    const watcher = { ids: ids && new Set(ids), changed }
    this.#watchers.add(watcher)
    this.#stopWatching ??= this.#journal.watch(entries => this.#gather(entries))
    return () => {
      this.#watchers.delete(watcher)
      if (this.#watchers.size > 0) return
      this.#stopWatching?.()
      this.#stopWatching = undefined
    }
  }

  #gather(entries: readonly Entry[]): void {
    this.#operations += entries.length
    for (const { id, from, to } of entries) {
      if (this.#ids.size < GATHERED_MAX) this.#ids.add(id)
      else if (!this.#ids.has(id)) this.#isOverfull = true
      if ((from === undefined || to === undefined) && this.#population.size < GATHERED_MAX) this.#population.add(id)
    }
    if (!this.#isTelling) void this.#tellSoon()
  }

  /** At once after a silence; never in the shard's own time. */
  async #tellSoon(): Promise<void> {
    this.#isTelling = true
    await this.#clock.sleep(Math.max(0, this.#toldAt + INTERVAL_MS - this.#clock.elapsed()))
    this.#isTelling = false
    this.#tell()
  }

  #tell(): void {
    const ids = this.#ids
    const population = this.#population
    const isOverfull = this.#isOverfull
    const operationsPerSecond = this.#rate()
    this.#ids = new Set()
    this.#population = new Set()
    this.#isOverfull = false
    const first = [...ids].slice(0, CHANGED_IDS_MAX)
    const all: Change = {
      ids: first,
      isMore: isOverfull || ids.size > first.length,
      isPopulation: population.size > 0,
      operationsPerSecond,
    }
    for (const { ids: asked, changed } of this.#watchers) {
      if (asked === undefined) {
        changed(all)
        continue
      }
      const own = [...asked].filter(id => isOverfull || ids.has(id))
      if (own.length === 0) continue
      changed({
        ids: own.slice(0, CHANGED_IDS_MAX),
        isMore: own.length > CHANGED_IDS_MAX,
        isPopulation: own.some(id => population.has(id)),
        operationsPerSecond,
      })
    }
  }

  #rate(): number {
    const now = this.#clock.elapsed()
    this.#told = this.#told.filter(({ at }) => at > now - SECOND_MS)
    this.#told.push({ at: now, operations: this.#operations })
    this.#operations = 0
    this.#toldAt = now
    return this.#told.reduce((sum, { operations }) => sum + operations, 0)
  }
}
