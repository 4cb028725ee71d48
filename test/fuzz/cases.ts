/**
 * Records for the command topic, most of them almost right: a command by its grammar, in which any piece may be an
 * awkward one, then harm to its bytes, then headers of the same kind. Bytes are latin1 characters, to be readable in a
 * failure. Ids of instances that live are not known yet: stand-ins of the same length are written instead.
 */
import fc from 'fast-check'
import { brokenText, bytesOf, harmed, nameText, numberText, stringText, textHarm, valueText } from './awkward.ts'

export interface CommandCase {
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [name: string, value: string | null])[]
}

/** Instances that a case may name; each is written as a UUID of that one digit. */
export const STAND_INS = {
  /** Of the tenant of most cases. */
  own: 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa',
  /** Of another tenant, to which cases belong too. */
  others: 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb',
  /** Of a tenant that no case belongs to. */
  neighbours: 'cccccccc-cccc-4ccc-8ccc-cccccccccccc',
} as const

/** A `traceparent` that the arena makes the case's own. */
export const OWN_TRACE = 'own trace'

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

const weighted = <Value>(...options: readonly (readonly [weight: number, arbitrary: fc.Arbitrary<Value>])[]) =>
  fc.oneof(...options.map(([weight, arbitrary]) => ({ weight, arbitrary })))

const spelled = (name: string): fc.Arbitrary<string> =>
  weighted(
    [20, fc.constant(`"${name}"`)],
    [1, fc.constantFrom(`"${name.toUpperCase()}"`, `"${name.charAt(0).toUpperCase()}${name.slice(1)}"`)],
    [1, fc.constant(`"\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}"`)],
  )

/** Once as it should be, mostly; else not at all, twice, or awkward. */
function member(name: string, good: fc.Arbitrary<string>): fc.Arbitrary<readonly string[]> {
  const once = fc.tuple(spelled(name), weighted([40, good], [1, valueText])).map(([key, value]) => `${key}:${value}`)
  return weighted<readonly string[]>(
    [80, once.map(one => [one])],
    [1, fc.constant([])],
    [1, fc.array(once, { minLength: 2, maxLength: 3 })],
    [1, fc.tuple(spelled(name), brokenText).map(([key, value]) => [`${key}:${value}`])],
  )
}

const unknownMembers = weighted<readonly string[]>(
  [12, fc.constant([])],
  [
    1,
    fc.array(
      fc.tuple(nameText, valueText).map(([key, value]) => `${key}:${value}`),
      { minLength: 1, maxLength: 3 },
    ),
  ],
)

/** Members in any order now and then. */
function objectOf(...members: readonly fc.Arbitrary<readonly string[]>[]): fc.Arbitrary<string> {
  const space = weighted([12, fc.constant('')], [1, fc.constantFrom(' ', '\n', '\t\r\n ')])
  return fc
    .tuple(fc.tuple(...members, unknownMembers), weighted([4, fc.constant(0)], [1, fc.nat({ max: 6 })]), space)
    .map(([groups, turn, between]) => {
      const texts = groups.flat()
      const at = texts.length === 0 ? 0 : turn % texts.length
      return `{${between}${[...texts.slice(at), ...texts.slice(0, at)].join(`${between},${between}`)}${between}}`
    })
}

const small = (...numbers: readonly number[]) => fc.constantFrom(...numbers.map(String))
const uint8 = weighted([8, small(0, 1, 2)], [1, numberText])
const uint32 = weighted([6, small(0, 1, 2, 3, 88)], [3, fc.nat({ max: 99_999 }).map(String)], [1, numberText])

const uuidText = weighted(
  [12, fc.constantFrom(STAND_INS.own, STAND_INS.own, STAND_INS.others)],
  [2, fc.constant(STAND_INS.neighbours)],
  [1, fc.uuid()],
  [1, fc.constantFrom('00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff')],
)
const FORMS: readonly ((id: string) => string)[] = [
  id => id.toUpperCase(),
  id => id.replaceAll('-', ''),
  id => `urn:uuid:${id}`,
  id => `URN:UUID:${id}`,
  id => `{${id}}`,
  id => `{${id.replaceAll('-', '')}}`,
  id => ` ${id}`,
  id => `${id}\\n`,
  id => id.slice(1),
  id => id.replace('-', '_'),
]
const instanceId = fc
  .tuple(uuidText, weighted([6, fc.constant(undefined)], [1, fc.constantFrom(...FORMS)]))
  .map(([id, form]) => `"${form === undefined ? id : form(id)}"`)

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

