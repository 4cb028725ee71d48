/** The promises of a printed message: one line, whatever is in it. */
import { describe, expect, it } from 'vitest'
import { instanceOf, messageLine } from '../../src/cli/message-line.ts'
import type { MessageView } from '../../src/http/message-view.ts'

const INSTANCE = '0a0b0c0d-0000-8000-8000-000000000001'

function message(more: Partial<MessageView>): MessageView {
  return {
    topic: 'T',
    kind: 'status',
    partition: 0,
    offset: 0,
    timestamp: Date.UTC(2026, 10, 23, 12, 0, 0, 5),
    key: null,
    tenant: null,
    headers: {},
    value: null,
    ...more,
  }
}

const plain = (more: Partial<MessageView>) => messageLine(message(more), { colours: false }).split(/ {2,}/)

describe('a printed message', () => {
  it('tells time, topic, type, instance, quest and body of a status event', () => {
    const body = { stageIndex: 1, mapIds: [103000801, 103000802] }
    const value = { worldId: 0, instanceId: INSTANCE, questId: 'kerning_city_pq', type: 'STAGE_ADVANCED', body }
    expect(plain({ value })).toEqual([
      '12:00:00.005',
      'status',
      'STAGE_ADVANCED',
      '0a0b0c0d',
      'kerning_city_pq',
      'stageIndex 1, mapIds 103000801 103000802',
    ])
  })

  it('tells counts of a command, and leaves out what is empty', () => {
    const body = { instanceId: INSTANCE, itemCounts: { '4001008': 4, '7': 1 }, monsterKills: {} }
    const value = { worldId: 0, characterId: 5, type: 'UPDATE_STAGE_STATE', body }
    expect(plain({ kind: 'command', value }).at(-1)).toBe('characterId 5, itemCounts 7×1 4001008×4')
  })

  it('tells why a dead letter is one, and where it came from', () => {
    const headers = {
      'error-code': 'MALFORMED',
      'error-message': 'the value is not JSON',
      'origin-topic': 'C',
      'origin-partition': '3',
      'origin-offset': '9',
    }
    expect(plain({ kind: 'dead-letter', headers, raw: 'eA==' }).slice(1)).toEqual([
      'dead-letter',
      'MALFORMED',
      '-',
      '-',
      'the value is not JSON (C/3@9)',
    ])
  })

  it('stays one line without control characters, however hostile or long its fields are', () => {
    const nasty = `a\u001b[31m\n\u2028\u202e${'x'.repeat(10_000)}`
    const value = { type: nasty, questId: nasty, instanceId: INSTANCE, body: { reason: nasty } }
    const line = messageLine(message({ value }), { colours: false })
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}\u2028]/u)
    expect(line.length).toBeLessThan(1000)
  })

  it('has colours only where somebody sees them', () => {
    const value = { type: 'COMPLETED', instanceId: INSTANCE, questId: 'q', body: {} }
    expect(messageLine(message({ value }), { colours: true })).toContain('\u001b[')
    expect(messageLine(message({ value }), { colours: false })).not.toContain('\u001b[')
  })

  it('names the instance of an event, of a command and of a warp', () => {
    expect(instanceOf(message({ value: { instanceId: INSTANCE } }))).toBe(INSTANCE)
    expect(instanceOf(message({ value: { body: { instanceId: INSTANCE } } }))).toBe(INSTANCE)
    expect(instanceOf(message({ value: { body: { instance: INSTANCE } } }))).toBe(INSTANCE)
    expect(instanceOf(message({ value: null, raw: null }))).toBeUndefined()
  })
})
