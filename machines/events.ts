/**
 * What an instance can be told, and what it tells whoever steps it. Only types. Every event carries `now`; one that
 * concerns nobody in the instance, or no monster of the stage, is not taken and changes nothing.
 */
import type { Effect } from '../src/contract/effects.ts'
import type { CharacterId } from '../src/contract/ids.ts'
import type { InstanceIdentity, LeaveReason, Message } from '../src/contract/messages.ts'
import type { Refusal } from '../src/contract/refusal.ts'
import type { PartyMember, Rules } from './context.ts'
import type { TimerName } from './deadlines.ts'

export interface PartyQuestInput {
  readonly identity: InstanceIdentity
  readonly rules: Rules
  readonly members: readonly PartyMember[]
  readonly now: number
}

/** `now` in epoch milliseconds. */
type At<Event> = Event & { readonly now: number }

export type PartyQuestCommand =
  | At<{ type: 'REGISTER'; member: PartyMember }>
  | At<{ type: 'START' }>
  | At<{
      type: 'UPDATE_STAGE_STATE'
      itemCounts: ReadonlyMap<number, number>
      monsterKills: ReadonlyMap<number, number>
    }>
  | At<{ type: 'UPDATE_CUSTOM_DATA'; updates: ReadonlyMap<string, string>; increments: readonly string[] }>
  | At<{ type: 'STAGE_CLEAR_ATTEMPT' }>
  | At<{ type: 'STAGE_ADVANCE' }>
  | At<{ type: 'ENTER_BONUS' }>
  | At<{ type: 'BROADCAST_MESSAGE'; messageType: string; message: string }>
  /** By his own command, or (`disconnect`) because the game says that he is gone. */
  | At<{ type: 'LEAVE'; characterId: CharacterId; reason: LeaveReason }>
  | At<{ type: 'FORFEIT' }>

/** What happened to a monster on a map of the instance. `itemCount` is what it dropped; of the others 0. */
export type MonsterHappening = At<{
  type: 'monster.damaged' | 'monster.killed' | 'monster.drop'
  mapId: number
  monsterId: number
  itemCount: number
}>

export type PartyQuestEvent = PartyQuestCommand | MonsterHappening | At<{ type: `timer.${TimerName}` }>

export type PartyQuestEmitted =
  | { readonly type: 'messages'; readonly messages: readonly Message[] }
  /** For other services, after the commit. */
  | { readonly type: 'effects'; readonly effects: readonly Effect[] }
  | { readonly type: 'refused'; readonly refusal: Refusal }
