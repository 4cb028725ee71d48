/**
 * Commits the ingress's offsets behind its back: now and then, and at the end. A commit that is late or lost costs
 * records that are forwarded twice, which the shard drops; so nothing waits for one.
 */
import type { Clock } from '../clock.ts'
import { type LogRecord, partitionName, type TopicPartition } from '../contract/log-record.ts'
import type { Log } from '../log.ts'
import type { GroupMembership } from '../transport/port.ts'

const COMMIT_INTERVAL_MS = 200

type NextOffset = TopicPartition & { readonly next: number }

export class OffsetCommitter {
  readonly #membership: GroupMembership
  readonly #note: string
  readonly #clock: Clock
  readonly #log: Log
  readonly #pending = new Map<string, NextOffset>()
  /** The last of each partition that is ours. */
  readonly #latest = new Map<string, NextOffset>()
  readonly #stop = new AbortController()
  #running: Promise<void> | undefined

  /** @param note goes beside every offset. */
  constructor(membership: GroupMembership, note: string, clock: Clock, log: Log) {
    this.#membership = membership
    this.#note = note
    this.#clock = clock
    this.#log = log
  }

  /** Everything of that partition up to this record is acknowledged. */
  acknowledged({ topic, partition, offset }: Pick<LogRecord, 'topic' | 'partition' | 'offset'>): void {
    const name = partitionName({ topic, partition })
    const next = { topic, partition, next: offset + 1 }
    if (this.#latest.get(name)?.next === next.next) return
    this.#latest.set(name, next)
    this.#pending.set(name, next)
    this.#running ??= this.#commitSoon()
  }

  /** Says all that is acknowledged once more: a broker can come back with what its groups knew a while ago. */
  repeat(): void {
    for (const [name, next] of this.#latest) this.#pending.set(name, next)
    if (this.#pending.size > 0) this.#running ??= this.#commitSoon()
  }

  /** The partition is somebody else's now. */
  forget(partition: TopicPartition): void {
    this.#pending.delete(partitionName(partition))
    this.#latest.delete(partitionName(partition))
  }

  /** Commits what is left, once. */
  async close(): Promise<void> {
    this.#stop.abort()
    await this.#running
    await this.#commit()
  }

  async #commitSoon(): Promise<void> {
    await this.#clock.sleep(COMMIT_INTERVAL_MS, this.#stop.signal)
    if (!this.#stop.signal.aborted) await this.#commit()
    this.#running = undefined
    if (this.#pending.size > 0 && !this.#stop.signal.aborted) this.#running = this.#commitSoon()
  }

  async #commit(): Promise<void> {
    const offsets = [...this.#pending.values()]
    this.#pending.clear()
    if (offsets.length === 0) return
    try {
      await this.#membership.commit(offsets.map(offset => ({ ...offset, note: this.#note })))
    } catch (error) {
      this.#log.debug({ err: error }, 'could not commit offsets of the ingress')
      // Unless something newer came meanwhile, or the partition went: its next owner's offset must not be put back.
      for (const offset of offsets) {
        const name = partitionName(offset)
        if (!this.#pending.has(name) && this.#latest.has(name)) this.#pending.set(name, offset)
      }
    }
  }
}
