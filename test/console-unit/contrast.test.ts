/**
 * The colours of both themes: words can be read on every ground that they stand on (WCAG AA, 4.5 to 1).
 */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const CSS = readFileSync(new URL('../../console/src/styles/tokens.css', import.meta.url), 'utf8')
/** Name, light, dark. */
const COLOURS = [...CSS.matchAll(/--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);/g)]
const LIGHT = Object.fromEntries(COLOURS.map(([, name, light]) => [name, light]))
const DARK = Object.fromEntries(COLOURS.map(([, name, , dark]) => [name, dark]))
const AA = 4.5
const WORDS = ['text', 'text-dim', 'text-faint', 'accent', 'blue', 'amber', 'red', 'violet']
const GROUNDS = ['bg', 'panel', 'panel-raised']
const TINTED = [
  ['accent', 'accent-soft'],
  ['blue', 'blue-soft'],
  ['amber', 'amber-soft'],
  ['red', 'red-soft'],
  ['violet', 'violet-soft'],
  ['on-accent', 'accent'],
  ['text', 'amber-soft'],
  ['text-dim', 'amber-soft'],
  ['text', 'red-soft'],
] as const
const PAIRS = [...WORDS.flatMap(word => GROUNDS.map(ground => [word, ground] as const)), ...TINTED]

describe.each([
  ['dark', DARK],
  ['light', LIGHT],
])('%s', (_, theme) => {
  test.each(PAIRS)('--%s can be read on --%s', (word, ground) => {
    expect(contrast(theme[word] ?? '', theme[ground] ?? '')).toBeGreaterThanOrEqual(AA)
  })
})

test('every colour is one of each theme', () => {
  const elsewhere = CSS.replaceAll(/light-dark\(#[0-9a-f]{6}, #[0-9a-f]{6}\)/g, '').match(/#[0-9a-f]{3,8}\b/g)
  expect([COLOURS.length > 20, elsewhere]).toEqual([true, null])
})

/** NaN where one of them is no colour: no expectation holds of it. */
function contrast(one: string, other: string): number {
  const [low = Number.NaN, high = Number.NaN] = [luminance(one), luminance(other)].toSorted((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

function luminance(hex: string): number {
  const [red = Number.NaN, green = Number.NaN, blue = Number.NaN] = [1, 3, 5]
    .map(at => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map(share => (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
