/**
 * Watches a fleet from outside, as a read_committed reader: how long each shard was silent (its transactions all write
 * to its own partition of the state topic), and how long commands waited until their status event could be read.
 */
import { shardOfInstance } from '../src/contract/shard-key.ts'
import type { LogReader, PartitionFeed, Transport } from '../src/transport/port.ts'
import { type FleetTopics, PARTITIONS, SHARDS } from './fleet.ts'
import { endsOf } from './output.ts'

const TAKE_RECORDS = 1000

export interface Observation {
  /** Milliseconds, by shard. */
  readonly silences: readonly number[]
  /** When each shard committed first since the observation began, in milliseconds from there; NaN: not yet. */
  readonly firstCommits: readonly number[]
  /** The longest wait of a command by its shard, from its produce until its event could be read, in milliseconds. */
  readonly waits: readonly number[]
}

interface ShardWatch {
  lastAt: number
  silence: number
  firstAt: number
  wait: number
}

export class SilenceWatch {
  readonly #reader: LogReader
  readonly #shards: readonly ShardWatch[]
  /** When the commands of each instance were sent that have had no answer yet. */
  readonly #waiting = new Map<string, number[]>()
  #beganAt = performance.now()

  private constructor(reader: LogReader) {
    this.#reader = reader
    this.#shards = Array.from({ length: SHARDS }, () => ({
      lastAt: performance.now(),
      silence: 0,
      firstAt: Number.NaN,
      wait: 0,
    }))
  }

  /** Reads from what is now the end on. */
  static async open(transport: Transport, topics: FleetTopics): Promise<SilenceWatch> {
    const [stateEnds, statusEnds] = [await endsOf(transport, topics.shardState), await endsOf(transport, topics.status)]
    const reader = transport.openReader('silence')
    const watch = new SilenceWatch(reader)
    for (let shard = 0; shard < SHARDS; shard++) {
      const feed = reader.open({ topic: topics.shardState, partition: shard }, stateEnds[shard] ?? 0)
      void follow(feed, () => watch.#committed(shard))
    }
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const feed = reader.open({ topic: topics.status, partition }, statusEnds[partition] ?? 0)
      void follow(feed, value => watch.#answered(value))
    }
    return watch
  }

  sent(instanceId: string): void {
    const waiting = this.#waiting.get(instanceId) ?? []
    waiting.push(performance.now())
    this.#waiting.set(instanceId, waiting)
  }

  begin(): void {
    this.#beganAt = performance.now()
    for (const shard of this.#shards) Object.assign(shard, { silence: 0, firstAt: Number.NaN, wait: 0 })
  }

  /** Silences that still last, and commands that still wait, count with what they have come to. */
  observe(): Observation {
    const now = performance.now()
    const waits = this.#shards.map(({ wait }) => wait)
    for (const [id, times] of this.#waiting) {
      const shard = shardOfInstance(id, SHARDS)
      waits[shard] = Math.max(waits[shard] ?? 0, now - (times[0] ?? now))
    }
    return {
      silences: this.#shards.map(({ silence, lastAt }) => Math.max(silence, now - lastAt)),
      firstCommits: this.#shards.map(({ firstAt }) => firstAt - this.#beganAt),
      waits,
    }
  }

  /** The longest that a shard has been silent by now, in milliseconds. */
  get silentFor(): number {
    return performance.now() - Math.min(...this.#shards.map(({ lastAt }) => lastAt))
  }

  /** How long the oldest command without an answer has waited by now, in milliseconds. */
  get waitingFor(): number {
    const now = performance.now()
    return Math.max(0, ...[...this.#waiting.values()].map(times => now - (times[0] ?? now)))
  }

  /** Forgets commands that wait: some of them were written twice, and would be matched with another's answer. */
  forgetWaiting(): void {
    this.#waiting.clear()
  }

  /** Begins as if all had been well until now: what was silent or waited before does not count. */
  beginAnew(): void {
    this.forgetWaiting()
    this.begin()
    for (const shard of this.#shards) shard.lastAt = this.#beganAt
  }

  close(): Promise<void> {
    return this.#reader.close()
  }

  #committed(shard: number): void {
    const watch = this.#shards[shard]
    if (watch === undefined) return
    const now = performance.now()
    watch.silence = Math.max(watch.silence, now - watch.lastAt)
    watch.lastAt = now
    if (Number.isNaN(watch.firstAt)) watch.firstAt = now
  }

  #answered(value: Buffer | null): void {
    const { type, instanceId = '' }: { type?: string; instanceId?: string } = JSON.parse(value?.toString() ?? '{}')
    const waiting = type === 'STAGE_ADVANCED' ? this.#waiting.get(instanceId) : undefined
    const sentAt = waiting?.shift()
    if (waiting?.length === 0) this.#waiting.delete(instanceId)
    const watch = this.#shards[shardOfInstance(instanceId, SHARDS)]
    if (sentAt === undefined || watch === undefined) return
    watch.wait = Math.max(watch.wait, performance.now() - sentAt)
  }
}

/** Ends with the feed. */
async function follow(feed: PartitionFeed, onRecord: (value: Buffer | null) => void): Promise<void> {
  for (;;) {
    await feed.ready()
    const records = feed.take(TAKE_RECORDS)
    if (records.length === 0) return
    for (const { value } of records) onRecord(value)
  }
}
