/**
 * What comes out of exploring a quest: its states, the moves between them, and its ends, each with a shortest path.
 * Only shapes: explore.ts makes them, findings, pictures and plays are made of them.
 */
import type { PartyMember } from '../../machines/context.ts'
import type { TimerName } from '../../machines/deadlines.ts'
import type { PartyQuestEvent, RestingState } from '../../machines/party-quest.ts'
import type { InstanceSnapshot } from '../actor/instance.ts'
import type { FailReason, Message } from '../contract/messages.ts'
import type { Refusal } from '../contract/refusal.ts'

/** When an imagined life begins, in epoch milliseconds: after 0, which is when a quest began that has not begun. */
export const LIFE_BEGINS_MS = 1000

/** The whole life of one quest. Empty (no state, no end) where it has no stage or no party can start it. */
export interface Exploration {
  /** In the order in which they were found; the first is where every life begins. */
  readonly states: readonly ExploredState[]
  readonly transitions: readonly ExploredTransition[]
  /** Ways to be destroyed: completed ones first, of these a FORFEIT last; that everybody leaves comes behind all. */
  readonly ends: readonly End[]
  /** From the first REGISTER to the message COMPLETED, in the fewest operations. `undefined`: it cannot be completed. */
  readonly completion: readonly PathStep[] | undefined
  /** Who plays: the smallest party that the start requirements accept. Empty: there is none. */
  readonly party: readonly PartyMember[]
}

/** One of many instances that differ only in what makes no difference: time, attempts, counts between two guards. */
export interface ExploredState {
  /** Unique in the exploration, for people: `active 2 unmet (quest, stage)`. */
  readonly key: string
  readonly value: RestingState | 'destroyed'
  /** Of the definition's `stages`; 0 in the lobby. */
  readonly stageIndex: number
  /** Of the stage that is played; `undefined` in the lobby and after the last stage. */
  readonly counts: CountsMet | undefined
  readonly members: number
  readonly armed: readonly TimerName[]
  /** The instance that stands for them all; no time has passed for it since it was registered, where that can be. */
  readonly snapshot: InstanceSnapshot
}

/** Whether the clear conditions hold; `lost`: not any more, because a count went beyond what they allow. */
export type CountsMet = 'unmet' | 'met' | 'lost'

export interface ExploredTransition {
  /** Key of a state. */
  readonly from: string
  /** Key of a state; `from` where nothing that matters changed. */
  readonly to: string
  readonly step: PathStep
  /** STAGE_ADVANCE before the stage is cleared: an operator's or a script's override. */
  readonly isForced: boolean
}

export interface End {
  /** `left`: nobody is in any more, and the quest was neither completed nor failed. */
  readonly kind: 'completed' | 'failed' | 'left'
  /** Set where the kind is `failed`. */
  readonly reason?: FailReason
  /** What ended it: a command, or `timer.<name>`. */
  readonly through: PartyQuestEvent['type']
  /** From the first REGISTER on, in the fewest operations; commands are preferred to timers. */
  readonly path: readonly PathStep[]
}

/** One operation. */
export interface PathStep {
  /** `now` in epoch milliseconds of an imagined clock, from LIFE_BEGINS_MS on. The first of a path is a REGISTER. */
  readonly event: PartyQuestEvent
  /** How long nothing happened before it, in milliseconds: 0 for commands, for a timer until its deadline. */
  readonly afterMs: number
  /** `undefined`: the REGISTER that makes the instance. */
  readonly before: ExploredState | undefined
  readonly after: ExploredState
  readonly messages: readonly Message[]
  /** Set: nothing changed. */
  readonly refusal: Refusal | undefined
}
