/** What is a command, what is of others, what is malformed: the reading rules of the wire, row by row. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { COMMAND_TYPES, commandSchema, decodeCommand } from '../../src/contract/commands.ts'

const ID = '083839c6-c47c-42a6-9585-76492795d123'
const NIL = '00000000-0000-0000-0000-000000000000'

const decode = (text: string) => decodeCommand(Buffer.from(text))
const commandOf = (text: string) => {
  const decoded = decode(text)
  if (decoded.kind !== 'command') throw new Error(JSON.stringify(decoded))
  return decoded.command
}
const reasonOf = (text: string) => {
  const decoded = decode(text)
  if (decoded.kind !== 'malformed') throw new Error(JSON.stringify(decoded))
  expect(decoded.refusal.code).toBe('MALFORMED')
  return decoded.refusal.reason
}
const start = (body: string) => `{"worldId":0,"characterId":1001,"type":"START","body":${body}}`
const register = (body: string) => `{"worldId":0,"characterId":1001,"type":"REGISTER","body":${body}}`
const update = (body: string) => `{"worldId":0,"characterId":1001,"type":"UPDATE_STAGE_STATE","body":${body}}`

describe('the commands', () => {
  test('REGISTER', () => {
    const text =
      '{"worldId":0,"characterId":1001,"type":"REGISTER","body":{"questId":"kerning_city_pq","partyId":88,"channelId":1,"mapId":103000000}}'
    expect(commandOf(text)).toEqual({
      type: 'REGISTER',
      worldId: 0,
      characterId: 1001,
      questId: 'kerning_city_pq',
      partyId: 88,
      channelId: 1,
      mapId: 103000000,
    })
  })

  test.each(['START', 'STAGE_CLEAR_ATTEMPT', 'STAGE_ADVANCE', 'ENTER_BONUS', 'FORFEIT'])('%s', type => {
    const text = `{"worldId":0,"characterId":1001,"type":"${type}","body":{"instanceId":"${ID}"}}`
    expect(commandOf(text)).toEqual({ type, worldId: 0, characterId: 1001, instanceId: ID })
  })

  test('UPDATE_STAGE_STATE', () => {
    const text = `{"worldId":0,"characterId":1001,"type":"UPDATE_STAGE_STATE","body":{"instanceId":"${ID}","itemCounts":{"4001008":4},"monsterKills":{"9300002":2}}}`
    expect(commandOf(text)).toEqual({
      type: 'UPDATE_STAGE_STATE',
      worldId: 0,
      characterId: 1001,
      instanceId: ID,
      itemCounts: new Map([[4001008, 4]]),
      monsterKills: new Map([[9300002, 2]]),
    })
  })
})

describe('the commands of the later version', () => {
  const custom = (body: string) => `{"worldId":0,"characterId":1001,"type":"UPDATE_CUSTOM_DATA","body":${body}}`
  const broadcast = (body: object) => JSON.stringify({ type: 'BROADCAST_MESSAGE', body })

  test.each([
    '{}',
    'null',
    '{"instanceId":7,"worldId":9}',
  ])('LEAVE names nothing but who leaves, with the body %s', body => {
    const left = { type: 'LEAVE', worldId: 1, characterId: 9042 }
    expect(commandOf(`{"worldId":1,"characterId":9042,"type":"LEAVE","body":${body}}`)).toEqual(left)
    expect(commandOf('{"worldId":1,"characterId":9042,"type":"LEAVE"}')).toEqual(left)
  })

  test('LEAVE with a body that is no object is malformed', () => {
    expect(reasonOf('{"type":"LEAVE","body":[]}')).toBe('body is an array: must be an object')
  })

  test('UPDATE_CUSTOM_DATA takes any key and any text, a missing list and a null for nothing', () => {
    const text = custom(
      `{"instanceId":"${ID}","Updates":{"a":"1","__proto__":"2","constructor":null,"":"\\ud800"},"increments":["a","a",null]}`,
    )
    const command = commandOf(text)
    expect(command).toEqual({
      type: 'UPDATE_CUSTOM_DATA',
      worldId: 0,
      characterId: 1001,
      instanceId: ID,
      updates: new Map([
        ['a', '1'],
        ['__proto__', '2'],
        ['constructor', ''],
        ['', '\ufffd'],
      ]),
      increments: ['a', 'a', ''],
    })
    expect(commandOf(custom('{"updates":null}'))).toMatchObject({ updates: new Map(), increments: [], instanceId: NIL })
    expect(Object.prototype).not.toHaveProperty('2')
  })

  test.each([
    ['{"updates":{"a":1}}', 'body.updates.a is 1: must be a string'],
    ['{"updates":[]}', 'body.updates is an array: must be an object of strings'],
    ['{"increments":"a"}', 'body.increments is "a": must be a list of strings'],
    ['{"increments":[1]}', 'body.increments.0 is 1: must be a string'],
  ])('UPDATE_CUSTOM_DATA with the body %s is malformed', (body, reason) => {
    expect(reasonOf(custom(body))).toBe(reason)
  })

  test('BROADCAST_MESSAGE', () => {
    expect(commandOf(broadcast({ instanceId: ID, messageType: 'PINK_TEXT', message: 'Hurry!' }))).toEqual({
      type: 'BROADCAST_MESSAGE',
      worldId: 0,
      characterId: 0,
      instanceId: ID,
      messageType: 'PINK_TEXT',
      message: 'Hurry!',
    })
  })

  test('BROADCAST_MESSAGE of more than anybody could be shown is malformed, for it goes out to everybody', () => {
    expect(reasonOf(broadcast({ message: 'x'.repeat(4097) }))).toContain('must have at most 4096 characters')
    expect(reasonOf(broadcast({ messageType: 'x'.repeat(257) }))).toContain('must have at most 256 characters')
    expect(commandOf(broadcast({ message: 'x'.repeat(4096), messageType: 'x'.repeat(256) })).type).toBe(
      'BROADCAST_MESSAGE',
    )
  })
})

describe('lenient reading', () => {
  test.each<[string, string, object]>([
    [
      'names in any case',
      `{"WORLDID":1,"CharacterID":2,"Type":"START","BODY":{"InstanceId":"${ID}"}}`,
      { worldId: 1, characterId: 2, instanceId: ID },
    ],
    ['the last of two names', `{"worldId":1,"WorldId":2,"worldId":3,"type":"START"}`, { worldId: 3 }],
    ['the last of two names, null', `{"worldId":1,"type":"START","WorldId":null}`, { worldId: 0 }],
    ['the last of two types', `{"type":"NOT_OURS","Type":"START"}`, { type: 'START' }],
    [
      'the last of two bodies, whole',
      register('{"questId":"a","partyId":1},"Body":{"partyId":2}'),
      { questId: '', partyId: 2 },
    ],
    ['the last of two names in the body', register('{"channelId":1,"ChannelId":2,"channelId":3}'), { channelId: 3 }],
    ['unknown fields', `{"x":[{}],"__proto__":{"worldId":9},"type":"START","body":{"y":null}}`, { worldId: 0 }],
    [
      'missing fields',
      '{"type":"REGISTER"}',
      { worldId: 0, characterId: 0, questId: '', partyId: 0, channelId: 0, mapId: 0 },
    ],
    [
      'null fields',
      '{"type":"START","worldId":null,"characterId":null,"body":null}',
      { worldId: 0, characterId: 0, instanceId: NIL },
    ],
    ['a null questId', register('{"questId":null}'), { questId: '' }],
    ['a null instanceId', start('{"instanceId":null}'), { instanceId: NIL }],
    ['missing counts', update('{}'), { itemCounts: new Map(), monsterKills: new Map() }],
    [
      'null counts',
      update('{"itemCounts":null,"monsterKills":{"1":null}}'),
      { itemCounts: new Map(), monsterKills: new Map([[1, 0]]) },
    ],
    [
      'integers with fraction or exponent',
      '{"type":"START","worldId":1.0,"characterId":1e1}',
      { worldId: 1, characterId: 10 },
    ],
    ['minus zero', '{"type":"START","worldId":-0}', { worldId: 0 }],
    [
      'the greatest numbers',
      '{"type":"START","worldId":255,"characterId":4294967295}',
      { worldId: 255, characterId: 4294967295 },
    ],
    ['an id without dashes', start('{"instanceId":"083839C6C47C42A6958576492795D123"}'), { instanceId: ID }],
    ['an id as URN', start(`{"instanceId":"urn:uuid:${ID}"}`), { instanceId: ID }],
    ['an id in braces', start(`{"instanceId":"{${ID.toUpperCase()}}"}`), { instanceId: ID }],
    [
      'fields of other types, however bad',
      start(`{"instanceId":"${ID}","questId":7,"channelId":999,"itemCounts":[]}`),
      { instanceId: ID },
    ],
    ['a bad instanceId in a REGISTER', register('{"questId":"q","instanceId":"nonsense"}'), { questId: 'q' }],
    [
      'count keys with leading zeros',
      update('{"itemCounts":{"007":1,"0":2,"00004294967295":3}}'),
      {
        itemCounts: new Map([
          [7, 1],
          [0, 2],
          [4294967295, 3],
        ]),
      },
    ],
    ['counts in another case', update('{"ITEMCOUNTS":{"1":1}}'), { itemCounts: new Map([[1, 1]]) }],
    ['a lone surrogate', register('{"questId":"a\\ud800"}'), { questId: 'a\ufffd' }],
    ['white space around', ` \n${start('{}')}\r\n\t`, { instanceId: NIL }],
  ])('takes %s', (_, text, expected) => {
    expect(commandOf(text)).toMatchObject(expected)
  })

  test('takes invalid UTF-8 inside a string as U+FFFD', () => {
    const value = Buffer.from(register('{"questId":"a?b"}'))
    value[value.indexOf('?')] = 0xff
    expect(decodeCommand(value)).toMatchObject({ command: { questId: 'a\ufffdb' } })
  })

  test('gives a zero that is not minus zero', () => {
    const text = '{"type":"UPDATE_STAGE_STATE","worldId":-0,"body":{"itemCounts":{"1":-0}}}'
    expect(commandOf(text)).toStrictEqual({
      type: 'UPDATE_STAGE_STATE',
      worldId: 0,
      characterId: 0,
      instanceId: NIL,
      itemCounts: new Map([[1, 0]]),
      monsterKills: new Map(),
    })
  })
})

describe('a type that is not ours', () => {
  test.each([
    '{"type":"WARP"}',
    '{"type":"start"}',
    '{"type":" START"}',
    '{"type":"constructor"}',
    '{"type":"__proto__"}',
    '{"worldId":"bad","characterId":-1,"type":"NEXT","body":7}',
    '{"type":"START","TYPE":"NEXT"}',
  ])('is skipped before anything else is looked at: %s', text => {
    expect(decode(text)).toEqual({ kind: 'foreign', type: expect.any(String) })
  })
})

describe('malformed', () => {
  test('a null value', () => {
    expect(decodeCommand(null)).toMatchObject({ kind: 'malformed', refusal: { code: 'MALFORMED' } })
  })

  test.each([
    ['empty', '', 'the value is empty'],
    ['not JSON', 'START', 'the value is not JSON'],
    ['JSON null', 'null', 'the value is null'],
    ['an array', '[]', 'the value is an array'],
    ['a byte order mark', `\ufeff${start('{}')}`, 'the value is not JSON'],
    ['something behind', `${start('{}')}x`, 'the value is not JSON'],
    ['no type', '{"body":{}}', 'type is missing: must be one of REGISTER, START'],
    ['a null type', '{"type":null}', 'type is null'],
    ['an empty type', '{"type":""}', 'type is ""'],
    ['a type that is no string', '{"type":7}', 'type is 7'],
    ['the last of two types null', '{"type":"START","Type":null}', 'type is null'],
    ['a world above 255', '{"type":"START","worldId":256}', 'worldId is 256: must be an integer from 0 to 255'],
    ['a negative world', '{"type":"START","worldId":-1}', 'worldId is -1: must be an integer from 0 to 255'],
    ['a fraction', '{"type":"START","worldId":1.5}', 'worldId is 1.5: must be an integer from 0 to 255'],
    ['a fraction too small for a double', '{"type":"START","worldId":255.00000000000000001}', 'worldId is 255.0'],
    ['a fraction that a double takes for 0', register('{"channelId":1e-400}'), 'body.channelId is 5e-324'],
    ['a fraction as a count', update('{"itemCounts":{"1":4294967295.00000001}}'), 'body.itemCounts.1 is 4294967295.0'],
    ['a number as a string', '{"type":"START","worldId":"1"}', 'worldId is "1": must be an integer from 0 to 255'],
    ['true for a number', '{"type":"START","worldId":true}', 'worldId is true'],
    ['a number beyond doubles', '{"type":"START","characterId":1e999}', 'characterId is Infinity'],
    [
      'a character above uint32',
      '{"type":"START","characterId":4294967296}',
      'characterId is 4294967296: must be an integer from 0 to 4294967295',
    ],
    ['a body that is a string', start('"x"'), 'body is "x": must be an object'],
    ['a body that is an array', start('[]'), 'body is an array: must be an object'],
    ['a channel above 255', register('{"channelId":256}'), 'body.channelId is 256: must be an integer from 0 to 255'],
    ['a party above uint32', register('{"partyId":4294967296}'), 'body.partyId is 4294967296'],
    ['a map below 0', register('{"mapId":-1}'), 'body.mapId is -1'],
    ['a questId that is no string', register('{"questId":1}'), 'body.questId is 1: must be a string'],
    ['an empty instanceId', start('{"instanceId":""}'), 'body.instanceId is "": must be a UUID'],
    ['an instanceId that is none', start('{"instanceId":"xyz"}'), 'body.instanceId is "xyz": must be a UUID'],
    ['an instanceId that is no string', start('{"instanceId":1}'), 'body.instanceId is 1: must be a UUID'],
    ['the last of two instanceIds', start(`{"instanceId":"${ID}","InstanceId":"x"}`), 'body.instanceId is "x"'],
    [
      'counts that are an array',
      update('{"itemCounts":[]}'),
      'body.itemCounts is an array: must be an object of counts',
    ],
    ['counts that are a number', update('{"monsterKills":1}'), 'body.monsterKills is 1: must be an object of counts'],
    [
      'a count above uint32',
      update('{"itemCounts":{"1":4294967296}}'),
      'body.itemCounts.1 is 4294967296: must be an integer from 0 to 4294967295',
    ],
    ['a count that is a string', update('{"itemCounts":{"1":"1"}}'), 'body.itemCounts.1 is "1"'],
    [
      'one bad key among good',
      update('{"itemCounts":{"1":1,"x":1}}'),
      'body.itemCounts.x is 1: its key must be a decimal number from 0 to 4294967295',
    ],
    ['a key above uint32', update('{"itemCounts":{"4294967296":1}}'), 'body.itemCounts.4294967296'],
    ['the key __proto__', update('{"itemCounts":{"__proto__":1}}'), 'body.itemCounts.__proto__ is 1: its key'],
    [
      'the key __proto__ of an object',
      update('{"itemCounts":{"__proto__":{"1":1}}}'),
      'body.itemCounts.__proto__ is an object: its key',
    ],
    [
      'the key constructor',
      update('{"monsterKills":{"constructor":1}}'),
      'body.monsterKills.constructor is 1: its key',
    ],
    ['an empty key', update('{"itemCounts":{"":1}}'), 'body.itemCounts. is 1: its key'],
    ['a signed key', update('{"itemCounts":{"+7":1}}'), 'body.itemCounts.+7'],
    ['a hexadecimal key', update('{"itemCounts":{"0x7":1}}'), 'body.itemCounts.0x7'],
    ['a key with an exponent', update('{"itemCounts":{"1e1":1}}'), 'body.itemCounts.1e1'],
    ['a key with white space', update('{"itemCounts":{" 7":1}}'), 'body.itemCounts. 7'],
  ])('%s, and the reason names field, value and what is allowed', (_, text, reason) => {
    expect(reasonOf(text)).toContain(reason)
  })

  test('the reason cuts a long value to 80 characters', () => {
    const reason = reasonOf(start(`{"instanceId":"${'x'.repeat(1_000_000)}"}`))
    expect(reason).toContain(`"${'x'.repeat(80)}…"`)
    expect(reason.length).toBeLessThan(300)
    expect(reasonOf(update(`{"itemCounts":{"${'k'.repeat(1_000_000)}":1}}`)).length).toBeLessThan(300)
  })

  test('a megabyte that is not JSON has a short reason', () => {
    expect(reasonOf('x'.repeat(1_048_576)).length).toBeLessThan(300)
    expect(reasonOf(`{"type":${'['.repeat(1_048_576)}`).length).toBeLessThan(300)
  })
})

test('no prototype is touched by any of it', () => {
  decode(
    '{"type":"UPDATE_STAGE_STATE","__proto__":{"a":1},"body":{"__proto__":{"a":1},"itemCounts":{"__proto__":{"a":1}}}}',
  )
  expect(Object.keys(Object.prototype)).toEqual([])
  expect('a' in {}).toBe(false)
})

describe('whatever the bytes', () => {
  test('decoding never throws', () => {
    fc.assert(fc.property(fc.uint8Array(), bytes => void decodeCommand(Buffer.from(bytes))))
    fc.assert(fc.property(fc.json(), text => void decode(text)))
  })

  test('a known type with any fields is a command or malformed, never a throw', () => {
    const field = fc.oneof(fc.jsonValue(), fc.integer(), fc.uuid(), fc.constantFrom(0, 1, 255, 256, -0, 1e10, null))
    const counts = fc.oneof(field, fc.dictionary(fc.oneof(fc.string(), fc.nat().map(String)), field))
    const body = fc.record(
      { instanceId: field, questId: field, partyId: field, channelId: field, mapId: field, itemCounts: counts },
      { requiredKeys: [] },
    )
    const command = fc.record(
      { type: fc.constantFrom(...COMMAND_TYPES), worldId: field, characterId: field, body: fc.oneof(body, field) },
      { requiredKeys: ['type'] },
    )
    fc.assert(
      fc.property(command, given => {
        const decoded = decode(JSON.stringify(given))
        expect(decoded.kind).toMatch(/^(command|malformed)$/)
        // The schema that other teams read accepts the same values.
        expect(commandSchema.safeParse(JSON.parse(JSON.stringify(given))).success).toBe(decoded.kind === 'command')
      }),
    )
  })
})
