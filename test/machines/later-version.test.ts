/** What the ecosystem's later version asks of one instance, row by row of its page: messages in order, and effects. */
import { describe, expect, test } from 'vitest'
import { CUSTOM_CHARACTERS_MAX, CUSTOM_KEYS_MAX } from '../../machines/custom-data.ts'
import { COUNTED_IDS_MAX } from '../../machines/party-quest.ts'
import { UINT32_MAX } from '../../src/contract/ids.ts'
import { quest, stage } from '../support/definitions.ts'
import { customData, type Happening, leave, members, Playthrough, register, update } from '../support/playthrough.ts'

const ADVANCE = { type: 'STAGE_ADVANCE' } as const
const ATTEMPT = { type: 'STAGE_CLEAR_ATTEMPT' } as const
const FORFEIT = { type: 'FORFEIT' } as const
const three = { members: members(1001, 1002, 1003) }
const xp = (amount: number) => ({ type: 'experience', amount })

const BUNNY = {
  ...{ monsterId: 9300061, x: -183, y: -433, fh: 7, spawnMessage: 'Protect it!' },
  onDamaged: { hitInterval: 2, message: 'It hurts.' },
  onDrop: { messageTemplate: 'Cake {count}, {count}.' },
  onKilled: { action: 'fail', message: 'Gone.' },
}
const guarded = (changes: object = {}, properties: object = {}) =>
  quest({
    stages: [
      stage(0, { mapIds: [100, 101], properties: { friendlyMonster: { ...BUNNY, ...changes }, ...properties } }),
      stage(1),
    ],
  })
const monster = (
  what: 'damaged' | 'killed' | 'drop',
  { monsterId = 9300061, mapId = 100, itemCount = 0 } = {},
): Happening => ({ type: `monster.${what}`, mapId, monsterId, itemCount })
const data = (play: Playthrough) => play.snapshot.context.stage.data
const kills = (play: Playthrough) => play.snapshot.context.stage.kills

describe('LEAVE', () => {
  test('warps the one who leaves out, and tells of him', () => {
    const play = new Playthrough(quest(), three)
    expect(play.send(leave(1002))).toEqual(['CHANGE_MAP 1002 900 nil', 'CHARACTER_LEFT 1002 voluntary'])
    expect(play.send(ADVANCE)).toEqual(['CHANGE_MAP 1001 110', 'CHANGE_MAP 1003 110', 'STAGE_ADVANCED 1 [110]'])
  })

  test('of one who disconnected warps nobody', () => {
    const play = new Playthrough(quest(), three)
    expect(play.send(leave(1001, 'disconnect'))).toEqual(['CHARACTER_LEFT 1001 disconnect'])
  })

  test('of a lobby only tells of him, and he may come back, at the end of the members', () => {
    const play = new Playthrough(quest({ registration: { type: 'party', mode: 'timed', duration: 60 } }), three)
    expect(play.send(leave(1001))).toEqual(['CHARACTER_LEFT 1001 voluntary'])
    play.send(register(1001))
    expect(play.snapshot.context.run.members.map(({ characterId }) => characterId)).toEqual([1002, 1003, 1001])
  })

  test('of the last one destroys the instance: nobody is left to be warped, and it neither fails nor completes', () => {
    const play = new Playthrough(quest({ failRequirements: [{ type: 'party_size', operator: 'lt', value: 1 }] }))
    play.send(leave(1001))
    expect(play.send(leave(1002))).toEqual([
      'CHANGE_MAP 1002 900 nil',
      'CHARACTER_LEFT 1002 voluntary',
      'DESTROY_IN_FIELD 100',
      'INSTANCE_DESTROYED',
    ])
    expect(play.step.effects).toEqual([{ kind: 'destroyMonsters', mapId: 100 }])
    expect(play.snapshot.status).toBe('done')
  })

  test('of the last one in a lobby destroys it, though an empty party would meet the requirements of an instant quest', () => {
    const play = new Playthrough(quest({ startRequirements: [{ type: 'party_size', operator: 'eq', value: 0 }] }), {
      members: members(1001),
    })
    expect(play.send(leave(1001))).toEqual(['CHARACTER_LEFT 1001 voluntary', 'INSTANCE_DESTROYED'])
    expect(play.step.effects).toEqual([])
  })

  test.each(['completed', 'bonus'])('of the last one in %s destroys it, and removes no reactor twice', state => {
    const play = new Playthrough(quest({ bonus: { mapId: 500, entry: 'manual' }, stages: [stage(0)] }))
    play.send(ADVANCE, ...(state === 'bonus' ? [{ type: 'ENTER_BONUS' } as const] : []), leave(1001))
    expect(play.state).toBe(state)
    expect(play.send(leave(1002, 'disconnect'))).toEqual(['CHARACTER_LEFT 1002 disconnect', 'INSTANCE_DESTROYED'])
  })

  test('starts an instant quest whose requirements hold once he is gone', () => {
    const play = new Playthrough(
      quest({ startRequirements: [{ type: 'party_size', operator: 'lte', value: 2 }] }),
      three,
    )
    expect(play.state).toBe('registering')
    expect(play.send(leave(1002))).toEqual([
      'CHARACTER_LEFT 1002 voluntary',
      'CHANGE_MAP 1001 100',
      'CHANGE_MAP 1003 100',
      'STARTED 0 [100]',
    ])
  })

  test('of nobody who is in it is not taken', () => {
    const play = new Playthrough(quest())
    const { handled, snapshot, messages } = play.wouldSend(leave(1009))
    expect([handled, snapshot === play.snapshot, messages]).toEqual([false, true, []])
  })
})

