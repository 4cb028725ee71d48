/**
 * A party that plays a quest: given the definition, what it knows so far and the last status event of its instance,
 * which commands come next. Pure: it sends nothing, waits for nothing and rolls no dice; whoever uses it (demo, tests,
 * benchmark) sends the commands in order, keyed by `commandKey`, and hands it the events.
 */
import { advanceOf } from '../../machines/context.ts'
import type { Advance, ClearCondition, QuestDefinition, Requirement, Stage } from '../contract/definition.ts'
import type { StatusEvent } from '../contract/message-schemas.ts'
import type { CommandValue } from './command-value.ts'

/** Who plays, and how. */
export interface PartyPlan {
  readonly worldId: number
  /** Where nobody else plays this quest: individual registrations of one channel meet in one lobby. */
  readonly channelId: number
  /** Above 0; not used where individuals register. */
  readonly partyId: number
  /** As many as `partySizeFor` says: an instant quest starts without those who come later. The first one leads. */
  readonly characters: readonly number[]
  /** The deployment's ADVANCE, for a definition that does not say. */
  readonly advance: Advance
  /** How many UPDATE_STAGE_STATE a stage's counts are spread over, at most; each comes from another character. */
  readonly updatesPerStageMax: number
  /** The stage in whose beginning the party gives up; absent: it plays to the end. */
  readonly forfeitAtStage?: number
}

export interface PlayerState {
  readonly plan: PartyPlan
  /** Known from INSTANCE_CREATED on. */
  readonly instanceId?: string
  readonly registered: number
  /** `completed` and `failed` still wait for INSTANCE_DESTROYED, which is what `over` has seen. */
  readonly phase: 'registering' | 'playing' | 'completed' | 'failed' | 'over'
  /** Whether COMPLETED was seen. */
  readonly won: boolean
}

export interface PlayerMove {
  readonly state: PlayerState
  readonly commands: readonly CommandValue[]
}

const PARTY_SIZE_MAX = 30
const UINT32_MAX = 4_294_967_295

/** The smallest party that may start the quest as far as its size goes; `undefined` where none of up to 30 may. */
export function partySizeFor(definition: QuestDefinition): number | undefined {
  for (let size = 1; size <= PARTY_SIZE_MAX; size++) {
    if (definition.startRequirements.every(requirement => sizeSuits(requirement, size))) return size
  }
  return undefined
}

/** The party comes to the door: its leader registers. The others follow when the instance has a name. */
export function beginPlaying(definition: QuestDefinition, plan: PartyPlan): PlayerMove {
  const state: PlayerState = { plan, registered: 1, phase: 'registering', won: false }
  return { state, commands: [register(definition, plan, leaderOf(plan))] }
}

/**
 * What the party does about an event. Events of other instances change nothing, so all of a topic may be given;
 * until it knows its instance, an INSTANCE_CREATED for its quest, world, channel and party is taken for its own.
 */
export function nextCommands(definition: QuestDefinition, state: PlayerState, event: StatusEvent): PlayerMove {
  if (!isOurs(definition, state, event)) return { state, commands: [] }
  const { plan } = state
  const leader = leaderOf(plan)
  switch (event.type) {
    case 'INSTANCE_CREATED': {
      const created: PlayerState = { ...state, instanceId: event.instanceId }
      const followers = plan.characters.slice(1).map(character => register(definition, plan, character))
      return { state: created, commands: [...followers, ...startWhenFull(definition, created)] }
    }
    case 'CHARACTER_REGISTERED': {
      const joined: PlayerState = { ...state, registered: state.registered + 1 }
      return { state: joined, commands: startWhenFull(definition, joined) }
    }
    case 'REGISTRATION_OPENED':
    case 'CHARACTER_LEFT':
      return { state, commands: [] }
    case 'STARTED':
    case 'STAGE_ADVANCED':
      return {
        state: { ...state, phase: 'playing' },
        commands: playStage(definition, plan, event.instanceId, event.body.stageIndex),
      }
    case 'STAGE_CLEARED': {
      const advances = advanceOf(definition, plan) === 'command'
      return { state, commands: advances ? [instanceCommand('STAGE_ADVANCE', plan, leader, event.instanceId)] : [] }
    }
    case 'COMPLETED': {
      const completed: PlayerState = { ...state, phase: 'completed', won: true }
      const enters = definition.bonus?.entry === 'manual'
      return {
        state: completed,
        commands: enters ? [instanceCommand('ENTER_BONUS', plan, leader, event.instanceId)] : [],
      }
    }
    // Nobody waits for the end of a bonus here: FORFEIT leaves it, and cannot fail a completed quest.
    case 'BONUS_ENTERED':
      return { state, commands: [instanceCommand('FORFEIT', plan, leader, event.instanceId)] }
    case 'FAILED':
      return { state: { ...state, phase: 'failed' }, commands: [] }
    case 'INSTANCE_DESTROYED':
      return { state: { ...state, phase: 'over' }, commands: [] }
  }
}

function isOurs(definition: QuestDefinition, { instanceId, plan }: PlayerState, event: StatusEvent): boolean {
  if (instanceId !== undefined) return event.instanceId === instanceId
  return (
    event.type === 'INSTANCE_CREATED' &&
    event.questId === definition.questId &&
    event.worldId === plan.worldId &&
    event.body.channelId === plan.channelId &&
    event.body.partyId === partyIdOf(definition, plan)
  )
}

/** An instant quest starts by itself; a timed one need not wait for its timer when all are there. */
function startWhenFull(definition: QuestDefinition, { plan, registered, instanceId }: PlayerState): CommandValue[] {
  const waits = definition.registration.mode === 'timed' && registered === plan.characters.length
  return waits && instanceId !== undefined ? [instanceCommand('START', plan, leaderOf(plan), instanceId)] : []
}

