/**
 * What the API asks for, and two answer it alike: `src/query/` for the shards of this replica, `src/peers/` for all
 * replicas together. Types only. Never asked for a search that was not parsed.
 */
import type { InstanceId } from '../contract/ids.ts'
import type { Search } from '../query/search.ts'
import type { DryRun, Instance, InstanceRow, InstanceSince, Shard, Silence, StageNow, State } from './documents.ts'

export interface InstancesAsked {
  readonly search: Search
  /** The id after which the page begins; undefined: the first page. In the order of the ids. */
  readonly after: string | undefined
  /** Rows at most, 1 to PAGE_SIZE_MAX. */
  readonly size: number
  /** Absent: none of it. */
  readonly include?: readonly Included[]
}

/** What a list has beside its rows where it is asked for: of each row its stage; of all that is found its spread. */
export const INCLUDED = ['stage', 'spread'] as const
export type Included = (typeof INCLUDED)[number]

export interface Row {
  readonly id: InstanceId
  readonly row: InstanceRow
  /** Of every row, where it was asked for. */
  readonly stage?: StageNow
}

export interface InstancesFound {
  readonly rows: readonly Row[]
  /** Whether there are more behind the last row. */
  readonly hasMore: boolean
  /** Of all pages. */
  readonly total: number
  readonly states: Partial<Record<State, number>>
  /** Of all pages, where it was asked for: SPREAD_PLACES counts, by the first SPREAD_DIGITS hex digits of the ids. */
  readonly spread?: readonly number[]
  readonly silent: readonly Silence[]
}

/** An operation that whoever asks has seen: a sequence alone may be another operation's, on another replica. */
export interface JournalMark {
  readonly sequence: number
  /** Epoch milliseconds. */
  readonly at: number
}

/** `absent`: its shard runs, and has no such instance. `silent`: nobody can tell, because its owner does not. */
export type InstanceFound<Seen = Instance> =
  | { readonly kind: 'found'; readonly instance: Seen }
  | { readonly kind: 'absent' }
  | { readonly kind: 'silent'; readonly silence: Silence }

/** A command as JSON text of the contract, for an instance; it is refused or applied as the shard would do it. */
export interface DryRunAsked {
  readonly id: InstanceId
  /** The value of the record that would be sent. */
  readonly value: string
}

export type DryRunFound =
  | { readonly kind: 'ran'; readonly result: DryRun }
  | { readonly kind: 'absent' }
  | { readonly kind: 'silent'; readonly silence: Silence }

/** Live instances by state, of one `questId@hash`. */
export interface QuestCount {
  readonly definition: string
  /** The definition as it is kept with the instances, where that is known without reading one. */
  readonly quest?: { readonly questId: string; readonly name: string }
  readonly states: Partial<Record<State, number>>
}

export interface Counts {
  readonly quests: readonly QuestCount[]
  readonly silent: readonly Silence[]
}

export interface Shards {
  readonly shards: readonly Shard[]
  readonly silent: readonly Silence[]
}

export interface View {
  instances(asked: InstancesAsked, signal: AbortSignal): Promise<InstancesFound>
  instance(id: InstanceId, signal: AbortSignal): Promise<InstanceFound>
  /** What is new behind `mark`, where its owner knows that operation still; else all of it. */
  instanceSince(
    id: InstanceId,
    mark: JournalMark,
    signal: AbortSignal,
  ): Promise<InstanceFound<Instance | InstanceSince>>
  dryRun(asked: DryRunAsked, signal: AbortSignal): Promise<DryRunFound>
  counts(signal: AbortSignal): Promise<Counts>
  shards(signal: AbortSignal): Promise<Shards>
  /**
   * Calls `changed` when an operation of one of `ids` was committed, or (ids undefined) of any; at most ten times a
   * second, with the ids that changed (at most CHANGED_IDS_MAX; beyond none, and `isMore`) and of instances that began or ended.
   * Returns how to stop. One that an owner elsewhere is silent about is simply not told.
   */
  watch(ids: readonly InstanceId[] | undefined, changed: (change: Change) => void): () => void
}

export interface Change {
  readonly ids: readonly InstanceId[]
  readonly isMore: boolean
  /** Whether an instance began or ended: lists and counts are another. */
  readonly isPopulation: boolean
  /** Operations of all shards that this view sees, in the last second or so; not of `ids` alone. */
  readonly operationsPerSecond: number
}

export const PAGE_SIZE_MAX = 250
/** Ids begin with a hash, so that a page of 250 rows is somewhere in a few places even of a million instances. */
export const SPREAD_DIGITS = 3
export const SPREAD_PLACES = 16 ** SPREAD_DIGITS
/** Beyond, nobody goes by them: whoever is told so looks at all that it shows. */
export const CHANGED_IDS_MAX = 250
