/**
 * Edits to JSON that its schema may or may not survive: at any place of a value, by its structure. The outcome is text,
 * because a value could hold neither two members of one name nor a number that no double can be.
 */
import fc from 'fast-check'
import { valueText } from './awkward.ts'

type Json = unknown
type Path = readonly (string | number)[]

/** What is done at one place. */
export interface Edit {
  readonly at: number
  readonly kind: 'replace' | 'drop' | 'repeat' | 'rename' | 'add' | 'copy'
  readonly text: string
  readonly times: number
  readonly from: number
}

const RENAMED = ['__proto__', 'constructor', 'toString', 'questID', 'type', 'mode', 'index', 'data', 'then', '']

/** In the right range, mostly, so that more than one step behind the schema is reached. */
const plausibleText = fc.oneof(
  fc.constantFrom('0', '1', '2', '60', '4294967295', '"timed"', '"instant"', '"individual"', '"guild"', '"automatic"'),
  fc.constantFrom(
    '"manual"',
    '"auto"',
    '"custom_data"',
    '"monster_kill"',
    '"fail"',
    '"none"',
    '">"',
    '"="',
    '"lt"',
    '[]',
    '{}',
    'null',
  ),
)

export const anEdit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat({ max: 10_000 }),
  kind: fc.constantFrom('replace', 'replace', 'replace', 'drop', 'repeat', 'rename', 'add', 'copy'),
  text: fc.oneof({ weight: 3, arbitrary: plausibleText }, { weight: 2, arbitrary: valueText }),
  times: fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 2, max: 4 }) },
    { weight: 1, arbitrary: fc.constant(3_000) },
  ),
  from: fc.nat({ max: 10_000 }),
})

/** What is no JSON any more, or nested beyond what JSON.stringify can write, stays as it is. */
export function editedText(text: string, edit: Edit): string {
  try {
    return edited(JSON.parse(text), edit)
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return text
    throw error
  }
}

function edited(json: Json, { at, kind, text, times, from }: Edit): string {
  const places = placesOf(json)
  const place = places[at % places.length] ?? []
  const there = JSON.stringify(valueAt(json, place))
  const last = place.at(-1)
  const name = RENAMED[at % RENAMED.length]
  switch (kind) {
    case 'replace':
      return rewritten(json, place, () => [[last, text]])
    case 'drop':
      return rewritten(json, place, () => [])
    case 'repeat':
      return rewritten(json, place, () => Array.from({ length: times }, () => [last, there]))
    case 'rename':
      return rewritten(json, place, () => [[name, there]])
    case 'add':
      return rewritten(json, place, () => [
        [last, there],
        [name, text],
      ])
    case 'copy':
      return rewritten(json, place, () => [[last, JSON.stringify(valueAt(json, places[from % places.length] ?? []))]])
  }
}

type Members = readonly (readonly [name: string | number | undefined, text: string])[]

/** The text of a value in which one place is written in another way: the other texts as they were. */
function rewritten(json: Json, place: Path, members: () => Members): string {
  const [step, ...rest] = place
  if (step === undefined) return members()[0]?.[1] ?? ''
  const isList = Array.isArray(json)
  const written = Object.entries(json as object).flatMap(([name, value]): Members => {
    if (name !== String(step)) return [[name, JSON.stringify(value)]]
    return rest.length === 0 ? members() : [[name, rewritten(value, rest, members)]]
  })
  const texts = written.map(([name, value]) => (isList ? value : `${JSON.stringify(String(name))}:${value}`))
  return isList ? `[${texts.join()}]` : `{${texts.join()}}`
}

/** Every place of a value, its root first; none deeper than definitions go. */
function placesOf(json: Json, place: Path = []): readonly Path[] {
  if (typeof json !== 'object' || json === null || place.length > 8) return [place]
  return [
    place,
    ...Object.entries(json)
      .slice(0, 50)
      .flatMap(([name, value]) => placesOf(value, [...place, name])),
  ]
}

function valueAt(json: Json, place: Path): Json {
  return place.reduce<Json>((value, step) => Reflect.get(Object(value), step), json)
}
