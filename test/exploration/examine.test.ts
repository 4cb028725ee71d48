/** What a check says of a quest, and of which quest it says nothing: each rule with its nearest sound neighbour. */
import { describe, expect, test } from 'vitest'
import type { RuleSettings } from '../../machines/context.ts'
import { COUNTED_IDS_MAX } from '../../machines/party-quest.ts'
import { compileDefinition } from '../../src/definitions/catalogue.ts'
import { examine } from '../../src/exploration/examine.ts'
import { explore } from '../../src/exploration/explore.ts'
import { questFixture, stageFixture } from '../definitions/quest-fixture.ts'
import { DEFAULT_RULES } from '../support/rules.ts'

const ITEM = { type: 'item', operator: '>=', value: 4, referenceId: 4001008 }
const sound = (index: number, overrides: Record<string, unknown> = {}) =>
  stageFixture(index, { clearConditions: [ITEM], ...overrides })
const condition = (overrides: Record<string, unknown>) => ({ ...ITEM, ...overrides })
const size = (operator: string, value: number) => ({ type: 'party_size', operator, value })
const level = (bound: 'min' | 'max', operator: string, value: number) => ({ type: `level_${bound}`, operator, value })

function findings(overrides: Record<string, unknown>, settings: Partial<RuleSettings> = {}) {
  const compiled = compileDefinition(questFixture({ stages: [sound(0), sound(1)], ...overrides }))
  const all = { ...DEFAULT_RULES, ...settings }
  return examine(compiled.definition, explore(compiled, all), all)
}
const found = (overrides: Record<string, unknown>, settings: Partial<RuleSettings> = {}) =>
  findings(overrides, settings).map(({ severity, code, path }) => `${severity} ${path.join('.')} ${code}`)
const stages = (...conditions: readonly unknown[][]) => ({
  stages: conditions.map((clearConditions, index) => stageFixture(index, { clearConditions })),
})

test('a sound quest has no finding', () => {
  expect(found({})).toEqual([])
  expect(found({}, { advance: 'automatic' })).toEqual([])
})

test('each finding names a reason and a cure', () => {
  const all = findings({ exit: 0, duration: 0, ...stages([], [condition({ operator: '<', value: 0 })]) })
  expect(all.length).toBeGreaterThan(3)
  for (const { reason, cure } of all)
    expect([reason, cure]).toEqual([expect.stringMatching(/\w/), expect.stringMatching(/\w/)])
})

describe('a quest that nobody can start', () => {
  test('without stages', () => {
    expect(found({ stages: [] })).toEqual(['warning stages no-stages'])
  })

  test.each([
    ['no size', [size('gte', 4), size('lt', 4)], 0],
    ['a party of nobody', [size('eq', 0)], 0],
    ['more than anybody has seen', [size('gte', 100_000)], 0],
    ['no lowest level', [level('min', 'gte', 30), level('min', 'lt', 30)], 0],
    ['no highest level', [size('gte', 1), level('max', 'gt', 30), level('max', 'lte', 30)], 1],
    ['a lowest above the highest', [level('min', 'gte', 31), level('max', 'lte', 30)], 0],
    ['two levels of one character', [size('eq', 1), level('min', 'lte', 20), level('max', 'gte', 30)], 0],
  ])('%s', (_, startRequirements, place) => {
    expect(found({ startRequirements })).toEqual([`fault startRequirements.${place} requirements-impossible`])
  })

  test.each([
    ['just one size', [size('gte', 4), size('lt', 5)]],
    ['one level for all', [level('min', 'gte', 30), level('max', 'lte', 30)]],
    ['two characters of two levels', [size('gte', 1), level('min', 'lte', 20), level('max', 'gte', 30)]],
    ['a whole party', [size('eq', 6)]],
  ])('but not %s', (_, startRequirements) => {
    expect(found({ startRequirements })).toEqual([])
  })
})

describe('a party', () => {
  test('of more than six is warned of, a guild of more is not', () => {
    const startRequirements = [size('gte', 7)]
    expect(found({ startRequirements })).toEqual(['warning startRequirements.0 party-too-large'])
    const registration = { type: 'individual', mode: 'timed', duration: 60, affinity: 'guild' }
    expect(found({ startRequirements, registration })).toEqual([])
  })

  test('that may outgrow its bound while anybody can join is warned of', () => {
    const startRequirements = [size('gte', 2), size('lte', 6)]
    const registration = { type: 'individual', mode: 'timed', duration: 60 }
    expect(found({ startRequirements, registration })).toEqual(['warning startRequirements.1 party-may-outgrow'])
    expect(found({ startRequirements })).toEqual([])
  })
})

