/** Every message and key, byte for byte as the Go services write and read them. */
import { describe, expect, test } from 'vitest'
import { type CharacterId, type InstanceId, NIL_INSTANCE, type QuestId, type TenantId } from '../../src/contract/ids.ts'
import { characterKey } from '../../src/contract/keys.ts'
import { characterCommandSchema, messageSchema, statusEventSchema } from '../../src/contract/message-schemas.ts'
import { encodeMessage, type InstanceIdentity, type Message } from '../../src/contract/messages.ts'

const ID = '083839c6-c47c-82a6-9585-76492795d123' as InstanceId

const identity: InstanceIdentity = {
  instanceId: ID,
  tenant: { id: '7c1d0c0e-6ac9-4b4e-9b3b-0a57b5a1a111' as TenantId, region: 'GMS', majorVersion: 83, minorVersion: 1 },
  questId: 'kerning_city_pq' as QuestId,
  worldId: 0,
  channelId: 1,
  partyId: 88,
  affinity: 0,
}

const character = (id: number) => id as CharacterId
const head = `{"worldId":0,"instanceId":"${ID}","questId":"kerning_city_pq","type":`

const STATUS: readonly [Message, string][] = [
  [{ type: 'INSTANCE_CREATED', partyId: 88 }, `${head}"INSTANCE_CREATED","body":{"partyId":88,"channelId":1}}`],
  [{ type: 'REGISTRATION_OPENED', duration: 180 }, `${head}"REGISTRATION_OPENED","body":{"duration":180}}`],
  [
    { type: 'STARTED', stageIndex: 0, mapIds: [103000800] },
    `${head}"STARTED","body":{"stageIndex":0,"mapIds":[103000800]}}`,
  ],
  [
    { type: 'STAGE_CLEARED', stageIndex: 0, mapIds: [103000800] },
    `${head}"STAGE_CLEARED","body":{"stageIndex":0,"channelId":1,"mapIds":[103000800],"fieldInstances":["${ID}"]}}`,
  ],
  [
    { type: 'STAGE_CLEARED', stageIndex: 3, mapIds: [1, 2, 4294967295] },
    `${head}"STAGE_CLEARED","body":{"stageIndex":3,"channelId":1,"mapIds":[1,2,4294967295],"fieldInstances":["${ID}"]}}`,
  ],
  [
    { type: 'STAGE_ADVANCED', stageIndex: 1, mapIds: [103000801] },
    `${head}"STAGE_ADVANCED","body":{"stageIndex":1,"mapIds":[103000801]}}`,
  ],
  [{ type: 'STARTED', stageIndex: 0, mapIds: [] }, `${head}"STARTED","body":{"stageIndex":0,"mapIds":[]}}`],
  [{ type: 'COMPLETED' }, `${head}"COMPLETED","body":{}}`],
  [{ type: 'FAILED', reason: 'forfeit' }, `${head}"FAILED","body":{"reason":"forfeit"}}`],
  [
    { type: 'CHARACTER_REGISTERED', characterId: character(1002) },
    `${head}"CHARACTER_REGISTERED","body":{"characterId":1002}}`,
  ],
  [
    { type: 'CHARACTER_LEFT', characterId: character(9042), reason: 'voluntary' },
    `${head}"CHARACTER_LEFT","body":{"characterId":9042,"channelId":1,"reason":"voluntary"}}`,
  ],
  [
    { type: 'CHARACTER_LEFT', characterId: character(9042), reason: 'disconnect' },
    `${head}"CHARACTER_LEFT","body":{"characterId":9042,"channelId":1,"reason":"disconnect"}}`,
  ],
  [{ type: 'BONUS_ENTERED', mapId: 100000009 }, `${head}"BONUS_ENTERED","body":{"mapId":100000009}}`],
  [
    { type: 'FAILED', reason: 'friendly_monster_killed' },
    `${head}"FAILED","body":{"reason":"friendly_monster_killed"}}`,
  ],
  [{ type: 'INSTANCE_DESTROYED' }, `${head}"INSTANCE_DESTROYED","body":{}}`],
]

