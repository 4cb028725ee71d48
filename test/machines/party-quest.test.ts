/** The command table of docs/behaviour.md, row by row, and every command in every state that does not take it. */
import { describe, expect, test } from 'vitest'
import { RESTING_STATES, type RestingState } from '../../machines/party-quest.ts'
import { quest, stage, TIMED } from '../support/definitions.ts'
import { customData, type Happening, leave, members, Playthrough, register, update } from '../support/playthrough.ts'

const timed = quest({ registration: TIMED })
const withBonus = (entry: string, more = {}) => quest({ bonus: { mapId: 500, duration: 60, entry, ...more } })
const twice = (happening: Happening) => [happening, happening]
const ADVANCE = { type: 'STAGE_ADVANCE' } as const
const ATTEMPT = { type: 'STAGE_CLEAR_ATTEMPT' } as const

/** An instance that rests in that state. */
function reach(state: RestingState): Playthrough {
  switch (state) {
    case 'registering':
      return new Playthrough(quest(), { members: members(1001) })
    case 'active':
      return new Playthrough(quest())
    case 'cleared': {
      const play = new Playthrough(quest())
      play.send(ATTEMPT)
      return play
    }
    case 'completed':
    case 'bonus': {
      const play = new Playthrough(withBonus(state === 'bonus' ? 'auto' : 'manual'))
      play.send(...twice(ADVANCE))
      return play
    }
  }
}

test.each(RESTING_STATES)('the way to %s leads there', state => {
  expect(reach(state).state).toBe(state)
})

describe('a new instance', () => {
  test('of an instant quest whose requirements hold starts in the same operation', () => {
    const play = new Playthrough(quest())
    expect(play.sent).toEqual(['INSTANCE_CREATED 88', 'CHANGE_MAP 1001 100', 'CHANGE_MAP 1002 100', 'STARTED 0 [100]'])
    expect(play.state).toBe('active')
  })

  test('of an instant quest whose requirements do not hold yet waits', () => {
    const play = new Playthrough(quest(), { members: members(1001) })
    expect(play.sent).toEqual(['INSTANCE_CREATED 88'])
    expect(play.state).toBe('registering')
  })

  test('of a timed quest opens its registration, whether or not the requirements hold', () => {
    const play = new Playthrough(timed)
    expect(play.sent).toEqual(['INSTANCE_CREATED 88', 'REGISTRATION_OPENED 60'])
    expect(play.state).toBe('registering')
  })
})

describe('REGISTER', () => {
  test('lets a character join, at the end of the members', () => {
    const play = new Playthrough(quest({ registration: TIMED }), { members: members(1009) })
    expect(play.send(register(1002))).toEqual(['CHARACTER_REGISTERED 1002'])
    expect(play.send(register(1001))).toEqual(['CHARACTER_REGISTERED 1001'])
    expect(play.snapshot.context.run.members.map(({ characterId }) => characterId)).toEqual([1009, 1002, 1001])
  })

  test('starts an instant quest in the same operation once the requirements hold, everybody warped', () => {
    const play = new Playthrough(quest(), { members: members(1001) })
    expect(play.send(register(1002))).toEqual([
      'CHARACTER_REGISTERED 1002',
      'CHANGE_MAP 1001 100',
      'CHANGE_MAP 1002 100',
      'STARTED 0 [100]',
    ])
    expect(play.state).toBe('active')
  })

  test('of a member says nothing and changes nothing', () => {
    const play = new Playthrough(timed)
    const { context } = play.snapshot
    expect(play.send(register(1002))).toEqual([])
    expect(play.snapshot.context).toBe(context)
    expect([play.step.handled, play.step.refusal]).toEqual([true, undefined])
  })
})

describe('START', () => {
  test('warps everybody to the first map of the first stage, then tells all of its maps', () => {
    const play = new Playthrough(quest({ registration: TIMED, stages: [stage(0, { mapIds: [103, 101, 102] })] }))
    expect(play.send({ type: 'START' })).toEqual([
      'CHANGE_MAP 1001 103',
      'CHANGE_MAP 1002 103',
      'STARTED 0 [103,101,102]',
    ])
    expect(play.state).toBe('active')
  })

  test('is refused while the requirements do not hold, and then nothing changes', () => {
    const play = reach('registering')
    const before = play.snapshot
    const { snapshot, messages, refusal } = play.wouldSend({ type: 'START' })
    expect(refusal?.code).toBe('REQUIREMENTS_NOT_MET')
    expect(messages).toEqual([])
    expect(snapshot.context).toBe(before.context)
    expect(snapshot.value).toBe('registering')
  })
})

