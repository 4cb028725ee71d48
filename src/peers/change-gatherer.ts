/**
 * Changes of many replicas as one watcher is told them: the first at once, then what gathered, at most ten times a
 * second, without ids where there are more than CHANGED_IDS_MAX. Knows not where changes come from.
 */
import { CHANGED_IDS_MAX, type Change } from '../api/view.ts'
import type { Clock } from '../clock.ts'

/** What has changed, without how much is going on elsewhere. */
export type ChangedIds = Omit<Change, 'operationsPerSecond'>

const PAUSE_MS = 100

export class ChangeGatherer {
  readonly #clock: Clock
  readonly #tell: (changed: ChangedIds) => void
  readonly #closed = new AbortController()
  #ids = new Set<ChangedIds['ids'][number]>()
  #isMore = false
  #isPopulation = false
  #isPausing = false

  constructor(clock: Clock, tell: (changed: ChangedIds) => void) {
    this.#clock = clock
    this.#tell = tell
  }

  add({ ids, isMore, isPopulation }: ChangedIds): void {
    this.#isMore ||= isMore
    for (const id of this.#isMore ? [] : ids) this.#ids.add(id)
    this.#isMore ||= this.#ids.size > CHANGED_IDS_MAX
    if (this.#isMore) this.#ids.clear()
    this.#isPopulation ||= isPopulation
    if (!this.#isPausing) void this.#tellAndPause()
  }

  /** Nothing is told from now on. */
  close(): void {
    this.#closed.abort()
  }

  async #tellAndPause(): Promise<void> {
    this.#isPausing = true
    while (!this.#closed.signal.aborted && (this.#ids.size > 0 || this.#isMore || this.#isPopulation)) {
      const changed = { ids: [...this.#ids], isMore: this.#isMore, isPopulation: this.#isPopulation }
      this.#ids = new Set()
      this.#isMore = false
      this.#isPopulation = false
      this.#tell(changed)
      await this.#clock.sleep(PAUSE_MS, this.#closed.signal)
    }
    this.#isPausing = false
  }
}
