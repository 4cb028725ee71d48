/**
 * One life of one shard in this process, from fencing to closed (picture in phase.ts). It never lives twice:
 * shard-set.ts makes a new one after an error.
 */
import { fence } from './fencing.ts'
import { move, type Phase } from './phase.ts'
import { restore } from './restoring.ts'
import { run } from './running.ts'
import type { ShardDependencies } from './shard-dependencies.ts'
import { ShardMeter } from './shard-meter.ts'
import type { ShardState } from './shard-state.ts'

export class Shard {
  readonly #dependencies: ShardDependencies
  readonly #deadLetterBytesMax: number
  /** What this life did in its last minute. */
  readonly meter: ShardMeter
  #phase: Phase = 'fencing'
  #hasCommitted = false
  #state: ShardState | undefined

  constructor(dependencies: ShardDependencies, deadLetterBytesMax: number) {
    this.#dependencies = dependencies
    this.#deadLetterBytesMax = deadLetterBytesMax
    this.meter = new ShardMeter(dependencies.clock)
  }

  get phase(): Phase {
    return this.#phase
  }

  /**
   * Whether this life has committed anything: then its end is no sign that the next one will fail too. To have run is
   * not enough: a log that takes reads and refuses writes would have the shard restored again and again without a pause.
   */
  get hasCommitted(): boolean {
    return this.#hasCommitted
  }

  /** What is committed, while the shard runs. */
  get state(): ShardState | undefined {
    return this.#state
  }

  /** Resolves when drained after `stop`; throws what ended the life otherwise (errors.ts). */
  async live(stop: AbortSignal): Promise<void> {
    this.#report()
    try {
      const sink = await fence(this.#dependencies)
      try {
        if (!stop.aborted) await this.#restoreAndRun(sink, stop)
        this.#move('draining')
      } finally {
        await sink.close()
      }
    } finally {
      // Whatever was not committed is forgotten here; the log remembers the rest.
      this.#state?.close()
      this.#state = undefined
      this.#move('closed')
      this.#dependencies.telemetry.shardForgotten(this.#dependencies.shard)
      // What another owner does is not seen here, and neither is what an unknown commit may have done.
      this.#dependencies.journal.forget(this.#dependencies.shard)
    }
  }

  async #restoreAndRun(sink: Awaited<ReturnType<typeof fence>>, stop: AbortSignal): Promise<void> {
    this.#move('restoring')
    const state = await restore(this.#dependencies, stop)
    this.#state = state
    if (stop.aborted) return
    this.#move('running')
    const onCommitted = () => {
      this.#hasCommitted = true
    }
    const options = { state, sink, deadLetterBytesMax: this.#deadLetterBytesMax, meter: this.meter, onCommitted }
    await run(options, this.#dependencies, stop)
  }

  #move(to: Phase): void {
    this.#phase = move(this.#phase, to)
    this.#report()
  }

  #report(): void {
    const { shard, telemetry, log } = this.#dependencies
    telemetry.shardPhase(shard, this.#phase === 'closed' ? undefined : this.#phase)
    log.debug({ shard, phase: this.#phase }, 'shard phase')
  }
}
