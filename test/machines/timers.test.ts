/** The timer table of docs/behaviour.md: when each timer is armed and disarmed, and what its expiry does. */
import { describe, expect, test } from 'vitest'
import { arm, earliestDeadline, TIMER_NAMES } from '../../machines/deadlines.ts'
import { quest, stage, TIMED } from '../support/definitions.ts'
import { type Happening, members, Playthrough, register } from '../support/playthrough.ts'

const ADVANCE = { type: 'STAGE_ADVANCE' } as const
const ATTEMPT = { type: 'STAGE_CLEAR_ATTEMPT' } as const
const timer = (name: (typeof TIMER_NAMES)[number]): Happening => ({ type: `timer.${name}` })

const DESTRUCTION = ['CHANGE_MAP 1001 900 nil', 'CHANGE_MAP 1002 900 nil', 'INSTANCE_DESTROYED']
const limited = (overrides = {}) => quest({ stages: [stage(0, { duration: 120, ...overrides }), stage(1)] })
const withBonus = (bonus: object) => quest({ duration: 600, stages: [stage(0)], bonus: { mapId: 500, ...bonus } })

describe('the registration timer', () => {
  const open = () => new Playthrough(quest({ registration: TIMED }))

  test('runs from the registration of a timed quest, and alone', () => {
    expect(open().deadlines).toEqual({ registration: 60 })
  })

  test('starts the quest when the requirements hold', () => {
    const play = open().at(60)
    expect(play.send(timer('registration'))).toEqual(['CHANGE_MAP 1001 100', 'CHANGE_MAP 1002 100', 'STARTED 0 [100]'])
    expect(play.state).toBe('active')
  })

  test('fails the quest when they do not', () => {
    const play = new Playthrough(quest({ registration: TIMED }), { members: members(1001) })
    expect(play.at(60).send(timer('registration'))).toEqual([
      'FAILED requirements_not_met',
      'CHANGE_MAP 1001 900 nil',
      'INSTANCE_DESTROYED',
    ])
  })

  test('is not moved by those who join', () => {
    const play = open().at(59)
    play.send(register(1003))
    expect(play.deadlines).toEqual({ registration: 60 })
  })

  test('is disarmed by START', () => {
    const play = open().at(5)
    play.send({ type: 'START' })
    expect(play.deadlines).toEqual({})
  })
})

describe('the lobby timer', () => {
  const waiting = (lobbyLimitSeconds: number) =>
    new Playthrough(quest(), { members: members(1001), rules: { lobbyLimitSeconds } })

  test('runs from the registration of a quest without a registration timer', () => {
    expect(waiting(3600).deadlines).toEqual({ lobby: 3600 })
  })

  test('fails the quest whose lobby nobody filled', () => {
    expect(waiting(30).at(30).send(timer('lobby'))).toEqual([
      'FAILED registration_expired',
      'CHANGE_MAP 1001 900 nil',
      'INSTANCE_DESTROYED',
    ])
  })

  test('never runs where the limit is 0', () => {
    expect(waiting(0).deadlines).toEqual({})
  })

  test('is disarmed when the last member starts the quest', () => {
    const play = waiting(3600).at(5)
    play.send(register(1002))
    expect([play.state, play.deadlines]).toEqual(['active', {}])
  })
})

describe('the quest timer', () => {
  test('runs from START, not from the registration, and through every stage', () => {
    const play = new Playthrough(quest({ registration: TIMED, duration: 600 })).at(50)
    play.send({ type: 'START' })
    expect(play.deadlines).toEqual({ quest: 650 })
    play.at(100).send(ATTEMPT, ADVANCE)
    expect(play.deadlines).toEqual({ quest: 650 })
  })

  test('runs from the registration of an instant quest, which starts in that moment', () => {
    expect(new Playthrough(quest({ duration: 600 })).deadlines).toEqual({ quest: 600 })
  })

  test.each([
    ['active', []],
    ['cleared', [ATTEMPT]],
  ])('fails a quest that is %s', (state, happenings) => {
    const play = new Playthrough(quest({ duration: 600 })).at(10)
    play.send(...happenings)
    expect(play.state).toBe(state)
    expect(play.at(600).send(timer('quest'))).toEqual(['FAILED time_expired', 'DESTROY_IN_FIELD 100', ...DESTRUCTION])
  })

  test('is disarmed by completion: a completed quest cannot fail', () => {
    const play = new Playthrough(withBonus({ entry: 'manual' })).at(10)
    play.send(ADVANCE)
    expect(play.deadlines).toEqual({ completion: 130 })
    expect(play.at(600).send(timer('quest'))).toEqual([])
    expect(play.state).toBe('completed')
  })
})

