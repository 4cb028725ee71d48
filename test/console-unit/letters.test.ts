/**
 * Dead letters that are sent again: as they came, but for what the reader mends.
 */
import { expect, test } from 'vitest'
import {
  codesOf,
  draftOf,
  type Letter,
  merged,
  prettyValue,
  readDraft,
} from '../../console/src/dead-letters/letters.ts'
import type { DeadLetter } from '../../src/api/documents.ts'
import { readSubmission } from '../../src/http/submission.ts'

const TENANT = { id: '083839c6-c47c-42a6-9585-76492795d123', region: 'GMS', majorVersion: 83, minorVersion: 1 }
const LETTER: DeadLetter = {
  partition: 0,
  offset: 7,
  at: 1000,
  code: 'QUEST_NOT_FOUND',
  reason: 'there is no such quest',
  origin: null,
  tenant: TENANT,
  value: '{"worldId":0,"type":"REGISTER","body":{"questId":"x"}}',
  isCut: false,
  headers: {},
}
const held = (id: string, code: string): Letter => ({ id, letter: { ...LETTER, code } })

test.each([
  ['a command', LETTER.value],
  ['text that is no JSON', '<b>no</b> JSON'],
  ['JSON that is no object', '[1, 2]'],
  ['nothing', null],
])('%s makes a draft that the server takes for a record', (_, value) => {
  const read = readDraft(draftOf({ ...LETTER, value }))
  if ('fault' in read) throw new Error(read.fault)
  expect(readSubmission(JSON.stringify({ records: [read.record] }))).toHaveProperty('records')
})

test('a command to an instance is sent with its id as the key, so that they stay in order; another as it is', () => {
  const draft = (record: object) => readDraft(JSON.stringify(record))
  const value = { type: 'START', body: { instanceId: 'i-1' } }
  expect(draft({ value })).toEqual({ record: { value, key: 'i-1' } })
  expect(draft({ value, key: 'mine' })).toEqual({ record: { value, key: 'mine' } })
  for (const other of [{ value: 'text' }, { value: { body: {} } }, { value: { body: { instanceId: 7 } } }]) {
    expect(draft(other)).toEqual({ record: other })
  }
})

test('a draft without a tenant has none', () => {
  expect(draftOf({ ...LETTER, tenant: null })).not.toContain('tenant')
})

test.each(['{', '3', 'null', '{"type":"REGISTER"}'])('%s is no record, and is told so before it is sent', draft => {
  expect(readDraft(draft)).toHaveProperty('fault')
})

test('text that is no JSON is shown as it came', () => {
  expect(prettyValue('<b>{</b>')).toBe('<b>{</b>')
})

test('letters that were read are not shown twice when newer ones come', () => {
  const read = [held('b', 'X'), held('a', 'Y')]
  expect(merged([held('c', 'X'), held('b', 'X')], read).map(({ id }) => id)).toEqual(['c', 'b', 'a'])
})

test('codes are counted, the most frequent first', () => {
  expect(codesOf([held('1', 'B'), held('2', 'A'), held('3', 'B')])).toEqual([
    ['B', 2],
    ['A', 1],
  ])
})
