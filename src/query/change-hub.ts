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

interface Watcher {
  readonly ids: ReadonlySet<InstanceId> | undefined
  readonly changed: (change: Change) => void
}

/** What changed in one interval. */
interface Gathered {
  /** For those who watch everything; of more than CHANGED_IDS_MAX nobody can make anything. */
  readonly ids: Set<InstanceId>
  isMore: boolean
  isPopulation: boolean
  /** Of those that are watched by their ids. */
  readonly asked: Set<InstanceId>
  /** Of these one began or ended. */
  readonly askedPopulation: Set<InstanceId>
}

export class ChangeHub {
  readonly #journal: Journal
  readonly #clock: Clock
  readonly #watchers = new Set<Watcher>()
  /** How many watch each id. */
  readonly #askedFor = new Map<InstanceId, number>()
  #stopWatching: (() => void) | undefined
  #gathered = nothing()
  #operations = 0
  /** What was told in the last second: when, and of how many operations. */
  #told: { readonly at: number; readonly operations: number }[] = []
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
    for (const id of watcher.ids ?? []) this.#askedFor.set(id, (this.#askedFor.get(id) ?? 0) + 1)
    this.#stopWatching ??= this.#journal.watch(entries => this.#gather(entries))
    return () => {
      if (!this.#watchers.delete(watcher)) return
      for (const id of watcher.ids ?? []) this.#leave(id)
      if (this.#watchers.size > 0) return
      this.#stopWatching?.()
      this.#stopWatching = undefined
    }
  }

  #leave(id: InstanceId): void {
    const others = (this.#askedFor.get(id) ?? 0) - 1
    if (others > 0) this.#askedFor.set(id, others)
    else this.#askedFor.delete(id)
  }

  #gather(entries: readonly Entry[]): void {
    const gathered = this.#gathered
    this.#operations += entries.length
    for (const { id, from, to } of entries) {
      const isPopulation = from === undefined || to === undefined
      if (isPopulation) gathered.isPopulation = true
      if (!gathered.isMore) {
        gathered.ids.add(id)
        gathered.isMore = gathered.ids.size > CHANGED_IDS_MAX
      }
      if (this.#askedFor.size === 0 || !this.#askedFor.has(id)) continue
      gathered.asked.add(id)
      if (isPopulation) gathered.askedPopulation.add(id)
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
    const { ids, isMore, isPopulation, asked, askedPopulation } = this.#gathered
    this.#gathered = nothing()
    const operationsPerSecond = this.#rate()
    const all: Change = { ids: isMore ? [] : [...ids], isMore, isPopulation, operationsPerSecond }
    for (const watcher of this.#watchers) {
      if (watcher.ids === undefined) {
        watcher.changed(all)
        continue
      }
      const own = [...watcher.ids].filter(id => asked.has(id))
      if (own.length === 0) continue
      const isOwnMore = own.length > CHANGED_IDS_MAX
      watcher.changed({
        ids: isOwnMore ? [] : own,
        isMore: isOwnMore,
        isPopulation: own.some(id => askedPopulation.has(id)),
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

function nothing(): Gathered {
  return { ids: new Set(), isMore: false, isPopulation: false, asked: new Set(), askedPopulation: new Set() }
}
