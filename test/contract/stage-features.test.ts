import { describe, expect, test } from 'vitest'
import type { Properties, Stage } from '../../src/contract/definition.ts'
import { countsKills, featureFaults, friendlyMonsterOf, weatherOf } from '../../src/contract/stage-features.ts'

const BUNNY = {
  monsterId: 9300061,
  x: -183,
  y: -433,
  fh: 7,
  spawnMessage: 'It has come.',
  onDamaged: { hitInterval: 5, message: 'It is hurt.' },
  onDrop: { messageTemplate: 'That makes {count}.' },
  onKilled: { action: 'fail', message: 'It has fallen.' },
}

function stage(properties: Properties): Stage {
  return {
    index: 0,
    name: '',
    mapIds: [200],
    type: 'boss',
    duration: 0,
    onTimeout: 'advance',
    clearConditions: [],
    clearActions: [],
    rewards: [],
    warpType: 'all',
    properties,
  }
}

describe('what a stage says in its properties is read once and for all', () => {
  test('a friendly monster, weather and counted kills are read as they stand', () => {
    const weather = { itemId: 5120016, message: 'Rain.', duration: 5 }
    const described = stage({ npcId: 1, friendlyMonster: BUNNY, weather, countKills: true })
    expect(friendlyMonsterOf(described)).toEqual(BUNNY)
    expect(friendlyMonsterOf(described)).toBe(friendlyMonsterOf(described))
    expect(weatherOf(described)).toEqual(weather)
    expect(countsKills(described)).toBe(true)
  })

  test('a stage that says nothing has none of them', () => {
    const plain = stage({})
    expect([friendlyMonsterOf(plain), weatherOf(plain), countsKills(plain)]).toEqual([undefined, undefined, false])
  })

  test('null counts as left out, inside a feature too', () => {
    const properties = { friendlyMonster: { ...BUNNY, fh: null, onDrop: null }, weather: null, countKills: null }
    expect(featureFaults(properties)).toEqual([])
    const { onDrop: _, ...others } = BUNNY
    expect(friendlyMonsterOf(stage(properties))).toEqual({ ...others, fh: 0 })
  })

  test('what cannot be read counts as not there, so that a definition of an older release is still played', () => {
    const wrong = stage({ friendlyMonster: { monsterId: 'bunny' }, weather: 5, countKills: 'yes' })
    expect([friendlyMonsterOf(wrong), weatherOf(wrong), countsKills(wrong)]).toEqual([undefined, undefined, false])
  })

  test('what the original plays without a word is played so: an interval of 0, an action that nobody knows', () => {
    const friendlyMonster = { ...BUNNY, onDamaged: { hitInterval: 0, message: 'x' }, onKilled: { action: 'cry' } }
    expect(featureFaults({ friendlyMonster })).toEqual([])
    expect(friendlyMonsterOf(stage({ friendlyMonster }))).toEqual(friendlyMonster)
  })

  test('a feature that only the prototype has is not there', () => {
    const inherited = Object.create({ countKills: true, friendlyMonster: BUNNY })
    expect([friendlyMonsterOf(stage(inherited)), countsKills(stage(inherited))]).toEqual([undefined, false])
  })
})

test.each([
  ['a coordinate beyond a map', { friendlyMonster: { ...BUNNY, x: 40_000 } }, ['friendlyMonster', 'x'], 40_000],
  ['no monster', { friendlyMonster: { ...BUNNY, monsterId: 0 } }, ['friendlyMonster', 'monsterId'], 0],
  [
    'an action that is no text',
    { friendlyMonster: { ...BUNNY, onKilled: { action: 5 } } },
    ['friendlyMonster', 'onKilled', 'action'],
    5,
  ],
  [
    'an interval of half a hit',
    { friendlyMonster: { ...BUNNY, onDamaged: { hitInterval: 0.5, message: 'x' } } },
    ['friendlyMonster', 'onDamaged', 'hitInterval'],
    0.5,
  ],
  ['weather without a text', { weather: { itemId: 1, duration: 5 } }, ['weather', 'message'], undefined],
  ['kills counted by half', { countKills: 'yes' }, ['countKills'], 'yes'],
  ['a monster that is a list', { friendlyMonster: [] }, ['friendlyMonster'], []],
] as const)('%s is a fault with its place, its value and a cure', (_, properties, path, value) => {
  const faults = featureFaults(properties)
  expect(faults.map(fault => [fault.path, fault.value])).toEqual([[path, value]])
  expect(faults[0]?.cure).not.toBe('')
})
