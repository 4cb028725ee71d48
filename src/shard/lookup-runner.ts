/**
 * Look-ups as effects: asked after the commit that made them pending, off the loop, with bounds on concurrency and
 * time; the answer goes to the shard's own partition as an internal command. One that is lost with its replica is
 * asked again by the next owner, and an answer that comes twice finds nothing pending.
 */
import { setMaxListeners } from 'node:events'
import { type BackOff, backOffMs } from '../back-off.ts'
import type { Clock, Random } from '../clock.ts'
import type { Headers } from '../contract/log-record.ts'
import type { Lookup, LookupAnswer, LookupAnswered } from '../contract/lookup.ts'
import { originName } from '../contract/origin.ts'
import type { PendingRegistration } from '../contract/state-record.ts'
import { Reminder } from '../reminder.ts'
import type { LookupOutcome, LookupService, Telemetry } from '../telemetry.ts'
import { appendToSelf } from './self-append.ts'
import type { ShardDependencies } from './shard-dependencies.ts'
import { Turns } from './turns.ts'

/**
 * Look-ups of this process under way at once at one service; the others wait their turn, as records that are already
 * safe. Each service has its own, so that a hanging one holds up nobody who asks the other.
 */
const LOOKUPS_AT_ONCE_MAX = 64
/**
 * Who waited longer for his turn is not asked for any more: a quest that begins long after its player has given up
 * helps nobody, and the queue before a silent service stays as long as this at most.
 */
const TURN_WAIT_MS_MAX = 30_000
const RETRY: BackOff = { msMin: 100, msMax: 1000 }

/** A service that can be asked. */
export interface LookupClient {
  /**
   * One try.
   * @throws LookupNotFoundError the service knows of no such thing: trying again will not help
   * @throws Error anything else: it may help
   */
  ask(lookup: Lookup, headers: Headers, signal: AbortSignal): Promise<LookupAnswer>
}

export class LookupNotFoundError extends Error {
  override readonly name = 'LookupNotFoundError'
}

export interface LookupRunnerOptions {
  readonly client: LookupClient
  /** All attempts of one look-up together. */
  readonly timeoutMs: number
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: Telemetry
}

export interface ShardLookups {
  /** Returns at once. */
  start(pending: PendingRegistration): void
}

export class LookupRunner {
  readonly #options: LookupRunnerOptions
  readonly #services: Readonly<Record<LookupService, Asking>>
  readonly #unappended: Reminder

  constructor(options: LookupRunnerOptions) {
    this.#options = options
    this.#services = { parties: new Asking(options.clock), guilds: new Asking(options.clock) }
    this.#unappended = new Reminder(options.clock)
  }

  /** A registration was refused because too many of its shard wait already. */
  turnedAway(lookup: Lookup, { shard, log }: Pick<ShardDependencies, 'shard' | 'log'>): void {
    const service = serviceOf(lookup)
    this.#services[service].turnedAway.happened(times =>
      log.error(
        { service, shard, refused: times, waiting: this.#services[service].turns.waiting },
        'too many registrations wait for a look-up: more are refused until the service answers',
      ),
    )
  }

  forShard(dependencies: ShardDependencies, stop: AbortSignal): ShardLookups {
    // Every look-up under way listens to it: that many are no leak, and Node would warn of one.
    setMaxListeners(0, stop)
    return {
      start: pending => {
        void this.#run(pending, dependencies, stop)
      },
    }
  }

  async #run(pending: PendingRegistration, dependencies: ShardDependencies, stop: AbortSignal): Promise<void> {
    const { turns } = this.#services[serviceOf(pending.lookup)]
    const { clock } = this.#options
    const since = clock.elapsed()
    await turns.take()
    try {
      if (stop.aborted) return
      const waitedMs = clock.elapsed() - since
      const answer =
        waitedMs > TURN_WAIT_MS_MAX
          ? this.#unasked(pending, waitedMs, dependencies)
          : await this.#answer(pending, dependencies, stop)
      if (!stop.aborted) await this.#append({ pending: originName(pending.origin), answer }, dependencies, stop)
    } finally {
      turns.give()
    }
  }

  #unasked({ lookup }: PendingRegistration, waitedMs: number, dependencies: ShardDependencies): LookupAnswer {
    const reason = `${serviceOf(lookup)} is too slow for the registrations that come: ${Math.round(waitedMs)} ms without a turn to ask`
    this.#options.telemetry.lookup(serviceOf(lookup), 'not_asked', waitedMs / 1000)
    this.#complain(lookup, reason, dependencies)
    return { type: 'LOOKUP_FAILED', reason }
  }

  #complain(lookup: Lookup, reason: string, { log }: ShardDependencies): void {
    const service = serviceOf(lookup)
    const { turns, failed } = this.#services[service]
    failed.happened(times =>
      log.warn({ service, failed: times, waiting: turns.waiting, reason }, 'look-ups fail, registrations are refused'),
    )
  }

  /** The service's answer, or that there is none: never throws. */
  async #answer(
    { lookup, original }: PendingRegistration,
    dependencies: ShardDependencies,
    stop: AbortSignal,
  ): Promise<LookupAnswer> {
    const { client, timeoutMs, clock, telemetry } = this.#options
    const startedAt = clock.elapsed()
    const over = new AbortController()
    const end = () => over.abort()
    stop.addEventListener('abort', end, { once: true })
    void clock.sleep(timeoutMs, over.signal).then(end)
    const report = (outcome: LookupOutcome) =>
      telemetry.lookup(serviceOf(lookup), outcome, (clock.elapsed() - startedAt) / 1000)
    try {
      let failure = new Error('it did not answer')
      for (let attempt = 0; ; attempt++) {
        try {
          const answer = await client.ask(lookup, original.headers, over.signal)
          report('answered')
          return answer
        } catch (error) {
          // What the end of our patience broke off says nothing of the service.
          if (!over.signal.aborted) failure = error instanceof Error ? error : new Error(String(error))
        }
        if (failure instanceof LookupNotFoundError) {
          report('not_found')
          return { type: 'LOOKUP_FAILED', reason: failure.message }
        }
        await clock.sleep(backOffMs(attempt, RETRY, this.#options.random), over.signal)
        if (over.signal.aborted) {
          const reason = `no answer within ${timeoutMs} ms (${attempt + 1} attempts, the last: ${failure.message})`
          // One that was stopped has come to nothing yet: the next owner asks again.
          if (!stop.aborted) {
            report('timed_out')
            this.#complain(lookup, reason, dependencies)
          }
          return { type: 'LOOKUP_FAILED', reason }
        }
      }
    } finally {
      stop.removeEventListener('abort', end)
      end()
    }
  }

  #append(answered: LookupAnswered, dependencies: ShardDependencies, stop: AbortSignal): Promise<void> {
    return appendToSelf(answered, dependencies, stop, error =>
      this.#unappended.happened(times =>
        dependencies.log.warn(
          { err: error, pending: answered.pending, failed: times },
          'could not append the answer of a look-up, trying again',
        ),
      ),
    )
  }
}

function serviceOf({ kind }: Lookup): 'parties' | 'guilds' {
  return kind === 'guild' ? 'guilds' : 'parties'
}

/** One service: who is asking it, who waits, and what was last said of it in the log. */
class Asking {
  readonly turns = new Turns(LOOKUPS_AT_ONCE_MAX)
  readonly failed: Reminder
  readonly turnedAway: Reminder

  constructor(clock: Clock) {
    this.failed = new Reminder(clock)
    this.turnedAway = new Reminder(clock)
  }
}
