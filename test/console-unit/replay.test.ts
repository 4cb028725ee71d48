/** What the console exports of an instance can be played again, and fails where anything of it came out otherwise. */
import { expect, test } from 'vitest'
import { type ReplayFile, replayFile } from '../../console/src/instance/replay-file.ts'
import type { Instance, Operation } from '../../src/api/documents.ts'
import { FOUR_PASSES, quest, stage, TIMED } from '../support/definitions.ts'
import { type Happening, INSTANCE, members, Playthrough, register, T0, update } from '../support/playthrough.ts'
import { DEFAULT_RULES } from '../support/rules.ts'
import { TENANT } from '../support/tenants.ts'
import { replay } from './replay.ts'

const QUEST = quest({
  registration: TIMED,
  duration: 900,
  stages: [stage(0, { clearConditions: [FOUR_PASSES] }), stage(1, { duration: 30, onTimeout: 'fail' })],
})
const LIFE: readonly (readonly [second: number, happening: Happening])[] = [
  [5, register(1003)],
  [9, { type: 'START' }],
  [20, { type: 'STAGE_CLEAR_ATTEMPT' }],
  [30, update({ 4001008: 4 }, { 9300001: 2 })],
  [31, { type: 'STAGE_CLEAR_ATTEMPT' }],
  [40, { type: 'STAGE_ADVANCE' }],
  [70, { type: 'timer.stage' }],
]

/** As the API tells an instance that played all of LIFE, through JSON. */
function exported(): ReplayFile {
  const play = new Playthrough(QUEST, { members: members(1001, 1002) })
  const operations = [operation(play, 0, T0, register(1001), null)]
  for (const [second, happening] of LIFE) {
    const from = operations.at(-1)?.to ?? null
    play.at(second).send(happening)
    operations.push(operation(play, operations.length, T0 + second * 1000, happening, from))
  }
  const { run, identity } = play.snapshot.context
  const instance = {
    ...identity,
    tenant: TENANT,
    definition: QUEST.ref,
    quest: { ...QUEST.definition },
    rules: DEFAULT_RULES,
    characters: run.members,
    registeredAt: run.registeredAt,
    journal: operations,
    isWhole: true,
  }
  // The fields that an export takes; the others of the document are not its matter.
  return JSON.parse(JSON.stringify(replayFile(INSTANCE, instance as unknown as Instance)))
}

function operation(
  { step, snapshot }: Playthrough,
  sequence: number,
  at: number,
  happening: Happening,
  from: Operation['from'],
): Operation {
  const event =
    happening.type === 'UPDATE_STAGE_STATE'
      ? {
          type: happening.type,
          itemCounts: Object.fromEntries(happening.itemCounts),
          monsterKills: Object.fromEntries(happening.monsterKills),
        }
      : { ...happening }
  return {
    sequence,
    at,
    durationMs: 1,
    cause: { kind: 'timer', dueAt: at },
    event,
    from,
    to: snapshot.value === 'failed' || snapshot.value === 'advancing' ? 'destroyed' : snapshot.value,
    stageIndex: snapshot.context.run.stageIndex,
    messages: [...step.messages],
    deadlines: { ...snapshot.context.run.deadlines },
  }
}

test('an exported instance, from its registration to its failure, plays again just as it was', () => {
  const file = exported()
  expect(file.isWhole).toBe(true)
  expect(file.members.map(({ characterId }) => characterId)).toEqual([1001, 1002])
  expect(file.operations.at(-1)).toMatchObject({ event: { type: 'timer.stage' }, to: 'destroyed' })
  expect(replay(file)).toEqual([])
})

test('a replay says where the machine does otherwise than the file expects', () => {
  const file = exported()
  const operations = file.operations.map((one, place) => (place === 5 ? { ...one, to: 'active' as const } : one))
  expect(replay({ ...file, operations })).toEqual([
    'operation 5 (STAGE_CLEAR_ATTEMPT): state is "cleared", expected "active"',
  ])
  const silent = file.operations.map((one, place) => (place === 2 ? { ...one, messages: [] } : one))
  expect(replay({ ...file, operations: silent })[0]).toMatch(/^operation 2 \(START\): messages is \[/)
})

test('a journal that begins after the registration is not played, and says so', () => {
  const file = exported()
  expect(replay({ ...file, isWhole: false })).toEqual([
    'the journal does not begin with the registration: not to be played',
  ])
})
