/** The life of a quest as a graph: what is found, what is told apart, and which way is the shortest. */
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { RuleSettings } from '../../machines/context.ts'
import { COUNTED_IDS_MAX } from '../../machines/party-quest.ts'
import { createStepper } from '../../src/actor/stepper.ts'
import { compileDefinition } from '../../src/definitions/catalogue.ts'
import { loadDefinitions } from '../../src/definitions/loading.ts'
import { explore } from '../../src/exploration/explore.ts'
import type { Exploration, PathStep } from '../../src/exploration/explored-life.ts'
import { questFixture, stageFixture } from '../definitions/quest-fixture.ts'
import { DEFAULT_RULES } from '../support/rules.ts'

const shipped = await loadDefinitions(fileURLToPath(new URL('../../definitions', import.meta.url)))

const explored = (overrides: Record<string, unknown>, settings: Partial<RuleSettings> = {}): Exploration =>
  explore(compileDefinition(questFixture(overrides)), { ...DEFAULT_RULES, ...settings })
const events = (path: readonly PathStep[] | undefined) => path?.map(({ event }) => event.type)
const endNames = ({ ends }: Exploration) => ends.map(({ kind, reason, through }) => reason ?? `${kind} ${through}`)
const solo = { startRequirements: [] }
const item = (operator: string, value: number, referenceId = 1) => ({ type: 'item', operator, value, referenceId })

describe('the states of a life', () => {
  test('thousands of kills are one step, and an instance between two guards is one state', () => {
    const clearConditions = [{ type: 'monster_kill', operator: '>=', value: 5_000_000, referenceId: 9 }]
    const { states, completion } = explored({
      ...solo,
      bonus: null,
      stages: [stageFixture(0, { clearConditions })],
    })
    expect(states.map(({ key }) => key)).toEqual([
      'active 0 unmet (quest)',
      'active 0 met (quest)',
      'destroyed',
      'cleared 0 (quest)',
    ])
    expect(events(completion)).toEqual(['REGISTER', 'UPDATE_STAGE_STATE', 'STAGE_CLEAR_ATTEMPT', 'STAGE_ADVANCE'])
  })

  test('a count that goes beyond what is asked for is a state of its own, from which no stage is cleared', () => {
    const { transitions } = explored({ ...solo, stages: [stageFixture(0, { clearConditions: [item('=', 4)] })] })
    const lost = transitions.filter(({ from }) => from.startsWith('active 0 lost'))
    expect(lost.map(({ step, to, isForced }) => [step.event.type, to.split(' ')[0], isForced])).toEqual([
      ['STAGE_CLEAR_ATTEMPT', 'active', false],
      ['STAGE_ADVANCE', 'bonus', true],
      ['FORFEIT', 'destroyed', false],
      ['timer.quest', 'destroyed', false],
    ])
  })

  test('a lobby is as large as the party is up to now, and an early START is refused there', () => {
    const { states, transitions } = explored({
      startRequirements: [{ type: 'party_size', operator: 'eq', value: 3 }],
    })
    expect(states.filter(({ value }) => value === 'registering').map(({ members }) => members)).toEqual([1, 2])
    const starts = transitions.filter(({ step }) => step.event.type === 'START')
    expect(starts.map(({ from, to, step }) => [from === to, step.refusal?.code])).toEqual([
      [true, 'REQUIREMENTS_NOT_MET'],
      [true, 'REQUIREMENTS_NOT_MET'],
    ])
  })

  test('a stage with more different things than a stage counts is never met', () => {
    const clearConditions = Array.from({ length: COUNTED_IDS_MAX + 1 }, (_, id) => item('>=', 1, id + 1))
    const { states } = explored({ ...solo, stages: [stageFixture(0, { clearConditions })] })
    expect(states.some(({ counts }) => counts === 'met')).toBe(false)
  })

  test('a quest that nobody can start, or without stages, has none', () => {
    expect(explored({ stages: [] }).states).toEqual([])
    const impossible = { startRequirements: [{ type: 'party_size', operator: 'lt', value: 1 }] }
    expect(explored(impossible)).toEqual({ states: [], transitions: [], ends: [], completion: undefined, party: [] })
  })
})

describe('the party', () => {
  test('is the smallest that the requirements accept, with the levels that they ask for', () => {
    const { party, completion } = explored({
      startRequirements: [
        { type: 'level_min', operator: 'lt', value: 21 },
        { type: 'level_max', operator: 'gte', value: 30 },
      ],
    })
    expect(party.map(({ level }) => level)).toEqual([1, 30])
    expect(completion).toBeDefined()
  })
})

