/** What a definition is refused for, in which words, and what is filled in where it says nothing. */
import { describe, expect, test } from 'vitest'
import { compileDefinition, DEFINITION_BYTES_MAX } from '../../src/definitions/catalogue.ts'
import { questIdOf } from '../../src/definitions/definition-reader.ts'
import { ConfigError } from '../../src/errors.ts'
import { questFixture, stageFixture } from './quest-fixture.ts'

function faultsOf(raw: unknown): readonly string[] {
  try {
    compileDefinition(raw)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

const withCondition = (condition: object) =>
  questFixture({ stages: [stageFixture(0, { clearConditions: [condition] })] })
const withReward = (reward: object) => questFixture({ stages: [stageFixture(0, { rewards: [reward] })] })
const withRequirement = (requirement: object) => questFixture({ startRequirements: [requirement] })
const without = (field: string) => {
  const { [field]: _, ...rest } = questFixture()
  return rest
}

describe('a definition that breaks a rule is refused in words that name place, value and cure', () => {
  const uint32 = 'give a whole number from 0 to 4294967295'
  const table: readonly (readonly [why: string, raw: unknown, ...faults: string[]])[] = [
    ['a list at the top', [], '$: is not an object (value []), give an object'],
    ['null at the top', null, '$: is not an object (value null), give an object'],
    ['no attributes', { data: {} }, '$.data.attributes: is missing, give an object'],
    ['no questId', without('questId'), '$.questId: is missing, give a string that is not empty'],
    [
      'an empty name',
      questFixture({ name: '' }),
      '$.name: is not what players call the quest (value ""), give a string that is not empty',
    ],
    ['no exit', without('exit'), `$.exit: is missing, ${uint32}`],
    [
      'an exit beyond uint32',
      questFixture({ exit: 4294967296 }),
      `$.exit: is not the map for everybody who leaves (value 4294967296), ${uint32}`,
    ],
    [
      'a negative duration',
      questFixture({ duration: -1 }),
      `$.duration: is not a duration in seconds (value -1), ${uint32}`,
    ],
    [
      'half a second',
      questFixture({ duration: 1.5 }),
      `$.duration: is not a duration in seconds (value 1.5), ${uint32}`,
    ],
    [
      'a duration in words',
      questFixture({ duration: '10' }),
      `$.duration: is not a duration in seconds (value "10"), ${uint32}`,
    ],
    [
      'a duration without end',
      questFixture({ duration: 1e300 }),
      `$.duration: is not a duration in seconds (value 1e+300), ${uint32}`,
    ],
    [
      'a fieldLock',
      questFixture({ fieldLock: 'world' }),
      '$.fieldLock: is not a known field lock (value "world"), use one of none, channel, instance',
    ],
    [
      'an advance',
      questFixture({ advance: 'never' }),
      '$.advance: is not a known way to advance (value "never"), use one of command, automatic',
    ],
    ['no registration', without('registration'), '$.registration: is missing, give an object with a mode'],
    [
      'a registration type',
      questFixture({ registration: { type: 'guild', mode: 'instant' } }),
      '$.registration.type: is not a known registration (value "guild"), use one of party, individual',
    ],
    [
      'a registration mode',
      questFixture({ registration: { type: 'party', mode: 'slow' } }),
      '$.registration.mode: is not a known mode of registration (value "slow"), use one of instant, timed',
    ],
    [
      'a timed registration without a time',
      questFixture({ registration: { type: 'party', mode: 'timed', duration: 0 } }),
      '$.registration.duration: is not how long a timed registration stays open, in seconds (value 0), give a whole number from 1 to 4294967295',
    ],
    [
      'an affinity',
      questFixture({ registration: { type: 'party', mode: 'instant', affinity: 'clan' } }),
      '$.registration.affinity: is not a known affinity (value "clan"), use one of none, guild, party',
    ],
    [
      'a requirement type',
      withRequirement({ type: 'job', operator: 'eq', value: 1 }),
      '$.startRequirements[0].type: is not a known requirement (value "job"), use one of party_size, level_min, level_max',
    ],
    [
      'an operator of conditions in a requirement',
      withRequirement({ type: 'party_size', operator: '>=', value: 1 }),
      '$.startRequirements[0].operator: is not an operator of requirements (value ">="), use one of eq, gte, lte, gt, lt',
    ],
    [
      'a requirement without a value',
      withRequirement({ type: 'party_size', operator: 'eq' }),
      `$.startRequirements[0].value: is missing, ${uint32}`,
    ],
    [
      'requirements that are no list',
      questFixture({ failRequirements: {} }),
      '$.failRequirements: is not a list (value {}), give a list',
    ],
    [
      'a way into the bonus',
      questFixture({ bonus: { mapId: 1, entry: 'later' } }),
      '$.bonus.entry: is not a known way into a bonus (value "later"), use one of auto, manual',
    ],
    [
      'a stage without maps',
      questFixture({ stages: [stageFixture(0, { mapIds: [] })] }),
      '$.stages[0].mapIds: names no map (value []), list at least one: a stage is played somewhere',
    ],
    [
      'a stage that leaves its maps out',
      questFixture({ stages: [stageFixture(0, { mapIds: null })] }),
      '$.stages[0].mapIds: is missing, list at least one: a stage is played somewhere',
    ],
    [
      'maps that are no list',
      questFixture({ stages: [stageFixture(0, { mapIds: 7 })] }),
      '$.stages[0].mapIds: is not a list of maps (value 7), list at least one: a stage is played somewhere',
    ],
    [
      'a map that is null',
      questFixture({ stages: [stageFixture(0, { mapIds: [1, null] })] }),
      `$.stages[0].mapIds[1]: is not a map (value null), ${uint32}`,
    ],
    [
      'a stage type',
      questFixture({ stages: [stageFixture(0, { type: 'fishing' })] }),
      '$.stages[0].type: is not a known stage type (value "fishing"), use one of item_collection, monster_killing, combination_puzzle, reactor_trigger, warp_puzzle, sequence_memory_game, boss',
    ],
    [
      'a warp type',
      questFixture({ stages: [stageFixture(0, { warpType: 'some' })] }),
      '$.stages[0].warpType: is not a known warp type (value "some"), use one of all, none',
    ],
    [
      'an end of a stage timer',
      questFixture({ stages: [stageFixture(0, { onTimeout: 'stay' })] }),
      '$.stages[0].onTimeout: is not a known end of a stage timer (value "stay"), use one of advance, fail',
    ],
    [
      'properties that are no object',
      questFixture({ stages: [stageFixture(0, { properties: [] })] }),
      '$.stages[0].properties: is not an object (value []), give an object',
    ],
    [
      'an index that is used twice',
      questFixture({ stages: [stageFixture(0), stageFixture(0)] }),
      '$.stages[1].index: is used twice (value 0), number the 2 stage(s) from 0 to 1, each once',
    ],
    [
      'a gap in the indexes',
      questFixture({ stages: [stageFixture(0), stageFixture(2)] }),
      '$.stages[1].index: is beyond the last stage (value 2), number the 2 stage(s) from 0 to 1, each once',
    ],
    [
      'a stage without an index',
      questFixture({ stages: [{ ...stageFixture(0), index: null }] }),
      `$.stages[0].index: is missing, ${uint32}`,
    ],
    [
      'a condition type',
      withCondition({ type: 'reactor_hit', operator: '>=', value: 1 }),
      '$.stages[0].clearConditions[0].type: is not a known condition (value "reactor_hit"), use one of item, item_count, monster_kill, custom_data',
    ],
    [
      'a condition without a type',
      withCondition({ operator: '>=', value: 1 }),
      '$.stages[0].clearConditions[0].type: is missing, use one of item, item_count, monster_kill, custom_data',
    ],
    [
      'an operator of requirements in a condition',
      withCondition({ type: 'item', operator: 'gte', value: 1, referenceId: 5 }),
      '$.stages[0].clearConditions[0].operator: is not an operator of conditions (value "gte"), use one of >=, <=, =, >, <',
    ],
    [
      'a kill of nobody',
      withCondition({ type: 'monster_kill', operator: '>=', value: 1 }),
      '$.stages[0].clearConditions[0].referenceId: is missing, give a whole number from 1 to 4294967295',
    ],
    [
      'an item 0',
      withCondition({ type: 'item_count', operator: '>=', value: 1, referenceId: 0 }),
      '$.stages[0].clearConditions[0].referenceId: is not the item or monster to count (value 0), give a whole number from 1 to 4294967295',
    ],
    [
      'custom data without a key',
      withCondition({ type: 'custom_data', operator: '>=', value: 1, referenceKey: '' }),
      '$.stages[0].clearConditions[0].referenceKey: is not the key of the number to read (value ""), give a string that is not empty',
    ],
    [
      'a reward type',
      withReward({ type: 'mesos', amount: 1 }),
      '$.stages[0].rewards[0].type: is not a known reward (value "mesos"), use one of experience, item, random_item',
    ],
    [
      'an item reward without items',
      withReward({ type: 'item', amount: 1, items: [] }),
      '$.stages[0].rewards[0].items: names no item (value []), list at least one',
    ],
    [
      'a draw that nothing can win',
      withReward({ type: 'random_item', amount: 1, items: [{ templateId: 1, weight: 0, quantity: 1 }] }),
      '$.stages[0].rewards[0].items: has no item that can be drawn (value [{"templateId":1,"weight":0,"quantity":1}]), give at least one a weight above 0',
    ],
    [
      'a reward of no pieces',
      withReward({ type: 'item', amount: 1, items: [{ templateId: 1, quantity: 0 }] }),
      '$.stages[0].rewards[0].items[0].quantity: is not a quantity (value 0), give a whole number from 1 to 4294967295',
    ],
    [
      'a reward of the quest itself',
      questFixture({ rewards: [{ type: 'experience', amount: -5 }] }),
      `$.rewards[0].amount: is not an amount of experience (value -5), ${uint32}`,
    ],
  ]

  test.each(table)('%s', (_, raw, ...faults) => {
    expect(faultsOf(raw)).toEqual(faults)
  })

  test('all faults come out together, with the path inside a JSON:API document', () => {
    const attributes = questFixture({
      questId: 7,
      exit: -1,
      stages: [stageFixture(3, { type: 'fishing', clearConditions: [{ type: 'item', operator: '!', value: 1 }] })],
    })
    expect(faultsOf({ data: { attributes } }).map(fault => fault.slice(0, fault.indexOf(':')))).toEqual([
      '$.data.attributes.questId',
      '$.data.attributes.exit',
      '$.data.attributes.stages[0].type',
      '$.data.attributes.stages[0].clearConditions[0].operator',
      '$.data.attributes.stages[0].clearConditions[0].referenceId',
      '$.data.attributes.stages[0].index',
    ])
  })

  test('an unknown kind hides no fault that stands beside it, and adds none that depends on the kind', () => {
    const attributes = questFixture({
      registration: { type: 'clan', mode: 'slow', mapId: -2 },
      stages: [
        stageFixture(0, {
          clearConditions: [
            { type: 'fish', operator: '!', value: 1 },
            { type: 'whale', operator: '>=', value: 1 },
          ],
          rewards: [{ type: 'mesos', amount: -1 }],
        }),
      ],
    })
    expect(faultsOf(attributes).map(fault => fault.slice(0, fault.indexOf(':')))).toEqual([
      '$.registration.mode',
      '$.registration.type',
      '$.registration.mapId',
      '$.stages[0].clearConditions[0].type',
      '$.stages[0].clearConditions[0].operator',
      '$.stages[0].clearConditions[1].type',
      '$.stages[0].rewards[0].type',
      '$.stages[0].rewards[0].amount',
    ])
  })

  test('a long value is cut', () => {
    const [fault] = faultsOf(questFixture({ fieldLock: 'x'.repeat(500) }))
    expect(fault).toContain(`(value "${'x'.repeat(79)}…)`)
  })

  test('a definition too large to be kept beside its instances is refused', () => {
    const text = 'x'.repeat(DEFINITION_BYTES_MAX)
    expect(faultsOf(questFixture({ startEvents: [text] }))).toEqual([
      expect.stringMatching(
        /^\$: is too large to be kept with its instances \(\d+ bytes\), shorten it to at most 524288$/,
      ),
    ])
  })
})

describe('what is left out is filled in', () => {
  const minimal = {
    questId: 'q',
    name: 'Q',
    registration: { type: 'individual', mode: 'instant' },
    exit: 1,
    stages: [{ index: 0, mapIds: [2], type: 'boss' }],
  }
  const filledIn = {
    questId: 'q',
    name: 'Q',
    fieldLock: 'none',
    duration: 0,
    registration: { type: 'individual', mode: 'instant', duration: 0, mapId: 0, affinity: 'none' },
    startRequirements: [],
    failRequirements: [],
    startEvents: [],
    exit: 1,
    stages: [
      {
        index: 0,
        name: '',
        mapIds: [2],
        type: 'boss',
        duration: 0,
        onTimeout: 'advance',
        clearConditions: [],
        clearActions: [],
        rewards: [],
        warpType: 'all',
        properties: {},
      },
    ],
    rewards: [],
  }

  test('lists are empty, numbers 0, and what the deployment decides stays open', () => {
    expect(compileDefinition(minimal).definition).toStrictEqual(filledIn)
  })

  test('null counts as left out, except in what is kept without being understood', () => {
    const [stage] = minimal.stages
    const raw = {
      ...minimal,
      bonus: null,
      advance: null,
      startEvents: [{ target: null }],
      stages: [{ ...stage, rewards: null, duration: null, properties: { script: null } }],
    }
    expect(compileDefinition(raw).definition).toStrictEqual({
      ...filledIn,
      startEvents: [{ target: null }],
      stages: [{ ...filledIn.stages[0], properties: { script: null } }],
    })
  })

  test('a lone surrogate in a questId is U+FFFD, as in the commands that name the quest', () => {
    const raw = { ...minimal, questId: 'a\ud800b' }
    expect(compileDefinition(raw).definition.questId).toBe('a\ufffdb')
    expect(questIdOf(raw)?.questId).toBe('a\ufffdb')
  })

  test('stages are sorted by index, whatever their order in the file', () => {
    const raw = questFixture({ stages: [stageFixture(2), stageFixture(0), stageFixture(1)] })
    expect(compileDefinition(raw).definition.stages.map(({ name }) => name)).toEqual(['Floor 0', 'Floor 1', 'Floor 2'])
  })

  test('a definition cannot be changed by those who share it', () => {
    const { definition } = compileDefinition(questFixture())
    expect(() => Object.assign(definition.stages[0]?.properties ?? {}, { npcId: 1 })).toThrow(TypeError)
    expect(() => Object.assign(definition.registration, { mapId: 1 })).toThrow(TypeError)
  })

  test('a field named __proto__ touches no prototype', () => {
    const raw: unknown = JSON.parse(
      JSON.stringify(questFixture({ startEvents: ['HERE'] })).replace('"HERE"', '{"__proto__":{"hacked":true}}'),
    )
    const { definition, bytes } = compileDefinition(raw)
    expect(definition.startEvents).toHaveLength(1)
    expect(definition.startEvents[0]).not.toHaveProperty('hacked')
    expect(bytes.toString()).toContain('"startEvents":[{"__proto__":{"hacked":true}}]')
  })
})

describe('a file that somebody made to hurt', () => {
  test('nested deeper than any reader can call itself, it is a fault that says where', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`)
    const fault = 'is nested deeper than 100 levels, flatten it'
    expect(faultsOf(questFixture({ startEvents: deep }))).toEqual([`$.startEvents[0][0][0][0][0][0][0]: ${fault}`])
    expect(faultsOf({ data: { attributes: deep } })).toEqual([`$.data.attributes[0][0][0][0][0][0]: ${fault}`])
  })

  test('nested as deep as is allowed, it is read', () => {
    const events: unknown = JSON.parse(`${'['.repeat(100)}${']'.repeat(100)}`)
    expect(faultsOf(questFixture({ startEvents: events }))).toEqual([])
  })

  test('with thousands of unknown kinds, each is named, and the first are looked behind', () => {
    const conditions = Array.from({ length: 1_000 }, () => ({ type: 'x', operator: '?', value: 1, referenceId: 1 }))
    const faults = faultsOf(questFixture({ stages: [stageFixture(0, { clearConditions: conditions })] }))
    expect(faults.filter(fault => fault.includes('.type: is not a known condition'))).toHaveLength(1_000)
    expect(faults.filter(fault => fault.includes('.operator: '))).toHaveLength(10)
  })
})
