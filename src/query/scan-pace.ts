/**
 * Lets long reading run beside the shards of the same thread: in slices of a few milliseconds, one after the other
 * whoever asks, with pauses that leave most of the time to the shards. Knows nothing of what is read.
 */
import type { Clock } from '../clock.ts'

/** Milliseconds of one slice. */
const SLICE_MS = 3
/** The pause behind a slice, in slices: a fifth of the time is read in. */
const PAUSE_SHARE = 4

export class ScanPace {
  readonly #clock: Clock
  #turn: Promise<void> = Promise.resolve()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Runs `work` when its turn comes; it returns soon after `isOver` says so, and asks for another slice if it must. */
  slice<T>(work: (isOver: () => boolean) => T): Promise<T> {
    let spent = 0
    const done = this.#turn.then(() => {
      const since = this.#clock.elapsed()
      try {
        return work(() => this.#clock.elapsed() - since >= SLICE_MS)
      } finally {
        spent = this.#clock.elapsed() - since
      }
    })
    this.#turn = done.then(
      () => this.#clock.sleep(PAUSE_SHARE * spent),
      () => this.#clock.sleep(PAUSE_SHARE * spent),
    )
    return done
  }
}
