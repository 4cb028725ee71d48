/** What the view tells of instances that real shards run on the memory log. */
import { describe, expect, test } from 'vitest'
import {
  instanceRow,
  instance as instanceSchema,
  instanceSince as instanceSinceSchema,
  shard as shardSchema,
} from '../../src/api/documents.ts'
import type { InstanceId } from '../../src/contract/ids.ts'
import { CommitUnknownError } from '../../src/errors.ts'
import { FOUR_PASSES, quest, stage, TIMED } from '../support/definitions.ts'
import { INTERNAL, TOPICS } from '../support/shard-harness.ts'
import { found, idsOf, REPLICA, rowOf, type Scene, scene, unhurried } from './scene.ts'

const TWO_STAGES = quest({
  duration: 600,
  stages: [stage(0, { duration: 120, clearConditions: [FOUR_PASSES] }), stage(1, { duration: 60, onTimeout: 'fail' })],
})
const MINE = quest({ questId: 'mine_pq', name: '<script>alert("mine")</script>', registration: TIMED })

async function instanceOf({ view }: Scene, id: InstanceId) {
  const answer = await view.instance(id, unhurried())
  if (answer.kind !== 'found') throw new Error(`${id} is ${answer.kind}`)
  return instanceSchema.parse(answer.instance)
}

async function play(stand: Scene): Promise<void> {
  const { harness } = stand
  await harness.register(1001, { partyId: 88 })
  await harness.clock.advance(1000)
  await harness.register(1002, { partyId: 88 })
  harness.seen()
}

