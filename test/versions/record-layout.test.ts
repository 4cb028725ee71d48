/** The table of versions: an older record passes through every migration that is behind its version, and no other. */
import { describe, expect, test } from 'vitest'
import { decodeInstance, encodeInstance } from '../../src/actor/snapshot-bytes.ts'
import type { JsonObject } from '../../src/contract/json.ts'
import {
  LAYOUTS,
  migrated,
  newestReadable,
  type RecordLayout,
  readVersioned,
} from '../../src/contract/record-layout.ts'
import { decodePending, decodePosition } from '../../src/contract/state-record.ts'
import { compileDefinition, parseStoredDefinition } from '../../src/definitions/catalogue.ts'
import { UnrestorableError } from '../../src/errors.ts'
import { quest } from '../support/definitions.ts'
import { inputOf, Playthrough } from '../support/playthrough.ts'

/** Version 2 calls the fruit by a list, version 3 counts it. */
const BASKET: RecordLayout = {
  kind: 'basket',
  migrations: [
    ({ fruit }) => ({ version: 2, fruits: [fruit] }),
    ({ fruits }) => ({ version: 3, count: Array.isArray(fruits) ? fruits.length : 0, fruits }),
  ],
  written: 3,
}
const read = (record: unknown, layout = BASKET) => readVersioned(Buffer.from(JSON.stringify(record)), layout)

const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))

describe('a record', () => {
  test.each([
    [
      'of version 1 passes through both migrations',
      { version: 1, fruit: 'fig' },
      { version: 3, count: 1, fruits: ['fig'] },
    ],
    ['of version 2 passes through the second', { version: 2, fruits: [] }, { version: 3, count: 0, fruits: [] }],
    ['of version 3 is as it is', { version: 3, count: 9 }, { version: 3, count: 9 }],
  ])('%s', (_, stored, wanted) => {
    expect(read(stored)).toEqual(wanted)
  })

  test.each([
    [
      'a later version',
      { version: 4 },
      /^basket record of version 4, this release reads 1 to 3: run the release that wrote/,
    ],
    ['version 0', { version: 0 }, /of version 0, this release reads 1 to 3: write the right value/],
    ['a version that is a text', { version: '1' }, /of version 1, .*write the right value/],
    ['half a version', { version: 1.5 }, /of version 1\.5/],
    ['no version', {}, /record without a version/],
    ['no object', [1], /no object: \[1\]/],
    [
      '201 levels',
      { version: 3, fruits: nested(200) },
      /record is nested deeper than 200 levels: .*write the right value/,
    ],
  ])('of %s is refused, with what is read and what to do', (_, stored, reason) => {
    expect(() => read(stored)).toThrow(UnrestorableError)
    expect(() => read(stored)).toThrow(reason)
  })

  test('of 200 levels is read, and a bracket in a text is no level', () => {
    const deep = { version: 3, fruits: nested(199), text: '[{'.repeat(500) }
    expect(read(deep)).toEqual(deep)
  })

  test('without a version is of the one that its layout says, where records once had none', () => {
    expect(read({ fruit: 'fig' }, { ...BASKET, unversioned: 1 })).toEqual({ version: 3, count: 1, fruits: ['fig'] })
  })

  test('that its migration cannot follow is refused as unreadable, and says at which step', () => {
    const torn: RecordLayout = {
      ...BASKET,
      migrations: [BASKET.migrations[0] ?? (older => older), () => JSON.parse('oops')],
    }
    const stored = { version: 1, fruit: 'fig' }
    expect(() => migrated(stored, 1, torn)).toThrow(UnrestorableError)
    expect(() => migrated(stored, 1, torn)).toThrow(/cannot be taken from version 2 to 3/)
  })
})

test('this release never writes a version that it cannot read', () => {
  for (const layout of Object.values(LAYOUTS)) {
    expect(layout.written).toBeGreaterThan(0)
    expect(layout.written).toBeLessThanOrEqual(newestReadable(layout))
  }
})

describe('each decoder reads an older layout through the table that it is given', () => {
  /** A release whose version 2 is what today's decoders read, and whose version 1 called everything by `old`. */
  const renamed = (layout: RecordLayout): RecordLayout => ({
    ...layout,
    migrations: [({ old }) => ({ ...(old as JsonObject), version: 2 })],
  })
  const older = (bytes: Buffer) => Buffer.from(JSON.stringify({ version: 1, old: JSON.parse(bytes.toString()) }))

  test('an instance', () => {
    const compiled = quest()
    const instance = { snapshot: new Playthrough(compiled).snapshot, definition: compiled.ref, armedBy: {} }
    const bytes = encodeInstance(instance)
    const { rules } = inputOf(compiled)
    const restored = decodeInstance(older(bytes), () => rules, renamed(LAYOUTS.instance))
    expect(encodeInstance(restored)).toEqual(bytes)
  })

  test('a position', () => {
    const bytes = Buffer.from('{"version":1,"next":7,"watermarks":{"commands/0":3}}')
    expect(decodePosition(older(bytes), renamed(LAYOUTS.position))).toEqual(decodePosition(bytes))
  })

  test('a waiting registration', () => {
    const origin = { topic: 't', partition: 0, offset: 1, timestamp: -1 }
    const lookup = { kind: 'members', partyId: 88 }
    const bytes = Buffer.from(JSON.stringify({ version: 1, origin, lookup, key: null, value: 'e30=', headers: [] }))
    expect(decodePending(older(bytes), renamed(LAYOUTS.pending))).toEqual(decodePending(bytes))
  })

  test('a definition, which keeps the bytes and the name that instances know it by', () => {
    const today = quest()
    const bytes = older(today.bytes)
    const named = () => parseStoredDefinition(bytes, today.ref, renamed(LAYOUTS.definition))
    const [, ref = ''] = /are the definition (\S+), not/.exec(messageOf(named)) ?? []
    const restored = parseStoredDefinition(bytes, ref, renamed(LAYOUTS.definition))
    expect(restored.definition).toEqual(today.definition)
    expect([restored.bytes, restored.ref]).toEqual([bytes, ref])
    expect(compileDefinition(restored.definition).ref).toBe(today.ref)
  })
})

function messageOf(call: () => unknown): string {
  try {
    call()
    return ''
  } catch (error) {
    return String(error)
  }
}
