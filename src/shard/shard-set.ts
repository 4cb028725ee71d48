/**
 * The shards of this replica: starts and stops their lives as the group assigns them, and is the one place where
 * their errors are caught. Each class of error is one reaction (table in docs/architecture.md).
 */
import { type BackOff, backOffMs } from '../back-off.ts'
import type { Clock, Random } from '../clock.ts'
import {
  CommitUnknownError,
  RecordTooLargeError,
  ShardFencedError,
  TransportUnavailableError,
  UnrestorableError,
} from '../errors.ts'
import type { Log } from '../log.ts'
import type { Phase } from './phase.ts'
import { Shard } from './shard.ts'
import type { ShardDependencies } from './shard-dependencies.ts'

/** The upper bound is also how long a shard may go on sleeping when its broker is back. */
const REBUILD_BACK_OFF: BackOff = { msMin: 50, msMax: 2000 }
/** How often a fenced shard looks whether the group still says that it is ours. */
const HEARTBEAT_POLL_MS = 50
/** What a letter needs beside its original: our headers with the reason, and what Kafka adds. */
const LETTER_OVERHEAD_BYTES = 2048
/** Where the topic does not say its own limit: below Kafka's default. */
const DEAD_LETTER_BYTES_KEPT = 900_000

export interface ShardSetOptions {
  readonly dependenciesOf: (shard: number) => ShardDependencies
  /** Epoch milliseconds of the group's last sign of life. */
  readonly lastHeartbeatAt: () => number
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** A broken promise, or an error of no known class: the process must not go on. */
  readonly onFatal: (error: unknown) => void
}

/** `dead`: it cannot be restored, and needs a person. */
export type ShardPhase = Phase | 'dead'

/** A shard of this replica as one reads it. */
export interface Held {
  readonly shard: number
  readonly phase: ShardPhase
  /** What ended its last life, where it does not run. */
  readonly trouble: string | undefined
  /** Epoch milliseconds of the assignment that gave it to us. */
  readonly ownedSince: number
  readonly life: Shard | undefined
}

interface Holding {
  readonly ownedSince: number
  readonly stop: AbortController
  readonly done: Promise<void>
  shard: Shard | undefined
  isDead: boolean
  /** Its last life ended as one that cannot be restored: once more, and it is dead. */
  isDoubted: boolean
  /** What ended its last life. */
  trouble: string | undefined
  deadLetterBytesMax: number
}

export class ShardSet {
  readonly #options: ShardSetOptions
  readonly #held = new Map<number, Holding>()
  /** The last life of a shard that was given away and has not ended yet. */
  readonly #leaving = new Map<number, Promise<void>>()
  /** What all shards rest on, if it is lost. */
  #loss: UnrestorableError | undefined

  constructor(options: ShardSetOptions) {
    this.#options = options
  }

  /** From now on exactly these shards are ours; one that we hold already is left alone. */
  assign(shards: readonly number[]): void {
    const ours = new Set(shards)
    for (const [shard, holding] of this.#held) if (!ours.has(shard)) this.#giveAway(shard, holding)
    for (const shard of ours) if (!this.#held.has(shard)) this.#take(shard)
  }

  /** What this replica holds, in no order: a picture of this moment, whose lives go on. */
  held(): readonly Held[] {
    return [...this.#held].map(([shard, { isDead, trouble, ownedSince, shard: life }]) => ({
      shard,
      phase: isDead ? 'dead' : (life?.phase ?? 'closed'),
      trouble: life?.phase === 'running' ? undefined : trouble,
      ownedSince,
      life,
    }))
  }

  phases(): ReadonlyMap<number, ShardPhase> {
    return new Map(this.held().map(({ shard, phase }) => [shard, phase]))
  }

  /** Why the shards that do not run do not: what ended their last life, where one did. */
  troubles(): ReadonlyMap<number, string> {
    return new Map(this.held().flatMap(({ shard, trouble }) => (trouble === undefined ? [] : [[shard, trouble]])))
  }

