/**
 * What the model is run on: every quest that ships, and small ones of our own that reach what those do not. Raw, as
 * files hold them, so that the oracle reads no more of them than an author wrote.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Deployment, ModelQuest } from './model-quest.ts'

export interface Scene {
  readonly quest: ModelQuest
  readonly deployment: Deployment
  /** How many characters register at most: 1001, 1002, … */
  readonly characters: number
}

const DEFINITIONS = fileURLToPath(new URL('../../../definitions/', import.meta.url))

const DEFAULTS: Deployment = {
  advance: 'command',
  requirements: 'enforce',
  lobbyLimitSeconds: 3600,
  bonusLimitSeconds: 1800,
}

/** As many characters as the quest asks for, by `party_size`. */
export function shippedScenes(): readonly Scene[] {
  const files = readdirSync(DEFINITIONS)
    .filter(name => name.endsWith('.json'))
    .sort()
  return files.map(file => {
    const json = JSON.parse(readFileSync(`${DEFINITIONS}${file}`, 'utf8'))
    const quest: ModelQuest = json.data?.attributes ?? json
    const sizes = (quest.startRequirements ?? []).filter(({ type }) => type === 'party_size').map(({ value }) => value)
    return { quest, deployment: DEFAULTS, characters: Math.max(1, ...sizes) }
  })
}

const INSTANT = { type: 'party', mode: 'instant' }
const timed = (duration: number) => ({ type: 'party', mode: 'timed', duration })
const party = (operator: string, value: number) => [{ type: 'party_size', operator, value }]
const item = (operator: string, value: number, referenceId = 4001008) => ({
  type: 'item',
  operator,
  value,
  referenceId,
})
const kill = (operator: string, value: number, referenceId = 9300002) => ({
  ...{ type: 'monster_kill', operator, value, referenceId },
})

function stage(index: number, overrides: object = {}) {
  return { index, name: `Floor ${index}`, mapIds: [100 + 10 * index], type: 'boss', ...overrides }
}

function scene(
  questId: string,
  characters: number,
  quest: Omit<ModelQuest, 'questId' | 'exit'>,
  deployment: Partial<Deployment> = {},
): Scene {
  const whole = { questId, name: questId, exit: 900, ...quest }
  return { quest: whole, deployment: { ...DEFAULTS, ...deployment }, characters }
}

/** A quest for each corner; the name says which. */
export function ownScenes(): readonly Scene[] {
  return [
    scene('timed_lobby_pq', 3, {
      registration: timed(60),
      startRequirements: party('gte', 2),
      stages: [stage(0, { clearConditions: [item('>=', 4)] }), stage(1)],
    }),
    scene('too_large_party_pq', 3, {
      registration: timed(60),
      startRequirements: party('lt', 3),
      stages: [stage(0)],
    }),
    scene('timeout_fails_pq', 1, {
      registration: INSTANT,
      duration: 600,
      stages: [stage(0, { duration: 30 }), stage(1, { duration: 40, onTimeout: 'fail' })],
    }),
    scene('automatic_pq', 2, {
      registration: INSTANT,
      startRequirements: party('gt', 1),
      duration: 600,
      advance: 'automatic',
      bonus: { mapId: 500, duration: 20, entry: 'auto' },
      stages: [
        stage(0, { mapIds: [100, 101, 102], warpType: 'none', clearConditions: [item('>', 2), kill('=', 3)] }),
        stage(1, { duration: 700 }),
      ],
    }),
    scene('manual_bonus_pq', 2, {
      registration: INSTANT,
      startRequirements: party('eq', 2),
      bonus: { mapId: 500, duration: 60, entry: 'manual', completionMapId: 450 },
      stages: [stage(0, { duration: 120, clearConditions: [item('<=', 2), kill('<', 5)] })],
    }),
    scene('manual_bonus_stay_pq', 1, {
      registration: INSTANT,
      bonus: { mapId: 500, entry: 'manual', completionMapId: 0 },
      stages: [stage(0, { warpType: 'none' })],
    }),
    scene(
      'short_lobby_pq',
      3,
      {
        registration: INSTANT,
        startRequirements: [...party('lte', 3), ...party('gte', 3)],
        bonus: { mapId: 0, duration: 0, entry: 'auto' },
        stages: [stage(0)],
      },
      { lobbyLimitSeconds: 30, bonusLimitSeconds: 40 },
    ),
    scene(
      'no_limit_pq',
      2,
      {
        registration: { type: 'individual', mode: 'instant' },
        startRequirements: party('gte', 2),
        bonus: { mapId: 500, duration: 0, entry: 'auto' },
        stages: [stage(0, { clearConditions: [item('=', 1)] })],
      },
      { lobbyLimitSeconds: 0, bonusLimitSeconds: 0, advance: 'automatic' },
    ),
    scene('quest_before_stage_pq', 1, {
      registration: INSTANT,
      duration: 60,
      stages: [stage(0, { duration: 60 }), stage(1, { duration: 50, onTimeout: 'fail' })],
    }),
    scene(
      'warned_pq',
      1,
      { registration: timed(45), startRequirements: party('gte', 4), stages: [stage(0)] },
      { requirements: 'warn', advance: 'automatic' },
    ),
    scene(
      'command_though_automatic_pq',
      1,
      { registration: INSTANT, advance: 'command', duration: 90, stages: [stage(0), stage(1)] },
      { advance: 'automatic' },
    ),
    scene('deserted_pq', 2, {
      registration: INSTANT,
      startRequirements: party('gte', 2),
      failRequirements: party('lt', 2),
      rewards: [{ type: 'experience', amount: 7 }],
      stages: [
        stage(0, {
          mapIds: [100, 101, 100],
          rewards: [{ type: 'experience', amount: 5 }, { type: 'experience' }],
          properties: {
            weather: { itemId: 5120016, message: 'Rain & <wind>', duration: 5 },
            friendlyMonster: { monsterId: 9300061, x: 1, y: 2, fh: 3, spawnMessage: 'Protect it!' },
          },
        }),
      ],
    }),
    scene('a <b> & "c" pq', 1, { registration: INSTANT, stages: [stage(0, { clearConditions: [kill('>', 1)] })] }),
  ]
}
