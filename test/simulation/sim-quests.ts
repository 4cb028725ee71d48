/** The quests of a simulated world: every way to register, short timers, and conditions that ask for exact counts. */
import type { CompiledDefinition } from '../../src/definitions/catalogue.ts'
import { quest, stage } from '../support/definitions.ts'

export const ITEM = 4001008
export const MONSTER = 9300002
export const SOLO_MAP = 500
/** A monster to be looked after. */
export const FRIEND = 9300061

const exactly = (items: number, kills: number) => [
  { type: 'item', operator: '=', value: items, referenceId: ITEM },
  { type: 'monster_kill', operator: '>=', value: kills, referenceId: MONSTER },
]

export const SIM_QUESTS: readonly CompiledDefinition[] = [
  // Two begin at once; every stage is left by command.
  quest({
    questId: 'pair',
    failRequirements: [{ type: 'party_size', operator: 'lt', value: 2 }],
    stages: [
      stage(0, { clearConditions: exactly(3, 1), properties: { countKills: true } }),
      stage(1, {
        warpType: 'none',
        properties: {
          friendlyMonster: {
            ...{ monsterId: FRIEND, x: 1, y: 2, fh: 3, spawnMessage: 'Look after it.' },
            onDamaged: { hitInterval: 2, message: 'It is hurt.' },
            onDrop: { messageTemplate: 'It made {count}.' },
            onKilled: { action: 'fail', message: 'It is gone.' },
          },
        },
      }),
      stage(2, { properties: { weather: { itemId: 5120016, message: 'It rains.', duration: 5 } } }),
    ],
  }),
  // The lobby closes by itself, stages by their clocks, and the quest by its own.
  quest({
    questId: 'race',
    registration: { type: 'party', mode: 'timed', duration: 4 },
    startRequirements: [{ type: 'party_size', operator: 'gte', value: 1 }],
    duration: 25,
    stages: [
      stage(0, { duration: 3 }),
      stage(1, { duration: 6, onTimeout: 'fail', clearConditions: exactly(1, 0) }),
      stage(2),
    ],
    bonus: { mapId: 950, duration: 5, entry: 'auto' },
  }),
  // One alone, at once, and a bonus that nobody enters.
  quest({
    questId: 'errand',
    registration: { type: 'individual', mode: 'instant', mapId: SOLO_MAP },
    startRequirements: [],
    stages: [stage(0, { clearConditions: exactly(2, 0) }), stage(1, { duration: 8 })],
    bonus: { mapId: 960, entry: 'manual', completionMapId: 961 },
    advance: 'automatic',
  }),
  // Strangers of one guild wait for START, or in vain.
  quest({
    questId: 'guild',
    registration: { type: 'individual', mode: 'instant', affinity: 'guild' },
    startRequirements: [{ type: 'party_size', operator: 'eq', value: 3 }],
    duration: 15,
    stages: [stage(0)],
  }),
  quest({ questId: 'hollow', stages: [] }),
]
