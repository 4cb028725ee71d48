/**
 * What the service tells whoever counts: one narrow interface for ingress, shards and look-ups, so that none of them
 * knows a metrics library. Every call is cheap enough for each record; none of them throws.
 */
import type { Reward } from './contract/definition.ts'
import type { Effect } from './contract/effects.ts'
import type { GameTopic } from './contract/game-events.ts'
import type { RefusalCode } from './contract/refusal.ts'

export type CommandOutcome = 'applied' | 'refused' | 'skipped' | 'duplicate'
/** In the ingress: nobody's of ours, not to be read, or handed on; then in its shard: acted on, without effect, or a fault of ours. */
export type GameEventOutcome = 'foreign' | 'malformed' | 'forwarded' | 'applied' | 'skipped' | 'fault'
export type CommitOutcome = 'committed' | 'fenced' | 'unknown' | 'failed'
export type LookupService = 'parties' | 'guilds'
/** `not_asked`: it waited too long for its turn, and was given up. */
export type LookupOutcome = 'answered' | 'not_found' | 'failed' | 'timed_out' | 'not_asked'

/** `refused`: trying again would not have helped; `given_up`: not done in time; `dropped`: too many waited already. */
export type EffectOutcome = 'done' | 'refused' | 'given_up' | 'dropped'

export interface Telemetry {
  /** A record was dealt with. Any `type` will do: one that is not a command of ours counts as "other". */
  commandHandled(type: string, outcome: CommandOutcome): void
  refused(code: RefusalCode): void
  /** A message was committed. `topic` is the topic's configured name, `type` the message's own. */
  messageSent(topic: string, type: string): void
  /** A transaction ended, well or not. `records` is how many it wrote. */
  committed(outcome: CommitOutcome, seconds: number, records: number): void
  /** `undefined`: the shard is in no phase here any more. Its instances and lag stay until `shardForgotten`. */
  shardPhase(shard: number, phase: string | undefined): void
  /** How many records of shard-commands wait behind the shard's position. */
  shardLag(shard: number, records: number): void
  /** A shard was rebuilt from its state topic. */
  restored(seconds: number, records: number): void
  /** How long after its deadline a timer ran. */
  timerFired(latenessSeconds: number): void
  /** One look-up, all its attempts together. */
  lookup(service: LookupService, outcome: LookupOutcome, seconds: number): void
  /** How many registrations of the shard wait for the answer to a look-up. */
  pendingRegistrations(shard: number, count: number): void
  /** One effect came to an end, all its attempts together. */
  effect(kind: Effect['kind'], outcome: EffectOutcome): void
  /** How many effects of the shard wait to be done. */
  pendingEffects(shard: number, count: number): void
  /** Records read from public topics and acknowledged in shard-commands. */
  ingressRecords(count: number): void
  /** A batch could not be appended to shard-commands; it is tried again. */
  ingressAppendFailed(): void
  /** A message whose topic is not on the cluster was left out of a committed operation. */
  messageDropped(topic: string, type: string): void
  /** A reward of this type was due to `count` characters, and nobody grants it. */
  rewardNotGranted(quest: string, type: Reward['type'], count: number): void
  /** Records of a topic of the game's events were dealt with. */
  gameEvents(topic: GameTopic, outcome: GameEventOutcome, count: number): void
  /** Records of a public topic that retention took before they were forwarded. */
  ingressLostRecords(topic: string, count: number): void
  /** `delta` more (or fewer) instances of `quest` are in `state` on this shard. */
  instances(shard: number, state: string, quest: string, delta: number): void
  /** The shard is not ours any more: whatever was said of it no longer counts. */
  shardForgotten(shard: number): void
}

export const silentTelemetry: Telemetry = {
  commandHandled: () => {},
  refused: () => {},
  messageSent: () => {},
  committed: () => {},
  shardPhase: () => {},
  shardLag: () => {},
  restored: () => {},
  timerFired: () => {},
  lookup: () => {},
  pendingRegistrations: () => {},
  effect: () => {},
  pendingEffects: () => {},
  ingressRecords: () => {},
  ingressAppendFailed: () => {},
  ingressLostRecords: () => {},
  messageDropped: () => {},
  rewardNotGranted: () => {},
  gameEvents: () => {},
  instances: () => {},
  shardForgotten: () => {},
}
