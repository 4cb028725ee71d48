/**
 * The grammar of a record that is almost right: members of an object of which any piece may be an awkward one, numbers,
 * and ids of instances. Ids of instances that live are not known yet: stand-ins of the same length are written instead.
 */
import fc from 'fast-check'
import { brokenText, nameText, numberText, valueText } from './awkward.ts'

/** Instances that a case may name; each is written as a UUID of that one digit. */
export const STAND_INS = {
  /** Of the tenant of most cases. */
  own: 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa',
  /** Of another tenant, to which cases belong too. */
  others: 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb',
  /** Of a tenant that no case belongs to. */
  neighbours: 'cccccccc-cccc-4ccc-8ccc-cccccccccccc',
} as const

export const weighted = <Value>(...options: readonly (readonly [weight: number, arbitrary: fc.Arbitrary<Value>])[]) =>
  fc.oneof(...options.map(([weight, arbitrary]) => ({ weight, arbitrary })))

const spelled = (name: string): fc.Arbitrary<string> =>
  weighted(
    [20, fc.constant(`"${name}"`)],
    [1, fc.constantFrom(`"${name.toUpperCase()}"`, `"${name.charAt(0).toUpperCase()}${name.slice(1)}"`)],
    [1, fc.constant(`"\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}"`)],
  )

/** Once as it should be, mostly; else not at all, twice, or awkward. */
export function member(name: string, good: fc.Arbitrary<string>): fc.Arbitrary<readonly string[]> {
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
export function objectOf(...members: readonly fc.Arbitrary<readonly string[]>[]): fc.Arbitrary<string> {
  const space = weighted([12, fc.constant('')], [1, fc.constantFrom(' ', '\n', '\t\r\n ')])
  return fc
    .tuple(fc.tuple(...members, unknownMembers), weighted([4, fc.constant(0)], [1, fc.nat({ max: 6 })]), space)
    .map(([groups, turn, between]) => {
      const texts = groups.flat()
      const at = texts.length === 0 ? 0 : turn % texts.length
      return `{${between}${[...texts.slice(at), ...texts.slice(0, at)].join(`${between},${between}`)}${between}}`
    })
}

export const small = (...numbers: readonly number[]) => fc.constantFrom(...numbers.map(String))
export const uint8 = weighted([8, small(0, 1, 2)], [1, numberText])
export const uint32 = weighted([6, small(0, 1, 2, 3, 88)], [3, fc.nat({ max: 99_999 }).map(String)], [1, numberText])

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
export const instanceId = fc
  .tuple(uuidText, weighted([6, fc.constant(undefined)], [1, fc.constantFrom(...FORMS)]))
  .map(([id, form]) => `"${form === undefined ? id : form(id)}"`)
