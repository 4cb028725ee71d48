/**
 * What a quest's definition settles before it is played: guards of our machine whose answer never changes, and timers
 * that are never armed. What it does not know it leaves open; a chart then shows more than can happen, never less.
 */
import type { Facts } from './graph.ts'

/** Of a definition as JSON; whatever is not as expected is left open. */
export function questFacts(quest: Readonly<Record<string, unknown>>, advance: 'command' | 'automatic'): Facts {
  const registration = objectOf(quest.registration)
  const isTimed = registration.mode === 'timed'
  const stages = Array.isArray(quest.stages) ? quest.stages.map(objectOf) : []
  const bonus = objectOf(quest.bonus)
  const isLimited = (seconds: unknown) => typeof seconds !== 'number' || seconds > 0
  const timed = stages.filter(({ duration }) => isLimited(duration))
  const features = stages.map(({ properties }) => objectOf(properties))
  const friends = features.map(({ friendlyMonster }) => friendlyMonster).filter(friend => friend !== undefined)
  const hasFriend = friends.length > 0
  const isDear = friends.some(friend => objectOf(objectOf(friend).onKilled).action === 'fail')
  const countsKills = features.some(properties => properties.countKills === true)
  const absent = [
    ...(isTimed ? ['timer.lobby'] : ['timer.registration']),
    ...(isLimited(quest.duration) ? [] : ['timer.quest']),
    ...(timed.length > 0 ? [] : ['timer.stage']),
    ...(bonus.entry === 'auto' ? ['timer.completion'] : []),
    ...(bonus.entry === 'manual' ? [] : ['ENTER_BONUS']),
    ...(hasFriend ? [] : ['monster.damaged', 'monster.drop']),
    ...(hasFriend || countsKills ? [] : ['monster.killed']),
  ]
  const guards: Record<string, boolean> = {
    advancesAutomatically: advance === 'automatic',
    hasNoBonus: quest.bonus === undefined || quest.bonus === null,
    bonusIsAutomatic: bonus.entry === 'auto',
    ...(isTimed ? { startsByItself: false } : {}),
    ...(hasFriend ? {} : { isFriendlyMonster: false }),
    ...(isDear ? {} : { isFriendlyMonsterToKeepAlive: false }),
    ...(countsKills ? {} : { killCounts: false }),
    ...(isEmpty(quest.failRequirements) ? { memberLeavesAndFailRequirementHolds: false } : {}),
    ...(timed.every(({ onTimeout }) => onTimeout !== 'fail') ? { stageTimerDueAndFails: false } : {}),
    ...(timed.length > 0 && timed.every(({ onTimeout }) => onTimeout === 'fail')
      ? { stageTimerDueAndFails: true }
      : {}),
  }
  return { guards, absent }
}

function isEmpty(list: unknown): boolean {
  return list === undefined || (Array.isArray(list) && list.length === 0)
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
