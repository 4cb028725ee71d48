/**
 * What the machine tells those who look at it and not at its messages: Stately's editor and inspector, the console,
 * pictures, and whoever reads a dead letter. They show it as it stands here.
 */
import { expect, test } from 'vitest'
import { COUNTED_IDS_MAX, partyQuestMachine } from '../../machines/party-quest.ts'
import { quest } from '../support/definitions.ts'
import { members, Playthrough, update } from '../support/playthrough.ts'

const states = Object.values(partyQuestMachine.root.states)
const SENTENCE = /^[A-Z][^.]+\w.*\.$/

test('it is called party-quest, and it and each of its states say in a sentence what they are', () => {
  expect(partyQuestMachine.id).toBe('party-quest')
  expect(partyQuestMachine.config.description).toMatch(SENTENCE)
  expect(states.length).toBe(8)
  for (const state of states)
    expect([state.key, state.description]).toEqual([state.key, expect.stringMatching(SENTENCE)])
})

test.each([
  ['active', 'STAGE_ADVANCE'],
  ['completed', 'FORFEIT'],
])('where %s takes %s as nobody would expect, it says why', (key, event) => {
  const taken = states.find(state => state.key === key)?.transitions.get(event) ?? []
  expect(taken.map(({ description }) => description)).toEqual([expect.stringMatching(SENTENCE)])
})

test('a state in which an instance rests is live, and in the lobby, playing or over; the others are nothing', () => {
  expect(Object.fromEntries(states.map(({ key, tags }) => [key, tags]))).toEqual({
    registering: ['live', 'lobby'],
    active: ['live', 'playing'],
    cleared: ['live', 'playing'],
    advancing: [],
    completed: ['live', 'over'],
    bonus: ['live', 'over'],
    failed: [],
    destroyed: [],
  })
})

test('a refused START names the quest and how many members it has', () => {
  const play = new Playthrough(quest(), { members: members(1001) })
  expect(play.wouldSend({ type: 'START' }).refusal).toEqual({
    code: 'REQUIREMENTS_NOT_MET',
    reason: 'the start requirements of mill_pq do not hold for its 1 member(s)',
  })
})

test('a refused update names the bound, which is 4,096', () => {
  const many = Object.fromEntries(Array.from({ length: COUNTED_IDS_MAX + 1 }, (_, id) => [id, 1]))
  expect(COUNTED_IDS_MAX).toBe(4096)
  expect(new Playthrough(quest()).wouldSend(update(many)).refusal).toEqual({
    code: 'INVALID_STATE',
    reason: 'a stage counts at most 4096 different items and as many monsters',
  })
})