describe('the journal of an instance', () => {
  test('behind an operation that is known it has the later ones alone; behind any other all', async () => {
    const stand = await scene({ definitions: [TWO_STAGES] })
    const { harness, view } = stand
    await play(stand)
    const id = harness.id(1)
    const known = (await instanceOf(stand, id)).journal.at(-1)
    if (known === undefined) throw new Error('nothing happened')
    await harness.command('UPDATE_STAGE_STATE', 1, { itemCounts: { 4001008: 3 } })
    const since = async (mark: { readonly sequence: number; readonly at: number }) => {
      const answer = await view.instanceSince(id, mark, unhurried())
      if (answer.kind !== 'found') throw new Error(`${id} is ${answer.kind}`)
      const { instance } = answer
      const { journal, lastOperation } = (instance.isWhole ? instanceSchema : instanceSinceSchema).parse(instance)
      expect(lastOperation?.type).toBe('UPDATE_STAGE_STATE')
      return [instance.isWhole, journal.map(({ sequence }) => sequence)]
    }
    expect(await since(known)).toEqual([false, [2]])
    expect(await since({ sequence: known.sequence, at: known.at + 1 })).toEqual([true, [0, 1, 2]])
  })

  test('from REGISTER to its end it has each operation once, with its cause, and the messages that were sent', async () => {
    const stand = await scene({ definitions: [TWO_STAGES] })
    const { harness, journal } = stand
    await play(stand)
    const id = harness.id(1)
    await harness.command('UPDATE_STAGE_STATE', 1, { itemCounts: { 4001008: 3 }, monsterKills: { 1: 2 } })
    await harness.command('STAGE_CLEAR_ATTEMPT', 1)
    await harness.command('UPDATE_STAGE_STATE', 1, { itemCounts: { 4001008: 1 } })
    await harness.command('STAGE_CLEAR_ATTEMPT', 1)
    await harness.command('START', 1)
    await harness.command('STAGE_ADVANCE', 1)
    const armedAt = harness.clock.now()
    await harness.clock.advance(60_000)

    const { journal: operations, state, commands, timers, bytes } = await instanceOf(stand, id)
    const at = (offset: number) => ({ kind: 'command', topic: TOPICS.commands, partition: 0, offset })
    expect(
      operations.map(({ sequence, cause, event: { type }, from, to, stageIndex, messages }) => [
        sequence,
        cause,
        type,
        `${from} → ${to}`,
        stageIndex,
        messages.map(message => message.type).join(' '),
      ]),
    ).toEqual([
      [0, at(0), 'REGISTER', 'null → registering', 0, 'INSTANCE_CREATED'],
      [1, at(1), 'REGISTER', 'registering → active', 0, 'CHARACTER_REGISTERED CHANGE_MAP CHANGE_MAP STARTED'],
      [2, at(2), 'UPDATE_STAGE_STATE', 'active → active', 0, ''],
      [3, at(3), 'STAGE_CLEAR_ATTEMPT', 'active → active', 0, ''],
      [4, at(4), 'UPDATE_STAGE_STATE', 'active → active', 0, ''],
      [5, at(5), 'STAGE_CLEAR_ATTEMPT', 'active → cleared', 0, 'STAGE_CLEARED'],
      [6, at(7), 'STAGE_ADVANCE', 'cleared → active', 1, 'CHANGE_MAP CHANGE_MAP STAGE_ADVANCED'],
      [
        7,
        { kind: 'timer', dueAt: armedAt + 60_000 },
        'timer.stage',
        'active → destroyed',
        1,
        'FAILED DESTROY_IN_FIELD CHANGE_MAP CHANGE_MAP INSTANCE_DESTROYED',
      ],
    ])
    expect(operations.map(({ event }) => event)).toEqual([
      { type: 'REGISTER', members: [{ characterId: 1001 }] },
      { type: 'REGISTER', member: { characterId: 1002 } },
      { type: 'UPDATE_STAGE_STATE', itemCounts: { 4001008: 3 }, monsterKills: { 1: 2 } },
      { type: 'STAGE_CLEAR_ATTEMPT' },
      { type: 'UPDATE_STAGE_STATE', itemCounts: { 4001008: 1 }, monsterKills: {} },
      { type: 'STAGE_CLEAR_ATTEMPT' },
      { type: 'STAGE_ADVANCE' },
      { type: 'timer.stage' },
    ])
    expect(operations.map(({ deadlines }) => Object.keys(deadlines))).toEqual([
      ['lobby'],
      ...Array.from({ length: 4 }, () => ['quest', 'stage']),
      ['quest'],
      ['quest', 'stage'],
      [],
    ])
    // What ended can still be looked at, and takes nothing any more.
    expect({ state, timers, bytes, isAnyAccepted: commands.some(({ isAccepted }) => isAccepted) }).toEqual({
      state: 'destroyed',
      timers: [],
      bytes: null,
      isAnyAccepted: false,
    })
    expect(journal.recorded).toBe(8)
    expect(await idsOf(stand.view, '')).toEqual([])
    expect(await idsOf(stand.view, 'state:destroyed mill')).toEqual([id])
  })

  test('the answer of a look-up is told as such, under the place of its REGISTER', async () => {
    const stand = await scene({
      services: { parties: true },
      lookupClient: {
        ask: async () => ({
          type: 'MEMBERS_RESOLVED',
          members: [1001, 1002].map(id => ({ characterId: id as never, worldId: 0, channelId: 1, level: 30 })),
        }),
      },
    })
    await stand.harness.register(1001, { partyId: 88 })
    stand.harness.seen()
    const { journal } = await instanceOf(stand, stand.harness.id(1))
    expect(journal.map(({ cause, event }) => ({ cause, event }))).toEqual([
      {
        cause: { kind: 'lookup', topic: TOPICS.commands, partition: 0, offset: 0 },
        event: {
          type: 'REGISTER',
          members: [
            { characterId: 1001, level: 30 },
            { characterId: 1002, level: 30 },
          ],
        },
      },
    ])
  })

  test('a batch that is not committed is not told of, and what another life of the shard did is not made up', async () => {
    const stand = await scene()
    await play(stand)
    const told: number[] = []
    stand.journal.watch(entries => told.push(entries.length))
    stand.harness.loseNextCommitAnswer(new CommitUnknownError('no answer'), 'before')
    await stand.harness.command('STAGE_CLEAR_ATTEMPT', 1)
    expect(told).toEqual([])
    await stand.harness.clock.advance(5000)
    expect(told).toEqual([1])
    const { journal } = await instanceOf(stand, stand.harness.id(1))
    expect(journal.map(({ to }) => to)).toEqual(['cleared'])
  })

  test('a shard that is given away is forgotten', async () => {
    const stand = await scene()
    await play(stand)
    const id = stand.harness.id(1)
    expect(stand.journal.operations(id)).toHaveLength(2)
    await stand.harness.stop()
    expect(stand.journal.operations(id)).toEqual([])
    expect(await stand.view.instance(id, unhurried())).toMatchObject({
      kind: 'silent',
      silence: { replica: REPLICA, shards: [0], reason: 'replica a does not hold shard 0' },
    })
  })
})

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