describe('status events', () => {
  test.each(STATUS)('%o is written exactly, under its instance id', (message, text) => {
    const { destination, key, value } = encodeMessage(message, identity)
    expect(destination).toBe('status')
    expect(key.toString('latin1')).toBe(ID)
    expect(value.toString()).toBe(text)
    expect(statusEventSchema.safeParse(JSON.parse(text)).error).toBeUndefined()
  })

  test('the quest id is escaped as Go does', () => {
    const { value } = encodeMessage({ type: 'COMPLETED' }, { ...identity, questId: 'a<b>&"é\u2028' as QuestId })
    expect(value.toString()).toContain('"questId":"a\\u003cb\\u003e\\u0026\\"é\\u2028","type"')
  })

  test('the schema knows no other field', () => {
    const event = { ...JSON.parse(`${head}"COMPLETED","body":{}}`), extra: 1 }
    expect(messageSchema.safeParse(event).success).toBe(false)
  })
})

const FIELD = `"worldId":0,"channelId":1,"mapId":103000804,"instance":"${ID}"`
const NOBODY = `"transactionId":"${NIL_INSTANCE}"`

describe('commands to the other neighbours', () => {
  test.each<[Message, string, string, string]>([
    [
      { type: 'AWARD_EXPERIENCE', characterId: character(8841), amount: 100 },
      'character',
      '8922000000000000',
      '{"worldId":0,"characterId":8841,"type":"AWARD_EXPERIENCE","body":{"channelId":1,"distributions":[' +
        '{"experienceType":"CHAT","amount":100,"attr1":0}]}}',
    ],
    [
      { type: 'DESTROY_IN_FIELD', mapId: 103000804 },
      'reactor',
      'e4aa230600000000',
      `{${FIELD},"type":"DESTROY_IN_FIELD","body":{}}`,
    ],
    [
      {
        type: 'SEND_MESSAGE',
        characterId: character(9331),
        messageType: 'PINK_TEXT',
        message: '<Hurry> & "go" 토끼\u2028',
      },
      'systemMessage',
      '7324000000000000',
      `{${NOBODY},"worldId":0,"channelId":1,"characterId":9331,"type":"SEND_MESSAGE","body":{"messageType":"PINK_TEXT",` +
        '"message":"\\u003cHurry\\u003e \\u0026 \\"go\\" 토끼\\u2028"}}',
    ],
    [
      { type: 'WEATHER_START', mapId: 103000804, itemId: 5120016, message: 'Rain.', durationMs: 5000 },
      'map',
      'e4aa230600000000',
      `{${NOBODY},${FIELD},"type":"WEATHER_START","body":{"itemId":5120016,"message":"Rain.","durationMs":5000}}`,
    ],
  ])('%o is written exactly, to %s, under the key %s', (message, destination, key, text) => {
    const encoded = encodeMessage(message, identity)
    expect([encoded.destination, encoded.key.toString('hex'), encoded.value.toString()]).toEqual([
      destination,
      key,
      text,
    ])
    expect(messageSchema.safeParse(JSON.parse(text)).error).toBeUndefined()
  })
})

describe('character commands', () => {
  test.each([
    [ID, 103000800],
    [NIL_INSTANCE, 103000890],
  ])('CHANGE_MAP with instance %s is written exactly, under its character', (instance, mapId) => {
    const message = { type: 'CHANGE_MAP', characterId: character(1001), mapId, instance } as const
    const { destination, key, value } = encodeMessage(message, identity)
    expect(destination).toBe('character')
    expect(key.toString('hex')).toBe('e903000000000000')
    expect(value.toString()).toBe(
      `{"worldId":0,"characterId":1001,"type":"CHANGE_MAP","body":{"channelId":1,"mapId":${mapId},"instance":"${instance}","portalId":0}}`,
    )
    expect(characterCommandSchema.safeParse(JSON.parse(value.toString())).error).toBeUndefined()
  })

  test('the nil instance is written out', () => {
    const message = { type: 'CHANGE_MAP', characterId: character(1), mapId: 2, instance: NIL_INSTANCE } as const
    expect(encodeMessage(message, identity).value.toString()).toContain(
      '"instance":"00000000-0000-0000-0000-000000000000"',
    )
  })

  test.each([
    [0, '0000000000000000'],
    [1, '0100000000000000'],
    [0x01020304, '0403020100000000'],
    [4294967295, 'ffffffff00000000'],
  ])('the key of character %i is its little-endian bytes and four zeros', (id, hex) => {
    expect(characterKey(character(id)).toString('hex')).toBe(hex)
  })
})
