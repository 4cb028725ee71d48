/**
 * Deletes from `shard-commands` what the shard has committed: that topic is no queue with a clock, and only its owner
 * knows what is done with. A failure costs disk, never a record, so it is tried again with the next turn.
 */
import type { TopicPartition } from '../contract/log-record.ts'
import type { ShardDependencies } from './shard-dependencies.ts'

const TRIM_INTERVAL_MS = 30_000
/** Trimmed earlier when so many are done with. */
const DONE_RECORDS_MAX = 200_000

export class LogTrimmer {
  readonly #partition: TopicPartition
  readonly #dependencies: ShardDependencies
  #trimmedAt: number
  #trimmedTo = 0
  #busy = false

  constructor(partition: TopicPartition, dependencies: ShardDependencies) {
    this.#partition = partition
    this.#dependencies = dependencies
    this.#trimmedAt = dependencies.clock.now()
  }

  /** Everything below `next` is committed. Returns at once. */
  committed(next: number): void {
    const { clock, admin, log } = this.#dependencies
    if (this.#busy || next === this.#trimmedTo) return
    const now = clock.now()
    if (now - this.#trimmedAt < TRIM_INTERVAL_MS && next - this.#trimmedTo < DONE_RECORDS_MAX) return
    this.#busy = true
    this.#trimmedAt = now
    admin
      .deleteRecords(this.#partition, next)
      .then(
        () => {
          this.#trimmedTo = next
        },
        error => log.debug({ err: error, ...this.#partition }, 'could not trim shard-commands'),
      )
      .finally(() => {
        this.#busy = false
      })
  }
}