describe('failRequirements', () => {
  const failing = { failRequirements: [{ type: 'party_size', operator: 'lt', value: 3 }] }
  const left = ['CHANGE_MAP 1003 900 nil', 'CHARACTER_LEFT 1003 voluntary']
  const failed = ['DESTROY_IN_FIELD 100', 'CHANGE_MAP 1001 900 nil', 'CHANGE_MAP 1002 900 nil', 'INSTANCE_DESTROYED']

  test.each(['active', 'cleared'])('that hold once somebody left fail a quest that is %s', state => {
    const play = new Playthrough(quest(failing), three)
    if (state === 'cleared') play.send(ATTEMPT)
    expect(play.send(leave(1003))).toEqual([...left, 'FAILED requirements_not_met', ...failed])
    expect(play.step.effects).toEqual([{ kind: 'destroyMonsters', mapId: 100 }])
  })

  test('that hold from the start fail nothing before somebody leaves', () => {
    expect(new Playthrough(quest(failing)).state).toBe('active')
  })

  test.each([
    ['completed', [ADVANCE]],
    ['bonus', [ADVANCE, { type: 'ENTER_BONUS' }]],
  ] as const)('do not count any more in %s', (state, happenings) => {
    const play = new Playthrough(
      quest({ ...failing, bonus: { mapId: 500, entry: 'manual' }, stages: [stage(0)] }),
      three,
    )
    play.send(...happenings, leave(1003))
    expect(play.state).toBe(state)
  })

  test('are not enforced where the operator only wants to be warned', () => {
    const play = new Playthrough(quest(failing), { ...three, rules: { requirements: 'warn' } })
    expect(play.send(leave(1003))).toEqual(left)
    expect(play.state).toBe('active')
  })

  test('on levels that nobody knows do not hold', () => {
    const levels = { failRequirements: [{ type: 'level_max', operator: 'lt', value: 200 }] }
    const play = new Playthrough(quest(levels), three)
    play.send(leave(1003))
    expect(play.state).toBe('active')
  })
})