describe('a stage that cannot be cleared', () => {
  test.each([
    [
      'an item and a count that exclude each other',
      [ITEM, condition({ type: 'item_count', operator: '<', value: 4 })],
      1,
    ],
    ['less than nothing', [condition({ operator: '<', value: 0 })], 0],
    ['more than is counted', [condition({ operator: '>', value: 4_294_967_295 })], 0],
    ['two exact counts', [condition({ operator: '=', value: 1 }), condition({ operator: '=', value: 2 })], 1],
    [
      'a key that contradicts itself',
      [
        { type: 'custom_data', operator: '>', value: 3, referenceKey: 'k' },
        { type: 'custom_data', operator: '<=', value: 3, referenceKey: 'k' },
      ],
      1,
    ],
  ])('%s: it, what lies behind it and the completion are faults', (_, conditions, place) => {
    expect(found(stages([ITEM], conditions, [ITEM]))).toEqual([
      `fault stages.1.clearConditions.${place} stage-never-cleared`,
      'fault stages.2 stage-unreachable',
      'fault stages never-completed',
    ])
  })

  test('whose timer leads on hides nothing behind it', () => {
    const never = [condition({ operator: '<', value: 0 })]
    const through = { stages: [sound(0, { duration: 60, clearConditions: never }), sound(1)] }
    expect(found(through)).toEqual(['fault stages.0.clearConditions.0 stage-never-cleared'])
  })

  test('whose timer fails, or comes after the end of the quest, hides the rest', () => {
    const never = [condition({ operator: '<', value: 0 })]
    const failing = { stages: [sound(0, { duration: 60, onTimeout: 'fail', clearConditions: never }), sound(1)] }
    expect(found(failing)).toContain('fault stages.1 stage-unreachable')
    const late = { duration: 60, stages: [sound(0, { duration: 60, clearConditions: never }), sound(1)] }
    expect(found(late)).toContain('fault stages.1 stage-unreachable')
  })

  test('and that no timer ends is a trap', () => {
    const never = stages([condition({ operator: '<', value: 0 })])
    expect(found({ duration: 0, ...never })).toContain('fault stages.0 no-way-out')
    expect(found(never)).not.toContain('fault stages.0 no-way-out')
  })

  test('for it asks for more different things than a stage counts', () => {
    const many = Array.from({ length: COUNTED_IDS_MAX + 1 }, (_, id) => condition({ referenceId: id + 1 }))
    expect(found(stages(many))).toContain('fault stages.0.clearConditions stage-never-cleared')
    expect(found(stages(many.slice(1)))).toEqual([])
  })

  test('is not one that asks for the same twice, or for a key that may be missing', () => {
    const missing = { type: 'custom_data', operator: '<=', value: 3, referenceKey: 'mistakes' }
    expect(found(stages([ITEM, ITEM, condition({ value: 9 }), missing]))).toEqual([])
  })
})

describe('a stage that asks for custom data', () => {
  const data = (referenceKey: string, operator = '>=', value = 6) => [
    { type: 'custom_data', operator, value, referenceKey },
  ]
  const friendlyMonster = { monsterId: 9300061, x: 0, y: 0 }

  test('can be cleared, and it is noted that a script must set it, unless that is said', () => {
    expect(found(stages([ITEM], data('seeds')))).toEqual(['note stages.1.clearConditions.0 stage-needs-data'])
    const byScript = { properties: { clearedBy: 'script' }, clearConditions: data('seeds') }
    expect(found({ stages: [sound(0, byScript), sound(1)] })).toEqual([])
  })

  test('with a friendly monster of which something is said that comes to nothing', () => {
    const saying = (said: object) =>
      found({ stages: [sound(0, { properties: { friendlyMonster: { ...friendlyMonster, ...said } } })] })
    const place = 'stages.0.properties.friendlyMonster'
    expect(saying({ onDamaged: { hitInterval: 0, message: 'x' }, onKilled: { action: 'cry' } })).toEqual([
      `warning ${place}.onDamaged.hitInterval no-effect`,
      `warning ${place}.onKilled.action no-effect`,
    ])
    expect(saying({ onDamaged: { hitInterval: 1, message: 'x' }, onKilled: { action: 'fail' } })).toEqual([])
  })

  test('that only a friendly monster counts is warned of where there is none', () => {
    const dropped = data('friendlyDropCount')
    expect(found(stages(dropped))).toEqual(['warning stages.0.clearConditions.0 stage-needs-data'])
    const guarded = (referenceKey: string) =>
      sound(0, { clearConditions: data(referenceKey), properties: { friendlyMonster } })
    expect(found({ stages: [guarded('friendlyDropCount')] })).toEqual([])
    expect(found({ stages: [guarded('friendlyHitCount')] })).toEqual([])
  })

  test('that is no number that a count could be is still within reach of a script', () => {
    const properties = { clearedBy: 'script' }
    const huge = [...data('debt', '<', 0), ...data('gold', '>', 4_294_967_295)]
    expect(found({ stages: [sound(0, { clearConditions: huge, properties })] })).toEqual([])
  })

  test('beyond what a stage keeps of it is a fault', () => {
    const long = data('k'.repeat(70_000))
    expect(found(stages(long))).toContain('fault stages.0.clearConditions stage-never-cleared')
  })
})

