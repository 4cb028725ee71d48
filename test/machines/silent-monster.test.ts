/** A friendly monster whose definition leaves out what to say of it, or what follows when it is killed. */
import { expect, test } from 'vitest'
import { quest, stage } from '../support/definitions.ts'
import { type Happening, Playthrough } from '../support/playthrough.ts'

const MONSTER = 9300061
const about = (what: 'damaged' | 'killed' | 'drop', itemCount = 0): Happening => {
  return { type: `monster.${what}`, mapId: 100, monsterId: MONSTER, itemCount }
}
/** In a stage with a monster of which only this is said. */
const guarding = (said: object) =>
  new Playthrough(quest({ stages: [stage(0, { properties: { friendlyMonster: { monsterId: MONSTER, ...said } } })] }))

test('is counted without a word where nothing is said of it', () => {
  const play = guarding({})
  expect(play.sent.at(-1)).toBe('STARTED 0 [100]')
  expect([play.send(about('damaged')), play.send(about('drop', 3)), play.send(about('killed'))]).toEqual([[], [], []])
  expect(play.snapshot.context.stage).toMatchObject({
    data: { dfriendlyHitCount: '1', dfriendlyDropCount: '3' },
    kills: {},
  })
  expect(play.state).toBe('active')
})

test('fails the quest without a word where only that is asked for', () => {
  expect(guarding({ onKilled: { action: 'fail' } }).send(about('killed'))[0]).toBe('FAILED friendly_monster_killed')
})

test('is told of and fails nothing where only a message is asked for', () => {
  const play = guarding({ onKilled: { message: 'Gone.' } })
  expect(play.send(about('killed'))).toEqual(['SEND_MESSAGE 1001 BLUE_TEXT Gone.', 'SEND_MESSAGE 1002 BLUE_TEXT Gone.'])
  expect(play.state).toBe('active')
})

test('is never told of where its interval is 0, and fails nothing by an action that nobody knows', () => {
  const play = guarding({ onDamaged: { hitInterval: 0, message: 'Ouch.' }, onKilled: { action: 'cry' } })
  expect([play.send(about('damaged')), play.send(about('damaged')), play.send(about('killed'))]).toEqual([[], [], []])
  expect(play.state).toBe('active')
})

test('is passed over in a stage that has none', () => {
  const play = new Playthrough(quest())
  for (const what of ['damaged', 'drop', 'killed'] as const) {
    expect([what, play.wouldSend(about(what)).handled]).toEqual([what, false])
  }
})