describe('ENTER_BONUS', () => {
  const waiting = (bonus: object = {}) => {
    const play = new Playthrough(
      quest({ bonus: { mapId: 500, duration: 60, entry: 'manual', ...bonus }, stages: [stage(0)] }),
    )
    play.send(update({ 1: 2 }), customData({ key: 'text' }), ADVANCE)
    return play.at(10)
  }

  test('leads everybody to the bonus, with a fresh stage state and the timer of the bonus', () => {
    const play = waiting()
    expect(play.send({ type: 'ENTER_BONUS' })).toEqual([
      'CHANGE_MAP 1001 500',
      'CHANGE_MAP 1002 500',
      'BONUS_ENTERED 500',
    ])
    expect(play.deadlines).toEqual({ bonus: 70 })
    expect(play.snapshot.context.stage).toMatchObject({ attempts: 0, items: {}, kills: {}, data: {} })
  })

  test('warps nobody to the map 0', () => {
    expect(waiting({ mapId: 0 }).send({ type: 'ENTER_BONUS' })).toEqual(['BONUS_ENTERED 0'])
  })
})

describe('UPDATE_CUSTOM_DATA', () => {
  test('sets texts, then adds one for each time that a key is incremented', () => {
    const play = new Playthrough(quest())
    play.send(customData({ a: '41', b: 'red', __proto__key: 'x' }, 'a', 'new', 'new', 'b'))
    expect(data(play)).toEqual({ da: '42', db: '1', d__proto__key: 'x', dnew: '2' })
    play.send(customData({ a: '-3' }, 'a'))
    expect(data(play)).toMatchObject({ da: '-2' })
  })

  test('of a key of a prototype is a key like any other', () => {
    const play = new Playthrough(quest())
    play.send({
      type: 'UPDATE_CUSTOM_DATA',
      updates: new Map([['__proto__', '7']]),
      increments: ['__proto__', 'constructor'],
    })
    expect(Object.entries(data(play))).toEqual([
      ['d__proto__', '8'],
      ['dconstructor', '1'],
    ])
    expect(Object.getPrototypeOf(data(play))).toBe(Object.prototype)
  })

  test.each([
    ['3', true],
    ['007', true],
    ['+3', true],
    ['2', false],
    ['3.5', false],
    ['0x10', false],
    ['1e3', false],
    ['', false],
    ['three', false],
    ['99999999999999999999', true],
  ])('with %s for a condition of at least 3 clears the stage: %s', (text, clears) => {
    const lever = { type: 'custom_data', operator: '>=', value: 3, referenceKey: 'lever' }
    const play = new Playthrough(quest({ stages: [stage(0, { clearConditions: [lever] }), stage(1)] }))
    play.send(customData({ lever: text }), ATTEMPT)
    expect(play.state === 'cleared').toBe(clears)
  })

  test('increments saturate, and stay exact', () => {
    const play = new Playthrough(quest())
    play.send(customData({ n: '9007199254740990' }, 'n', 'n', 'n'))
    expect(data(play)).toEqual({ dn: '9007199254740991' })
  })

  test('beyond the bounds is refused whole, and says them', () => {
    const keys = Array.from({ length: CUSTOM_KEYS_MAX + 1 }, (_, index) => `${index}`)
    const play = new Playthrough(quest())
    for (const happening of [customData({}, ...keys), customData({ long: 'x'.repeat(CUSTOM_CHARACTERS_MAX) })]) {
      const { refusal, snapshot } = play.wouldSend(happening)
      expect(refusal).toEqual({
        code: 'INVALID_STATE',
        reason: "a stage's custom data holds at most 4096 keys, and 65536 characters in all",
      })
      expect(snapshot.context).toBe(play.snapshot.context)
    }
    expect(play.send(customData({}, ...keys.slice(1)))).toEqual([])
    expect(Object.keys(data(play)).length).toBe(CUSTOM_KEYS_MAX)
  })
})

test('BROADCAST_MESSAGE goes to each character who is there', () => {
  const play = new Playthrough(quest(), three)
  play.send(leave(1002))
  expect(play.send({ type: 'BROADCAST_MESSAGE', messageType: 'NOTICE', message: 'Go!' })).toEqual([
    'SEND_MESSAGE 1001 NOTICE Go!',
    'SEND_MESSAGE 1003 NOTICE Go!',
  ])
})

