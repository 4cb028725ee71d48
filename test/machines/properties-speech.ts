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
  /** Of CHARACTER_REGISTERED and CHARACTER_LEFT, where anybody can leave. */
  readonly characterId?: number
  readonly reason?: string
}

export interface Warp {
  readonly characterId: number
  readonly mapId: number
  readonly instance: string
}

export interface Speech {
  readonly definition: QuestDefinition
  readonly instanceId: string
  /** All who ever were in it, in the order in which they registered. */
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
  ['each character who is there to the end, or leaves by himself, is warped out exactly once, and last', everybodyOut],
  ['all who are there go together to the maps that the definition names, and nowhere else', warpsByDefinition],
]

function typesOf({ events }: Speech): readonly string[] {
  return events.map(({ type }) => type)
}

function oneEnd(speech: Speech): void {
  const ends = typesOf(speech).filter(type => type === 'COMPLETED' || type === 'FAILED')
  expect(ends.length, `${ends}`).toBeLessThanOrEqual(1)
  const isDeserted = speech.events.length > 0 && presence(speech).at(-1)?.length === 0
  if (speech.isOver && ends.length === 0 && !isDeserted) {
    expect.fail(`destroyed without COMPLETED or FAILED: ${typesOf(speech)}`)
  }
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

/** Who was in it as each event was said, that event's own change included. */
function presence({ members, events }: Speech): readonly (readonly number[])[] {
  let present = members
  return events.map(({ type, characterId }) => {
    const others = present.filter(id => id !== characterId)
    if (type === 'CHARACTER_REGISTERED' && characterId !== undefined) present = [...others, characterId]
    if (type === 'CHARACTER_LEFT') present = others
    return present
  })
}

const hasStarted = ({ events }: Speech, index: number) => events.slice(0, index).some(({ type }) => type === 'STARTED')

/** Who leaves by himself is warped out as he leaves, unless he leaves a lobby; who disconnects never is. */
function everybodyOut(speech: Speech): void {
  const { members, events, warps, isOver } = speech
  const outs = warps.filter(({ instance }) => instance === NIL).map(({ characterId }) => characterId)
  const left = events.flatMap(({ type, characterId = 0, reason }, index) =>
    type === 'CHARACTER_LEFT' && reason === 'voluntary' && hasStarted(speech, index) ? [characterId] : [],
  )
  expect(outs).toEqual([...left, ...(isOver ? (presence(speech).at(-1) ?? []) : [])])
  for (const [index, { characterId, instance }] of warps.entries()) {
    if (instance !== NIL) continue
    const later = warps.slice(index + 1).filter(warp => warp.characterId === characterId)
    expect(later, 'warped when he was out').toEqual([])
  }
  const strangers = warps.filter(({ characterId }) => !members.includes(characterId))
  expect(strangers, 'warped and no member').toEqual([])
}

function warpsByDefinition(speech: Speech): void {
  const { definition, instanceId, events, warps } = speech
  const { stages, bonus, exit } = definition
  const present = presence(speech)
  const expected = events.flatMap(({ type, stageIndex = 0, characterId = 0, reason }, index) => {
    const place = (mapId: number | undefined, instance: string, who = present[index] ?? []) =>
      mapId === undefined ? [] : who.map(characterId => ({ characterId, mapId, instance }))
    switch (type) {
      case 'STARTED':
        return place(stages[0]?.mapIds[0], instanceId)
      case 'STAGE_ADVANCED':
        return stages[stageIndex - 1]?.warpType === 'none' ? [] : place(stages[stageIndex]?.mapIds[0], instanceId)
      case 'COMPLETED':
        return bonus?.entry === 'auto' ? [] : place(bonus?.completionMapId || undefined, instanceId)
      case 'BONUS_ENTERED':
        return place(bonus?.mapId || undefined, instanceId)
      case 'CHARACTER_LEFT':
        return reason === 'voluntary' && hasStarted(speech, index) ? place(exit, NIL, [characterId]) : []
      case 'INSTANCE_DESTROYED':
        return place(exit, NIL)
      default:
        return []
    }
  })
  expect(warps.map(({ characterId, mapId, instance }) => ({ characterId, mapId, instance }))).toEqual(expected)
}
