/** Snapshots that share what is the same in all of their state are the snapshots that XState makes. */
import { describe, expect, test } from 'vitest'
import { partyQuestMachine, RESTING_STATES } from '../../machines/party-quest.ts'
import { restingSnapshot, shareParts } from '../../src/actor/resting-snapshot.ts'
import { createStepper } from '../../src/actor/stepper.ts'
import { quest, stage } from '../support/definitions.ts'
import { members, Playthrough } from '../support/playthrough.ts'

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

describe('sharing parts', () => {
  test('changes nothing that a snapshot says, and leaves two of one state only their contexts to themselves', () => {
    const [one, other, untouched] = [1, 2, 1].map(first => new Playthrough(twoStages, { members: members(first) }))
    if (one === undefined || other === undefined || untouched === undefined) throw new Error('three were made')
    shareParts(one.snapshot)
    shareParts(other.snapshot)
    expect(one.snapshot).toEqual(untouched.snapshot)
    for (const part of ['tags', '_nodes', 'children', 'historyValue'] as const) {
      expect(one.snapshot[part]).toBe(other.snapshot[part])
      expect(one.snapshot[part]).not.toBe(untouched.snapshot[part])
    }
    expect(one.snapshot.context).not.toBe(other.snapshot.context)
  })

  test('is passed over where a snapshot rests in no state', () => {
    const play = new Playthrough(twoStages)
    play.send({ type: 'FORFEIT' })
    const { tags } = play.snapshot
    shareParts(play.snapshot)
    expect(play.snapshot.value).toBe('destroyed')
    expect(play.snapshot.tags).toBe(tags)
  })
})