describe('rewards', () => {
  const item = { type: 'item', amount: 1, items: [{ templateId: 1, weight: 1, quantity: 1 }] }
  const rewarding = (advance: string) =>
    quest({ advance, rewards: [xp(7), item], stages: [stage(0, { rewards: [xp(5), xp(0), item, xp(6)] })] })
  const ofStage = [
    'AWARD_EXPERIENCE 1001 5',
    'AWARD_EXPERIENCE 1002 5',
    'AWARD_EXPERIENCE 1001 6',
    'AWARD_EXPERIENCE 1002 6',
  ]
  const ofQuest = ['AWARD_EXPERIENCE 1001 7', 'AWARD_EXPERIENCE 1002 7', 'COMPLETED']

  test('of a stage come before STAGE_CLEARED, those of the quest before COMPLETED', () => {
    const play = new Playthrough(rewarding('command'))
    expect(play.send(ATTEMPT)).toEqual([...ofStage, 'STAGE_CLEARED 0 [100]'])
    expect(play.send(ADVANCE).slice(0, 3)).toEqual(ofQuest)
  })

  test('of a stage that is overridden are given where that clears it, and not else', () => {
    const automatic = new Playthrough(rewarding('automatic'))
    expect(automatic.send(ADVANCE).slice(0, 8)).toEqual([...ofStage, 'STAGE_CLEARED 0 [100]', ...ofQuest])
    expect(new Playthrough(rewarding('command')).send(ADVANCE).slice(0, 3)).toEqual(ofQuest)
  })

  test('of a stage whose time is up are not given', () => {
    const timed = quest({ stages: [stage(0, { duration: 60, rewards: [xp(5)] }), stage(1)] })
    const sent = new Playthrough(timed).at(60).send({ type: 'timer.stage' })
    expect(sent).toEqual(['CHANGE_MAP 1001 110', 'CHANGE_MAP 1002 110', 'STAGE_ADVANCED 1 [110]'])
  })
})

describe('a friendly monster', () => {
  test('is spawned and spoken of when its stage begins, behind the weather', () => {
    const play = new Playthrough(guarded({}, { weather: { itemId: 5120016, message: 'Rain.', duration: 5 } }))
    expect(play.sent.slice(-4)).toEqual([
      'STARTED 0 [100,101]',
      'WEATHER_START 100 5120016 5000 Rain.',
      'SEND_MESSAGE 1001 PINK_TEXT Protect it!',
      'SEND_MESSAGE 1002 PINK_TEXT Protect it!',
    ])
    expect(play.step.effects).toEqual([
      { kind: 'spawnMonster', mapId: 100, monsterId: 9300061, x: -183, y: -433, fh: 7 },
    ])
  })

  test('tells of each second hit, and counts all of them', () => {
    const play = new Playthrough(guarded())
    expect(play.send(monster('damaged'))).toEqual([])
    expect(play.send(monster('damaged', { mapId: 101 }))).toEqual([
      'SEND_MESSAGE 1001 BLUE_TEXT It hurts.',
      'SEND_MESSAGE 1002 BLUE_TEXT It hurts.',
    ])
    expect(play.send(monster('damaged'))).toEqual([])
    expect(data(play)).toEqual({ dfriendlyHitCount: '3' })
  })

  test('tells how much it has dropped so far, and a condition reads that', () => {
    const play = new Playthrough(guarded())
    play.send(monster('drop', { itemCount: 2 }))
    expect(play.send(monster('drop', { itemCount: 3 }))[0]).toBe('SEND_MESSAGE 1001 BLUE_TEXT Cake 5, 5.')
    expect(data(play)).toEqual({ dfriendlyDropCount: '5' })
  })

  test('that is killed fails the quest where its definition says so', () => {
    const play = new Playthrough(guarded())
    expect(play.send(monster('killed'))).toEqual([
      ...['SEND_MESSAGE 1001 BLUE_TEXT Gone.', 'SEND_MESSAGE 1002 BLUE_TEXT Gone.', 'FAILED friendly_monster_killed'],
      ...['DESTROY_IN_FIELD 100', 'DESTROY_IN_FIELD 101', 'CHANGE_MAP 1001 900 nil', 'CHANGE_MAP 1002 900 nil'],
      'INSTANCE_DESTROYED',
    ])
  })

  test('that is killed is only told of where its definition does not', () => {
    const play = new Playthrough(guarded({ onKilled: { message: 'Gone.' } }, { countKills: true }))
    expect(play.send(monster('killed'))).toHaveLength(2)
    expect([play.state, kills(play)]).toEqual(['active', {}])
  })

  test.each([
    ['another monster', { monsterId: 1 }],
    ['the same on a map of another stage', { mapId: 110 }],
  ])('is not %s', (_, about) => {
    const play = new Playthrough(guarded())
    for (const what of ['damaged', 'killed', 'drop'] as const) {
      expect(play.wouldSend(monster(what, about)).handled).toBe(false)
    }
  })

  test('counts no more once its stage is cleared', () => {
    const play = new Playthrough(guarded())
    play.send(ATTEMPT)
    expect(play.wouldSend(monster('killed')).handled).toBe(false)
  })
})

