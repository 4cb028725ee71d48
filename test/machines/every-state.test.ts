/** What an instance can be told in more states than one does the same in each of them. */
import { describe, expect, test } from 'vitest'
import { CUSTOM_CHARACTERS_MAX } from '../../machines/custom-data.ts'
import { quest, stage, TIMED } from '../support/definitions.ts'
import { customData, type Happening, leave, members, Playthrough } from '../support/playthrough.ts'

const ADVANCE: Happening = { type: 'STAGE_ADVANCE' }
const STATES: Readonly<Record<string, readonly Happening[]>> = {
  registering: [],
  active: [{ type: 'START' }],
  cleared: [{ type: 'START' }, { type: 'STAGE_CLEAR_ATTEMPT' }],
  completed: [{ type: 'START' }, ADVANCE],
  bonus: [{ type: 'START' }, ADVANCE, { type: 'ENTER_BONUS' }],
}

/** Two characters, brought to that state. */
function resting(state: string): Playthrough {
  const play = new Playthrough(
    quest({
      registration: TIMED,
      bonus: { mapId: 500, entry: 'manual' },
      stages: [stage(0)],
    }),
    { members: members(1001, 1002) },
  )
  play.send(...(STATES[state] ?? []))
  expect(play.state).toBe(state)
  return play
}

describe.each(Object.keys(STATES))('in %s', state => {
  test('a broadcast goes to everybody and changes nothing else', () => {
    const play = resting(state)
    const before = play.snapshot
    expect(play.send({ type: 'BROADCAST_MESSAGE', messageType: 'NOTICE', message: 'Go!' })).toEqual([
      'SEND_MESSAGE 1001 NOTICE Go!',
      'SEND_MESSAGE 1002 NOTICE Go!',
    ])
    expect([play.state, play.snapshot.context]).toEqual([state, before.context])
  })

  test('one who leaves is no longer there, and the others go on', () => {
    const play = resting(state)
    expect(play.send(leave(1001)).at(-1)).toBe('CHARACTER_LEFT 1001 voluntary')
    expect([play.state, play.snapshot.context.run.members]).toEqual([state, members(1002)])
  })
})

describe.each(['active', 'completed', 'bonus'])('custom data in %s', state => {
  const data = (play: Playthrough) => play.snapshot.context.stage.data

  test('is kept until it is set anew', () => {
    const play = resting(state)
    play.send(customData({ a: 'x', b: 'y' }), customData({ b: 'z' }, 'c'))
    expect(data(play)).toEqual({ da: 'x', db: 'z', dc: '1' })
    expect(play.state).toBe(state)
  })

  test('that is too much is refused, and what is there stays', () => {
    const play = resting(state)
    play.send(customData({ a: 'x' }))
    const { refusal, snapshot } = play.wouldSend(customData({ b: 'x'.repeat(CUSTOM_CHARACTERS_MAX) }))
    expect(refusal?.code).toBe('INVALID_STATE')
    expect(snapshot.context).toBe(play.snapshot.context)
  })
})

test('a lobby that is given up has no monsters to remove, and a stage has', () => {
  const removed = (state: string) => {
    const play = resting(state)
    play.send({ type: 'FORFEIT' })
    expect(play.snapshot.status).toBe('done')
    return play.step.effects
  }
  expect(removed('registering')).toEqual([])
  expect(removed('active')).toEqual([{ kind: 'destroyMonsters', mapId: 100 }])
})
