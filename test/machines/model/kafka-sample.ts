/**
 * The sample of lives that is run on a real Kafka, where time is real: small quests whose timers run out in seconds,
 * and of their lives as few as together follow every row of the oracle. Also says what each must send; sends nothing.
 */
import { livesOf } from './lives.ts'
import type { Deployment, ModelQuest } from './model-quest.ts'
import { COMMAND_AFTER_MS, type CommandMove, type Move } from './move.ts'
import { type Effect, OracleLife } from './oracle-life.ts'
import { namedRows, type Row } from './oracle-table.ts'
import type { Place } from './oracle-voice.ts'
import type { Scene } from './scenes.ts'

/** Long enough for what must come before a timer, however busy the machine; short enough to be waited for. */
const LIMIT_SECONDS = 7

/** Of the service that runs them. */
export const SAMPLE_DEPLOYMENT: Deployment = {
  advance: 'command',
  requirements: 'enforce',
  lobbyLimitSeconds: LIMIT_SECONDS,
  bonusLimitSeconds: LIMIT_SECONDS,
}

/** Two minutes are more than a test has. */
const TOO_LONG: Move = { type: 'wait', timer: 'completion' }
export const TOO_LONG_ROW = 'completed completion 1'

/** So many that somebody joins and still waits. */
const CHARACTERS = 3
const party = (value: number) => [{ type: 'party_size', operator: 'gte', value }]

/** No quest has two timers that run beside one another: which of them is first would be for the machine's load to say. */
export const SAMPLE_QUESTS: readonly (ModelQuest & { readonly name: string })[] = [
  {
    ...{ questId: 'sample_timed_pq', name: 'Timed', exit: 900 },
    registration: { type: 'party', mode: 'timed', duration: LIMIT_SECONDS },
    startRequirements: party(2),
    bonus: { mapId: 500, duration: 0, entry: 'auto' },
    stages: [floor(0, { warpType: 'none', clearConditions: [count('item', 4001008, 2)] }), floor(1)],
  },
  {
    ...{ questId: 'sample_lobby_pq', name: 'Lobby', exit: 900, duration: LIMIT_SECONDS },
    registration: { type: 'party', mode: 'instant' },
    startRequirements: party(CHARACTERS),
    bonus: { mapId: 500, entry: 'manual', completionMapId: 450 },
    stages: [floor(0, { mapIds: [100, 101], clearConditions: [count('monster_kill', 9300002, 1)] })],
  },
  {
    ...{ questId: 'sample_floors_pq', name: 'Floors', exit: 900, advance: 'automatic' },
    registration: { type: 'individual', mode: 'instant' },
    stages: [floor(0, { duration: LIMIT_SECONDS }), floor(1, { duration: LIMIT_SECONDS, onTimeout: 'fail' })],
  },
]

function floor(index: number, overrides: object = {}) {
  return { index, name: `Floor ${index}`, mapIds: [100 + 10 * index], type: 'boss', ...overrides }
}

function count(type: string, referenceId: number, value: number) {
  return { type, operator: '>=', value, referenceId }
}

export interface SampleLife {
  readonly scene: Scene
  readonly life: readonly Move[]
}

export interface ExpectedStep {
  readonly move: Move
  readonly effect: Effect
}

/**
 * What each move must bring, and at the end FORFEIT where somebody is left, so that nothing comes after it. Time is the oracle's own, and only decides which timer is next.
 */
export function expectedOf(
  { scene, life }: SampleLife,
  place: Place,
  used: (row: Row) => void,
): readonly ExpectedStep[] {
  const oracle = new OracleLife(scene.quest, scene.deployment, place, used)
  let now = 0
  const steps = life.map(move => {
    if (move.type !== 'wait') {
      now += COMMAND_AFTER_MS
      return { move, effect: oracle.take(move, now) }
    }
    now = oracle.next()?.at ?? now
    return { move, effect: oracle.fire(move.timer, now) }
  })
  const leave: CommandMove = { type: 'FORFEIT' }
  return oracle.state === 'gone' ? steps : [...steps, { move: leave, effect: oracle.take(leave, now) }]
}

/** Greedy: the life that follows most rows which none before it does, until every row is followed that can be. */
export function sampleLives(): readonly SampleLife[] {
  const names = namedRows()
  const place: Place = { instanceId: '', worldId: 0, channelId: 0, partyId: 0 }
  let candidates = SAMPLE_QUESTS.flatMap(quest => {
    const scene: Scene = { quest, deployment: SAMPLE_DEPLOYMENT, characters: CHARACTERS }
    const lives = livesOf(scene).filter(life => !life.some(move => isSame(move, TOO_LONG)))
    return lives.map(life => {
      const rows = new Set<string>()
      expectedOf({ scene, life }, place, row => rows.add(names.get(row) ?? ''))
      return { life: { scene, life }, rows }
    })
  })
  const chosen: SampleLife[] = []
  const followed = new Set<string>()
  for (;;) {
    const gain = (rows: ReadonlySet<string>) => [...rows].filter(row => !followed.has(row)).length
    candidates = candidates.filter(({ rows }) => gain(rows) > 0).sort((a, b) => gain(b.rows) - gain(a.rows))
    const [best] = candidates
    if (best === undefined) return chosen
    chosen.push(best.life)
    for (const row of best.rows) followed.add(row)
  }
}

function isSame(one: Move, other: Move): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