  /** What all shards rest on is lost: each one that we hold or are given is dead. */
  condemn(reason: UnrestorableError): void {
    this.#loss ??= reason
    for (const { stop } of this.#held.values()) stop.abort()
  }

  /** Gives every shard away and resolves when all have drained. */
  async close(): Promise<void> {
    this.assign([])
    await Promise.all(this.#leaving.values())
  }

  #take(shard: number): void {
    const before = this.#leaving.get(shard) ?? Promise.resolve()
    const stop = new AbortController()
    const holding: Holding = {
      ownedSince: this.#options.clock.now(),
      stop,
      done: before.then(() => this.#keepAlive(shard, holding)).catch(this.#options.onFatal),
      shard: undefined,
      isDead: false,
      isDoubted: false,
      trouble: undefined,
      deadLetterBytesMax: Number.POSITIVE_INFINITY,
    }
    this.#held.set(shard, holding)
  }

  #giveAway(shard: number, { stop, done, isDead }: Holding): void {
    this.#held.delete(shard)
    stop.abort()
    if (isDead) this.#options.dependenciesOf(shard).telemetry.shardPhase(shard, undefined)
    const left = done.finally(() => {
      if (this.#leaving.get(shard) === left) this.#leaving.delete(shard)
    })
    this.#leaving.set(shard, left)
  }

  /** One life after the other, until the shard is given away or cannot live. */
  async #keepAlive(shard: number, holding: Holding): Promise<void> {
    const { signal } = holding.stop
    let goesOn = this.#loss === undefined
    for (let failures = 0; goesOn && !signal.aborted; failures++) {
      const life = new Shard(this.#options.dependenciesOf(shard), holding.deadLetterBytesMax)
      holding.shard = life
      try {
        await life.live(signal)
        goesOn = false
      } catch (error) {
        if (life.hasCommitted) {
          failures = 0
          holding.isDoubted = false
        }
        holding.trouble = error instanceof Error ? error.message : String(error)
        goesOn = await this.#react(error, shard, holding, failures)
      }
    }
    if (this.#loss !== undefined && this.#held.get(shard) === holding) this.#giveUp(shard, holding, this.#loss)
  }

  /** Whether the shard is to be taken once more. */
  async #react(error: unknown, shard: number, holding: Holding, failures: number): Promise<boolean> {
    const { log, clock } = this.#options
    const { signal } = holding.stop
    if (signal.aborted) return false
    if (error instanceof ShardFencedError) {
      log.warn({ shard, err: error }, 'shard fenced: another owner took it')
      await this.#stillOurs(clock.now(), signal)
    } else if (error instanceof RecordTooLargeError) {
      log.error({ shard, topic: error.topic, err: error }, 'record too large for its topic: raise max.message.bytes')
      const dependencies = this.#options.dependenciesOf(shard)
      if (error.topic === dependencies.topics.deadLetters) {
        holding.deadLetterBytesMax = await tighterBound(holding.deadLetterBytesMax, dependencies)
      }
      await this.#pause(failures, signal)
    } else if (error instanceof CommitUnknownError || error instanceof TransportUnavailableError) {
      log.warn({ shard, err: error, failures }, 'shard lost its log, rebuilding it')
      await this.#pause(failures, signal)
    } else if (error instanceof UnrestorableError && !holding.isDoubted) {
      // A sleeper that was fenced wakes up to a log that went on without it, and takes that for a loss: only what is
      // found behind a fence of our own is sure.
      holding.isDoubted = true
      log.warn({ shard, err: error }, 'shard cannot be restored: looking again behind a new fence')
    } else if (error instanceof UnrestorableError) {
      this.#giveUp(shard, holding, error)
      return false
    } else {
      throw error
    }
    return !signal.aborted
  }

  #giveUp(shard: number, holding: Holding, reason: UnrestorableError): void {
    this.#options.log.fatal({ shard, err: reason }, 'shard cannot be restored and stays down')
    holding.isDead = true
    holding.trouble = reason.message
    this.#options.dependenciesOf(shard).telemetry.shardPhase(shard, 'dead')
  }

  /** Two owners would fence each other for ever: only a sign of the group that is newer than the fence counts. */
  async #stillOurs(fencedAt: number, signal: AbortSignal): Promise<void> {
    const { clock, lastHeartbeatAt } = this.#options
    while (!signal.aborted && lastHeartbeatAt() <= fencedAt) await clock.sleep(HEARTBEAT_POLL_MS, signal)
    await this.#pause(0, signal)
  }

  #pause(failures: number, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options
    return clock.sleep(backOffMs(failures, REBUILD_BACK_OFF, random), signal)
  }
}

/** What surely fits by the topic's own word, so that no other letter is cut for nothing; then half of it each time. */
async function tighterBound(bytesMax: number, { admin, topics }: ShardDependencies): Promise<number> {
  if (bytesMax !== Number.POSITIVE_INFINITY) return Math.floor(bytesMax / 2)
  const topic = topics.deadLetters
  const described = await admin.describeTopics([topic]).catch(() => undefined)
  const limit = described?.get(topic)?.recordBytesMax
  return limit === undefined ? DEAD_LETTER_BYTES_KEPT : Math.max(limit - LETTER_OVERHEAD_BYTES, 0)
}