describe('STAGE_CLEAR_ATTEMPT', () => {
  test('clears a stage whose conditions hold, and the stage then waits for STAGE_ADVANCE', () => {
    const play = reach('active')
    expect(play.send(ATTEMPT)).toEqual(['STAGE_CLEARED 0 [100]'])
    expect(play.state).toBe('cleared')
  })

  test('goes on at once in a quest that advances by itself', () => {
    const play = new Playthrough(quest({ advance: 'automatic' }))
    expect(play.send(ATTEMPT)).toEqual([
      'STAGE_CLEARED 0 [100]',
      'CHANGE_MAP 1001 110',
      'CHANGE_MAP 1002 110',
      'STAGE_ADVANCED 1 [110]',
    ])
    expect(play.state).toBe('active')
    expect(play.send(ATTEMPT)).toEqual([
      'STAGE_CLEARED 1 [110]',
      'COMPLETED',
      'DESTROY_IN_FIELD 110',
      'CHANGE_MAP 1001 900 nil',
      'CHANGE_MAP 1002 900 nil',
      'INSTANCE_DESTROYED',
    ])
  })
})

describe('STAGE_ADVANCE', () => {
  test('leads from a cleared stage to the next one', () => {
    const play = reach('cleared')
    expect(play.send(ADVANCE)).toEqual(['CHANGE_MAP 1001 110', 'CHANGE_MAP 1002 110', 'STAGE_ADVANCED 1 [110]'])
    expect(play.state).toBe('active')
  })

  test('leads on from a stage that is not cleared, whose conditions are skipped, without STAGE_CLEARED', () => {
    const never = { type: 'item', operator: '>=', value: 1, referenceId: 1 }
    const play = new Playthrough(quest({ stages: [stage(0, { clearConditions: [never] }), stage(1)] }))
    expect(play.send(ADVANCE)).toEqual(['CHANGE_MAP 1001 110', 'CHANGE_MAP 1002 110', 'STAGE_ADVANCED 1 [110]'])
  })

  test('tells STAGE_CLEARED first, of the stage left behind, in a quest that advances by itself', () => {
    const play = new Playthrough(quest({ advance: 'automatic' }))
    expect(play.send(ADVANCE)).toEqual([
      'STAGE_CLEARED 0 [100]',
      'CHANGE_MAP 1001 110',
      'CHANGE_MAP 1002 110',
      'STAGE_ADVANCED 1 [110]',
    ])
  })

  test('warps nobody out of a stage with warpType none, and everybody into one', () => {
    const stages = [stage(0), stage(1, { warpType: 'none' }), stage(2), stage(3)]
    const play = new Playthrough(quest({ stages }))
    expect(play.send(ADVANCE)).toEqual(['CHANGE_MAP 1001 110', 'CHANGE_MAP 1002 110', 'STAGE_ADVANCED 1 [110]'])
    expect(play.send(ADVANCE)).toEqual(['STAGE_ADVANCED 2 [120]'])
    expect(play.send(ADVANCE)).toEqual(['CHANGE_MAP 1001 130', 'CHANGE_MAP 1002 130', 'STAGE_ADVANCED 3 [130]'])
  })
})

describe('completion', () => {
  test('without a bonus destroys the instance at once, also when the last stage warps nobody', () => {
    const play = new Playthrough(quest({ stages: [stage(0, { warpType: 'none' })] }))
    expect(play.send(ADVANCE)).toEqual([
      'COMPLETED',
      'DESTROY_IN_FIELD 100',
      'CHANGE_MAP 1001 900 nil',
      'CHANGE_MAP 1002 900 nil',
      'INSTANCE_DESTROYED',
    ])
    expect(play.snapshot.status).toBe('done')
  })

  test('with an automatic bonus leads there at once', () => {
    const play = new Playthrough(withBonus('auto'))
    play.send(ATTEMPT, ADVANCE, ATTEMPT)
    expect(play.send(ADVANCE)).toEqual([
      'COMPLETED',
      'DESTROY_IN_FIELD 110',
      'CHANGE_MAP 1001 500',
      'CHANGE_MAP 1002 500',
      'BONUS_ENTERED 500',
    ])
    expect(play.state).toBe('bonus')
  })

  test('with a manual bonus waits on the completion map', () => {
    const play = new Playthrough(withBonus('manual', { completionMapId: 450 }))
    expect(play.send(...twice(ADVANCE))).toEqual([
      'COMPLETED',
      'DESTROY_IN_FIELD 110',
      'CHANGE_MAP 1001 450',
      'CHANGE_MAP 1002 450',
    ])
    expect(play.state).toBe('completed')
  })

  test('with a manual bonus and no completion map waits where the last stage was', () => {
    const play = new Playthrough(withBonus('manual'))
    expect(play.send(...twice(ADVANCE))).toEqual(['COMPLETED', 'DESTROY_IN_FIELD 110'])
    expect(play.state).toBe('completed')
  })

  test('by an override of the last stage of an automatic quest tells STAGE_CLEARED first', () => {
    const play = new Playthrough(quest({ advance: 'automatic', stages: [stage(0)] }))
    expect(play.send(ADVANCE).slice(0, 2)).toEqual(['STAGE_CLEARED 0 [100]', 'COMPLETED'])
  })
})

