/**
 * The quests of a load. Their conditions ask for exact counts, so an UPDATE_STAGE_STATE that was lost or counted twice
 * keeps a stage from clearing, and everything that comes after it is another.
 */
import type { OracleQuest } from '../support/oracle.ts'

export const ITEM = 4001008
export const MONSTER = 9300002

function exactly(items: number, kills: number) {
  return [
    { type: 'item', operator: '=', value: items, referenceId: ITEM },
    { type: 'monster_kill', operator: '=', value: kills, referenceId: MONSTER },
  ]
}

function stage(index: number, items: number, kills: number, warpType = 'all') {
  const base = 100 + 10 * index
  return {
    ...{ index, name: `Floor ${index}`, type: 'item_collection', mapIds: [base, base + 1], warpType },
    clearConditions: exactly(items, kills),
  }
}

/** Two start it by coming; each stage is left by command. */
const LEDGER: OracleQuest = {
  questId: 'ledger_pq',
  ...{ name: 'The Ledger' },
  registration: { type: 'party', mode: 'instant' },
  startRequirements: [{ type: 'party_size', operator: 'gte', value: 2 }],
  exit: 900,
  stages: [stage(0, 7, 3), stage(1, 5, 0, 'none'), stage(2, 9, 4)],
}

/** Three wait for START, stages follow one another by themselves, and a bonus waits at the end. */
const CONVOY: OracleQuest = {
  questId: 'convoy_pq',
  ...{ name: 'The Convoy' },
  registration: { type: 'party', mode: 'timed', duration: 3000 },
  startRequirements: [{ type: 'party_size', operator: 'eq', value: 3 }],
  exit: 901,
  bonus: { mapId: 950, entry: 'auto' },
  stages: [stage(0, 4, 4), stage(1, 8, 2)],
  advance: 'automatic',
}

/** One alone, at once. */
const ERRAND: OracleQuest = {
  questId: 'errand_pq',
  ...{ name: 'The Errand' },
  registration: { type: 'individual', mode: 'instant', mapId: 500 },
  exit: 902,
  bonus: { mapId: 960, entry: 'manual', completionMapId: 961 },
  stages: [stage(0, 6, 1), stage(1, 3, 3)],
}

export const LOAD_QUESTS: readonly OracleQuest[] = [LEDGER, CONVOY, ERRAND]

/** How many it takes to play. */
export function partySize({ startRequirements = [] }: OracleQuest): number {
  return startRequirements.find(({ type }) => type === 'party_size')?.value ?? 1
}