describe('kills', () => {
  const kill = { type: 'monster_kill', operator: '>=', value: 5, referenceId: 9300002 }
  const counting = (clearConditions: readonly unknown[], more: Record<string, unknown> = {}) => ({
    stages: [sound(0, { clearConditions, properties: { countKills: true, ...more } })],
  })

  test('that nobody but a script can count are noted, unless that is said', () => {
    expect(found(stages([kill]))).toEqual(['note stages.0.clearConditions.0 kills-by-script'])
    expect(found(counting([kill]))).toEqual([])
    const properties = { clearedBy: 'script' }
    expect(found({ stages: [sound(0, { clearConditions: [kill], properties })] })).toEqual([])
  })

  test('that are counted for nothing, or of the one that is to live, are warned of', () => {
    expect(found(counting([ITEM]))).toEqual(['warning stages.0.properties.countKills no-effect'])
    const friendlyMonster = { monsterId: 9300002, x: 0, y: 0 }
    expect(found(counting([kill], { friendlyMonster }))).toEqual(['warning stages.0.clearConditions.0 no-effect'])
  })
})

test('a clear action that nobody knows is warned of', () => {
  expect(found({ stages: [sound(0, { clearActions: ['destroy_monsters', 'open_gate'] })] })).toEqual([
    'warning stages.0.clearActions.1 no-effect',
  ])
})

describe('a fail requirement', () => {
  test.each([
    ['holds for all who may stay behind', [size('eq', 4)], size('lt', 4), 'fails-at-first-leave'],
    ['holds for a lone leader, who leaves nobody behind', [size('eq', 1)], size('lt', 1), 'never-fails'],
    ['asks for more than may start', [size('lte', 6)], size('gt', 6), 'never-fails'],
    ['asks for a level that nobody may have', [level('min', 'gte', 21)], level('min', 'lt', 21), 'never-fails'],
    [
      'holds for every level that may start',
      [level('max', 'lte', 30)],
      level('max', 'lte', 30),
      'fails-at-first-leave',
    ],
  ])('that %s is warned of', (_, startRequirements, requirement, code) => {
    expect(found({ startRequirements, failRequirements: [requirement] })).toEqual([
      `warning failRequirements.0 ${code}`,
    ])
  })

  test('that may hold for some is sound', () => {
    expect(found({ startRequirements: [size('gte', 3)], failRequirements: [size('lt', 3)] })).toEqual([])
    expect(found({ startRequirements: [size('eq', 4)], failRequirements: [size('lt', 3)] })).toEqual([])
  })
})

describe('a stage that is always met', () => {
  test.each([
    ['no condition', []],
    ['at least nothing', [condition({ value: 0 })]],
  ])('%s is a warning, unless a script is said to decide', (_, clearConditions) => {
    expect(found({ stages: [sound(0), sound(1, { clearConditions })] })).toEqual([
      'warning stages.1.clearConditions stage-always-met',
    ])
    const properties = { clearedBy: 'script' }
    expect(found({ stages: [sound(0), sound(1, { clearConditions, properties })] })).toEqual([])
  })

  test('a count that may go too far is warned of, because counts only grow', () => {
    expect(found(stages([condition({ operator: '=' })]))).toEqual(['warning stages.0.clearConditions.0 count-too-far'])
    expect(found(stages([condition({ operator: '<=', value: 4_294_967_295 }), ITEM]))).toEqual([])
  })
})

