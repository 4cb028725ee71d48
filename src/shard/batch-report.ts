/** What a batch did, for metrics, traces and the journal: told only once the batch is committed, since until then it did nothing. */
import type { RestingState } from '../../machines/party-quest.ts'
import type { Effect } from '../contract/effects.ts'
import type { GameTopic } from '../contract/game-events.ts'
import type { RefusalCode } from '../contract/refusal.ts'
import type { Span } from '../contract/trace-context.ts'
import type { Entry } from '../journal/entry.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { CommandOutcome, GameEventOutcome } from '../telemetry.ts'
import { silentTracer } from '../tracing.ts'
import type { ShardDependencies } from './shard-dependencies.ts'
import type { UngrantedReward } from './ungranted-rewards.ts'

interface TracedOperation {
  readonly span: Span
  readonly name: string
  readonly startMs: number
  readonly attributes: Record<string, string>
  /** `traceparent` of the span that armed the timer. */
  readonly armedBy: string | undefined
}

export class BatchReport {
  readonly #handled: { readonly type: string; readonly outcome: CommandOutcome }[] = []
  readonly #happened: { readonly game: GameTopic; readonly outcome: GameEventOutcome }[] = []
  readonly #refused: RefusalCode[] = []
  readonly #moved: { readonly quest: string; readonly state: RestingState; readonly delta: number }[] = []
  readonly #latenessSeconds: number[] = []
  readonly #traced: TracedOperation[] = []
  readonly #entries: Entry[] = []
  readonly #dropped: Effect[] = []
  readonly #ungranted: UngrantedReward[] = []

  /** Of the timers that fired. */
  get latenessSeconds(): readonly number[] {
    return this.#latenessSeconds
  }

  handled(type: string, outcome: CommandOutcome): void {
    this.#handled.push({ type, outcome })
  }

  /** A record of the game's topics. */
  happened(game: GameTopic, outcome: GameEventOutcome): void {
    this.#happened.push({ game, outcome })
  }

  refused(code: RefusalCode): void {
    this.#refused.push(code)
  }

  /** An instance of `quest` left one resting state for another; `undefined` is not to be. */
  moved(quest: string, before: RestingState | undefined, after: RestingState | undefined): void {
    if (before === after) return
    if (before !== undefined) this.#moved.push({ quest, state: before, delta: -1 })
    if (after !== undefined) this.#moved.push({ quest, state: after, delta: 1 })
  }

  recorded(entry: Entry): void {
    this.#entries.push(entry)
  }

  /** There was no room for these. */
  dropped(effects: readonly Effect[]): void {
    this.#dropped.push(...effects)
  }

  ungranted(rewards: readonly UngrantedReward[]): void {
    this.#ungranted.push(...rewards)
  }

  fired(latenessSeconds: number): void {
    this.#latenessSeconds.push(latenessSeconds)
  }

  traced(span: Span, name: string, startMs: number, attributes: Record<string, string>, armedBy?: string): void {
    this.#traced.push({ span, name, startMs, attributes, armedBy })
  }

  publish(dependencies: ShardDependencies, { sent, unsent }: Pick<Outbox, 'sent' | 'unsent'>): void {
    const { shard, telemetry, tracer, journal, clock, neighbours } = dependencies
    for (const { type, outcome } of this.#handled) telemetry.commandHandled(type, outcome)
    for (const { game, outcome } of this.#happened) telemetry.gameEvents(game, outcome, 1)
    for (const code of this.#refused) telemetry.refused(code)
    for (const { topic, type } of sent) telemetry.messageSent(topic, type)
    for (const { topic, type } of unsent) {
      telemetry.messageDropped(topic, type)
      neighbours.dropped(topic)
    }
    for (const { quest, state, delta } of this.#moved) telemetry.instances(shard, state, quest, delta)
    for (const { quest, type, count } of this.#ungranted) telemetry.rewardNotGranted(quest, type, count)
    for (const seconds of this.#latenessSeconds) telemetry.timerFired(seconds)
    if (this.#dropped.length > 0) dependencies.effects.turnedAway(this.#dropped, dependencies)
    if (this.#entries.length > 0) journal.record(shard, this.#entries)
    if (tracer === silentTracer) return
    const endMs = clock.now()
    for (const { span, name, startMs, attributes, armedBy } of this.#traced) {
      const [, traceId, spanId] = armedBy?.split('-') ?? []
      const links = traceId !== undefined && spanId !== undefined ? [{ traceId, spanId }] : []
      tracer.operation(span, { name, startMs, endMs, attributes, links })
    }
  }
}