describe('the stage timer', () => {
  test('runs from the moment the stage was entered, for stages with a duration', () => {
    const play = new Playthrough(quest({ stages: [stage(0), stage(1, { duration: 30 }), stage(2)] }))
    expect(play.deadlines).toEqual({})
    play.at(7).send(ADVANCE)
    expect(play.deadlines).toEqual({ stage: 37 })
    play.at(9).send(ADVANCE)
    expect(play.deadlines).toEqual({})
  })

  test('leads to the next stage, without STAGE_CLEARED', () => {
    const play = new Playthrough(limited())
    expect(play.at(120).send(timer('stage'))).toEqual([
      'CHANGE_MAP 1001 110',
      'CHANGE_MAP 1002 110',
      'STAGE_ADVANCED 1 [110]',
    ])
  })

  test('leads to the next stage without STAGE_CLEARED also in a quest that advances by itself', () => {
    const play = new Playthrough(limited(), { rules: { advance: 'automatic' } })
    expect(play.at(120).send(timer('stage'))).toEqual([
      'CHANGE_MAP 1001 110',
      'CHANGE_MAP 1002 110',
      'STAGE_ADVANCED 1 [110]',
    ])
  })

  test('respects warpType none of the stage that it ends', () => {
    const play = new Playthrough(limited({ warpType: 'none' }))
    expect(play.at(120).send(timer('stage'))).toEqual(['STAGE_ADVANCED 1 [110]'])
  })

  test('of the last stage completes the quest', () => {
    const play = new Playthrough(quest({ stages: [stage(0, { duration: 120 })] }))
    expect(play.at(120).send(timer('stage'))).toEqual(['COMPLETED', 'DESTROY_IN_FIELD 100', ...DESTRUCTION])
  })

  test('fails the quest where the stage says so', () => {
    const play = new Playthrough(limited({ onTimeout: 'fail' }))
    expect(play.at(120).send(timer('stage'))).toEqual([
      'FAILED stage_time_expired',
      'DESTROY_IN_FIELD 100',
      ...DESTRUCTION,
    ])
  })

  test('is disarmed when the stage is cleared, while the quest timer runs on', () => {
    const play = new Playthrough(quest({ duration: 600, stages: [stage(0, { duration: 120 }), stage(1)] }))
    expect(play.deadlines).toEqual({ quest: 600, stage: 120 })
    play.at(5).send(ATTEMPT)
    expect(play.deadlines).toEqual({ quest: 600 })
    expect(play.at(120).send(timer('stage'))).toEqual([])
    expect(play.state).toBe('cleared')
  })

  test('is not moved by attempts that fail and counts that come in', () => {
    const conditions = [{ type: 'item', operator: '>=', value: 1, referenceId: 1 }]
    const play = new Playthrough(limited({ clearConditions: conditions })).at(50)
    play.send(ATTEMPT, { type: 'UPDATE_STAGE_STATE', itemCounts: new Map([[2, 1]]), monsterKills: new Map() })
    expect(play.deadlines).toEqual({ stage: 120 })
  })
})

describe('the bonus timer', () => {
  const inBonus = (bonus: object, bonusLimitSeconds = 1800) => {
    const play = new Playthrough(withBonus({ entry: 'auto', ...bonus }), { rules: { bonusLimitSeconds } }).at(10)
    play.send(ADVANCE)
    return play
  }

  test("runs for the bonus's own duration, and alone", () => {
    expect(inBonus({ duration: 90 }).deadlines).toEqual({ bonus: 100 })
  })

  test("runs for the deployment's limit where the bonus has no duration", () => {
    expect(inBonus({ duration: 0 }, 1800).deadlines).toEqual({ bonus: 1810 })
  })

  test('never runs where neither has one', () => {
    expect(inBonus({ duration: 0 }, 0).deadlines).toEqual({})
  })

  test('destroys the instance, which has not failed', () => {
    expect(inBonus({ duration: 90 }).at(100).send(timer('bonus'))).toEqual(DESTRUCTION)
  })
})

