/** Snapshots that share what is the same in all of their state are the snapshots that XState makes. */
import { describe, expect, test } from 'vitest'
import { partyQuestMachine, RESTING_STATES } from '../../machines/party-quest.ts'
import { restingSnapshot } from '../../src/actor/resting-snapshot.ts'
import { decodeInstance, encodeInstance } from '../../src/actor/snapshot-bytes.ts'
import { createStepper } from '../../src/actor/stepper.ts'
import { quest, stage } from '../support/definitions.ts'
import { inputOf, Playthrough } from '../support/playthrough.ts'

const twoStages = quest({ startRequirements: [], duration: 600, stages: [stage(0, { duration: 60 }), stage(1)] })
const { context } = new Playthrough(twoStages).snapshot

describe('a resting snapshot', () => {
  test.each(RESTING_STATES)('of one that is %s says what XState says of it', value => {
    const ours = restingSnapshot(value, context)
    const theirs = partyQuestMachine.resolveState({ value, context })
    expect(ours).toEqual(theirs)
    expect(Object.keys(ours)).toEqual(Object.keys(theirs))
    expect(ours.hasTag('live')).toBe(true)
    expect(ours.matches(value)).toBe(true)
  })

  test.each(RESTING_STATES)('of one that is %s takes the next event as if it had everything of its own', value => {
    const stepper = createStepper('test')
    for (const type of ['STAGE_CLEAR_ATTEMPT', 'STAGE_ADVANCE', 'START', 'FORFEIT', 'ENTER_BONUS'] as const) {
      const event = { type, now: 1000 }
      const shared = stepper.deliver(restingSnapshot(value, context), event)
      expect(shared).toEqual(stepper.deliver(partyQuestMachine.resolveState({ value, context }), event))
    }
    expect(restingSnapshot(value, context)).toEqual(partyQuestMachine.resolveState({ value, context }))
  })
})

test('an instance never has parts of its own, be it born, stepped, restored or over', () => {
  const stepper = createStepper('test')
  const born = stepper.spawn(inputOf(twoStages)).snapshot
  const stepped = stepper.deliver(born, { type: 'STAGE_ADVANCE', now: 1000 }).snapshot
  const over = stepper.deliver(born, { type: 'FORFEIT', now: 1000 }).snapshot
  const bytes = encodeInstance({ snapshot: stepped, definition: 'quest@0', armedBy: {} })
  const restored = decodeInstance(bytes, () => stepped.context.rules).snapshot
  for (const snapshot of [born, stepped, over, restored]) {
    const { context: _, ...parts } = snapshot
    const { context: __, ...shared } = restingSnapshot(snapshot.value, context)
    expect(Object.keys(parts)).toEqual(Object.keys(shared))
    for (const [name, part] of Object.entries(parts)) expect(part, name).toBe(shared[name as keyof typeof shared])
  }
  expect([born.value, stepped.value, over.value, over.status]).toEqual(['active', 'active', 'destroyed', 'done'])
})

test('a state that the machine does not have is said to be missing', () => {
  expect(() => restingSnapshot('paused', context)).toThrow(/has no state paused/)
})