describe('the ends of a life', () => {
  test('are all there, each once, the completed ones first', () => {
    const life = explored({
      registration: { type: 'party', mode: 'timed', duration: 60 },
      stages: [stageFixture(0, { duration: 30, onTimeout: 'fail' })],
    })
    expect(endNames(life)).toEqual([
      'completed timer.bonus',
      'completed FORFEIT',
      'forfeit',
      'requirements_not_met',
      'stage_time_expired',
      'time_expired',
      'left LEAVE',
    ])
  })

  test('a deadline is reached by waiting for it, and by nothing else', () => {
    const life = explored({ stages: [stageFixture(0, { duration: 30, onTimeout: 'fail' })] })
    const late = life.ends.find(({ reason }) => reason === 'stage_time_expired')
    expect(late?.path.map(({ event, afterMs }) => [event.type, afterMs])).toEqual([
      ['REGISTER', 0],
      ['REGISTER', 0],
      ['timer.stage', 30_000],
    ])
  })

  test('a stage longer than the quest never runs out: the quest does', () => {
    const life = explored({ duration: 20, stages: [stageFixture(0, { duration: 30, onTimeout: 'fail' })] })
    expect(endNames(life)).toContain('time_expired')
    expect(endNames(life)).not.toContain('stage_time_expired')
  })

  test.each([
    [89, true],
    [90, true],
    [91, false],
  ])('three stages of 30 s that each run out: a quest of %i s runs out is %s', (duration, runsOut) => {
    const stages = [0, 1, 2].map(index => stageFixture(index, { duration: 30 }))
    const life = explored({ ...solo, duration, advance: 'automatic', stages })
    const end = life.ends.find(({ reason }) => reason === 'time_expired')
    expect(end !== undefined).toBe(runsOut)
    if (end) expect(end.path.reduce((sum, { afterMs }) => sum + afterMs, 0)).toBe(duration * 1000)
  })

  test('a path is played by commands where that can be, and by an override only where it must be', () => {
    const never = { type: 'item', operator: '<', value: 0, referenceId: 1 }
    const stages = [
      stageFixture(0, { duration: 30, clearConditions: [item('>=', 2)] }),
      stageFixture(1, { duration: 30, clearConditions: [never] }),
    ]
    expect(events(explored({ ...solo, stages }).completion)).toEqual([
      'REGISTER',
      'UPDATE_STAGE_STATE',
      'STAGE_CLEAR_ATTEMPT',
      'STAGE_ADVANCE',
      'STAGE_ADVANCE',
    ])
  })

  test('custom data is set by a script, drops come from the friendly monster, and a manual bonus is entered', () => {
    const data = (referenceKey: string) => ({ type: 'custom_data', operator: '>=', value: 7, referenceKey })
    const friendlyMonster = { monsterId: 9, x: 0, y: 0, onKilled: { action: 'fail' } }
    const stages = [
      stageFixture(0, { clearConditions: [data('seeds')] }),
      stageFixture(1, { clearConditions: [data('friendlyDropCount')], properties: { friendlyMonster } }),
    ]
    const bonus = { mapId: 300, duration: 60, entry: 'manual' }
    const life = explored({ ...solo, advance: 'automatic', bonus, stages })
    expect(events(life.completion)).toEqual([
      'REGISTER',
      'UPDATE_CUSTOM_DATA',
      'STAGE_CLEAR_ATTEMPT',
      'monster.drop',
      'STAGE_CLEAR_ATTEMPT',
    ])
    expect(life.completion?.[1]?.event).toMatchObject({ updates: new Map([['seeds', '7']]) })
    expect(life.completion?.[3]?.event).toMatchObject({ mapId: 201, monsterId: 9, itemCount: 7 })
    const entered = life.transitions.find(({ step }) => step.event.type === 'ENTER_BONUS')
    expect([entered?.from.split(' ')[0], entered?.to.split(' ')[0]]).toEqual(['completed', 'bonus'])
    expect(endNames(life)).toContain('friendly_monster_killed')
  })

  test('everybody leaves, up to the last one or to a fail requirement', () => {
    const three = { startRequirements: [{ type: 'party_size', operator: 'eq', value: 3 }] }
    const left = explored(three).ends.find(({ kind }) => kind === 'left')
    expect(events(left?.path)).toEqual(['REGISTER', 'REGISTER', 'REGISTER', 'LEAVE', 'LEAVE', 'LEAVE'])
    expect(left?.path.at(-1)?.messages.map(({ type }) => type)).toEqual([
      'CHANGE_MAP',
      'CHARACTER_LEFT',
      'DESTROY_IN_FIELD',
      'INSTANCE_DESTROYED',
    ])
    const failRequirements = [{ type: 'party_size', operator: 'lt', value: 2 }]
    const failing = explored({ ...three, failRequirements })
    expect(failing.ends.some(({ kind }) => kind === 'left')).toBe(false)
    const failed = failing.ends.find(({ reason }) => reason === 'requirements_not_met')
    expect(events(failed?.path)).toEqual(['REGISTER', 'REGISTER', 'REGISTER', 'LEAVE', 'LEAVE'])
  })
})

describe.each(shipped.all().map(compiled => ({ questId: compiled.definition.questId, compiled })))('$questId', ({
  compiled,
}) => {
  test.each(['command', 'automatic'] as const)('with ADVANCE=%s each path can be played again', advance => {
    const life = explore(compiled, { ...DEFAULT_RULES, advance })
    expect(life.completion?.at(-1)?.messages.map(({ type }) => type)).toContain('COMPLETED')
    const { definition } = compiled
    const rules = { ...DEFAULT_RULES, definition, advance: definition.advance ?? advance }
    const stepper = createStepper('again')
    for (const { path } of life.ends) {
      const [first, ...others] = path
      if (first?.event.type !== 'REGISTER') throw new Error('a path begins with a REGISTER')
      const { identity } = first.after.snapshot.context
      let step = stepper.spawn({ identity, rules, members: [first.event.member], now: first.event.now })
      expect(step.messages).toEqual(first.messages)
      for (const { event, messages, after } of others) {
        step = stepper.deliver(step.snapshot, event)
        expect([step.messages, step.snapshot.value]).toEqual([messages, after.value])
      }
      expect(step.snapshot.status).toBe('done')
    }
  })
})
