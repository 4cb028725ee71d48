/** What a stage counts and when it is cleared; what a lobby requires. */
import { describe, expect, test } from 'vitest'
import { requirementsHold } from '../../machines/conditions.ts'
import { COUNTED_IDS_MAX } from '../../machines/party-quest.ts'
import { UINT32_MAX } from '../../src/contract/ids.ts'
import { FOUR_PASSES, quest, stage } from '../support/definitions.ts'
import { members, Playthrough, update } from '../support/playthrough.ts'
import { character } from '../support/tenants.ts'

const ADVANCE = { type: 'STAGE_ADVANCE' } as const
const ATTEMPT = { type: 'STAGE_CLEAR_ATTEMPT' } as const
const staged = (...clearConditions: readonly object[]) =>
  new Playthrough(quest({ stages: [stage(0, { clearConditions }), stage(1, { clearConditions })] }))

describe('clear conditions', () => {
  test('that are none are always met', () => {
    expect(staged().send(ATTEMPT)).toEqual(['STAGE_CLEARED 0 [100]'])
  })

  test.each([
    ['>=', [false, true, true]],
    ['<=', [true, true, false]],
    ['=', [false, true, false]],
    ['>', [false, false, true]],
    ['<', [true, false, false]],
  ])('with %s compare the count as it stands there', (operator, cleared) => {
    const results = [3, 4, 5].map(count => {
      const play = staged({ ...FOUR_PASSES, operator })
      play.send(update({ 4001008: count }))
      return play.send(ATTEMPT).length > 0
    })
    expect(results).toEqual(cleared)
  })

  test.each(['item', 'item_count'])('of type %s read the items, not the kills', type => {
    const play = staged({ ...FOUR_PASSES, type })
    play.send(update({}, { 4001008: 9 }))
    expect(play.send(ATTEMPT)).toEqual([])
    play.send(update({ 4001008: 4 }))
    expect(play.send(ATTEMPT)).toEqual(['STAGE_CLEARED 0 [100]'])
  })

  test('of type monster_kill read the kills, not the items', () => {
    const play = staged({ type: 'monster_kill', operator: '>=', value: 2, referenceId: 9300002 })
    play.send(update({ 9300002: 9 }))
    expect(play.send(ATTEMPT)).toEqual([])
    play.send(update({}, { 9300002: 2 }))
    expect(play.send(ATTEMPT)).toEqual(['STAGE_CLEARED 0 [100]'])
  })

  test('of type custom_data read a number that nobody sets yet: 0', () => {
    const data = { type: 'custom_data', value: 0, referenceKey: 'flour' }
    expect(staged({ ...data, operator: '>' }).send(ATTEMPT)).toEqual([])
    expect(staged({ ...data, operator: '=' }).send(ATTEMPT)).toEqual(['STAGE_CLEARED 0 [100]'])
  })

  test('take a missing count for 0', () => {
    expect(staged({ ...FOUR_PASSES, operator: '<' }).send(ATTEMPT)).toEqual(['STAGE_CLEARED 0 [100]'])
  })

  test('must all hold', () => {
    const play = staged(FOUR_PASSES, { type: 'monster_kill', operator: '>=', value: 1, referenceId: 7 })
    play.send(update({ 4001008: 4 }))
    expect(play.send(ATTEMPT)).toEqual([])
    play.send(update({}, { 7: 1 }))
    expect(play.send(ATTEMPT)).toEqual(['STAGE_CLEARED 0 [100]'])
  })

  test('that do not hold count an attempt and change nothing else', () => {
    const play = staged(FOUR_PASSES)
    const { run, stage: before } = play.snapshot.context
    expect(play.send(ATTEMPT)).toEqual([])
    expect(play.send(ATTEMPT)).toEqual([])
    expect(play.state).toBe('active')
    expect(play.snapshot.context.run).toBe(run)
    expect(play.snapshot.context.stage).toEqual({ ...before, attempts: 2 })
  })
})

