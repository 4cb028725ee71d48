import { describe, expect, test } from 'vitest'
import { compileDefinition, parseStoredDefinition } from '../../src/definitions/catalogue.ts'
import { readDefinition } from '../../src/definitions/definition-reader.ts'
import { questFixture, stageFixture } from './quest-fixture.ts'

const WRONG = stageFixture(0, { properties: { friendlyMonster: { monsterId: 1, x: 0, y: 40_000 }, countKills: 1 } })

describe('a feature of a stage that cannot be used', () => {
  test('is refused with its place in the file, what stands there, and the cure', () => {
    const reading = readDefinition({ data: { attributes: questFixture({ stages: [stageFixture(1), WRONG] }) } })
    expect(reading).toEqual({
      kind: 'faults',
      faults: [
        '$.data.attributes.stages[1].properties.friendlyMonster.y: cannot be used (value 40000), give a whole number from -32768 to 32767',
        '$.data.attributes.stages[1].properties.countKills: cannot be used (value 1), use true or false',
      ],
    })
  })

  test('is told together with the other faults of the definition', () => {
    const reading = readDefinition(questFixture({ exit: 'home', stages: [WRONG] }))
    expect(reading.kind === 'faults' && reading.faults.map(fault => fault.split(':')[0])).toEqual([
      '$.exit',
      '$.stages[0].properties.friendlyMonster.y',
      '$.stages[0].properties.countKills',
    ])
  })

  test('does not keep the instances of an older release, which did not read it, from being restored', () => {
    const { bytes } = compileDefinition(questFixture({ stages: [stageFixture(0)] }))
    const older = Buffer.from(
      bytes.toString().replace('"properties":{"npcId":9020001}', '"properties":{"countKills":1}'),
    )
    let ref = ''
    expect(() => parseStoredDefinition(older, 'none@0')).toThrow(/these \d+ bytes are the definition (\S+), not none@0/)
    try {
      parseStoredDefinition(older, 'none@0')
    } catch (error) {
      ref = /definition (\S+),/.exec(String(error))?.[1] ?? ''
    }
    expect(parseStoredDefinition(older, ref).definition.stages[0]?.properties).toEqual({ countKills: 1 })
  })
})