describe('the completion timer', () => {
  test('gives a manual bonus 120 seconds, and then destroys the instance', () => {
    const play = new Playthrough(withBonus({ entry: 'manual', completionMapId: 450 })).at(10)
    play.send(ADVANCE)
    expect(play.deadlines).toEqual({ completion: 130 })
    expect(play.at(130).send(timer('completion'))).toEqual(DESTRUCTION)
    expect(play.snapshot.status).toBe('done')
  })
})

describe('any timer', () => {
  const armed: readonly (readonly [(typeof TIMER_NAMES)[number], () => Playthrough, number])[] = [
    ['registration', () => new Playthrough(quest({ registration: TIMED })), 60],
    ['lobby', () => new Playthrough(quest(), { members: members(1001) }), 3600],
    ['quest', () => new Playthrough(quest({ duration: 600 })), 600],
    ['stage', () => new Playthrough(limited()), 120],
    ['bonus', () => finished({ entry: 'auto', duration: 90 }), 90],
    ['completion', () => finished({ entry: 'manual' }), 120],
  ]
  const finished = (bonus: object) => {
    const play = new Playthrough(withBonus(bonus))
    play.send(ADVANCE)
    return play
  }

  test.each(armed)('%s never fires early: a millisecond before its deadline it is a no-op', (name, reach, seconds) => {
    const play = reach().at(seconds - 0.001)
    const before = play.snapshot
    expect(play.wouldSend(timer(name))).toMatchObject({ handled: false, messages: [] })
    expect(play.wouldSend(timer(name)).snapshot).toBe(before)
    expect(play.at(seconds).wouldSend(timer(name)).handled).toBe(true)
  })

  test.each(armed)('other than %s and not armed is a no-op in that state', (name, reach, seconds) => {
    const play = reach().at(seconds + 100_000)
    const before = play.snapshot
    for (const other of TIMER_NAMES) {
      if (play.deadlines[other] === undefined)
        expect([other, play.wouldSend(timer(other)).snapshot]).toEqual([other, before])
    }
    expect(play.deadlines[name]).toBe(seconds)
  })

  test('that ran late counts what it arms from the moment when it ran', () => {
    const stages = [stage(0, { duration: 120 }), stage(1, { duration: 30 }), stage(2)]
    const play = new Playthrough(quest({ stages })).at(5000)
    play.send(timer('stage'))
    expect(play.deadlines).toEqual({ stage: 5030 })
  })

  test('that started the quest late gives it its whole duration', () => {
    const play = new Playthrough(quest({ registration: TIMED, duration: 600, stages: [stage(0, { duration: 120 })] }))
    play.at(5000).send(timer('registration'))
    expect(play.deadlines).toEqual({ quest: 5600, stage: 5120 })
  })

  test('that is sent twice has its effect once', () => {
    const play = new Playthrough(limited()).at(120)
    play.send(timer('stage'))
    expect(play.send(timer('stage'))).toEqual([])
    expect(play.snapshot.context.run.stageIndex).toBe(1)
  })
})

describe('the earliest deadline', () => {
  test('of two at different moments is the nearer one', () => {
    expect(earliestDeadline({ quest: 600, stage: 120 })).toEqual({ timer: 'stage', at: 120 })
  })

  test('of two at the same moment is the one that ends more', () => {
    expect(earliestDeadline({ stage: 600, quest: 600 })).toEqual({ timer: 'quest', at: 600 })
  })

  test('of none is none', () => {
    expect(earliestDeadline({})).toBeUndefined()
  })

  test('is never one of a duration of 0, which means never', () => {
    expect(arm('stage', 1000, 0)).toEqual({})
    expect(arm('stage', 1000, 1)).toEqual({ stage: 2000 })
  })
})