describe('counts', () => {
  test('are added, silently, by item and by monster', () => {
    const play = staged()
    expect(play.send(update({ 1: 2 }, { 1: 5 }))).toEqual([])
    expect(play.send(update({ 1: 3, 4: 1 }, { 7: 1 }))).toEqual([])
    const { items, kills } = play.snapshot.context.stage
    expect([items, kills]).toEqual([
      { i1: 5, i4: 1 },
      { m1: 5, m7: 1 },
    ])
  })

  test('saturate at the largest uint32', () => {
    const play = staged()
    play.send(update({ 1: UINT32_MAX - 1 }), update({ 1: 5 }), update({ 1: UINT32_MAX }))
    expect(play.snapshot.context.stage.items).toEqual({ i1: 4_294_967_295 })
  })

  test('of one command never change the snapshot from before it', () => {
    const play = staged()
    play.send(update({ 1: 1 }))
    const before = play.snapshot
    play.send(update({ 1: 1, 2: 1 }))
    expect(before.context.stage.items).toEqual({ i1: 1 })
  })

  test('start at nothing in the next stage, and so do the attempts', () => {
    const play = staged(FOUR_PASSES).at(5)
    play.send(update({ 4001008: 4 }, { 7: 1 }), ATTEMPT)
    play.at(9).send(ADVANCE)
    expect(play.snapshot.context.stage).toEqual({
      startedAt: 1_700_000_009_000,
      attempts: 0,
      items: {},
      kills: {},
      data: {},
    })
    expect(play.send(ATTEMPT)).toEqual([])
  })

  test.each([
    'items',
    'kills',
  ] as const)('of more different %s than the bound are refused, and nothing changes', kind => {
    const many = (from: number, count: number) => {
      const counts = Object.fromEntries(Array.from({ length: count }, (_, index) => [from + index, 1]))
      return kind === 'items' ? update(counts) : update({}, counts)
    }
    const play = staged()
    play.send(many(1, COUNTED_IDS_MAX))
    const before = play.snapshot
    const { refusal, messages, snapshot } = play.wouldSend(many(COUNTED_IDS_MAX + 1, 1))
    expect([refusal?.code, messages]).toEqual(['INVALID_STATE', []])
    expect(snapshot).toBe(before)
  })

  test('of ids that are counted already are taken also at the bound', () => {
    const play = staged()
    play.send(update(Object.fromEntries(Array.from({ length: COUNTED_IDS_MAX }, (_, index) => [index, 1]))))
    expect(play.wouldSend(update({ 7: 1 })).refusal).toBeUndefined()
  })
})

describe('requirements', () => {
  const levels = (...known: readonly (number | undefined)[]) =>
    known.map((level, index) => ({ characterId: character(1001 + index), ...(level === undefined ? {} : { level }) }))

  test.each([
    ['eq', [false, true, false]],
    ['gte', [false, true, true]],
    ['lte', [true, true, false]],
    ['gt', [false, false, true]],
    ['lt', [true, false, false]],
  ] as const)('with %s compare the size of the party', (operator, holds) => {
    const parties = [members(1, 2), members(1, 2, 3), members(1, 2, 3, 4)]
    expect(parties.map(party => requirementsHold([{ type: 'party_size', operator, value: 3 }], party))).toEqual(holds)
  })

  test('of level_min look at the lowest level, of level_max at the highest', () => {
    const party = levels(21, 30, 44)
    const holds = (type: 'level_min' | 'level_max', operator: 'gte' | 'lte', value: number) =>
      requirementsHold([{ type, operator, value }], party)
    expect([holds('level_min', 'gte', 21), holds('level_min', 'gte', 22)]).toEqual([true, false])
    expect([holds('level_max', 'lte', 44), holds('level_max', 'lte', 43)]).toEqual([true, false])
  })

  test('of levels hold where no level is known, and look at those that are', () => {
    const atLeast30 = [{ type: 'level_min', operator: 'gte', value: 30 }] as const
    expect(requirementsHold(atLeast30, levels(undefined, undefined))).toBe(true)
    expect(requirementsHold(atLeast30, levels(undefined, 29))).toBe(false)
    expect(requirementsHold(atLeast30, levels(undefined, 30))).toBe(true)
  })

  test('must all hold', () => {
    const between = [
      { type: 'party_size', operator: 'gte', value: 2 },
      { type: 'party_size', operator: 'lte', value: 3 },
    ] as const
    expect([members(1), members(1, 2), members(1, 2, 3, 4)].map(party => requirementsHold(between, party))).toEqual([
      false,
      true,
      false,
    ])
  })

  test('that are only to warn keep nobody from starting', () => {
    const play = new Playthrough(quest(), { members: members(1001), rules: { requirements: 'warn' } })
    expect(play.sent).toEqual(['INSTANCE_CREATED 88', 'CHANGE_MAP 1001 100', 'STARTED 0 [100]'])
  })
})
