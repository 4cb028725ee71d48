/**
 * Effects at the monster service: done after the commit that made them pending, off the loop, one after the other for
 * each instance, tried again within a bound; then the shard is told by an internal command, and forgets them. What is
 * lost with its replica is done again by the next owner: at least once, never before its commit, never out of order.
 */
import { setMaxListeners } from 'node:events'
import { type BackOff, backOffMs } from '../back-off.ts'
import type { Clock, Random } from '../clock.ts'
import { type EffectSettled, effectName, type PendingEffect } from '../contract/effect-record.ts'
import type { Effect } from '../contract/effects.ts'
import type { InstanceId } from '../contract/ids.ts'
import { Reminder } from '../reminder.ts'
import type { EffectOutcome, Telemetry } from '../telemetry.ts'
import { PENDING_EFFECTS_MAX } from './pending-effects.ts'
import { appendToSelf } from './self-append.ts'
import type { ShardDependencies } from './shard-dependencies.ts'
import { Turns } from './turns.ts'

/** Requests of this process under way at once; the other effects wait their turn, as records that are safe. */
const REQUESTS_AT_ONCE_MAX = 64
/** One that has no answer by then is tried again. */
const TRY_MS_MAX = 5000
/**
 * From the commit, or from the takeover by this replica, to the end of all tries, the wait for those before it and
 * for a turn included. A field that the party has long left needs no monster any more.
 */
const GIVE_UP_MS = 60_000
/** Far apart in the end: thousands may be trying while the service is down. */
const RETRY: BackOff = { msMin: 200, msMax: 10_000 }

/** The monster service. */
export interface MonsterClient {
  /**
   * One try. Resolves when it is done.
   * @throws EffectRefusedError trying again will not help
   * @throws Error anything else: it may help
   */
  run(pending: PendingEffect, signal: AbortSignal): Promise<void>
}

export class EffectRefusedError extends Error {
  override readonly name = 'EffectRefusedError'
}

export interface EffectRunnerOptions {
  /** `undefined`: there is no monster service, and nothing is wanted of it. */
  readonly client: MonsterClient | undefined
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: Telemetry
}

export interface ShardEffects {
  /** Returns at once. Those of one instance are done in the order in which they are started. */
  start(pending: PendingEffect): void
}

/** What a runner needs of a shard. */
type Shard = Pick<ShardDependencies, 'shard' | 'appender' | 'internal' | 'clock' | 'random' | 'log'>

interface Waiting {
  readonly pending: PendingEffect
  /** Of the clock's elapsed milliseconds. */
  readonly since: number
}

export class EffectRunner {
  readonly #options: EffectRunnerOptions
  readonly #turns = new Turns(REQUESTS_AT_ONCE_MAX)
  readonly #failed: Reminder
  readonly #turnedAway: Reminder
  readonly #unappended: Reminder

  constructor(options: EffectRunnerOptions) {
    this.#options = options
    this.#failed = new Reminder(options.clock)
    this.#turnedAway = new Reminder(options.clock)
    this.#unappended = new Reminder(options.clock)
  }

  /** Whether effects are to be kept at all. */
  get isWanted(): boolean {
    return this.#options.client !== undefined
  }