type CaseHeader = readonly [name: string, value: string | null]

export const OWN: readonly CaseHeader[] = [
  ['TENANT_ID', '083839c6-c47c-42a6-9585-76492795d123'],
  ['REGION', 'GMS'],
  ['MAJOR_VERSION', '\0\x53'],
  ['MINOR_VERSION', '\0\x01'],
]
/** The same id, and yet somebody else. */
export const OTHER: readonly CaseHeader[] = OWN.map(([name, bytes]) => [
  name,
  name === 'MAJOR_VERSION' ? '\0\x57' : bytes,
])

const AWKWARD_BYTES = [
  ...[null, '', '\0', '\0\0', '\0\0\0', '83', '\x53\0', '\xff\xfe', 'gms', 'G\xc3\x89S', 'GMS\n', 'x'.repeat(1024)],
  ...['x'.repeat(1025), '00000000-0000-0000-0000-000000000000', '083839C6-C47C-42A6-9585-76492795D123'],
  ...[
    '083839c6c47c42a6958576492795d123',
    '{083839c6-c47c-42a6-9585-76492795d123}',
    ' 083839c6-c47c-42a6-9585-76492795d123',
  ],
]
const EXTRA: readonly CaseHeader[] = [
  ['traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
  ['traceparent', '00-00000000000000000000000000000000-00f067aa0ba902b7-01'],
  ['traceparent', '\0\xff'],
  ['tracestate', 'a=1'],
  ['tracestate', 'x'.repeat(70_000)],
  ['baggage', 'user=\xff\0'],
  ['baggage', 'x'.repeat(65_000)],
  ['error-code', 'MALFORMED'],
  ['origin-offset', '1'],
  ['pq-origin', '1 0 0 0 commands'],
  ['pq-internal', '1'],
  ['__proto__', 'x'],
  ['\xc3\xa9\0', null],
  ['', ''],
]

const harmToHeaders = weighted<(given: readonly CaseHeader[]) => readonly CaseHeader[]>(
  [2, fc.nat({ max: 3 }).map(at => given => given.filter((_, place) => place !== at))],
  [2, fc.nat({ max: 3 }).map(at => given => [...given, ...given.slice(at, at + 1)])],
  [2, fc.nat({ max: 3 }).map(at => given => [...given.slice(at), ...given.slice(0, at)])],
  [
    1,
    fc
      .nat({ max: 3 })
      .map(at => given => given.map(([name, bytes], place) => [place === at ? name.toLowerCase() : name, bytes])),
  ],
  [
    4,
    fc.tuple(fc.nat({ max: 3 }), fc.constantFrom(...AWKWARD_BYTES)).map(
      ([at, awkward]) =>
        given =>
          given.map(([name, bytes], place) => [name, place === at ? awkward : bytes]),
    ),
  ],
  [3, fc.subarray([...EXTRA], { minLength: 1, maxLength: 4 }).map(extra => given => [...given, ...extra])],
  [1, fc.constant(() => [])],
)

const headers: fc.Arbitrary<readonly CaseHeader[]> = fc
  .tuple(
    weighted([4, fc.constant(OWN)], [2, fc.constant(OTHER)]),
    weighted([8, fc.constant(undefined)], [1, harmToHeaders]),
    fc.boolean(),
  )
  .map(([tenant, harm, traced]) => {
    const given: readonly CaseHeader[] = traced ? [...tenant, ['traceparent', OWN_TRACE]] : tenant
    return harm === undefined ? given : harm(given)
  })

const key = weighted<string | null>(
  [4, fc.constant(null)],
  [1, fc.constantFrom('', 'k', '__proto__', '\0\xff', 'k'.repeat(5_000))],
)

export const commandCase: fc.Arbitrary<CommandCase> = fc.record({ key, value, headers }, { noNullPrototype: true })
