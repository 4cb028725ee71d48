/** The place of a fault in a text is the place an editor jumps to. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findJsonFault } from '../../src/definitions/json-fault.ts'

describe('the first fault of a text that is not JSON', () => {
  test.each([
    ['', 1, 1, 'a value'],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, ', or }'],
    ['{"a":1,}', 1, 8, 'a name in double quotes'],
    ['{"a" 1}', 1, 6, ':'],
    ['[1,\r\n2', 2, 2, ', or ]'],
    ['{"a": .5}', 1, 7, 'a value'],
    ['{"a": 01}', 1, 7, 'a value'],
    ["{'a': 1}", 1, 2, 'a name in double quotes'],
    ['["a\nb"]', 1, 4, 'a closing quote or a legal character of a string'],
    ['["\\x"]', 1, 3, 'a closing quote or a legal character of a string'],
    ['{} // done', 1, 4, 'the end of the file'],
    ['[True]', 1, 2, 'a value'],
  ])('%j is at line %i, column %i', (text, line, column, expected) => {
    expect(findJsonFault(text)).toEqual({ line, column, expected })
  })

  test('is named where the text is nested deeper than the reader goes', () => {
    const expected = 'at most 100 levels of nesting'
    expect(findJsonFault('['.repeat(100_000))).toEqual({ line: 1, column: 101, expected })
    expect(findJsonFault(`${'{"a":'.repeat(100)}[1,]`)).toEqual({ line: 1, column: 501, expected })
    expect(findJsonFault(`${'[[]],['.repeat(50)}`)).toMatchObject({ expected: 'the end of the file' })
  })

  test('is found exactly where JSON.parse refuses, in any damaged document', () => {
    const damaged = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '}', ']', '0', '\\', '\n', 'e', '-'))
      .map(([text, at, junk]) => {
        const cut = at % (text.length + 1)
        return text.slice(0, cut) + junk + text.slice(cut + 1)
      })
    fc.assert(
      fc.property(damaged, text => {
        let refused = false
        try {
          JSON.parse(text)
        } catch {
          refused = true
        }
        expect(findJsonFault(text) !== undefined).toBe(refused)
      }),
      { numRuns: 2000 },
    )
  })
})
