/**
 * A quest that real shards play, seen through the inspector: from its first command to its end, as Stately's viewer
 * and our page are told of it.
 */
import { expect, it } from 'vitest'
import { readFrameText } from '../../console/src/inspector/frame-reader.ts'
import { Inspected } from '../../console/src/inspector/inspected.ts'
import { scene as queryScene } from '../query/scene.ts'
import { quest, stage } from '../support/definitions.ts'
import { eventually } from '../support/eventually.ts'
import { connect, inspectScene } from './scene.ts'

it('a client sees each operation once, in order, whether it came early or late, and the end', async () => {
  const stand = await queryScene({
    definitions: [quest({ duration: 600, stages: [stage(0), stage(1, { duration: 60, onTimeout: 'fail' })] })],
  })
  const { harness, view } = stand
  const { url, close } = await inspectScene(view)
  try {
    await harness.register(1001, { partyId: 88 })
    harness.seen()
    const id = harness.id(1)
    const early = connect(`${url}/inspect?instance=${id}`)
    await eventually(() => early.frames.length === 3)
    await harness.register(1002, { partyId: 88 })
    await harness.command('UPDATE_STAGE_STATE', 1, { itemCounts: { 4001008: 3 }, monsterKills: { 1: 2 } })
    await harness.command('STAGE_CLEAR_ATTEMPT', 1)
    await harness.command('STAGE_ADVANCE', 1)
    const played = ['REGISTER', 'REGISTER', 'UPDATE_STAGE_STATE', 'STAGE_CLEAR_ATTEMPT', 'STAGE_ADVANCE']
    const states = ['registering', 'active', 'active', 'cleared', 'active']
    // The view tells of changes by the harness's clock.
    await eventually(async () => {
      await harness.clock.advance(100)
      return early.frames.length === 1 + 2 * played.length
    })
    const late = connect(`${url}/inspect?instance=${id}`)
    await eventually(() => late.frames.length === 1 + 2 * played.length)
    await harness.clock.advance(60_000)
    await eventually(async () => {
      await harness.clock.advance(100)
      return [early, late].every(({ frames }) => frames.length === 3 + 2 * played.length)
    })
    for (const { frames } of [early, late]) {
      const inspected = new Inspected()
      for (const frame of frames) inspected.take(readFrameText(JSON.stringify(frame)))
      const [actor] = inspected.actors
      expect(actor?.entries.map(({ type, after }) => [type, after])).toEqual([
        ...played.map((type, place) => [type, states[place]]),
        ['timer.stage', 'destroyed'],
      ])
      expect(actor?.snapshot.status).toBe('done')
      expect(actor?.snapshot.context).toMatchObject({ identity: { partyId: 88 }, run: { stageIndex: 1 } })
      expect(inspected.problem).toBeUndefined()
    }
  } finally {
    await close()
    await harness.stop()
  }
})
