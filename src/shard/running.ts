/**
 * Phase 3: one loop — take what is due (timers first, then records, up to a bound), run it, commit, again.
 * Nothing runs while a commit is open. Next: draining, when the shard is given away or the service stops.
 */
import { Alarm } from '../alarm.ts'
import type { Clock } from '../clock.ts'
import type { PendingEffect } from '../contract/effect-record.ts'
import { OffsetOutOfRangeError, UnrestorableError } from '../errors.ts'
import type { PartitionFeed, TransactionalSink } from '../transport/port.ts'
import { Batch } from './batch.ts'
import { commit } from './commit.ts'
import { LogTrimmer } from './log-trimmer.ts'
import type { ShardDependencies } from './shard-dependencies.ts'
import type { ShardMeter } from './shard-meter.ts'
import type { ShardState } from './shard-state.ts'

/** Timers, and records, taken at once: between two takes the batch looks at its own size. */
const TAKE = 25
/** The longest sleep without a deadline; waking up for nothing is cheap, and timers of Node end at 24 days. */
const IDLE_MS_MAX = 30_000

export interface RunningOptions {
  readonly state: ShardState
  readonly sink: TransactionalSink
  readonly deadLetterBytesMax: number
  readonly meter: ShardMeter
  /** Called after each transaction. */
  readonly onCommitted: () => void
}

/** Resolves when `stop` aborts, between two transactions. */
export async function run(options: RunningOptions, dependencies: ShardDependencies, stop: AbortSignal): Promise<void> {
  const { state, sink, meter } = options
  const { reader, internal, shard, clock, telemetry } = dependencies
  const partition = { topic: internal.shardCommands, partition: shard }
  const feed = reader.open(partition, state.position.next)
  const lag = () => Math.max(0, feed.end - state.position.next)
  const alarm = new WorkAlarm(feed, clock, stop)
  const trimmer = new LogTrimmer(partition, dependencies)
  const lookups = dependencies.lookups.forShard(dependencies, stop)
  // `stop` outlives this life of the shard; an effect of it that went on beside the next one's could be done twice.
  const over = new AbortController()
  const effects = dependencies.effects.forShard(dependencies, over.signal)
  let areEffectsRestored = false
  /** `decided`: with the last commit. */
  const startEffects = (decided: Iterable<PendingEffect | undefined>): void => {
    if (areEffectsRestored) {
      for (const pending of decided) if (pending !== undefined) effects.start(pending)
    } else if (state.position.next >= state.effects.heldUntil) {
      areEffectsRestored = true
      for (const pending of state.effects.inOrder()) effects.start(pending)
    }
  }
  meter.measureLag(lag)
  try {
    for (const pending of state.pending.values()) lookups.start(pending)
    startEffects([])
    telemetry.pendingRegistrations(shard, state.pending.size)
    telemetry.pendingEffects(shard, state.effects.size)
    while (!stop.aborted) {
      const batch = prepare(feed, options, dependencies)
      if (batch === undefined) {
        trimmer.committed(state.position.next)
        await alarm.wait(state.deadlines.next())
        continue
      }
      if (batch.overlay.isUntouched) batch.settle()
      else {
        const commitMs = await commit(batch, sink, dependencies)
        meter.committed(commitMs, batch.records, batch.report.latenessSeconds)
        options.onCommitted()
      }
      for (const pending of batch.overlay.pending.values()) if (pending !== undefined) lookups.start(pending)
      startEffects(batch.overlay.effects.values())
      trimmer.committed(state.position.next)
      telemetry.shardLag(shard, lag())
      telemetry.pendingRegistrations(shard, state.pending.size)
      telemetry.pendingEffects(shard, state.effects.size)
    }
  } catch (error) {
    throw error instanceof OffsetOutOfRangeError ? lostCommands(error, state, dependencies) : error
  } finally {
    over.abort()
    feed.close()
    alarm.close()
  }
}

/** A batch of what is due now; `undefined` when nothing is. */
function prepare(
  feed: PartitionFeed,
  { state, deadLetterBytesMax }: RunningOptions,
  dependencies: ShardDependencies,
): Batch | undefined {
  const { batchRecordsMax } = dependencies.limits
  const now = dependencies.clock.now()
  let due = state.deadlines.takeDue(now, Math.min(TAKE, batchRecordsMax))
  let records = feed.take(Math.min(TAKE, batchRecordsMax))
  if (due.length === 0 && records.length === 0) return undefined

  const batch = new Batch(state, dependencies, deadLetterBytesMax)
  for (let fired = due.length; due.length > 0; fired += due.length) {
    for (const id of due) batch.fire(id)
    if (fired >= batchRecordsMax || batch.isFull) break
    due = state.deadlines.takeDue(now, Math.min(TAKE, batchRecordsMax - fired))
  }
  // However many timers there are, some records have their turn in each batch.
  for (let taken = records.length; records.length > 0; taken += records.length) {
    for (const record of records) batch.apply(record)
    if (taken >= batchRecordsMax || batch.isFull) break
    records = feed.take(Math.min(TAKE, batchRecordsMax - taken))
  }
  return batch
}

/** Wakes the loop when records wait, when the feed is lost, and when the shard is to stop. */
class WorkAlarm {
  readonly #alarm: Alarm
  readonly #feed: PartitionFeed
  readonly #clock: Clock
  readonly #stop: AbortSignal
  readonly #onStop = (): void => this.#alarm.ring()
  #isWatching = false
  #failure: unknown

  constructor(feed: PartitionFeed, clock: Clock, stop: AbortSignal) {
    this.#alarm = new Alarm(clock)
    this.#feed = feed
    this.#clock = clock
    this.#stop = stop
    stop.addEventListener('abort', this.#onStop)
  }

  /** The signal outlives this life of the shard: one listener of each life would pile up on it. */
  close(): void {
    this.#stop.removeEventListener('abort', this.#onStop)
  }

  /** @throws OffsetOutOfRangeError */
  async wait(deadline: number | undefined): Promise<void> {
    this.#watch()
    const ms = deadline === undefined ? IDLE_MS_MAX : deadline - this.#clock.now()
    if (ms > 0) await this.#alarm.wait(Math.min(ms, IDLE_MS_MAX))
    if (this.#failure !== undefined) throw this.#failure
  }

  #watch(): void {
    if (this.#isWatching) return
    this.#isWatching = true
    this.#feed
      .ready()
      .catch(error => {
        this.#failure = error
      })
      .finally(() => {
        this.#isWatching = false
        this.#alarm.ring()
      })
  }
}

/** Only what was committed is ever deleted from `shard-commands`; anything else that is missing is a loss. */
function lostCommands(
  { earliest, end }: OffsetOutOfRangeError,
  { position }: ShardState,
  { internal, shard }: ShardDependencies,
): UnrestorableError {
  return new UnrestorableError(
    `shard ${shard} is to go on at offset ${position.next} of ${internal.shardCommands}/${shard}, which holds ` +
      `${earliest} to ${end}: the topic was deleted and made again, or lost records to retention. ` +
      'Start with new internal topics (another INTERNAL_TOPIC_PREFIX), or restore the old one',
  )
}
