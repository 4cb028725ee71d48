/**
 * Records for the command topic, most of them almost right: a command by its grammar (grammar.ts), then harm to its
 * bytes, then headers of the same kind (case-headers.ts). Bytes are latin1 characters, to be readable in a failure.
 */
import fc from 'fast-check'
import { bytesOf, harmed, nameText, numberText, stringText, textHarm, valueText } from './awkward.ts'
import { headers, key } from './case-headers.ts'
import type { RecordCase } from './case-records.ts'
import { instanceId, member, objectOf, small, uint8, uint32, weighted } from './grammar.ts'

const TYPES = ['REGISTER', 'START', 'STAGE_CLEAR_ATTEMPT', 'STAGE_ADVANCE', 'FORFEIT', 'UPDATE_STAGE_STATE'] as const
const FOREIGN_TYPES = [
  'WARP',
  'start',
  ' START',
  'START ',
  'constructor',
  '__proto__',
  'REGISTER\0',
  'ＳＴＡＲＴ',
  'toString',
]

const questId = weighted(
  [10, fc.constantFrom('"solo_pq"', '"mill_pq"', '"timed_pq"', '"guild_hall_pq"')],
  [1, stringText],
)

const COUNT_KEYS = [
  '4001008',
  '9300002',
  '0',
  '007',
  '4294967295',
  '00004294967295',
  '4294967296',
  '-1',
  '+7',
  '1e1',
  '',
]
const countKey = weighted(
  [10, fc.constantFrom('"4001008"', '"9300002"', '"1"')],
  [2, fc.constantFrom(...COUNT_KEYS.map(key => `"${key}"`), '"٣"', '"0x7"', '" 7"', `"${'9'.repeat(400)}"`)],
  [1, nameText],
)
const countMembers = fc.array(
  fc
    .tuple(countKey, weighted([12, small(0, 1, 4, 4_294_967_295)], [1, numberText], [1, valueText]))
    .map(([key, value]) => `${key}:${value}`),
  { maxLength: 3 },
)
const manyCounts = fc
  .integer({ min: 4_000, max: 5_000 })
  .map(count => `{${Array.from({ length: count }, (_, id) => `"${id}":1`).join()}}`)
const counts = weighted([60, countMembers.map(members => `{${members.join()}}`)], [1, manyCounts])

const instanceBody = objectOf(member('instanceId', instanceId))
const bodies: Readonly<Record<(typeof TYPES)[number], fc.Arbitrary<string>>> = {
  REGISTER: objectOf(
    member('questId', questId),
    member('partyId', uint32),
    member('channelId', uint8),
    member('mapId', uint32),
  ),
  START: instanceBody,
  STAGE_CLEAR_ATTEMPT: instanceBody,
  STAGE_ADVANCE: instanceBody,
  FORFEIT: instanceBody,
  UPDATE_STAGE_STATE: objectOf(
    member('instanceId', instanceId),
    member('itemCounts', counts),
    member('monsterKills', counts),
  ),
}

/** Few that end an instance, or the others would find none. */
const type = weighted<(typeof TYPES)[number]>(
  [6, fc.constant('REGISTER' as const)],
  [4, fc.constantFrom('UPDATE_STAGE_STATE' as const, 'STAGE_CLEAR_ATTEMPT' as const)],
  [2, fc.constantFrom('START' as const, 'STAGE_ADVANCE' as const)],
  [1, fc.constantFrom(...TYPES)],
)

const command = type.chain(type => {
  const typeText = weighted(
    [30, fc.constant(`"${type}"`)],
    [1, fc.constantFrom(...FOREIGN_TYPES).map(foreign => JSON.stringify(foreign))],
  )
  return objectOf(
    member('worldId', uint8),
    member('characterId', uint32),
    member('type', typeText),
    member('body', bodies[type]),
  )
})

const value: fc.Arbitrary<string | null> = weighted<string | null>(
  [60, fc.tuple(command.map(bytesOf), textHarm).map(([bytes, harm]) => harmed(bytes, harm))],
  [2, valueText.map(bytesOf)],
  [1, fc.uint8Array({ maxLength: 64 }).map(bytes => Buffer.from(bytes).toString('latin1'))],
  [1, fc.constantFrom(null, '')],
)

export const commandCase: fc.Arbitrary<RecordCase> = fc.record({ key, value, headers }, { noNullPrototype: true })