describe('countKills', () => {
  test('counts each kill of any monster, on any map of the instance, as an update would', () => {
    const play = new Playthrough(guarded({}, { countKills: true }))
    play.send(monster('killed', { monsterId: 7 }), monster('killed', { monsterId: 7, mapId: 5 }))
    expect(kills(play)).toEqual({ m7: 2 })
    play.send(update({}, { 7: UINT32_MAX }), monster('killed', { monsterId: 7 }))
    expect(kills(play)).toEqual({ m7: UINT32_MAX })
  })

  test('passes over a monster too many', () => {
    const play = new Playthrough(guarded({}, { countKills: true }))
    play.send(update({}, Object.fromEntries(Array.from({ length: COUNTED_IDS_MAX }, (_, id) => [id + 10, 1]))))
    expect(play.wouldSend(monster('killed', { monsterId: 7 })).handled).toBe(false)
    play.send(monster('killed', { monsterId: 10 }))
    expect(kills(play).m10).toBe(2)
  })

  test('is off where the stage does not say it', () => {
    expect(new Playthrough(guarded()).wouldSend(monster('killed', { monsterId: 7 })).handled).toBe(false)
  })
})

describe('monsters and reactors of the maps', () => {
  const gone = (...maps: number[]) => maps.map(mapId => ({ kind: 'destroyMonsters', mapId }))
  const twoMaps = (advance: string, clearActions: readonly string[]) =>
    quest({ advance, stages: [stage(0, { mapIds: [100, 101, 100], clearActions }), stage(1)] })

  test('monsters go when a stage is cleared that asks for it, and when any stage is left for good', () => {
    const play = new Playthrough(twoMaps('command', ['destroy_monsters']))
    play.send(ATTEMPT)
    expect(play.step.effects).toEqual(gone(100, 101))
    expect(play.send(ADVANCE)).not.toContain('DESTROY_IN_FIELD 100')
    expect(play.step.effects).toEqual(gone(100, 101))
    play.send(ADVANCE)
    expect(play.step.effects).toEqual(gone(110))
  })

  test('they go once where a stage is cleared and left in one operation', () => {
    const play = new Playthrough(twoMaps('automatic', ['destroy_monsters']))
    play.send(ATTEMPT)
    expect(play.step.effects).toEqual(gone(100, 101))
  })

  test('they stay in a cleared stage that does not ask for it', () => {
    const play = new Playthrough(twoMaps('command', []))
    play.send(ATTEMPT)
    expect(play.step.effects).toEqual([])
  })

  test('reactors go once from each map of the last stage, and never from a lobby', () => {
    const play = new Playthrough(
      quest({ bonus: { mapId: 500, entry: 'auto' }, stages: [stage(0, { mapIds: [100, 101, 100] })] }),
    )
    const reactors = (sent: readonly string[]) => sent.filter(line => line.startsWith('DESTROY'))
    expect(reactors(play.send(ADVANCE))).toEqual(['DESTROY_IN_FIELD 100', 'DESTROY_IN_FIELD 101'])
    expect(reactors(play.send(FORFEIT))).toEqual([])
    expect(reactors(new Playthrough(quest(), { members: members(1001) }).send(FORFEIT))).toEqual([])
  })
})
