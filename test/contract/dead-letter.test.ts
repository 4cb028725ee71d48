/** Dead letters: the record as it came, and why. */
import { describe, expect, test } from 'vitest'
import { deadLetter } from '../../src/contract/dead-letter.ts'
import type { Header } from '../../src/contract/log-record.ts'
import { refuse } from '../../src/contract/refusal.ts'

const origin = { topic: 'COMMAND_TOPIC_PARTY_QUEST', partition: 3, offset: 42, timestamp: 1_764_000_000_000 }
const refusal = refuse('QUEST_NOT_FOUND', 'no quest "é"')
const bytes = Buffer.from([0xff, 0x00, 0x7b])
const ours = [
  ['error-code', 'QUEST_NOT_FOUND'],
  ['error-message', 'no quest "é"'],
  ['origin-topic', 'COMMAND_TOPIC_PARTY_QUEST'],
  ['origin-partition', '3'],
  ['origin-offset', '42'],
  ['origin-timestamp', '1764000000000'],
]
const texts = (headers: readonly Header[]) => headers.map(([name, value]) => [name, value?.toString() ?? null])

describe('deadLetter', () => {
  test('keeps key, value and headers byte for byte and in order, and appends ours as text', () => {
    const headers: Header[] = [
      ['b', Buffer.from('1')],
      ['a', null],
      ['b', Buffer.alloc(0)],
      ['7', Buffer.from('x')],
      ['pq-origin', Buffer.from('theirs')],
    ]
    const letter = deadLetter('DLQ', origin, { key: bytes, value: bytes, headers }, refusal)
    expect(letter.topic).toBe('DLQ')
    expect(letter.key).toEqual(bytes)
    expect(letter.value).toEqual(bytes)
    expect(texts(letter.headers)).toEqual([
      ['b', '1'],
      ['a', null],
      ['b', ''],
      ['7', 'x'],
      ['pq-origin', 'theirs'],
      ...ours,
    ])
  })

  test('replaces what a record already has of the six, so that each is there once', () => {
    const headers: Header[] = [
      ['error-code', Buffer.from('OLD')],
      ['origin-offset', Buffer.from('1')],
      ['kept', null],
      ['error-code', null],
      ['Error-Code', Buffer.from('another name')],
    ]
    const letter = deadLetter('DLQ', origin, { key: null, value: null, headers }, refusal)
    expect(texts(letter.headers)).toEqual([['kept', null], ['Error-Code', 'another name'], ...ours])
  })

  test('keeps a null key and a null value null, and leaves the partition to its caller', () => {
    const letter = deadLetter('DLQ', origin, { key: null, value: null, headers: [] }, refusal)
    expect(letter).toMatchObject({ key: null, value: null })
    expect(letter).not.toHaveProperty('partition')
  })
})