describe('time', () => {
  test('a quest without a limit may last for ever, and the reason says where', () => {
    const [one, ...others] = findings({ duration: 0, stages: [sound(0, { duration: 60 }), sound(1), sound(2)] })
    expect(others).toEqual([])
    expect(one).toMatchObject({ severity: 'warning', code: 'lasts-for-ever', path: ['duration'] })
    expect(one?.reason).toContain('stages 1, 2 are played, and while stages 0 to 2 wait for STAGE_ADVANCE once cleared')
  })

  test('unless each stage has one and none waits', () => {
    const timed = { duration: 0, stages: [sound(0, { duration: 60 }), sound(1, { duration: 60 })] }
    expect(found(timed)).toEqual(['warning duration lasts-for-ever'])
    expect(found({ ...timed, advance: 'automatic' })).toEqual([])
  })

  test.each([
    [1199, []],
    [1200, ['warning stages.0.duration timer-never-fires']],
    [1201, ['warning stages.0.duration timer-never-fires']],
  ])('a stage of %i s in a quest of 1200 s', (duration, expected) => {
    expect(found({ stages: [sound(0, { duration }), sound(1)] })).toEqual(expected)
  })

  test('a quest that outlasts all its stages never runs out', () => {
    const timed = [sound(0, { duration: 60 }), sound(1, { duration: 60 })]
    expect(found({ advance: 'automatic', duration: 121, stages: timed })).toEqual([
      'warning duration timer-never-fires',
    ])
    expect(found({ advance: 'automatic', duration: 120, stages: timed })).toEqual([])
    expect(found({ duration: 121, stages: timed }, { advance: 'automatic' })).toEqual([])
  })

  test('a stage that fails on a time that it has not, and an instant registration that lasts', () => {
    expect(found({ stages: [sound(0, { onTimeout: 'fail' })] })).toEqual(['warning stages.0.onTimeout no-effect'])
    const registration = { type: 'party', mode: 'instant', duration: 60 }
    expect(found({ registration })).toEqual(['warning registration.duration timer-never-fires'])
  })
})

describe('a bonus', () => {
  test('without duration lasts as the deployment says, and where it says for ever nobody gets out', () => {
    const bonus = { mapId: 300, duration: 0, entry: 'auto' }
    expect(found({ bonus })).toEqual(['warning bonus.duration bonus-without-duration'])
    expect(found({ bonus }, { bonusLimitSeconds: 0 })).toEqual(['fault bonus.duration no-way-out'])
    const manual = { ...bonus, entry: 'manual' }
    expect(found({ bonus: manual })).toEqual(['warning bonus.duration bonus-without-duration'])
    expect(found({ bonus: manual }, { bonusLimitSeconds: 0 })).toEqual(['fault bonus.duration no-way-out'])
  })

  test('that is entered by hand is sound', () => {
    const bonus = { mapId: 300, duration: 60, entry: 'manual', completionMapId: 301 }
    expect(found({ bonus })).toEqual([])
  })

  test('that is entered at once needs no map to wait in', () => {
    const bonus = { mapId: 300, duration: 60, entry: 'auto', completionMapId: 301 }
    expect(found({ bonus })).toEqual(['warning bonus.completionMapId no-effect'])
  })
})

test('maps of 0 are named, each', () => {
  const bonus = { mapId: 0, duration: 60, entry: 'auto', completionMapId: 0 }
  expect(found({ exit: 0, bonus, stages: [sound(0, { mapIds: [200, 0] })] })).toEqual([
    'fault stages.0.mapIds.1 map-zero',
    'fault exit map-zero',
    'warning bonus.mapId map-zero',
    'warning bonus.completionMapId map-zero',
  ])
})

test('rewards of nothing are named, and what is never drawn', () => {
  const drawn = (weight: number) => ({ templateId: 2040002, weight, quantity: 1 })
  const rewards = [
    { type: 'experience', amount: 0 },
    { type: 'random_item', amount: 1, items: [drawn(1), drawn(0)] },
    { type: 'item', amount: 1, items: [drawn(0)] },
  ]
  expect(found({ rewards, stages: [sound(0, { rewards })] })).toEqual([
    'warning stages.0.rewards.0.amount rewards-nothing',
    'warning stages.0.rewards.1.items.1.weight weight-zero',
    'warning rewards.0.amount rewards-nothing',
    'warning rewards.1.items.1.weight weight-zero',
    'note stages.0.rewards.1 reward-not-granted',
  ])
})

test('somebody who is not warped out at the end is a fault', () => {
  const compiled = compileDefinition(questFixture({ stages: [sound(0)] }))
  const life = explore(compiled, DEFAULT_RULES)
  const leaving = life.transitions.map(transition => {
    const { step } = transition
    if (step.after.value !== 'destroyed') return transition
    const [first] = life.party
    const kept = step.messages.filter(
      message => message.type !== 'CHANGE_MAP' || message.characterId !== first?.characterId,
    )
    return { ...transition, step: { ...step, messages: kept } }
  })
  const codes = examine(compiled.definition, { ...life, transitions: leaving }, DEFAULT_RULES).map(({ code }) => code)
  expect(codes).toEqual(['not-warped-out'])
})

test('a large quest is examined in a moment', () => {
  const many = Array.from({ length: 1000 }, (_, index) => sound(index, { duration: 1 + index, mapIds: [1] }))
  expect(found({ duration: 86_400, stages: many })).toEqual([])
})
