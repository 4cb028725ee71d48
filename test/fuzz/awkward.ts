/**
 * Pieces of JSON text that readers stumble over: numbers at the edges and beyond, names that reach prototypes, strings
 * that are no text, nesting without end. Everything here is text, because a value could not hold half of it.
 */
import fc from 'fast-check'

const NUMBERS = [
  ...['0', '-0', '1', '7', '255', '256', '-1', '1.0', '1e1', '1E+2', '0e99', '0.0', '2550e-1', '0.1e1', '1.5', '1e-1'],
  ...['4294967294', '4294967295', '4294967296', '4294967295.0', '4294967295.5', '42949672950e-1', '9007199254740993'],
  ...['255.00000000000000001', '4294967295.0000000000001', '1e-400', '-1e-400', '1e400', '1e999', '-1e999'],
  ...['0.99999999999999999999', '1e99999999999999999999', '1e-99999999999999999999', '0e-99999999999999999999'],
  ...[`1${'0'.repeat(400)}`, `0.${'0'.repeat(400)}1`, `1${'0'.repeat(400)}e-400`],
] as const

const NO_NUMBERS = ['NaN', 'Infinity', '-Infinity', '0x10', '01', '+1', '.5', '1.', '1e', '1_000', '--1', '1n', '١']

const LITERALS = ['null', 'true', 'false', '[]', '{}', '[null]', '[{}]', '""', '"1"', '"0"', '" "', '[1]', '{"0":1}']

const NO_LITERALS = [
  'undefined',
  'nul',
  'True',
  "'1'",
  '',
  ' ',
  ',',
  '{',
  '}',
  '[',
  ']',
  '"',
  '{,}',
  '[1,]',
  '{"a"}',
  '/**/1',
]

/** Names that every object has, and ours as others might spell them. */
const NAMES = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', '__defineGetter__', 'toJSON'],
  ...['then', 'length', '0', '-1', '', ' ', 'type', 'TYPE', 'body', 'Body', 'worldId', 'WORLDID', 'characterId'],
  ...['instanceId', 'questId', 'itemCounts', 'monsterKills', 'wor\u212AdId', 'worldId ', 'null', 'a.b', 'a/b'],
]

const STRINGS = [
  ...['"\\ud800"', '"\\udc00\\ud800"', '"a\\ud83d\\ude00b"', '"\\u0000"', '"\\u2028\\u2029"', '"<script>&"'],
  ...['"\u2028"', '"\ufeff"', '"\ufffd"', '"../../etc/passwd"', '"$' + '{7*7}"', '"%s%n"', '"\\"}"', '"\\\\"', '"NaN"'],
]

/** Any UTF-16, lone surrogates too. */
const anyText = fc.array(fc.nat({ max: 0xffff }), { maxLength: 12 }).map(units => String.fromCharCode(...units))

/** Legal as a name or a string of JSON. */
export const nameText: fc.Arbitrary<string> = fc
  .oneof({ weight: 6, arbitrary: fc.constantFrom(...NAMES) }, { weight: 1, arbitrary: anyText })
  .map(name => JSON.stringify(name))

export const stringText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...STRINGS) },
  { weight: 3, arbitrary: nameText },
  { weight: 2, arbitrary: anyText.map(text => JSON.stringify(text)) },
  { weight: 1, arbitrary: fc.integer({ min: 100, max: 20_000 }).map(length => `"${'x'.repeat(length)}"`) },
)

export const numberText: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 1, arbitrary: fc.double().map(number => String(JSON.stringify(number))) },
  { weight: 1, arbitrary: fc.bigInt().map(String) },
)

const nested = fc
  .tuple(fc.integer({ min: 1, max: 8_000 }), fc.constantFrom(['[', ']'], ['{"a":', '}'], ['{"__proto__":', '}']))
  .map(([depth, [open = '', close = '']]) => open.repeat(depth) + (open === '[' ? '' : '1') + close.repeat(depth))

/** Any JSON value. */
export const valueText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: numberText },
  { weight: 6, arbitrary: fc.constantFrom(...LITERALS) },
  { weight: 4, arbitrary: stringText },
  { weight: 2, arbitrary: fc.tuple(nameText, nameText).map(([outer, inner]) => `{${outer}:{${inner}:1}}`) },
  { weight: 1, arbitrary: nested },
  { weight: 1, arbitrary: fc.json() },
)

/** What is no JSON. */
export const brokenText: fc.Arbitrary<string> = fc.constantFrom(...NO_NUMBERS, ...NO_LITERALS)

/** What is done to whole texts. Bytes are latin1 characters, so that what is no UTF-8 can be said. */
export type TextHarm =
  | { readonly kind: 'none' }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'drop'; readonly at: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: string }
  | { readonly kind: 'around'; readonly before: string; readonly behind: string }

const SPLINTERS = [
  '\0',
  '\xff',
  '\xef\xbb\xbf',
  '\xc0\x80',
  '\xed\xa0\x80',
  '\xf4\x90\x80\x80',
  '"',
  '\\',
  ',',
  '}',
  '\x1f',
  ' ',
]

export const textHarm: fc.Arbitrary<TextHarm> = fc.oneof(
  { weight: 70, arbitrary: fc.constant({ kind: 'none' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('cut' as const, 'drop' as const), at: fc.nat({ max: 400 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('insert' as const),
      at: fc.nat({ max: 400 }),
      bytes: fc.constantFrom(...SPLINTERS),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('around' as const),
      before: fc.constantFrom('', ' ', '\n\t', '[', '\xef\xbb\xbf', '\0', ")]}',"),
      behind: fc.constantFrom('', ' \r\n', ']', 'x', '{}', '\0', ' '.repeat(900_000)),
    }),
  },
)

/** Positions beyond the end count from the start again. */
export function harmed(bytes: string, harm: TextHarm): string {
  if (harm.kind === 'none') return bytes
  if (harm.kind === 'around') return harm.before + bytes + harm.behind
  const at = bytes.length === 0 ? 0 : harm.at % bytes.length
  if (harm.kind === 'cut') return bytes.slice(0, at)
  if (harm.kind === 'drop') return bytes.slice(0, at) + bytes.slice(at + 1)
  return bytes.slice(0, at) + harm.bytes + bytes.slice(at)
}

/** Text as its UTF-8 bytes, one a character. */
export function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1')
}
