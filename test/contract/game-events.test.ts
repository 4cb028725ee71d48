/** What is ours of the topics of characters and monsters, told apart from all else without decoding it. */
import { describe, expect, test } from 'vitest'
import { gameOfOrigin, gameOriginTopic, MAY_BE_OURS, readGameEvent } from '../../src/contract/game-events.ts'

const OURS = 'f603d23c-cf25-8045-8f62-aa057b6b7b65'
const NIL = '00000000-0000-0000-0000-000000000000'
const monster = (fields: object = {}) => ({
  ...{ worldId: 3, channelId: 1, mapId: 100, instance: OURS, uniqueId: 7, monsterId: 9300002 },
  ...{ type: 'KILLED', body: {} },
  ...fields,
})
const gone = (fields: object = {}) => ({
  ...{ worldId: 3, characterId: 1001, type: 'LOGOUT', body: { channelId: 2, mapId: 1, instance: NIL } },
  ...fields,
})
const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
const read = (game: 'character' | 'monster', value: unknown) => readGameEvent(game, bytes(value))
const mayBe = (game: 'character' | 'monster', value: unknown) => {
  // As it lies in a fetch: other bytes before it and behind it.
  const around = Buffer.concat([Buffer.from('"}'), bytes(value), Buffer.from('"type":"LOGOUT","instance":"')])
  return MAY_BE_OURS[game](around, 2, around.length - 28)
}

describe('a monster event', () => {
  test.each(['DAMAGED', 'KILLED'])('%s in an instance of ours is read', type => {
    const event = { kind: 'monster', type, mapId: 100, instanceId: OURS, monsterId: 9300002, itemCount: 0 }
    expect(read('monster', monster({ type }))).toEqual({ kind: 'event', event })
  })

  test('FRIENDLY_DROP has its count, in any case of the names, and 0 where it says nothing', () => {
    const value = monster({ type: 'FRIENDLY_DROP', BODY: { ItemCount: 3 }, body: undefined })
    expect(read('monster', value)).toMatchObject({ event: { itemCount: 3 } })
    expect(read('monster', monster({ type: 'FRIENDLY_DROP' }))).toMatchObject({ event: { itemCount: 0 } })
  })

  test.each([
    ['on a map of everybody', monster({ instance: NIL })],
    ['without an instance', monster({ instance: undefined })],
    ['in an instance of another version', monster({ instance: OURS.replace('-8045', '-4045') })],
    ['of a type that is not ours', monster({ type: 'START_CONTROL' })],
  ])('%s is foreign', (_, value) => {
    expect(read('monster', value)).toEqual({ kind: 'foreign' })
  })

  test.each([
    ['a number for an instance', monster({ instance: 7 })],
    ['no UUID', monster({ instance: 'here' })],
    ['a map beyond uint32', monster({ mapId: 2 ** 32 })],
    ['a monster that is a text', monster({ monsterId: '1' })],
    ['half an item', monster({ type: 'FRIENDLY_DROP', body: { itemCount: 0.5 } })],
    ['a body that is a list', monster({ body: [] })],
    ['no type', monster({ type: '' })],
    ['half an object', '{"mapId":1,'],
  ])('with %s is malformed, and says why', (_, value) => {
    expect(read('monster', value)).toMatchObject({ kind: 'malformed', reason: expect.stringMatching(/.{10}/) })
  })

  test('without a value is malformed', () => {
    expect(readGameEvent('monster', null).kind).toBe('malformed')
  })
})

describe('a character event', () => {
  test('LOGOUT names the channel that he is on, CHANNEL_CHANGED the one that he left', () => {
    const event = { kind: 'character-gone', type: 'LOGOUT', worldId: 3, channelId: 2, characterId: 1001 }
    expect(read('character', gone())).toEqual({ kind: 'event', event })
    const moved = gone({ type: 'CHANNEL_CHANGED', body: { channelId: 5, oldChannelId: 4 } })
    expect(read('character', moved)).toMatchObject({ event: { type: 'CHANNEL_CHANGED', channelId: 4 } })
  })

  test.each(['LOGIN', 'MAP_CHANGED', 'LOGOUTS', 'logout'])('%s is foreign', type => {
    expect(read('character', gone({ type }))).toEqual({ kind: 'foreign' })
  })

  test.each([
    ['a world beyond uint8', gone({ worldId: 256 })],
    ['a channel beyond uint8', gone({ body: { channelId: -1 } })],
    ['a character that is a text', gone({ characterId: '1' })],
  ])('with %s is malformed', (_, value) => {
    expect(read('character', value).kind).toBe('malformed')
  })
})

describe('the look at the routing field', () => {
  test('turns down what is foreign as Go writes it, without looking behind the field', () => {
    expect(mayBe('monster', monster({ instance: NIL }))).toBe(false)
    expect(mayBe('monster', `{"mapId":1,"x":"y","instance":"${NIL}",this is no JSON`)).toBe(false)
    expect(mayBe('character', gone({ type: 'LOGIN' }))).toBe(false)
  })

  test.each([
    ['monster', monster()],
    ['monster', monster({ type: 'CREATED' })],
    ['monster', `{"instance":"${OURS}"}`],
    ['monster', `{"INSTANCE":"${OURS}"}`],
    ['monster', `{ "instance":"${NIL}"}`],
    ['monster', `{"instance" :"${NIL}"}`],
    ['monster', `{"a":{},"instance":"${NIL}"}`],
    ['monster', `{"a":"\\"","instance":"${NIL}"}`],
    ['monster', `{"\\u0069nstance":"${OURS}"}`],
    ['monster', `{"instance":"{${NIL}}"}`],
    ['monster', `{"instance":"${NIL}`],
    ['monster', '{"instance":"0000'],
    ['monster', '{"instance":null}'],
    ['monster', '{}'],
    ['monster', '['],
    ['monster', ''],
    ['character', gone()],
    ['character', gone({ type: 'CHANNEL_CHANGED' })],
    ['character', '{"type":"LOGIN'],
    ['character', '{"type":"LOG\\u004fUT"}'],
    ['character', '{"type":""}'],
    ['character', '{"worldId":1}'],
  ] as const)('keeps what may be ours or is not plain: %s %j', (game, value) => {
    expect(mayBe(game, value)).toBe(true)
  })
})

test('a topic that was made anew is another origin, and the shard still knows whose events it holds', () => {
  const topics = { character: 'chars', monster: null }
  const first = gameOriginTopic('chars', 'id1')
  expect(first).not.toBe(gameOriginTopic('chars', 'id2'))
  expect([first, 'chars', gameOriginTopic('chars', '')].map(topic => gameOfOrigin(topic, topics))).toEqual([
    'character',
    'character',
    'character',
  ])
  expect([gameOfOrigin('charsets', topics), gameOfOrigin('commands', topics)]).toEqual([undefined, undefined])
  for (const [monster, character] of [
    ['events', 'events.character'],
    ['events.monster', 'events'],
  ] as const) {
    const nested = { monster, character }
    const origins = [monster, character].map(topic => gameOriginTopic(topic, 'id'))
    expect(origins.map(origin => gameOfOrigin(origin, nested))).toEqual(['monster', 'character'])
  }
})
