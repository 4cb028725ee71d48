/** One step of one instance: everything it says comes out once, and nothing is left behind for the next step. */
import { expect, test } from 'vitest'
import { createStepper } from '../../src/actor/stepper.ts'
import { quest } from '../support/definitions.ts'
import { inputOf, lineOf, members, T0 } from '../support/playthrough.ts'

const stepper = createStepper('test')
const lobby = stepper.spawn(inputOf(quest(), { members: members(1001) }))

test('a refusal of one step is not told again by the next', () => {
  const refused = stepper.deliver(lobby.snapshot, { type: 'START', now: T0 })
  expect(refused.refusal?.code).toBe('REQUIREMENTS_NOT_MET')
  const next = stepper.deliver(lobby.snapshot, { type: 'FORFEIT', now: T0 })
  expect([next.refusal, next.messages.map(lineOf)]).toEqual([
    undefined,
    ['FAILED forfeit', 'CHANGE_MAP 1001 900 nil', 'INSTANCE_DESTROYED'],
  ])
})

test('messages of one step are not changed by the next', () => {
  const { messages } = stepper.deliver(lobby.snapshot, { type: 'FORFEIT', now: T0 })
  stepper.deliver(lobby.snapshot, { type: 'FORFEIT', now: T0 })
  expect(messages).toHaveLength(3)
})

test('one snapshot can be stepped twice, with the same outcome: undoing a step is forgetting it', () => {
  const first = stepper.deliver(lobby.snapshot, { type: 'FORFEIT', now: T0 })
  const second = stepper.deliver(lobby.snapshot, { type: 'FORFEIT', now: T0 })
  expect(second.messages).toEqual(first.messages)
  expect(lobby.snapshot.value).toBe('registering')
})

test('a step that throws leaves the snapshot as it was, and the next step is whole', () => {
  const started = stepper.spawn(inputOf(quest()))
  const broken = { ...started.snapshot, context: { ...started.snapshot.context, rules: undefined } }
  expect(() => stepper.deliver(broken as never, { type: 'STAGE_CLEAR_ATTEMPT', now: T0 })).toThrow(/rules|undefined/)
  const next = stepper.deliver(started.snapshot, { type: 'STAGE_CLEAR_ATTEMPT', now: T0 })
  expect(next.messages.map(lineOf)).toEqual(['STAGE_CLEARED 0 [100]'])
})

test('an event that is taken and changes nothing gives the very same snapshot back', () => {
  const again = stepper.deliver(lobby.snapshot, { type: 'REGISTER', member: { characterId: 1001 as never }, now: T0 })
  expect([again.snapshot === lobby.snapshot, again.handled, again.messages]).toEqual([true, true, []])
})

test('an event that is not taken gives the very same snapshot back, and is told from one that is', () => {
  const passed = stepper.deliver(lobby.snapshot, { type: 'ENTER_BONUS', now: T0 })
  expect([passed.snapshot === lobby.snapshot, passed.handled, passed.messages]).toEqual([true, false, []])
})