/** Gathers what the stage asks for and tries to clear it; where no gathering can do that, moves on by override. */
function playStage(definition: QuestDefinition, plan: PartyPlan, instanceId: string, index: number): CommandValue[] {
  const leader = leaderOf(plan)
  const stage = definition.stages[index]
  if (plan.forfeitAtStage === index) return [instanceCommand('FORFEIT', plan, leader, instanceId)]
  const wanted = stage && countsFor(stage)
  if (wanted === undefined) return [instanceCommand('STAGE_ADVANCE', plan, leader, instanceId)]
  return [
    ...gather(plan, instanceId, wanted),
    ...script(plan, instanceId, wanted),
    instanceCommand('STAGE_CLEAR_ATTEMPT', plan, leader, instanceId),
  ]
}

interface Counts {
  readonly items: ReadonlyMap<number, number>
  readonly kills: ReadonlyMap<number, number>
  /** What a script would set. */
  readonly data: ReadonlyMap<string, number>
}

/** The least that meets all conditions of the stage; `undefined`: no counting from 0 up does. */
export function countsFor(stage: Stage): Counts | undefined {
  const items = new Map<number, number>()
  const kills = new Map<number, number>()
  const data = new Map<string, number>()
  for (const condition of stage.clearConditions) {
    const { type, referenceId, referenceKey } = condition
    const least = leastFor(condition)
    if (least === 0) continue
    if (type === 'custom_data') data.set(referenceKey, Math.max(data.get(referenceKey) ?? 0, least))
    else {
      const counts = type === 'monster_kill' ? kills : items
      counts.set(referenceId, Math.max(counts.get(referenceId) ?? 0, least))
    }
  }
  const countOf = ({ type, referenceId, referenceKey }: ClearCondition) =>
    (type === 'custom_data' ? data.get(referenceKey) : (type === 'monster_kill' ? kills : items).get(referenceId)) ?? 0
  const met = stage.clearConditions.every(condition => {
    const count = countOf(condition)
    return (count <= UINT32_MAX || condition.type === 'custom_data') && holds(condition, count)
  })
  return met ? { items, kills, data } : undefined
}

function leastFor({ operator, value }: ClearCondition): number {
  if (operator === '>') return value + 1
  return operator === '>=' || operator === '=' ? value : 0
}

function holds({ operator, value }: ClearCondition, count: number): boolean {
  switch (operator) {
    case '>=':
      return count >= value
    case '<=':
      return count <= value
    case '=':
      return count === value
    case '>':
      return count > value
    case '<':
      return count < value
  }
}

/** Everybody brings a share of each count; the shares add up to it exactly. */
function gather(plan: PartyPlan, instanceId: string, { items, kills }: Counts): CommandValue[] {
  const most = Math.max(0, ...items.values(), ...kills.values())
  const updates = Math.min(plan.updatesPerStageMax, most)
  return Array.from({ length: updates }, (_, turn) => ({
    worldId: plan.worldId,
    characterId: plan.characters[turn % plan.characters.length] ?? leaderOf(plan),
    type: 'UPDATE_STAGE_STATE' as const,
    body: { instanceId, itemCounts: share(items, turn, updates), monsterKills: share(kills, turn, updates) },
  }))
}

/** What the stage's script would say. */
function script(plan: PartyPlan, instanceId: string, { data }: Counts): CommandValue[] {
  if (data.size === 0) return []
  const updates = Object.fromEntries([...data].map(([key, count]) => [key, String(count)]))
  const body = { instanceId, updates, increments: [] }
  return [{ worldId: plan.worldId, characterId: leaderOf(plan), type: 'UPDATE_CUSTOM_DATA', body }]
}

function share(counts: ReadonlyMap<number, number>, turn: number, turns: number): Record<string, number> {
  const shares = [...counts].map(([id, count]) => {
    const upTo = (turns_: number) => Math.floor((count * turns_) / turns)
    return [String(id), upTo(turn + 1) - upTo(turn)] as const
  })
  return Object.fromEntries(shares.filter(([, count]) => count > 0))
}

function register(definition: QuestDefinition, plan: PartyPlan, characterId: number): CommandValue {
  const { questId, registration } = definition
  const partyId = partyIdOf(definition, plan)
  const { worldId, channelId } = plan
  return {
    worldId,
    characterId,
    type: 'REGISTER',
    body: { questId, partyId, channelId, mapId: registration.mapId },
  }
}

function instanceCommand(
  type: 'START' | 'STAGE_CLEAR_ATTEMPT' | 'STAGE_ADVANCE' | 'ENTER_BONUS' | 'FORFEIT',
  { worldId }: PartyPlan,
  characterId: number,
  instanceId: string,
): CommandValue {
  return { worldId, characterId, type, body: { instanceId } }
}

function partyIdOf({ registration }: QuestDefinition, { partyId }: PartyPlan): number {
  return registration.type === 'party' ? partyId : 0
}

function leaderOf({ characters }: PartyPlan): number {
  const [leader] = characters
  if (leader === undefined) throw new RangeError('a party plan without characters: give it at least one')
  return leader
}

/** Levels are not the player's to choose. */
function sizeSuits({ type, operator, value }: Requirement, size: number): boolean {
  if (type !== 'party_size') return true
  switch (operator) {
    case 'eq':
      return size === value
    case 'gte':
      return size >= value
    case 'lte':
      return size <= value
    case 'gt':
      return size > value
    case 'lt':
      return size < value
  }
}
