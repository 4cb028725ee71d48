/** The words of a search: what they come to, and that a word that is not understood is named with its place. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseSearch, SEARCH_LENGTH_MAX } from '../../src/query/search.ts'

const termsOf = (text: string) => {
  const parsed = parseSearch(text)
  return 'search' in parsed ? parsed.search.terms : parsed.fault
}

describe('each word becomes a term', () => {
  test.each([
    ['', []],
    ['  \t ', []],
    ['state:active', [{ kind: 'state', states: ['active'] }]],
    ['state:playing', [{ kind: 'state', states: ['active', 'cleared'] }]],
    ['STATE:Cleared,playing,bonus', [{ kind: 'state', states: ['cleared', 'active', 'bonus'] }]],
    ['quest:Kerning', [{ kind: 'quest', text: 'kerning' }]],
    ['quest:a:b', [{ kind: 'quest', text: 'a:b' }]],
    ['character:30011', [{ kind: 'character', number: 30011 }]],
    ['party:4294967295', [{ kind: 'party', number: 4294967295 }]],
    [
      'shard:3 world:0  channel:1',
      [
        { kind: 'shard', number: 3 },
        { kind: 'world', number: 0 },
        { kind: 'channel', number: 1 },
      ],
    ],
    ['timer<60s', [{ kind: 'timer', operator: '<', milliseconds: 60_000 }]],
    ['timer>5m', [{ kind: 'timer', operator: '>', milliseconds: 300_000 }]],
    ['idle>2h', [{ kind: 'idle', operator: '>', milliseconds: 7_200_000 }]],
    ['IDLE<10S', [{ kind: 'idle', operator: '<', milliseconds: 10_000 }]],
    ['id:0F3A-', [{ kind: 'id', prefix: '0f3a-' }]],
    ['Mill', [{ kind: 'word', text: 'mill' }]],
    ['<b>'.replaceAll(/[<>]/g, ''), [{ kind: 'word', text: 'b' }]],
  ])('%j', (text, terms) => {
    expect(termsOf(text)).toEqual(terms)
  })
})

describe('a word that is not understood is named with its place and what would be', () => {
  test.each([
    ['state:active  colour:red', '"colour:red" at character 15 of the search'],
    ['state:', 'a state is one of registering, active'],
    ['state:active,', 'a state is one of'],
    ['state:toString', 'a state is one of'],
    ['quest:', 'quest:mill'],
    ['character:', 'character:1'],
    ['character:-1', 'a number from 0 to 4294967295'],
    ['party:4294967296', 'a number from 0 to 4294967295'],
    ['shard:1e3', 'a number from 0'],
    ['id:', 'id:0f3a'],
    ['id:xyz', 'id:0f3a'],
    ['timer<60', 'timer<60s'],
    ['timer<1.5m', 'timer<60s'],
    ['idle>', 'idle>60s'],
    ['timer', 'allowed are'],
    ['<script>alert(1)</script>', 'allowed are'],
    [`${'x'.repeat(60)}:1`, `${'x'.repeat(40)}…`],
  ])('%j', (text, said) => {
    expect(termsOf(text)).toContain(said)
  })

  test('a search that is too long, or has too many words, is refused', () => {
    expect(termsOf('a'.repeat(SEARCH_LENGTH_MAX))).toHaveLength(1)
    expect(termsOf('a'.repeat(SEARCH_LENGTH_MAX + 1))).toContain('may have 512')
    expect(termsOf('a '.repeat(17))).toContain('more than 16 words')
  })
})

test('whatever the text, it is a search of as many terms as words, or a fault that says something', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' })), text => {
      const terms = termsOf(text)
      if (typeof terms === 'string') expect(terms.length).toBeGreaterThan(20)
      else expect(terms).toHaveLength(text.match(/\S+/g)?.length ?? 0)
    }),
  )
})
