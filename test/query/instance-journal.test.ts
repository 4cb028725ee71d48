/** What is remembered of an instance: each operation that was committed, once, with its cause, and nothing else. */
import { describe, expect, test } from 'vitest'
import { instance as instanceSchema, instanceSince as instanceSinceSchema } from '../../src/api/documents.ts'
import { CommitUnknownError } from '../../src/errors.ts'
import { TOPICS } from '../support/shard-harness.ts'
import { idsOf, instanceOf, play, REPLICA, scene, TWO_STAGES, unhurried } from './scene.ts'

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
