/** What the view tells of the instances and shards that a real replica runs on the memory log. */
import { describe, expect, test } from 'vitest'
import { instanceRow, shard as shardSchema } from '../../src/api/documents.ts'
import type { InstanceId } from '../../src/contract/ids.ts'
import { FOUR_PASSES, quest, TIMED } from '../support/definitions.ts'
import { found, idsOf, instanceOf, play, REPLICA, rowOf, type Scene, scene, TWO_STAGES, unhurried } from './scene.ts'

const MINE = quest({ questId: 'mine_pq', name: '<script>alert("mine")</script>', registration: TIMED })

describe('an instance', () => {
  test('is told with its timers, where each leads, its conditions and the commands that its state lists', async () => {
    const stand = await scene({ definitions: [TWO_STAGES] })
    await play(stand)
    const now = stand.harness.clock.now()
    await stand.harness.command('UPDATE_STAGE_STATE', 1, { itemCounts: { 4001008: 3 } })
    const told = await instanceOf(stand, stand.harness.id(1))
    expect(told).toMatchObject({
      state: 'active',
      currentStageIndex: 0,
      stages: 2,
      characters: [{ characterId: 1001 }, { characterId: 1002 }],
      registeredAt: now - 1000,
      startedAt: now,
      stageStartedAt: now,
      owner: REPLICA,
      timers: [
        { name: 'quest', dueAt: now + 600_000, seconds: 600, target: 'failed' },
        { name: 'stage', dueAt: now + 120_000, seconds: 120, target: 'advancing' },
      ],
      nextTimer: { name: 'stage' },
      stageState: { itemCounts: { 4001008: 3 }, monsterKills: {}, customData: {}, attempts: 0 },
      conditions: [{ ...FOUR_PASSES, current: 3, holds: false }],
      lastOperation: { at: now, type: 'UPDATE_STAGE_STATE' },
      quest: { questId: 'mill_pq' },
    })
    expect(told.commands.filter(({ isAccepted }) => isAccepted).map(({ type }) => type)).toEqual([
      'STAGE_CLEAR_ATTEMPT',
      'STAGE_ADVANCE',
      'FORFEIT',
      'UPDATE_STAGE_STATE',
      'UPDATE_CUSTOM_DATA',
      'BROADCAST_MESSAGE',
    ])
    expect(told.bytes).toBe(stand.harness.state().get(`instance/${stand.harness.id(1)}`)?.length)
  })

  test('a registration timer leads to where the requirements of now let it', async () => {
    const stand = await scene({ definitions: [MINE] })
    const targets: (string | undefined)[] = []
    for (const member of [1001, 1002]) {
      await stand.harness.register(member, { questId: 'mine_pq', partyId: 5 })
      stand.harness.seen()
      targets.push((await rowOf(stand.view, stand.harness.id(1)))?.nextTimer?.target)
    }
    expect(targets).toEqual(['failed', 'active'])
  })

  test('is told the same whether it is resident or bytes', async () => {
    const stand = await scene({ definitions: [TWO_STAGES], residentInstances: 1 })
    await play(stand)
    const resident = await rowOf(stand.view, stand.harness.id(1))
    await stand.harness.register(2001, { partyId: 89 })
    stand.harness.seen()
    expect(stand.replica.shards.held()[0]?.life?.state?.residency.residents).toBe(1)
    expect(instanceRow.parse(resident)).toEqual(await rowOf(stand.view, stand.harness.id(1)))
    expect(await idsOf(stand.view, 'character:1002 state:active timer<3m timer>1m idle<2s')).toEqual([
      stand.harness.id(1),
    ])
  })

  test('that is not there is absent', async () => {
    const { view } = await scene()
    const id = '6f1b2a38-5a4e-8d1c-9b7f-00a1b2c3d4e5' as InstanceId
    expect(await view.instance(id, unhurried())).toEqual({ kind: 'absent' })
    expect(await view.dryRun({ id, value: '{"type":"START"}' }, unhurried())).toEqual({ kind: 'absent' })
  })
})

