/**
 * The machine as XState itself runs it: a live actor for every step, begun from a snapshot that went through JSON.
 * Slow, plain, and without anything of the service's own step.
 */
import { createActor } from 'xstate'
import type { PartyQuestEmitted, PartyQuestEvent, PartyQuestInput } from '../../machines/party-quest.ts'
import { partyQuestMachine } from '../../machines/party-quest.ts'
import type { InstanceSnapshot } from '../../src/actor/instance.ts'
import type { Step, Stepper } from '../../src/actor/stepper.ts'
import type { Effect } from '../../src/contract/effects.ts'
import type { Message } from '../../src/contract/messages.ts'
import type { Refusal } from '../../src/contract/refusal.ts'

export function createLiveStepper(): Stepper {
  return {
    spawn: input => run(createActor(partyQuestMachine, { input }), () => {}),
    deliver(before, event) {
      const { rules } = before.context
      const stored = JSON.parse(JSON.stringify({ value: before.value, context: { ...before.context, rules: null } }))
      const snapshot = partyQuestMachine.resolveState({ value: stored.value, context: { ...stored.context, rules } })
      const step = run(createActor(partyQuestMachine, { snapshot, input: NO_INPUT }), actor => actor.send(event))
      const isListed = partyQuestMachine.getTransitionData(before, event).length > 0
      return { ...step, snapshot: isListed ? step.snapshot : before, handled: step.refusal !== undefined || isListed }
    },
  }
}

/** A snapshot brings everything. */
const NO_INPUT = undefined as unknown as PartyQuestInput

interface LiveActor {
  on(type: '*', listener: (emitted: PartyQuestEmitted) => void): unknown
  start(): unknown
  stop(): unknown
  send(event: PartyQuestEvent): void
  getSnapshot(): InstanceSnapshot
}

function run(actor: LiveActor, act: (actor: LiveActor) => void): Step {
  let messages: readonly Message[] = []
  let effects: readonly Effect[] = []
  let refusal: Refusal | undefined
  actor.on('*', emitted => {
    if (emitted.type === 'refused') refusal = emitted.refusal
    else if (emitted.type === 'effects') effects = [...effects, ...emitted.effects]
    else messages = [...messages, ...emitted.messages]
  })
  actor.start()
  act(actor)
  const snapshot = actor.getSnapshot()
  actor.stop()
  return { snapshot, messages, effects, refusal, handled: true }
}
