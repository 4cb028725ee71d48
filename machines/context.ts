/**
 * What an instance knows. Three groups, because an `assign` copies only the group that it changes:
 * who it is (never changes), its run, and the stage being played. `rules` is what it plays by; the definition
 * is kept by reference and stored once per definition, not once per instance.
 */
import type { QuestDefinition, Stage } from '../src/contract/definition.ts'
import type { CharacterId } from '../src/contract/ids.ts'
import type { InstanceIdentity } from '../src/contract/messages.ts'
import type { Deadlines } from './deadlines.ts'

export interface PartyQuestContext {
  readonly identity: InstanceIdentity
  readonly rules: Rules
  readonly run: Run
  readonly stage: StageState
}

export interface Rules {
  /** The definition that the instance was created with; it keeps it until it ends. */
  readonly definition: QuestDefinition
  /** What a cleared stage does, as it held when the instance was created. */
  readonly advance: 'command' | 'automatic'
  readonly requirements: 'enforce' | 'warn'
  /** 0 = never. */
  readonly lobbyLimitSeconds: number
  /** For a bonus without a duration of its own; 0 = never. */
  readonly bonusLimitSeconds: number
}

/** What a deployment decides: REQUIREMENTS, ADVANCE, LOBBY_LIMIT_SECONDS, BONUS_LIMIT_SECONDS. */
export type RuleSettings = Omit<Rules, 'definition'>

/** What a cleared stage does in an instance that is born now: the definition decides, else the deployment. */
export function advanceOf({ advance }: QuestDefinition, settings: Pick<RuleSettings, 'advance'>): Rules['advance'] {
  return advance ?? settings.advance
}

/** The rules of an instance that is born now. */
export function rulesOf(definition: QuestDefinition, settings: RuleSettings): Rules {
  return { ...settings, definition, advance: advanceOf(definition, settings) }
}

export interface PartyMember {
  readonly characterId: CharacterId
  /** Known where the party service gave it. */
  readonly level?: number
}

export interface Run {
  /** In the order in which they registered. */
  readonly members: readonly PartyMember[]
  /** Index into the definition's stages. */
  readonly stageIndex: number
  /** Epoch milliseconds. */
  readonly registeredAt: number
  /** Epoch milliseconds; 0 before START. */
  readonly startedAt: number
  readonly deadlines: Deadlines
}

export interface StageState {
  /** Epoch milliseconds. */
  readonly startedAt: number
  /** Clear attempts whose conditions did not hold. */
  readonly attempts: number
  readonly items: Counts
  readonly kills: Counts
  readonly data: Texts
}

/** Keys carry a prefix (`i4001008`): V8 copies objects with integer-like keys ten times slower. */
export type Counts = Readonly<Record<string, number>>

/** Custom data as it came, under prefixed keys too: so no key of a sender is ever one of a prototype. */
export type Texts = Readonly<Record<string, string>>

export const ITEM_PREFIX = 'i'
export const KILL_PREFIX = 'm'
export const DATA_PREFIX = 'd'

/** Shared by all stages in which nothing was counted yet: counting copies. */
export const NOTHING: Readonly<Record<string, never>> = {}

export function freshStage(now: number): StageState {
  return { startedAt: now, attempts: 0, items: NOTHING, kills: NOTHING, data: NOTHING }
}

/** Before START there is no stage, and nobody has been warped anywhere. */
export function hasStarted({ run }: PartyQuestContext): boolean {
  return run.startedAt > 0
}

export function currentStage({ rules, run }: PartyQuestContext): Stage {
  const stage = rules.definition.stages[run.stageIndex]
  if (stage === undefined) throw new RangeError(`${rules.definition.questId} has no stage ${run.stageIndex}`)
  return stage
}
