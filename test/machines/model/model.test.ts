/**
 * Promise: whatever a quest's machine can do, it does as the contract's page on behaviour says. Lives that xstate/graph
 * finds in the machine, for every quest that ships and for small ones of our own, run on the plain machine and on a
 * shard beside an oracle that was written from that page alone. Ends with a table of all states and transitions.
 */
import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { liveActor } from './live-actor.ts'
import { type Life, livesOf } from './lives.ts'
import { MACHINE_STATES, Tally, transitionNames } from './machine-transitions.ts'
import { COMMANDS } from './move.ts'
import { namedRows, type Row, STATES } from './oracle-table.ts'
import { isReachable } from './reachable.ts'
import { entries, reportLines } from './report.ts'
import { difference } from './run.ts'
import { ownScenes, type Scene, shippedScenes } from './scenes.ts'
import { shardRun } from './shard-run.ts'

const SCENES = [...shippedScenes(), ...ownScenes()]
/** Beside everything else that a machine does. */
const SCENE_LIMIT_MS = 60_000

interface Ran {
  readonly title: string
  readonly taken: Tally
  readonly rows: Tally
  lives: number
}
const ran = (title: string): Ran => ({ title, taken: new Tally(), rows: new Tally(), lives: 0 })
const plain = ran('machine')
const onShard = ran('shard')
const ofScene = new Map<Scene, Tally>()

const rowNames = namedRows()
const using = ({ rows }: Ran) => {
  return (row: Row) => rows.add(rowNames.get(row) ?? 'a row that is not in the table')
}

afterAll(() => {
  console.log(['', ...reportLines([plain, onShard])].join('\n'))
})

describe.each(SCENES.map(scene => ({ name: scene.quest.questId, scene })))('$name', ({ scene }) => {
  const lives = livesOf(scene)

  test('lives on the plain machine as the oracle says: messages in order, knowledge, refusals', async () => {
    const taken = new Tally()
    ofScene.set(scene, taken)
    for (const life of lives) {
      const names = await liveOnMachine(scene, life, using(plain))
      for (const name of names) taken.add(name)
      keep(plain, names)
    }
    const wanted = transitionNames().filter(name => isReachable(name, scene))
    expect(transitionNames().filter(name => taken.of(name) > 0)).toEqual(wanted)
  })

  test(
    'lives on a shard as the oracle says: records byte for byte, stored state, dead letters',
    async () => {
      for (const life of lives) {
        const runner = await shardRun(scene)
        const { startsAt, channelId } = runner
        const found = await difference({ scene, life, runner, startsAt, channelId, used: using(onShard) })
        await runner.stop()
        if (found !== undefined) expect.fail(found)
        keep(onShard, await liveOnMachine(scene, life, () => {}))
      }
    },
    SCENE_LIMIT_MS,
  )
})

describe('all of them together', () => {
  test.each([plain, onShard])('enter every state and take every transition of the machine ($title)', column => {
    expect(MACHINE_STATES.filter(state => entries(state, column) === 0)).toEqual([])
    expect(transitionNames().filter(name => column.taken.of(name) === 0)).toEqual([])
  })

  test('try every command in every state, and follow every row of the oracle', () => {
    const all = [...rowNames.values()]
    const cells = STATES.flatMap(state => COMMANDS.map(command => `${state} ${command}`))
    expect(cells.filter(cell => !all.some(row => row.startsWith(`${cell} `)))).toEqual([])
    for (const { rows } of [plain, onShard]) expect(all.filter(row => rows.of(row) === 0)).toEqual([])
  })
})

test('two transitions of the machine never have one name, or one of them could be missed', () => {
  expect(new Set(transitionNames()).size).toBe(transitionNames().length)
})

test('the oracle imports nothing of what it judges', () => {
  const own = ['move', 'oracle-table', 'oracle-life', 'oracle-voice', 'stage-counts', 'model-quest'].map(
    name => `${name}.ts`,
  )
  for (const file of own) {
    const source = readFileSync(new URL(file, import.meta.url), 'utf8')
    const imported = [...source.matchAll(/from '([^']+)'/g)].map(([, from]) => from)
    expect(imported.filter(from => !own.includes(from?.replace('./', '') ?? ''))).toEqual([])
  }
})

/** Names of the transitions that were taken. Fails where the machine and the oracle differ. */
async function liveOnMachine(scene: Scene, life: Life, used: (row: Row) => void): Promise<readonly string[]> {
  const runner = liveActor(scene)
  const { startsAt, channelId } = runner
  const found = await difference({ scene, life, runner, startsAt, channelId, used })
  runner.stop()
  if (found !== undefined) expect.fail(found)
  return runner.taken
}

function keep(column: Ran, taken: readonly string[]): void {
  column.lives += 1
  for (const name of taken) column.taken.add(name)
}
