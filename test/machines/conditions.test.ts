/** What the guards do at the edges of what they know: counts that nobody sets yet, and data of a newer release. */
import { expect, test } from 'vitest'
import { conditionsHold, requirementsHold } from '../../machines/conditions.ts'
import { currentStage, type PartyQuestContext, type StageState } from '../../machines/context.ts'
import type { Requirement } from '../../src/contract/definition.ts'
import { InvariantError } from '../../src/errors.ts'
import { FOUR_PASSES, quest, stage } from '../support/definitions.ts'
import { members, Playthrough } from '../support/playthrough.ts'

const FLOUR = { type: 'custom_data', operator: '>=', value: 3, referenceKey: 'flour' } as const

/** In the first stage, as it is with these counts. */
function playing(clearCondition: object, counts: Partial<StageState> = {}): PartyQuestContext {
  const play = new Playthrough(quest({ stages: [stage(0, { clearConditions: [clearCondition] })] }))
  const { context } = play.snapshot
  return { ...context, stage: { ...context.stage, ...counts } }
}

/** The same with a condition that the schema of this release would refuse. */
function playingNewer(changed: object): PartyQuestContext {
  const context = playing(FOUR_PASSES, { items: { i4001008: 4 } })
  const clearConditions = [{ ...FOUR_PASSES, ...changed }]
  const definition = { ...context.rules.definition, stages: [{ ...currentStage(context), clearConditions }] }
  return JSON.parse(JSON.stringify({ ...context, rules: { ...context.rules, definition } }))
}

test('custom_data is the number under its referenceKey, stored as d and the key, and no item of that name', () => {
  expect(conditionsHold(playing(FLOUR, { data: { dflour: '3' } }))).toBe(true)
  expect(conditionsHold(playing(FLOUR, { data: { dflour: '2' } }))).toBe(false)
  expect(conditionsHold(playing(FLOUR, { data: { flour: '3' }, items: { dflour: 3 }, kills: { dflour: 3 } }))).toBe(
    false,
  )
})

test.each([
  ['operator', { operator: 'about' }],
  ['type', { type: 'luck' }],
])('a condition whose %s this release does not know is a fault of ours, and is never taken for met or unmet', (_, changed) => {
  expect(() => conditionsHold(playingNewer({}))).not.toThrow()
  expect(() => conditionsHold(playingNewer(changed))).toThrow(InvariantError)
})

test('a requirement whose operator this release does not know is a fault of ours, and is never taken for met or unmet', () => {
  const newer: readonly Requirement[] = JSON.parse('[{"type":"party_size","operator":"about","value":2}]')
  expect(() => requirementsHold(newer, members(1, 2))).toThrow(InvariantError)
})

test('a stage that the definition does not have is a fault that names both', () => {
  const { context } = new Playthrough(quest()).snapshot
  expect(() => currentStage({ ...context, run: { ...context.run, stageIndex: 7 } })).toThrow('mill_pq has no stage 7')
})
