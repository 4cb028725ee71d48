/** What a dry run tells is what then happens, and it leaves no trace. */
import { describe, expect, test } from 'vitest'
import type { InstanceId } from '../../src/contract/ids.ts'
import { INTERNAL, TOPICS } from '../support/shard-harness.ts'
import { instanceOf, play, rowOf, type Scene, scene, TWO_STAGES, unhurried } from './scene.ts'

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
