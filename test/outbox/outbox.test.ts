/** The outbox: what waits for the commit, in order, whole or not at all, and never too large to be written. */
import { describe, expect, test } from 'vitest'
import type { Message } from '../../src/contract/messages.ts'
import type { Origin } from '../../src/contract/origin.ts'
import { refuse } from '../../src/contract/refusal.ts'
import { startTrace } from '../../src/contract/trace-context.ts'
import { Outbox } from '../../src/outbox/outbox.ts'
import { quest } from '../support/definitions.ts'
import { inputOf } from '../support/playthrough.ts'
import { allThere, TOPICS } from '../support/shard-harness.ts'
import { character } from '../support/tenants.ts'

const { identity } = inputOf(quest())
const span = startTrace({ fraction: () => 0, bytes: count => Buffer.alloc(count, 7) })
const origin: Origin = { topic: 'commands', partition: 1, offset: 42, timestamp: 1000 }
const outboxOf = (deadLetterBytesMax = Number.POSITIVE_INFINITY) =>
  new Outbox({ topics: TOPICS, neighbours: allThere, deadLetterBytesMax })
const started: Message = { type: 'STARTED', stageIndex: 0, mapIds: [100] }
const warp: Message = { type: 'CHANGE_MAP', characterId: character(1001), mapId: 100, instance: identity.instanceId }

/** Name and text of each header. */
const texts = (headers: readonly (readonly [string, Buffer | null])[]) =>
  Object.fromEntries(headers.map(([name, value]) => [name, value?.toString()]))

describe('messages', () => {
  test('go to their topics in the order of the operation, with the headers of the instance and the span', () => {
    const outbox = outboxOf()
    outbox.send([warp, started], identity, span)
    expect(outbox.records.map(({ topic }) => topic)).toEqual(['characters', 'status'])
    expect(outbox.records.map(({ headers }) => headers.map(([name]) => name))).toEqual([
      ['TENANT_ID', 'REGION', 'MAJOR_VERSION', 'MINOR_VERSION', 'traceparent'],
      ['TENANT_ID', 'REGION', 'MAJOR_VERSION', 'MINOR_VERSION', 'traceparent'],
    ])
    expect(outbox.records[1]?.key?.toString()).toBe(identity.instanceId)
  })

  test('are counted by topic and type, and their bytes added up', () => {
    const outbox = outboxOf()
    outbox.send([warp, started], identity, span)
    expect(outbox.sent).toEqual([
      { topic: 'characters', type: 'CHANGE_MAP' },
      { topic: 'status', type: 'STARTED' },
    ])
    const lengths = outbox.records.flatMap(({ key, value, headers }) => [
      key?.length ?? 0,
      value?.length ?? 0,
      ...headers.map(([name, content]) => name.length + (content?.length ?? 0)),
    ])
    expect(outbox.bytes).toBe(lengths.reduce((sum, length) => sum + length, 0))
  })

  test('of an operation of which one cannot be encoded are not there at all', () => {
    const outbox = outboxOf()
    const broken = { ...warp, characterId: character(-1) }
    expect(() => outbox.send([started, broken], identity, span)).toThrow(RangeError)
    expect([outbox.records, outbox.sent, outbox.bytes]).toEqual([[], [], 0])
  })

  test('that are none leave nothing', () => {
    const outbox = outboxOf()
    outbox.send([], identity, span)
    expect(outbox.records).toEqual([])
  })
})

describe('a dead letter', () => {
  const original = {
    key: Buffer.from('key'),
    value: Buffer.alloc(100, 1),
    headers: [['x', Buffer.alloc(50)]] as const,
  }
  const refusal = refuse('MALFORMED', 'it is no JSON')

  test('is the original with the reason, as long as it fits', () => {
    const outbox = outboxOf(154)
    outbox.bury(origin, original, refusal)
    const [letter] = outbox.records
    expect([letter?.topic, letter?.key, letter?.value]).toEqual(['dead-letters', original.key, original.value])
    expect(texts(letter?.headers ?? [])).toMatchObject({
      'error-code': 'MALFORMED',
      'error-message': 'it is no JSON',
      'origin-topic': 'commands',
      'origin-partition': '1',
      'origin-offset': '42',
      'origin-timestamp': '1000',
    })
    expect(outbox.sent).toEqual([{ topic: 'dead-letters', type: 'MALFORMED' }])
  })

  test('goes without its value where it does not fit, and says so', () => {
    const outbox = outboxOf(153)
    outbox.bury(origin, original, refusal)
    const [letter] = outbox.records
    expect([letter?.key, letter?.value, letter?.headers[0]]).toEqual([original.key, null, original.headers[0]])
    expect(texts(letter?.headers ?? [])['error-message']).toBe(
      'it is no JSON (its value of 100 bytes does not fit this topic: raise max.message.bytes)',
    )
  })

  test('goes without its key and headers too where they alone do not fit', () => {
    const outbox = outboxOf(53)
    outbox.bury(origin, original, refusal)
    const [letter] = outbox.records
    expect([letter?.key, letter?.value, letter?.headers.length]).toEqual([null, null, 6])
    expect(texts(letter?.headers ?? [])['error-message']).toContain('the original of 154 bytes does not fit')
  })

  test('never has a reason that makes it large by itself', () => {
    const outbox = outboxOf()
    outbox.bury(origin, original, refuse('LOOKUP_FAILED', 'x'.repeat(1_000_000)))
    expect(texts(outbox.records[0]?.headers ?? [])['error-message']).toHaveLength(1000)
  })
})
