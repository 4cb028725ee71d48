/**
 * What a quest definition looks like once it is parsed: defaults filled in, stages sorted by index, frozen.
 * Only types: the schema that makes them is in definitions/, and what they mean to an instance is in machines/.
 * Durations are whole seconds, 0 = none. Maps, items, monsters and counts are uint32.
 */
import type { QuestId } from './ids.ts'

export interface QuestDefinition {
  readonly questId: QuestId
  readonly name: string
  /** Kept, not enforced: every instance plays in field instances of its own. */
  readonly fieldLock: FieldLock
  /** Limit of the whole quest, counted from START. */
  readonly duration: number
  readonly registration: Registration
  readonly startRequirements: readonly Requirement[]
  readonly failRequirements: readonly Requirement[]
  /** Kept as they came, not interpreted. */
  readonly startEvents: readonly unknown[]
  /** The map for everybody who leaves. */
  readonly exit: number
  readonly bonus?: Bonus
  /** `stages[i].index` is i. Empty: the quest cannot be registered for. */
  readonly stages: readonly Stage[]
  readonly rewards: readonly Reward[]
  /** Absent: as the deployment's `ADVANCE` says. */
  readonly advance?: Advance
}

export type FieldLock = 'none' | 'channel' | 'instance'
export type Advance = 'command' | 'automatic'

export interface Registration {
  readonly type: 'party' | 'individual'
  readonly mode: 'instant' | 'timed'
  /** Above 0 where the mode is `timed`. */
  readonly duration: number
  /** Where an individual must stand to register; 0 = anywhere. */
  readonly mapId: number
  readonly affinity: 'none' | 'guild' | 'party'
}

export interface Requirement {
  readonly type: 'party_size' | 'level_min' | 'level_max'
  readonly operator: 'eq' | 'gte' | 'lte' | 'gt' | 'lt'
  readonly value: number
}

export interface Bonus {
  readonly mapId: number
  /** 0: the deployment's `BONUS_LIMIT_SECONDS`. */
  readonly duration: number
  readonly entry: 'auto' | 'manual'
  /** Where a manual bonus is waited for; absent: where the last stage left them. */
  readonly completionMapId?: number
  readonly properties: Properties
}

export interface Stage {
  readonly index: number
  readonly name: string
  /** At least one; the first is where characters are sent. */
  readonly mapIds: readonly [number, ...number[]]
  readonly type: StageType
  readonly duration: number
  readonly onTimeout: 'advance' | 'fail'
  /** None: always met. */
  readonly clearConditions: readonly ClearCondition[]
  readonly clearActions: readonly string[]
  readonly rewards: readonly Reward[]
  /** `none`: who leaves this stage for the next stays where he is. */
  readonly warpType: 'all' | 'none'
  readonly properties: Properties
}

export type StageType =
  | 'item_collection'
  | 'monster_killing'
  | 'combination_puzzle'
  | 'reactor_trigger'
  | 'warp_puzzle'
  | 'sequence_memory_game'
  | 'boss'

export interface ClearCondition {
  readonly type: 'item' | 'item_count' | 'monster_kill' | 'custom_data'
  readonly operator: '>=' | '<=' | '=' | '>' | '<'
  readonly value: number
  /** The item or monster that is counted; 0 where the type is `custom_data`. */
  readonly referenceId: number
  /** The number that is read where the type is `custom_data`; else empty or of no meaning. */
  readonly referenceKey: string
}

export interface Reward {
  readonly type: 'experience' | 'item' | 'random_item'
  readonly amount: number
  /** Not empty for `item` and `random_item`. */
  readonly items: readonly RewardItem[]
}

export interface RewardItem {
  readonly templateId: number
  /** Relative to the others of the list. */
  readonly weight: number
  readonly quantity: number
}

/** What scripts and later versions read; kept as it came. */
export type Properties = Readonly<Record<string, unknown>>
