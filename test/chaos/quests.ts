/**
 * The quests that are played under chaos. No limit of theirs can pass while a command of theirs is still under way,
 * however long that takes, but for one quest that is left alone until its time is up. Exact counts, as everywhere in a
 * load: a command that was lost or counted twice changes everything behind it.
 */
import { LOAD_QUESTS } from '../integrity/load-quests.ts'
import type { OracleQuest } from '../support/oracle.ts'

/** Commands to an instance stop at the end of its script; its timer ends it then. Seconds. */
const ALARM_SECONDS = 3
const DAY_SECONDS = 86_400

/** Nobody comes back: its time is up after three seconds, whoever runs it then. */
const ALARM: OracleQuest = {
  questId: 'alarm_pq',
  ...{ name: 'The Alarm' },
  registration: { type: 'individual', mode: 'instant', mapId: 0 },
  exit: 903,
  stages: [{ ...lone('The Cell'), mapIds: [300], duration: ALARM_SECONDS, onTimeout: 'fail' }],
}

export const CHAOS_QUESTS: readonly OracleQuest[] = [...LOAD_QUESTS.map(withoutHurry), ALARM]

/** The bonus waits for ever (BONUS_LIMIT_SECONDS=0), and so do lobbies; a manual one would end after two minutes. */
function withoutHurry(quest: OracleQuest): OracleQuest {
  const { registration, bonus } = quest
  return {
    ...quest,
    registration: registration.mode === 'timed' ? { ...registration, duration: DAY_SECONDS } : registration,
    ...(bonus === undefined ? {} : { bonus: { ...bonus, entry: 'auto' } }),
  }
}

function lone(name: string) {
  return { index: 0, name, type: 'boss' }
}
