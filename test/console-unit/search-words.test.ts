/**
 * The search as it is typed: coloured letter by letter, and changed by the legend without losing a word.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EXAMPLES, piecesOf, statesOf, withStateToggled, withWord } from '../../console/src/instances/search-words.ts'
import { parseSearch } from '../../src/query/search.ts'

test('the pieces are the text, whatever it is', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      const pieces = piecesOf(text)
      expect(pieces.map(piece => piece.text).join('')).toBe(text)
      for (const piece of pieces) expect(text.slice(piece.at, piece.at + piece.text.length)).toBe(piece.text)
    }),
  )
})

test('a key is parted from its value, and a word has none', () => {
  expect(piecesOf('state:active timer<60s  mill').map(({ text, kind }) => [text, kind])).toEqual([
    ['state:', 'key'],
    ['active', 'value'],
    [' ', 'space'],
    ['timer<', 'key'],
    ['60s', 'value'],
    ['  ', 'space'],
    ['mill', 'word'],
  ])
})

test('the server understands every example of the help', () => {
  for (const [example] of EXAMPLES) expect(parseSearch(example)).toHaveProperty('search')
})

test('a state of the legend takes the place of the one before, and goes when it is clicked again', () => {
  const chosen = withStateToggled('quest:mill state:active,bonus 7', 'cleared')
  expect(chosen).toBe('state:cleared quest:mill 7')
  expect(withStateToggled(chosen, 'cleared')).toBe('quest:mill 7')
})

test('playing is shown as the two states that it means', () => {
  expect(statesOf('state:playing')).toEqual(['active', 'cleared'])
})

test('an example is added once', () => {
  expect(withWord(withWord('mill', 'state:active'), 'state:active')).toBe('mill state:active')
})