describe('FORFEIT', () => {
  test.each(['registering', 'active', 'cleared'] as const)('in %s fails the quest, then destroys it', state => {
    const play = reach(state)
    const out = play.snapshot.context.run.members.map(({ characterId }) => `CHANGE_MAP ${characterId} 900 nil`)
    const reactors = state === 'registering' ? [] : ['DESTROY_IN_FIELD 100']
    expect(play.send({ type: 'FORFEIT' })).toEqual(['FAILED forfeit', ...reactors, ...out, 'INSTANCE_DESTROYED'])
    expect(play.snapshot.status).toBe('done')
  })

  test.each(['completed', 'bonus'] as const)('in %s only destroys: a completed quest cannot fail', state => {
    const play = reach(state)
    expect(play.send({ type: 'FORFEIT' })).toEqual([
      'CHANGE_MAP 1001 900 nil',
      'CHANGE_MAP 1002 900 nil',
      'INSTANCE_DESTROYED',
    ])
    expect(play.snapshot.status).toBe('done')
  })
})

describe('a command in a state that does not take it', () => {
  const accepted: Readonly<Record<RestingState, readonly Happening['type'][]>> = {
    registering: ['REGISTER', 'START', 'LEAVE', 'BROADCAST_MESSAGE', 'FORFEIT'],
    active: [
      ...(['STAGE_CLEAR_ATTEMPT', 'STAGE_ADVANCE', 'UPDATE_STAGE_STATE', 'UPDATE_CUSTOM_DATA'] as const),
      ...(['LEAVE', 'BROADCAST_MESSAGE', 'FORFEIT'] as const),
    ],
    cleared: ['STAGE_ADVANCE', 'LEAVE', 'BROADCAST_MESSAGE', 'FORFEIT'],
    completed: ['ENTER_BONUS', 'UPDATE_CUSTOM_DATA', 'LEAVE', 'BROADCAST_MESSAGE', 'FORFEIT'],
    bonus: ['UPDATE_CUSTOM_DATA', 'LEAVE', 'BROADCAST_MESSAGE', 'FORFEIT'],
  }
  const commands: readonly Happening[] = [
    register(1005),
    { type: 'START' },
    ATTEMPT,
    ADVANCE,
    update({ 1: 1 }),
    customData({ lever: 'up' }),
    { type: 'ENTER_BONUS' },
    { type: 'BROADCAST_MESSAGE', messageType: 'PINK_TEXT', message: 'Hurry!' },
    leave(1001),
    { type: 'FORFEIT' },
  ]
  const pairs = RESTING_STATES.flatMap(state => commands.map(command => [command.type, state, command] as const))

  test.each(pairs)('%s in %s: it is taken if and only if the table has it', (type, state, command) => {
    const play = reach(state)
    const before = play.snapshot
    const step = play.wouldSend(command)
    expect(step.handled).toBe(accepted[state].includes(type))
    if (step.handled) return
    expect(step.messages).toEqual([])
    expect(step.snapshot).toBe(before)
  })

  test('nothing reaches an instance that is destroyed', () => {
    const play = reach('active')
    play.send({ type: 'FORFEIT' })
    const gone = play.snapshot
    for (const command of commands) {
      const { handled, messages, snapshot } = play.wouldSend(command)
      expect([command.type, handled, messages]).toEqual([command.type, false, []])
      expect(snapshot).toBe(gone)
    }
  })
})