describe('a dry run', () => {
  const value = (type: string, id: InstanceId, body: object = {}) =>
    JSON.stringify({ worldId: 0, characterId: 1001, type, body: { instanceId: id, ...body } })

  async function dryRun({ view }: Scene, text: string, id: InstanceId) {
    const answer = await view.dryRun({ id, value: text }, unhurried())
    if (answer.kind !== 'ran') throw new Error(answer.kind)
    return answer.result
  }

  test('tells what then happens, and changes nothing', async () => {
    const stand = await scene({ definitions: [TWO_STAGES] })
    await play(stand)
    const id = stand.harness.id(1)
    const before = {
      state: stand.harness.state(),
      shown: await instanceOf(stand, id),
      records: [...Object.values(TOPICS), ...Object.values(INTERNAL)].map(topic => stand.harness.records(topic).length),
    }
    const commands: readonly [string, object][] = [
      ['UPDATE_STAGE_STATE', { itemCounts: { 4001008: 4 } }],
      ['STAGE_CLEAR_ATTEMPT', {}],
      ['STAGE_ADVANCE', {}],
      ['FORFEIT', {}],
    ]
    for (const [type, body] of commands) await dryRun(stand, value(type, id, body), id)
    expect({
      state: stand.harness.state(),
      shown: await instanceOf(stand, id),
      records: [...Object.values(TOPICS), ...Object.values(INTERNAL)].map(topic => stand.harness.records(topic).length),
    }).toEqual(before)

    for (const [type, body] of commands) {
      const foretold = await dryRun(stand, value(type, id, body), id)
      if (foretold.outcome !== 'applied') throw new Error(`${type} is ${foretold.code}`)
      await stand.harness.command(type, id, body)
      const { journal } = await instanceOf(stand, id)
      const { cause: _, durationMs: __, ...told } = foretold.operation
      expect(journal.at(-1)).toMatchObject(told)
      const row = await rowOf(stand.view, id)
      expect(foretold.instance && { ...foretold.instance, lastOperation: null }).toEqual(
        row === undefined ? null : { ...row, lastOperation: null },
      )
    }
  })

  test.each([
    ['START', {}, 'INVALID_STATE'],
    ['UPDATE_STAGE_STATE', { itemCounts: { 1: -1 } }, 'MALFORMED'],
    ['STAGE_CLEAR', {}, 'MALFORMED'],
    ['REGISTER', {}, 'MALFORMED'],
    ['FORFEIT', { instanceId: '6f1b2a38-5a4e-8d1c-9b7f-00a1b2c3d4e5' }, 'INSTANCE_NOT_FOUND'],
  ])('refuses %s %j as the shard would', async (type, body, code) => {
    const stand = await scene({ definitions: [TWO_STAGES] })
    await play(stand)
    const id = stand.harness.id(1)
    const text = value(type, id, body)
    expect(await dryRun(stand, text, id)).toMatchObject({ outcome: 'refused', code })
    if (type === 'START' || type === 'UPDATE_STAGE_STATE' || type === 'FORFEIT') {
      await stand.harness.send(text)
      expect(stand.harness.seen().refused).toEqual([code])
      const letter = stand.harness.deadLetters().at(-1)
      const reason = letter?.headers.find(([name]) => name === 'error-message')?.[1]?.toString()
      expect(await dryRun(stand, text, id)).toMatchObject({ reason })
    }
  })

  test('of one that has ended, nobody is found', async () => {
    const stand = await scene()
    await play(stand)
    const id = stand.harness.id(1)
    await stand.harness.command('FORFEIT', 1)
    expect(await dryRun(stand, value('FORFEIT', id), id)).toMatchObject({ code: 'INSTANCE_NOT_FOUND' })
  })
})