  /** They were not kept, because too many of their shard wait already. */
  turnedAway(effects: readonly Effect[], { shard, log }: Pick<ShardDependencies, 'shard' | 'log'>): void {
    for (const { kind } of effects) this.#options.telemetry.effect(kind, 'dropped')
    this.#turnedAway.happened(
      times =>
        log.warn(
          { shard, dropped: times, waitingMax: PENDING_EFFECTS_MAX },
          'too many effects wait for the monster service: more are dropped until it answers',
        ),
      effects.length,
    )
  }

  /** `stop`: of this life of the shard; what is not done by then is done by the next. */
  forShard(shard: Shard, stop: AbortSignal): ShardEffects {
    // Every effect under way listens to it: that many are no leak, and Node would warn of one.
    setMaxListeners(0, stop)
    const queues = new Map<InstanceId, Waiting[]>()
    return {
      start: pending => {
        const waiting = { pending, since: this.#options.clock.elapsed() }
        const queue = queues.get(pending.instanceId)
        if (queue !== undefined) {
          queue.push(waiting)
          return
        }
        queues.set(pending.instanceId, [waiting])
        void this.#runAll(pending.instanceId, queues, shard, stop)
      },
    }
  }

  /** The effects of one instance, until none is left. Never throws. */
  async #runAll(id: InstanceId, queues: Map<InstanceId, Waiting[]>, shard: Shard, stop: AbortSignal): Promise<void> {
    const queue = queues.get(id) ?? []
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      const outcome = await this.#outcome(next, shard, stop)
      // One that was stopped has come to nothing yet.
      if (outcome === undefined) return
      const { effect, traceparent } = next.pending
      this.#options.telemetry.effect(effect.kind, outcome)
      await this.#settle({ effect: effectName(next.pending), traceparent }, shard, stop)
      queue.shift()
    }
    queues.delete(id)
  }

  /** `undefined`: stopped. */
  async #outcome({ pending, since }: Waiting, shard: Shard, stop: AbortSignal): Promise<EffectOutcome | undefined> {
    const { clock, random } = this.#options
    let failure = 'its turn did not come'
    for (let attempt = 0; !stop.aborted; attempt++) {
      const tried = await this.#try(pending, GIVE_UP_MS - (clock.elapsed() - since), stop)
      if (stop.aborted && tried !== 'done') return undefined
      if (tried === 'done') return 'done'
      if (tried instanceof EffectRefusedError) {
        this.#complain(pending, tried.message, shard)
        return 'refused'
      }
      failure = tried?.message ?? failure
      const pauseMs = backOffMs(attempt, RETRY, random)
      if (clock.elapsed() - since + pauseMs >= GIVE_UP_MS) {
        this.#complain(pending, `not done within ${GIVE_UP_MS} ms: ${failure}`, shard)
        return 'given_up'
      }
      await clock.sleep(pauseMs, stop)
    }
    return undefined
  }

  /** Why it failed; `undefined`: there was no time left to try. */
  async #try(pending: PendingEffect, leftMs: number, stop: AbortSignal): Promise<'done' | Error | undefined> {
    const { client, clock } = this.#options
    if (client === undefined) return new EffectRefusedError('MONSTERS_SERVICE_URL is not set any more')
    const waitsSince = clock.elapsed()
    await this.#turns.take()
    const over = new AbortController()
    const end = () => over.abort()
    stop.addEventListener('abort', end, { once: true })
    try {
      const timeMs = Math.min(TRY_MS_MAX, leftMs - (clock.elapsed() - waitsSince))
      if (stop.aborted || timeMs <= 0) return undefined
      void clock.sleep(timeMs, over.signal).then(end)
      await client.run(pending, over.signal)
      return 'done'
    } catch (error) {
      if (over.signal.aborted && !stop.aborted) return new Error(`no answer within ${TRY_MS_MAX} ms`)
      return error instanceof Error ? error : new Error(String(error))
    } finally {
      stop.removeEventListener('abort', end)
      end()
      this.#turns.give()
    }
  }

  #settle(settled: EffectSettled, shard: Shard, stop: AbortSignal): Promise<void> {
    return appendToSelf(settled, shard, stop, error =>
      this.#unappended.happened(times =>
        shard.log.warn(
          { err: error, effect: settled.effect, failed: times },
          'could not append that an effect is settled, trying again',
        ),
      ),
    )
  }

  #complain({ effect, instanceId }: PendingEffect, reason: string, { shard, log }: Shard): void {
    this.#failed.happened(times =>
      log.warn(
        { shard, kind: effect.kind, mapId: effect.mapId, instanceId, failed: times, reason },
        'the monster service did not do what a quest asked of it, and is not asked again',
      ),
    )
  }
}
