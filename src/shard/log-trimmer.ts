/**
 * Deletes from `shard-commands` what the shard has committed: that topic is no queue with a clock, and only its owner
 * knows what is done with. A failure costs disk, never a record, so it is tried again with the next turn.
 */
import type { TopicPartition } from '../contract/log-record.ts'
import { Reminder } from '../reminder.ts'
import type { ShardDependencies } from './shard-dependencies.ts'

const TRIM_INTERVAL_MS = 30_000
/** Trimmed earlier when so many are done with. */
const DONE_RECORDS_MAX = 200_000
/** A leader that moves fails one or two; more is a topic that grows on somebody's disk, which he must hear of. */
const QUIET_FAILURES = 2

export class LogTrimmer {
  readonly #partition: TopicPartition
  readonly #dependencies: ShardDependencies
  #trimmedAt: number
  #trimmedTo = 0
  #busy = false
  #failures = 0
  readonly #failed: Reminder

  constructor(partition: TopicPartition, dependencies: ShardDependencies) {
    this.#partition = partition
    this.#dependencies = dependencies
    this.#trimmedAt = dependencies.clock.now()
    this.#failed = new Reminder(dependencies.clock)
  }

  /** Everything below `next` is committed. Returns at once. */
  committed(next: number): void {
    const { clock, admin } = this.#dependencies
    if (this.#busy || next === this.#trimmedTo) return
    const now = clock.now()
    const isMuch = next - this.#trimmedTo >= DONE_RECORDS_MAX && this.#failures === 0
    if (now - this.#trimmedAt < TRIM_INTERVAL_MS && !isMuch) return
    this.#busy = true
    this.#trimmedAt = now
    admin
      .deleteRecords(this.#partition, next)
      .then(
        () => {
          this.#trimmedTo = next
          this.#failures = 0
        },
        error => this.#complain(error, next),
      )
      .finally(() => {
        this.#busy = false
      })
  }

  #complain(error: unknown, next: number): void {
    const { log } = this.#dependencies
    this.#failures += 1
    const fields = { err: error, ...this.#partition, below: next, failures: this.#failures }
    if (this.#failures <= QUIET_FAILURES) log.debug(fields, 'could not trim shard-commands')
    else {
      this.#failed.happened(() =>
        log.warn(
          fields,
          'what was committed of shard-commands cannot be deleted, and takes its disk: is it allowed to?',
        ),
      )
    }
  }
}
