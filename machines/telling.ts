/**
 * What an instance says in each situation, as lists of messages and effects in their order: the words of the machine.
 * Pure functions of the context; when which of them is said is the machine's business.
 */
import type { Reward, Stage } from '../src/contract/definition.ts'
import type { Effect } from '../src/contract/effects.ts'
import { type CharacterId, NIL_INSTANCE } from '../src/contract/ids.ts'
import type { LeaveReason, Message } from '../src/contract/messages.ts'
import { friendlyMonsterOf, weatherOf } from '../src/contract/stage-features.ts'
import { currentStage, hasStarted, type PartyQuestContext } from './context.ts'

type Context = PartyQuestContext

export function warp({ identity, run }: Context, mapId: number, instance = identity.instanceId): Message[] {
  return run.members.map(({ characterId }) => ({ type: 'CHANGE_MAP', characterId, mapId, instance }))
}

/** Where the map is 0, everybody stays where he is. */
export function warpUnlessZero(context: Context, mapId: number): Message[] {
  return mapId === 0 ? [] : warp(context, mapId)
}

export function toEach({ run }: Context, messageType: string, message: string): Message[] {
  return run.members.map(({ characterId }) => ({ type: 'SEND_MESSAGE', characterId, messageType, message }))
}

/** Only experience can be given: the ecosystem has no command for items. */
function awarded({ run }: Context, rewards: readonly Reward[]): Message[] {
  return rewards
    .filter(({ type, amount }) => type === 'experience' && amount > 0)
    .flatMap(({ amount }) =>
      run.members.map(({ characterId }): Message => ({ type: 'AWARD_EXPERIENCE', characterId, amount })),
    )
}

export function stageCleared(context: Context): Message[] {
  const { mapIds, rewards } = currentStage(context)
  return [...awarded(context, rewards), { type: 'STAGE_CLEARED', stageIndex: context.run.stageIndex, mapIds }]
}

export function questCompleted(context: Context): Message[] {
  return [...awarded(context, context.rules.definition.rewards), { type: 'COMPLETED' }]
}

/** Of a stage that begins: its weather, then what is said of its friendly monster. */
export function stageShown(context: Context): Message[] {
  const stage = currentStage(context)
  const weather = weatherOf(stage)
  const spawnMessage = friendlyMonsterOf(stage)?.spawnMessage
  const shown: Message[] = []
  if (weather !== undefined) {
    const { itemId, message, duration } = weather
    shown.push({ type: 'WEATHER_START', mapId: stage.mapIds[0], itemId, message, durationMs: duration * 1000 })
  }
  return spawnMessage === undefined ? shown : [...shown, ...toEach(context, 'PINK_TEXT', spawnMessage)]
}

/** Of one who has left: from a lobby he has nowhere to go, and who disconnected has been moved already. */
export function memberLeft(context: Context, characterId: CharacterId, reason: LeaveReason): Message[] {
  const left: Message = { type: 'CHARACTER_LEFT', characterId, reason }
  if (reason === 'disconnect' || !hasStarted(context)) return [left]
  const { exit: mapId } = context.rules.definition
  return [{ type: 'CHANGE_MAP', characterId, mapId, instance: NIL_INSTANCE }, left]
}

/** From the maps of the stage that the quest ends in; a lobby has none. */
export function reactorsGone(context: Context): Message[] {
  if (!hasStarted(context)) return []
  return mapsOf(currentStage(context)).map(mapId => ({ type: 'DESTROY_IN_FIELD', mapId }))
}

/** From the maps of the stage; a lobby has none. */
export function monstersGone(context: Context): Effect[] {
  if (!hasStarted(context)) return []
  return mapsOf(currentStage(context)).map(mapId => ({ kind: 'destroyMonsters', mapId }))
}

/** Of a stage that begins. */
export function friendlyMonsterSpawned(context: Context): Effect[] {
  const stage = currentStage(context)
  const friendly = friendlyMonsterOf(stage)
  if (friendly === undefined) return []
  const { monsterId, x, y, fh } = friendly
  return [{ kind: 'spawnMonster', mapId: stage.mapIds[0], monsterId, x, y, fh }]
}

/** Each once, in their order. */
function mapsOf({ mapIds }: Stage): number[] {
  return [...new Set(mapIds)]
}
