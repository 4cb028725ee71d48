/** The pure parts of the instance's page: its rail, its timeline, its commands, in the words that people read. */
import { describe, expect, test } from 'vitest'
import { fieldsOf, makeCommand } from '../../console/src/instance/command-form.ts'
import { continued } from '../../console/src/instance/continued.ts'
import { durationWords, stagesOf } from '../../console/src/instance/quest-words.ts'
import { railOf } from '../../console/src/instance/rail.ts'
import { ROWS_MAX, timelineOf } from '../../console/src/instance/timeline.ts'
import type { Operation } from '../../src/api/documents.ts'
import type { InstanceId } from '../../src/contract/ids.ts'
import { instanceOf } from '../peers/replica-scene.ts'

const T0 = 1_700_000_000_000
const at = (seconds: number) => T0 + seconds * 1000

function operation(given: Partial<Operation>): Operation {
  return {
    sequence: 1,
    at: T0,
    durationMs: 1,
    cause: { kind: 'command', topic: 'commands', partition: 7, offset: 12 },
    event: { type: 'UPDATE_STAGE_STATE' },
    from: 'active',
    to: 'active',
    stageIndex: 0,
    messages: [],
    deadlines: {},
    ...given,
  }
}

const JOURNAL: readonly Operation[] = [
  operation({ sequence: 1, from: null, to: 'registering', event: { type: 'REGISTER' } }),
  operation({ sequence: 2, at: at(29), from: 'registering', event: { type: 'START' } }),
  operation({ sequence: 3, at: at(100), to: 'cleared', event: { type: 'STAGE_CLEAR_ATTEMPT' } }),
  operation({ sequence: 4, at: at(146), from: 'cleared', stageIndex: 1, event: { type: 'STAGE_ADVANCE' } }),
]
const INSTANCE = {
  state: 'active' as const,
  journal: [...JOURNAL],
  isWhole: true,
  registeredAt: T0,
  startedAt: at(29),
  currentStageIndex: 1,
  stages: 3,
  stageStartedAt: at(146),
  timers: [],
  quest: {
    questId: 'mill_pq',
    name: 'The Old Mill',
    stages: [{ name: 'Gate' }, { name: 'Loft', duration: 600 }, { name: 'Wheel' }],
    bonus: { entry: 'auto' },
  },
}

describe('the rail', () => {
  test('says how long what is behind took, since when it goes on, and what is ahead', () => {
    expect(railOf(INSTANCE).map(({ name, kind, tookMs, since }) => [name, kind, tookMs, since])).toEqual([
      ['registering', 'done', 29_000, null],
      ['Gate', 'done', 117_000, null],
      ['Loft', 'current', null, at(146)],
      ['Wheel', 'ahead', null, null],
      ['bonus', 'ahead', null, null],
    ])
    expect(railOf(INSTANCE)[2]?.limitSeconds).toBe(600)
  })

  test('of an instance in the lobby is at its beginning', () => {
    const waiting = { ...INSTANCE, state: 'registering' as const, startedAt: null, currentStageIndex: 0 }
    expect(railOf(waiting).map(({ kind }) => kind)).toEqual(['current', 'ahead', 'ahead', 'ahead', 'ahead'])
  })

  test('guesses no duration that the journal does not tell', () => {
    const late = railOf({ ...INSTANCE, journal: [], currentStageIndex: 2, stageStartedAt: at(300) })
    expect(late.map(({ kind, tookMs }) => [kind, tookMs])).toEqual([
      ['done', 29_000],
      ['done', null],
      ['done', null],
      ['current', null],
      ['ahead', null],
    ])
  })

  test('of one that failed marks the stage that it was left in', () => {
    const failed = operation({
      at: at(200),
      stageIndex: 1,
      to: 'destroyed',
      event: { type: 'FORFEIT' },
      messages: [{ type: 'FAILED', reason: 'forfeit' }],
    })
    const steps = railOf({ ...INSTANCE, state: 'destroyed', journal: [...JOURNAL, failed] })
    expect(steps.map(({ kind }) => kind)).toEqual(['done', 'done', 'left', 'ahead', 'left'])
    expect(steps[2]?.tookMs).toBe(54_000)
  })
})

describe('the timeline', () => {
  test('is newest first, and names stages that were gone to', () => {
    const rows = timelineOf(JOURNAL, T0, new Set())
    expect(rows.map(({ after, event, from, to, stage }) => [after, event, from, to, stage])).toEqual([
      ['2:26', 'STAGE_ADVANCE', 'cleared', 'active', 2],
      ['1:40', 'STAGE_CLEAR_ATTEMPT', 'active', 'cleared', null],
      ['0:29', 'START', 'registering', 'active', null],
      ['0:00', 'REGISTER', 'new', 'registering', null],
    ])
    expect(rows[0]?.place).toBe('p7@12')
  })

  test('hides what is filtered out, and shows no more rows than it may', () => {
    const timer = { kind: 'timer', dueAt: T0 - 40 } as const
    const many = Array.from({ length: 80 }, (_, sequence) =>
      operation({ sequence, ...(sequence % 2 === 0 ? { cause: timer } : {}) }),
    )
    expect(timelineOf(many, T0, new Set()).length).toBe(ROWS_MAX)
    const timers = timelineOf(many, T0, new Set(['commands']))
    expect(timers.map(({ kind }) => kind)).toEqual(Array(40).fill('timer'))
    expect(timers[0]?.place).toBe('timer +40 ms')
  })

  test('counts messages of one type, and leaves out what is empty of a payload', () => {
    const [row] = timelineOf(
      [
        operation({
          event: { type: 'UPDATE_STAGE_STATE', itemCounts: { 4001008: 3 }, monsterKills: {} },
          messages: [{ type: 'CHANGE_MAP' }, { type: 'CHANGE_MAP' }, { type: 'STARTED' }],
        }),
      ],
      T0,
      new Set(),
    )
    expect(row?.sent).toEqual(['CHANGE_MAP ×2', 'STARTED'])
    expect(row?.payload).toBe('items {4001008:3}')
    expect(row?.to).toBeNull()
  })
})