describe('a search', () => {
  async function crowd(): Promise<Scene> {
    const stand = await scene({ definitions: [TWO_STAGES, MINE], shards: 3, residentInstances: 3 })
    const { harness } = stand
    for (let party = 1; party <= 8; party++) {
      const place = { worldId: party % 2, channelId: party % 3, partyId: 500 + party }
      const questId = party <= 4 ? 'mill_pq' : 'mine_pq'
      await harness.register(1000 + party, { ...place, questId })
      if (party <= 2) await harness.register(2000 + party, { ...place, questId })
      await harness.clock.advance(1000)
    }
    return stand
  }

  test('finds what has all of its words, in the order of the ids, and counts it by state', async () => {
    const { view, harness } = await crowd()
    const all = await found(view, '')
    expect(all.rows.map(({ id }) => id)).toEqual(all.rows.map(({ id }) => id).sort())
    expect({ total: all.total, states: all.states, hasMore: all.hasMore }).toEqual({
      total: 8,
      states: { registering: 6, active: 2 },
      hasMore: false,
    })
    for (const { row } of all.rows) expect(instanceRow.parse(row)).toEqual(row)
    const counts: Record<string, number> = {
      'state:active': 2,
      'state:playing,registering': 8,
      'quest:MILL': 4,
      'quest:script': 4,
      'quest:"mine': 4,
      'character:1003': 1,
      'character:2001': 1,
      'character:9': 0,
      'party:505': 1,
      'world:1': 4,
      'world:1 quest:mill': 2,
      'channel:0': 2,
      'shard:0 state:active': all.rows.filter(({ row }) => row.shard === 0 && row.state === 'active').length,
      'shard:7': 0,
      mine_pq: 4,
      '506': 1,
      '1004': 1,
      'idle>3s': 5,
      'idle<3s': 2,
      'timer<57s': 1,
      'timer>59m': 2,
    }
    const totals: Record<string, number> = {}
    for (const text of Object.keys(counts)) totals[text] = (await found(view, text)).total
    expect(totals).toEqual(counts)
    const { quests } = await view.counts(unhurried())
    expect(quests.map(({ definition, states }) => [definition.split('@')[0], states]).sort()).toEqual([
      ['mill_pq', { registering: 2, active: 2 }],
      ['mine_pq', { registering: 4 }],
    ])
    await harness.stop()
  })

  test('pages go on where the last one ended', async () => {
    const { view } = await crowd()
    const ids: string[] = []
    for (let page = await found(view, '', undefined, 3); ; page = await found(view, '', ids.at(-1), 3)) {
      ids.push(...page.rows.map(({ id }) => id))
      expect(page.total).toBe(8)
      if (!page.hasMore) break
    }
    expect(ids).toEqual(await idsOf(view, ''))
    expect(await found(view, '', 'zzz')).toMatchObject({ rows: [], hasMore: false, total: 8 })
  })

  test('says of which shards it cannot tell', async () => {
    const stand = await crowd()
    stand.replica.shards.assign([0, 1])
    await stand.harness.clock.settle()
    const { total } = await found(stand.view, '')
    expect(total).toBe((await found(stand.view, 'shard:0')).total + (await found(stand.view, 'shard:1')).total)
    expect(total).toBeLessThan(8)
    await stand.harness.plantState('instance/6f1b2a38-5a4e-8d1c-9b7f-00a1b2c3d4e5', 'no record', 2)
    stand.replica.shards.assign([0, 1, 2])
    await stand.harness.clock.advance(10_000)
    const { silent } = await found(stand.view, '')
    expect(silent).toMatchObject([
      { replica: REPLICA, shards: [2], reason: expect.stringContaining('shard 2 is dead: ') },
    ])
    const { shards } = await stand.view.shards(unhurried())
    expect(shards.map(({ phase }) => phase)).toEqual(['running', 'running', 'dead'])
    expect(shards[2]?.trouble).toContain('6f1b2a38')
  })
})

describe('shards', () => {
  test('tell what they hold and what they did in the last minute', async () => {
    const stand = await scene({ definitions: [TWO_STAGES], residentInstances: 1 })
    const since = stand.harness.clock.now()
    await play(stand)
    await stand.harness.register(2001, { partyId: 89 })
    await stand.harness.clock.advance(9000)
    const { shards, silent } = await stand.view.shards(unhurried())
    expect(silent).toEqual([])
    const [shard] = shards.map(one => shardSchema.parse(one))
    expect(shard).toMatchObject({
      shard: 0,
      owner: REPLICA,
      phase: 'running',
      trouble: null,
      instances: 2,
      resident: 1,
      lag: 0,
      commitMs: { p50: 0, p99: 0 },
      batchRecords: { p50: 1, p99: 1 },
      timerLatenessMs: null,
      commitsPerSecond: 0.3,
      recordsPerSecond: 0.3,
      ownedSince: since,
    })
    expect(shard?.history).toHaveLength(60)
    expect(shard?.history.reduce((sum, count) => sum + count, 0)).toBe(3)
    await stand.harness.clock.advance(120_000)
    const [later] = (await stand.view.shards(unhurried())).shards
    expect(later).toMatchObject({ timerLatenessMs: { p50: 0, p99: 0 }, recordsPerSecond: 0 })
  })
})
