/** What the inspector's page remembers: the last of each actor, the actors below each other, and never too much. */
import { describe, expect, it } from 'vitest'
import { readFrameMessage } from '../../../console/src/inspector/frame-reader.ts'
import { ACTORS_MAX, ENTRIES_MAX, Inspected, treeOf } from '../../../console/src/inspector/inspected.ts'

const actor = (sessionId: string, parentId?: string) => ({
  type: '@xstate.actor',
  sessionId,
  parentId,
  name: sessionId,
})
const event = (type: string, sessionId = 'a') => ({ type: '@xstate.event', sessionId, event: { type, n: 1 } })
const snapshot = (type: string, value: unknown, sessionId = 'a') => ({
  type: '@xstate.snapshot',
  sessionId,
  event: { type },
  snapshot: { value, status: 'active' },
})
function inspect(...frames: readonly unknown[]): Inspected {
  const inspected = new Inspected()
  for (const frame of frames) inspected.take(readFrameMessage(frame))
  return inspected
}
const shape = (branches: ReturnType<typeof treeOf>): unknown =>
  branches.map(branch => [branch.actor.sessionId, shape(branch.children)])

describe('an event', () => {
  it('stands in one line with the state that it led to', () => {
    const [only] = inspect(actor('a'), event('GO'), snapshot('GO', 'gone')).actors
    expect(only?.entries).toMatchObject([{ type: 'GO', payload: '{"n":1}', after: 'gone' }])
    expect(only?.snapshot.value).toBe('gone')
  })

  it('stands alone where its snapshot never came, and so does the snapshot of another', () => {
    const [only] = inspect(actor('a'), event('GO'), snapshot('STOP', 'rest'), snapshot('STOP', 'rest')).actors
    expect(only?.entries.map(({ type, after }) => [type, after])).toEqual([
      ['GO', undefined],
      ['STOP', 'rest'],
      ['STOP', 'rest'],
    ])
  })

  it('of an actor that nobody introduced introduces it', () => {
    const [only] = inspect(event('GO', 'stranger')).actors
    expect(only).toMatchObject({ sessionId: 'stranger', name: 'stranger', machine: { problem: expect.any(String) } })
  })
})

it('an actor that comes again begins anew', () => {
  const inspected = inspect(actor('a'), event('GO'), actor('a'))
  expect(inspected.actors).toHaveLength(1)
  expect(inspected.actors[0]?.entries).toEqual([])
})

describe('the tree of actors', () => {
  it('has each below its parent, and those of unknown parents beside them', () => {
    const { actors } = inspect(actor('a'), actor('c', 'b'), actor('b', 'a'), actor('z', 'nobody'))
    expect(shape(treeOf(actors))).toEqual([
      ['a', [['b', [['c', []]]]]],
      ['z', []],
    ])
  })

  it('shows everybody once also where parents go in a circle', () => {
    const { actors } = inspect(actor('a', 'b'), actor('b', 'a'), actor('self', 'self'))
    expect(shape(treeOf(actors))).toEqual([
      ['a', [['b', []]]],
      ['self', []],
    ])
  })
})

describe('at its bounds', () => {
  it('it keeps the last events of an actor', () => {
    const frames = Array.from({ length: ENTRIES_MAX + 3 }, (_, n) => event(`E${n}`))
    const [only] = inspect(actor('a'), ...frames).actors
    expect(only?.entries).toHaveLength(ENTRIES_MAX)
    expect(only?.entries[0]?.type).toBe('E3')
  })

  it('it takes no further actors, says so, and goes on with those it has', () => {
    const frames = Array.from({ length: ACTORS_MAX + 2 }, (_, n) => actor(`a${n}`))
    const inspected = inspect(...frames, event('GO', 'a0'))
    expect(inspected.actors).toHaveLength(ACTORS_MAX)
    expect(inspected.problem).toMatchObject({ count: 2, text: expect.stringContaining(`${ACTORS_MAX} actors`) })
    expect(inspected.actors[0]?.entries).toHaveLength(1)
  })

  it('it counts what it could not read, and forgets that too when it is cleared', () => {
    const inspected = inspect('nothing', { type: 'other' })
    expect(inspected.problem?.count).toBe(2)
    inspected.clear()
    expect([inspected.problem, inspected.frames, inspected.actors]).toEqual([undefined, 0, []])
  })
})
