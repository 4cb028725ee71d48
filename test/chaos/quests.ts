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

/** Where the game tells of what happens; nobody else of the load plays there. */
export const HUNT_WORLD = 9
export const HUNT_MAPS = [400, 401] as const
export const FRIENDLY = 9300061
export const FOE = 9300002
export const KILLS_TO_CLEAR = 5
/** No command comes before all is told of its monsters. */
export const HUNT: OracleQuest = {
  questId: 'hunt_pq',
  ...{ name: 'The Hunt' },
  registration: { type: 'individual', mode: 'instant', mapId: 0 },
  exit: 904,
  stages: [
    {
      ...lone('The Clearing'),
      mapIds: HUNT_MAPS,
      clearConditions: [{ type: 'monster_kill', operator: '=', value: KILLS_TO_CLEAR, referenceId: FOE }],
      properties: {
        countKills: true,
        friendlyMonster: {
          monsterId: FRIENDLY,
          spawnMessage: 'It has come.',
          onDamaged: { hitInterval: 2, message: 'It is hurt.' },
          onDrop: { messageTemplate: 'That makes {count}.' },
          onKilled: { message: 'It has fallen.' },
        },
      },
    },
  ],
}

/** Until its one guest logs out, or goes to another channel. */
export const VISIT: OracleQuest = {
  questId: 'visit_pq',
  ...{ name: 'The Visit' },
  registration: { type: 'individual', mode: 'instant', mapId: 0 },
  exit: 905,
  stages: [{ ...lone('The Parlour'), mapIds: [500] }],
}

/** Those of the load, whose commands come in any number. */
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
