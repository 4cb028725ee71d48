/** A state record with one field spoilt, whichever it is, is refused, and the reason says which field. */
import { describe, expect, test } from 'vitest'
import { decodeInstance, encodeInstance } from '../../src/actor/snapshot-bytes.ts'
import { isObject, type JsonObject } from '../../src/contract/json.ts'
import { UnrestorableError } from '../../src/errors.ts'
import { quest, stage } from '../support/definitions.ts'
import { customData, inputOf, members, Playthrough, update } from '../support/playthrough.ts'

const compiled = quest({ duration: 600, stages: [stage(0, { duration: 120 }), stage(1)] })
const { rules } = inputOf(compiled)
const play = new Playthrough(compiled, {
  members: [...members(1001), ...members(1002).map(m => ({ ...m, level: 30 }))],
})
play.send(update({ 4001008: 3 }, { 9300002: 1 }))
play.send(customData({ lever: 'up' }))
const instance = { snapshot: play.snapshot, definition: compiled.ref, armedBy: { quest: 'q', stage: 's' } }
const STORED: JsonObject = JSON.parse(encodeInstance(instance).toString())

const decode = (stored: unknown) => decodeInstance(Buffer.from(JSON.stringify(stored)), () => rules)

/** Every value in it, by its path. */
function pathsOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  const inner = typeof value === 'object' && value !== null ? Object.entries(value) : []
  const below = inner.flatMap(([name, field]) => pathsOf(field, [...path, name]))
  return path.length === 0 ? below : [path, ...below]
}

function replaced(value: unknown, [name, ...rest]: readonly string[], by: unknown): unknown {
  if (name === undefined) return by
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [...value] : { ...Object(value) }
  return Object.assign(copy, { [name]: replaced(Object(value)[name], rest, by) })
}

const shown = (path: readonly string[]) => path.map(name => (/^\d+$/.test(name) ? `[${name}]` : `.${name}`)).join('')
const PATHS = pathsOf(STORED)
  .filter(([name]) => name !== 'version')
  .map(path => ({ path, at: `$${shown(path)}` }))
/** May be missing; what is counted, armed or known of a member differs from instance to instance. */
const OPTIONAL = /\.(deadlines|armedBy|items|kills|data)\.|\.level$/

test('the record is whole to begin with', () => {
  expect(decode(STORED).snapshot.context).toEqual(play.snapshot.context)
  expect(PATHS.length).toBeGreaterThan(35)
})

describe.each(PATHS)('$at', ({ path, at }) => {
  test.each([
    ['a list', ['x']],
    ['an object', { x: 'x' }],
    ['true', true],
    ['below 0', -1],
    ['a text', 'x'],
    ['null', null],
  ])('as %s is refused, or read to the same use', (_, wrong) => {
    const was = path.reduce<unknown>((value, name) => Object(value)[name], STORED)
    const isOfTheKind =
      (typeof was === 'string' && typeof wrong === 'string' && !/value|advance/.test(at)) ||
      (isObject(was) && isObject(wrong) && ['$.armedBy', '$.context.stage.data'].includes(at))
    const read = () => decode(replaced(STORED, path, wrong))
    if (isOfTheKind || isWithoutMeaning(at, wrong)) expect(read).not.toThrow()
    else {
      expect(read).toThrow(UnrestorableError)
      expect(read).toThrow(/instance record is damaged at \$\./)
      expect(read).toThrow(at.replace(/\.members\[.*/, '.members'))
    }
  })

  test('missing is refused where it must be there', () => {
    const read = () => decode(replaced(STORED, path, undefined))
    if (OPTIONAL.test(at)) expect(read).not.toThrow()
    else expect(read).toThrow(/instance record is damaged at \$\./)
  })
})

/** An object with a name that means nothing there is an object without entries. */
function isWithoutMeaning(at: string, wrong: unknown): boolean {
  return isObject(wrong) && /\.deadlines$/.test(at)
}
