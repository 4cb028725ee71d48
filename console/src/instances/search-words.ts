/**
 * The words of a search as people see them: parted for colouring, and changed by a click on the legend. Judges nothing:
 * what a word means, and whether it means anything, is the server's to say.
 */
import type { State } from '../../../src/api/documents.ts'

export interface Piece {
  readonly text: string
  /** `key` with its sign: `state:`, `timer<`. */
  readonly kind: 'key' | 'value' | 'word' | 'space'
  /** Where it begins. */
  readonly at: number
}

/** What the help shows; a click takes the first part over. */
export const EXAMPLES: readonly (readonly [search: string, meaning: string])[] = [
  ['state:active', 'in this state; several with commas: state:active,bonus; state:playing is active or cleared'],
  ['quest:kerning', 'part of the quest’s id or name'],
  ['character:30011', 'this character takes part'],
  ['party:88213', 'of this party'],
  ['timer<60s', 'the next timer is due within a minute; timer>5m: later than that; s, m and h'],
  ['idle>5m', 'nothing has happened for five minutes; idle<10s: something just has'],
  ['shard:3', 'on this shard'],
  ['world:0', 'of this world'],
  ['channel:1', 'of this channel'],
  ['id:0f3a', 'the id begins so'],
  [
    'tenant:083839c6-c47c-42a6-9585-76492795d123',
    'of this tenant; behind it /83.1/GMS: of that version and region alone',
  ],
]

const KEYED = /^(state:|quest:|character:|party:|shard:|world:|channel:|id:|tenant:|timer[<>]|idle[<>])(.*)$/i
const STATE_WORD = /^state:(.*)$/i

/** All of the text, nothing left out: laid over the field letter by letter. */
export function piecesOf(search: string): readonly Piece[] {
  const pieces: Piece[] = []
  for (const found of search.matchAll(/\s+|\S+/g)) {
    const [text] = found
    const at = found.index
    const [, key, value] = KEYED.exec(text) ?? []
    if (text.trim() === '') pieces.push({ text, kind: 'space', at })
    else if (key === undefined || value === undefined) pieces.push({ text, kind: 'word', at })
    else {
      pieces.push({ text: key, kind: 'key', at })
      if (value !== '') pieces.push({ text: value, kind: 'value', at: at + key.length })
    }
  }
  return pieces
}

/** The states that the search names; `playing` as the two that it means. */
export function statesOf(search: string): readonly string[] {
  return wordsOf(search)
    .flatMap(word => STATE_WORD.exec(word)?.[1]?.toLowerCase().split(',') ?? [])
    .flatMap(word => (word === 'playing' ? ['active', 'cleared'] : [word]))
}

/** The search for this state alone, or, where it was that, for any. Other words stay. */
export function withStateToggled(search: string, state: State): string {
  const named = statesOf(search)
  const others = wordsOf(search).filter(word => !STATE_WORD.test(word))
  const isAlone = named.length === 1 && named[0] === state
  return [...(isAlone ? [] : [`state:${state}`]), ...others].join(' ')
}

/** With `word` behind it, unless it is there. */
export function withWord(search: string, word: string): string {
  const words = wordsOf(search)
  return words.includes(word) ? words.join(' ') : [...words, word].join(' ')
}

function wordsOf(search: string): readonly string[] {
  return search.split(/\s+/).filter(word => word !== '')
}
