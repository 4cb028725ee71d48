/**
 * The laws of what one instance says to the world, whatever happened to it: they need its definition, who its members
 * were and the messages in their order, and hold for the plain machine as for what readers of the topics see.
 * Read from docs/behaviour.md and the contract's tables, never from the machine.
 */
import { expect } from 'vitest'
import type { QuestDefinition } from '../../src/contract/definition.ts'

/** The nil UUID: out of every instance. */
const NIL = '00000000-0000-0000-0000-000000000000'

export interface StatusEvent {
  readonly type: string
  readonly stageIndex?: number
  readonly mapIds?: readonly number[]
}

export interface Warp {
  readonly characterId: number
  readonly mapId: number
  readonly instance: string
}

export interface Speech {
  readonly definition: QuestDefinition
  readonly instanceId: string
  /** In the order in which they registered. */
  readonly members: readonly number[]
  /** The instance is gone. */
  readonly isOver: boolean
  readonly events: readonly StatusEvent[]
  readonly warps: readonly Warp[]
}

/** Each throws where it does not hold. */
export const SPEECH_LAWS: readonly (readonly [law: string, holds: (speech: Speech) => void])[] = [
  ['a quest is completed, or fails, or neither: never both and never twice', oneEnd],
  ['an instance is created first and once, and destroyed last and exactly once, when it is over', onceFirstAndLast],
  ['stages are entered one after the other without a gap, and the last one before completion', stagesInOrder],
  ['each character warped in is warped out exactly once, at the end', everybodyOut],
  ['all members go together to the maps that the definition names, and nowhere else', warpsByDefinition],
]

function typesOf({ events }: Speech): readonly string[] {
  return events.map(({ type }) => type)
}

function oneEnd(speech: Speech): void {
  const ends = typesOf(speech).filter(type => type === 'COMPLETED' || type === 'FAILED')
  expect(ends.length, `${ends}`).toBeLessThanOrEqual(1)
  if (speech.isOver && ends.length === 0) expect.fail(`destroyed without COMPLETED or FAILED: ${typesOf(speech)}`)
  // A failed quest has nothing more to say.
  if (ends[0] === 'FAILED') expect(typesOf(speech).slice(-2)).toEqual(['FAILED', 'INSTANCE_DESTROYED'])
}

function onceFirstAndLast(speech: Speech): void {
  const types = typesOf(speech)
  expect(types[0]).toBe('INSTANCE_CREATED')
  expect(types.lastIndexOf('INSTANCE_CREATED')).toBe(0)
  const destroyed = types.flatMap((type, index) => (type === 'INSTANCE_DESTROYED' ? [index] : []))
  expect(destroyed, `${types}`).toEqual(speech.isOver ? [types.length - 1] : [])
}

function stagesInOrder({ definition: { stages }, events }: Speech): void {
  let entered = -1
  let cleared = -1
  for (const { type, stageIndex, mapIds } of events) {
    switch (type) {
      case 'STARTED':
        expect([entered, stageIndex]).toEqual([-1, 0])
        entered = 0
        break
      case 'STAGE_CLEARED':
        expect(stageIndex, 'cleared is the stage being played').toBe(entered)
        expect(cleared, 'and once').toBeLessThan(entered)
        cleared = entered
        break
      case 'STAGE_ADVANCED':
        expect(entered, 'STARTED comes first').toBeGreaterThanOrEqual(0)
        expect(stageIndex).toBe(entered + 1)
        entered += 1
        break
      case 'COMPLETED':
        expect(entered, 'completed behind the last stage').toBe(stages.length - 1)
        break
    }
    if (mapIds !== undefined) expect(mapIds).toEqual(stages[stageIndex ?? -1]?.mapIds)
  }
}

function everybodyOut({ members, isOver, warps }: Speech): void {
  const out = warps.filter(({ instance }) => instance === NIL).map(({ characterId }) => characterId)
  expect(out).toEqual(isOver ? members : [])
  const firstOut = warps.findIndex(({ instance }) => instance === NIL)
  if (firstOut >= 0) expect(warps.slice(firstOut).every(({ instance }) => instance === NIL)).toBe(true)
  const strangers = warps.filter(({ characterId }) => !members.includes(characterId))
  expect(strangers, 'warped and no member').toEqual([])
}

function warpsByDefinition({ definition, instanceId, members, events, warps }: Speech): void {
  const { stages, bonus, exit } = definition
  const places = events.flatMap(({ type, stageIndex = 0 }) => {
    const into = (mapId: number | undefined) => (mapId === undefined ? [] : [{ mapId, instance: instanceId }])
    switch (type) {
      case 'STARTED':
        return into(stages[0]?.mapIds[0])
      case 'STAGE_ADVANCED':
        return stages[stageIndex - 1]?.warpType === 'none' ? [] : into(stages[stageIndex]?.mapIds[0])
      case 'COMPLETED':
        return into((bonus?.entry === 'auto' ? bonus.mapId : bonus?.completionMapId) || undefined)
      case 'INSTANCE_DESTROYED':
        return [{ mapId: exit, instance: NIL }]
      default:
        return []
    }
  })
  const expected = places.flatMap(place => members.map(characterId => ({ characterId, ...place })))
  expect(warps.map(({ characterId, mapId, instance }) => ({ characterId, mapId, instance }))).toEqual(expected)
}