describe('a command', () => {
  const seen = {
    characters: [{ characterId: 30_011 }],
    conditions: [
      {
        type: 'item',
        operator: '>=',
        value: 10,
        referenceId: 4_001_008,
        referenceKey: '',
        current: 4,
        holds: false,
      },
    ],
    worldId: 3,
    channelId: 1,
    partyId: 88,
    questId: 'mill_pq',
  }

  test('begins with what the stage still asks for', () => {
    expect(fieldsOf('UPDATE_STAGE_STATE', seen).map(({ start }) => start)).toEqual(['30011', '4001008: 6', ''])
    expect(makeCommand('UPDATE_STAGE_STATE', 'id', seen, {})).toEqual({
      value: {
        worldId: 3,
        characterId: 30_011,
        type: 'UPDATE_STAGE_STATE',
        body: { instanceId: 'id', itemCounts: { 4001008: 6 }, monsterKills: {} },
      },
    })
  })

  test('custom data and what is told are fields of text, and one that is no pair says how it is written', () => {
    const open = {
      ...seen,
      conditions: [{ ...seen.conditions[0], type: 'custom_data', referenceKey: 'stage', holds: false }],
    }
    const typed = { updates: 'mood: good, stage = 4, __proto__: 1', increments: 'stage, stage' }
    const made = makeCommand('UPDATE_CUSTOM_DATA', 'id', seen, typed)
    expect(JSON.stringify('value' in made && made.value.body)).toBe(
      '{"instanceId":"id","updates":{"mood":"good","stage":"4","__proto__":"1"},"increments":["stage","stage"]}',
    )
    expect(makeCommand('UPDATE_CUSTOM_DATA', 'id', seen, { updates: 'mood' })).toEqual({
      faults: { updates: 'as stage: 4, mood: good' },
    })
    expect(fieldsOf('UPDATE_CUSTOM_DATA', open as typeof seen).at(-1)?.start).toBe('stage')
    expect(makeCommand('BROADCAST_MESSAGE', 'id', seen, { message: 'Go, all!' })).toMatchObject({
      value: { body: { messageType: 'NOTICE', message: 'Go, all!' } },
    })
  })

  test.each([
    ['characterId', '-1'],
    ['characterId', '4294967296'],
    ['itemCounts', '4001008'],
    ['itemCounts', '4001008: many'],
    ['monsterKills', '1: 99999999999'],
  ])('is not made of %s %s', (field, text) => {
    const made = makeCommand('UPDATE_STAGE_STATE', 'id', seen, { [field]: text })
    expect('faults' in made && Object.keys(made.faults)).toEqual([field])
  })
})

describe('a definition', () => {
  test('is read leniently: what is not there is left open', () => {
    expect(stagesOf({}).length).toBe(0)
    expect(stagesOf({ stages: [null, { name: 7, mapIds: 'x' }] }).map(({ name, mapIds }) => [name, mapIds])).toEqual([
      ['stage 1', []],
      ['stage 2', []],
    ])
  })

  test('has its durations in words', () => {
    expect([0, 45, 5400, 3661].map(durationWords)).toEqual(['–', '45 s', '1 h 30 min', '1 h 1 min 1 s'])
  })
})

describe('an instance that is told in parts', () => {
  const journal = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => operation({ sequence: from + index }))
  const whole = instanceOf('00000000-0000-8000-8000-000000000001' as InstanceId, { name: 'a', url: 'http://a' })
  const { quest: _, ...now } = whole

  test('goes on where it was, with the last fifty operations; and begins anew where all of it is told', () => {
    const known = { ...whole, journal: journal(0, 49) }
    const later = { ...now, isWhole: false as const, currentStageIndex: 7, journal: journal(49, 3) }
    const sequences = Array.from({ length: 50 }, (_, index) => 2 + index)
    const seen = continued(known, later)
    expect(seen?.journal.map(({ sequence }) => sequence)).toEqual(sequences)
    expect(seen).toMatchObject({ isWhole: true, currentStageIndex: 7, quest: known.quest })
    expect(continued(known, { ...later, journal: [] })?.journal).toEqual(known.journal)
    const anew = { ...known, journal: journal(49, 3) }
    expect(continued(known, anew)).toBe(anew)
    expect(continued(undefined, later)).toBeUndefined()
  })
})
