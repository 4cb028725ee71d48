/** What is read straight from the bytes is what the full decoder reads of them, and nothing that it would refuse. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DecodedCommand, decodeAnyCommand, decodeCommand } from '../../src/contract/commands.ts'
import { readPlainCommand } from '../../src/contract/plain-command.ts'

const ID = '083839c6-c47c-42a6-9585-76492795d123'
const TYPES = ['START', 'STAGE_CLEAR_ATTEMPT', 'STAGE_ADVANCE', 'ENTER_BONUS', 'FORFEIT'] as const

/** With the order of fields and of counts, which an instance's record repeats. */
const shown = (decoded: DecodedCommand) =>
  JSON.stringify(decoded, (_, value: unknown) => (value instanceof Map ? { counts: [...value] } : value))
const isTaken = (text: string) => readPlainCommand(Buffer.from(text)) !== undefined

/** Of `text`: that both decoders say the same, whichever of them it was. */
function isDecodedAlike(text: Buffer): void {
  expect(shown(decodeCommand(text))).toBe(shown(decodeAnyCommand(text)))
}

const uint32 = fc.oneof(
  fc.integer({ min: 0, max: 4_294_967_295 }),
  fc.constantFrom(0, 1, 255, 4_294_967_294, 4_294_967_295),
)
const uuid = fc.oneof(
  fc.uuid(),
  fc.uuid().map(id => id.toUpperCase()),
)
const counts = fc.dictionary(uint32.map(String), uint32, { maxKeys: 6 })
const command = fc.oneof(
  fc.record({
    worldId: fc.nat(255),
    characterId: uint32,
    type: fc.constantFrom(...TYPES),
    body: fc.record({ instanceId: uuid }),
  }),
  fc.record({
    worldId: fc.nat(255),
    characterId: uint32,
    type: fc.constant('UPDATE_STAGE_STATE'),
    body: fc.record(
      { instanceId: uuid, itemCounts: counts, monsterKills: counts },
      { requiredKeys: ['instanceId'], noNullPrototype: true },
    ),
  }),
)

test('every command of an instance that is laid out as Go writes it is taken, and is what the full decoder makes of it', () => {
  fc.assert(
    fc.property(command, given => {
      const text = JSON.stringify(given)
      expect(isTaken(text), text).toBe(true)
      isDecodedAlike(Buffer.from(text))
    }),
    { numRuns: 2000 },
  )
})

const edit = fc.record({
  at: fc.nat(400),
  removed: fc.nat(3),
  put: fc.oneof(
    fc.constantFrom(
      '',
      '0',
      '-',
      '.',
      '"',
      '\\',
      '{',
      '}',
      ',',
      ' ',
      'e',
      '9',
      ',"type":"START"',
      '"1":2,',
      'null',
      '\n',
      '\u00e9',
    ),
    fc.string({ maxLength: 3 }),
  ),
})

test('however a command is edited, both decoders say the same of it', () => {
  fc.assert(
    fc.property(command, fc.array(edit, { minLength: 1, maxLength: 3 }), (given, edits) => {
      let text = JSON.stringify(given)
      for (const { at, removed, put } of edits) {
        const place = at % (text.length + 1)
        text = text.slice(0, place) + put + text.slice(place + removed)
      }
      isDecodedAlike(Buffer.from(text))
    }),
    { numRuns: 10_000 },
  )
})

const update = (counts: string) =>
  `{"worldId":0,"characterId":1,"type":"UPDATE_STAGE_STATE","body":{"instanceId":"${ID}","itemCounts":${counts}}}`
const start = (worldId: string, characterId = '1', id = ID) =>
  `{"worldId":${worldId},"characterId":${characterId},"type":"START","body":{"instanceId":"${id}"}}`

describe('left to the full decoder is a command', () => {
  test.each([
    ['of a world out of range', start('256')],
    ['of a character out of range', start('0', '4294967296')],
    ['of a character with more digits than any has', start('0', '10000000000000000000000')],
    ['with a fraction', start('0.0')],
    ['with a number that begins with 0', start('01')],
    ['without a number', start('')],
    ['with an id that is none', start('0', '1', ID.replace('0', 'g'))],
    ['with an id of another form', start('0', '1', ID.replaceAll('-', ''))],
    ['with spaces', start(' 0')],
    ['with something behind it', `${start('0')}\n`],
    ['cut short', start('0').slice(0, -1)],
    ['with nothing in it', ''],
    ['of a type that has more in it', start('0').replace('START', 'REGISTER')],
    ['of a type that is not ours', start('0').replace('START', 'STARTED')],
    ['with counts that do not ascend', update('{"2":1,"1":1}')],
    ['that counts the same twice', update('{"1":1,"1":2}')],
    ['that counts something out of range', update('{"4294967296":1}')],
    ['with a count out of range', update('{"1":4294967296}')],
    ['with a count that is null', update('{"1":null}')],
    ['without counts', update('null')],
    ['with a comma too many', update('{"1":1,}')],
    ['with a field behind the counts', update('{},"other":1')],
  ])('%s', (_, text) => {
    expect(isTaken(text)).toBe(false)
    isDecodedAlike(Buffer.from(text))
  })
})

test('a value that is null is left to the full decoder, which refuses it', () => {
  expect(decodeCommand(null)).toEqual(decodeAnyCommand(null))
})
