/** A definition's name and bytes stay what they are, and a catalogue finds it by its questId. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  type CompiledDefinition,
  compileDefinition,
  makeCatalogue,
  parseStoredDefinition,
} from '../../src/definitions/catalogue.ts'
import { InvariantError, UnrestorableError } from '../../src/errors.ts'
import { questFixture, stageFixture } from './quest-fixture.ts'

describe('the name of a definition', () => {
  const ref = (raw: unknown) => compileDefinition(raw).ref

  test('is its questId and the first 16 hex digits of the SHA-256 of its bytes', () => {
    expect(ref(questFixture())).toBe('mill_pq@256ee70df3519dec')
  })

  test('stays with white space, the order of fields, unknown fields and the form of the document', () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed)
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(
        Object.entries(value)
          .map(([name, inner]) => [name, reversed(inner)])
          .reverse(),
      )
    }
    const properties = { b: { d: 1, c: [{ f: 1, e: 2 }] }, a: 2 }
    const quest = questFixture({ stages: [stageFixture(0, { properties })] })
    const expected = ref(quest)
    expect(ref(reversed(quest))).toBe(expected)
    expect(ref({ ...quest, author: 'somebody' })).toBe(expected)
    expect(ref({ data: { id: 'mill_pq', type: 'party-quest-definition', attributes: quest } })).toBe(expected)
    expect(ref(JSON.parse(JSON.stringify(quest, null, 8)))).toBe(expected)
  })

  test('changes with anything that is played or kept', () => {
    const changed = [
      questFixture({ duration: 1201 }),
      questFixture({ advance: 'command' }),
      questFixture({ startEvents: [] }),
      questFixture({ stages: [stageFixture(0, { properties: { npcId: 1 } })] }),
    ]
    expect(new Set([questFixture(), ...changed].map(ref)).size).toBe(changed.length + 1)
  })
})

describe('stored bytes', () => {
  test('give back the same definition under the same name', () => {
    const compiled = compileDefinition(questFixture())
    const restored = parseStoredDefinition(Buffer.from(compiled.bytes), compiled.ref)
    expect(restored).toStrictEqual(compiled)
  })

  test('keep their name where this version would write them differently', () => {
    const older = Buffer.from(
      JSON.stringify({ questId: 'q', name: 'Q', registration: { type: 'party', mode: 'instant' }, exit: 1 }),
    )
    const hash = createHash('sha256').update(older).digest('hex').slice(0, 16)
    const restored = parseStoredDefinition(older, `q@${hash}`)
    expect(restored.definition.duration).toBe(0)
    expect(restored.bytes.equals(older)).toBe(true)
    expect(restored.ref).not.toBe(compileDefinition(restored.definition).ref)
  })

  test.each([
    ['not JSON', '{'],
    ['not a definition', '{"questId":"q"}'],
    ['empty', ''],
    [
      'of a later version',
      JSON.stringify({ ...JSON.parse(String(compileDefinition(questFixture()).bytes)), version: 2 }),
    ],
  ])('that are %s stop their shard', (_, text) => {
    expect(() => parseStoredDefinition(Buffer.from(text), 'q@0')).toThrow(UnrestorableError)
  })

  test('of another definition than their name says stop their shard', () => {
    const { bytes, ref } = compileDefinition(questFixture())
    const read = () => parseStoredDefinition(bytes, 'mill_pq@0000000000000000')
    expect(read).toThrow(UnrestorableError)
    expect(read).toThrow(`are the definition ${ref}, not mill_pq@0000000000000000`)
  })
})

describe('a catalogue', () => {
  const compiled: CompiledDefinition = compileDefinition(questFixture())

  test('finds by questId and by nothing else', () => {
    const catalogue = makeCatalogue([compiled])
    expect(catalogue.get('mill_pq')).toBe(compiled)
    expect(catalogue.get('MILL_PQ')).toBeUndefined()
    expect(catalogue.get('constructor')).toBeUndefined()
    expect(catalogue.all()).toEqual([compiled])
  })

  test('never holds two definitions of one quest', () => {
    expect(() => makeCatalogue([compiled, compiled])).toThrow(InvariantError)
  })
})
