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
  const absent = [
    ...(isTimed ? ['timer.lobby'] : ['timer.registration']),
    ...(isLimited(quest.duration) ? [] : ['timer.quest']),
    ...(timed.length > 0 ? [] : ['timer.stage']),
    ...(bonus.entry === 'auto' ? ['timer.completion'] : []),
  ]
  const guards: Record<string, boolean> = {
    advancesAutomatically: advance === 'automatic',
    hasNoBonus: quest.bonus === undefined || quest.bonus === null,
    bonusIsAutomatic: bonus.entry === 'auto',
    ...(isTimed ? { startsByItself: false } : {}),
    ...(timed.every(({ onTimeout }) => onTimeout !== 'fail') ? { stageTimerDueAndFails: false } : {}),
    ...(timed.length > 0 && timed.every(({ onTimeout }) => onTimeout === 'fail')
      ? { stageTimerDueAndFails: true }
      : {}),
  }
  return { guards, absent }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
