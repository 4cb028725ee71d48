/** The records of the shard-commands topic: what goes in comes out. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Header, LogRecord } from '../../src/contract/log-record.ts'
import { forward, forwardOversized, internalCommand, readShardCommand } from '../../src/contract/shard-command.ts'
import { UnrestorableError } from '../../src/errors.ts'

const record: LogRecord = {
  topic: 'COMMAND_TOPIC_PARTY_QUEST',
  partition: 3,
  offset: 42,
  timestamp: 1_764_000_000_000,
  key: Buffer.from('k'),
  value: Buffer.from('{}'),
  headers: [
    ['pq-origin', Buffer.from('1 0 0 0 forged')],
    ['x', null],
    ['x', Buffer.from('2')],
  ],
}
const stored = (written: Pick<LogRecord, 'key' | 'value' | 'headers'>): LogRecord => ({
  topic: 'party-quest.shard-commands',
  partition: 5,
  offset: 7,
  timestamp: 9,
  key: written.key,
  value: written.value,
  headers: written.headers,
})

describe('a forwarded record', () => {
  test('goes to its shard with one header of ours in front of its own', () => {
    const written = forward(record, 5, 'party-quest.shard-commands')
    expect(written).toMatchObject({ topic: 'party-quest.shard-commands', partition: 5 })
    expect(written.headers[0]?.[0]).toBe('pq-origin')
    expect(written.headers[0]?.[1]?.toString()).toBe('1 3 42 1764000000000 COMMAND_TOPIC_PARTY_QUEST')
    expect(written.headers.slice(1)).toEqual(record.headers)
  })

  test('comes out as it was, whatever its bytes, even with headers that are called like ours', () => {
    const bytes = fc.option(fc.uint8Array().map(Buffer.from), { nil: null })
    const name = fc.oneof(fc.constantFrom('pq-origin', 'pq-internal', '7', ''), fc.string())
    const headers: fc.Arbitrary<Header[]> = fc.array(fc.tuple(name, bytes))
    const offset = fc.maxSafeNat()
    fc.assert(
      fc.property(bytes, bytes, headers, offset, fc.integer({ min: -1 }), (key, value, headers, offset, timestamp) => {
        const { topic, partition } = record
        const written = forward({ topic, partition, offset, timestamp, key, value, headers }, 5, 'internal')
        expect(readShardCommand(stored(written))).toEqual({
          kind: 'forwarded',
          origin: { topic, partition, offset, timestamp },
          original: { key, value, headers },
        })
      }),
    )
  })
})

describe('a record that does not fit', () => {
  test('travels as its place and its size', () => {
    const written = forwardOversized(record, 5, 'party-quest.shard-commands')
    expect([written.partition, written.key, written.value, written.headers.length]).toEqual([5, null, null, 1])
    const { topic, partition, offset, timestamp } = record
    // Key 1, value 2, headers 9 + 14, 1 and 1 + 1.
    expect(readShardCommand(stored(written))).toEqual({
      kind: 'oversized',
      origin: { topic, partition, offset, timestamp },
      bytes: 29,
    })
  })
})

describe('an internal command', () => {
  test('comes out as the JSON that went in', () => {
    const payload = { type: 'LOOKUP_FAILED', id: 'x', members: [1, 2] }
    const written = internalCommand(5, 'internal', payload)
    expect(written).toMatchObject({ topic: 'internal', partition: 5, key: null })
    expect(readShardCommand(stored(written))).toEqual({ kind: 'internal', value: payload })
  })
})

test.each([
  ['pq-origin', '3 0 0 0 topic', '1 to 2'],
  ['pq-origin', '10', '1 to 2'],
  ['pq-internal', '2', '1'],
])('a %s of the newer version "%s" is refused whole: its shard waits for the release that knows it', (header, text, readable) => {
  const record = stored({ key: null, value: Buffer.from('{}'), headers: [[header, Buffer.from(text)]] })
  const read = () => readShardCommand(record)
  expect(read).toThrow(UnrestorableError)
  expect(read).toThrow(
    `shard 5 cannot read the record party-quest.shard-commands/5@7: its ${header} is of version ` +
      `${text.split(' ')[0]}, this release reads ${readable}: run the release that wrote it, or a newer one`,
  )
})

test.each<[string, Header[], string, string]>([
  ['no headers', [], '{}', 'its first header is missing'],
  [
    'ours not first',
    [
      ['x', null],
      ['pq-origin', Buffer.from('1 3 42 0 t')],
    ],
    '{}',
    'its first header is x',
  ],
  ['an origin of another version', [['pq-origin', Buffer.from('2 3 42 0 t')]], '{}', 'not of version 1'],
  ['an origin without topic', [['pq-origin', Buffer.from('1 3 42 0 ')]], '{}', 'not of version 1'],
  ['a null origin', [['pq-origin', null]], '{}', 'not of version 1'],
  ['an internal command of no version', [['pq-internal', Buffer.from('0')]], '{}', 'must be 1'],
  ['an internal command of more than a version', [['pq-internal', Buffer.from('1 x')]], '{}', 'must be 1'],
  ['an origin that begins with a number', [['pq-origin', Buffer.from('3x')]], '{}', 'not of version 1'],
  ['an internal command that is not JSON', [['pq-internal', Buffer.from('1')]], '{', 'not JSON'],
])('is unreadable and says where: %s', (_, headers, value, reason) => {
  const read = readShardCommand(stored({ key: null, value: Buffer.from(value), headers }))
  expect(read).toMatchObject({ kind: 'unreadable', reason: expect.stringContaining(reason) })
  expect(read).toMatchObject({ reason: expect.stringContaining('party-quest.shard-commands/5@7') })
})
