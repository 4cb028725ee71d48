/**
 * Steps one instance at a time: event in, snapshot and messages out. A shard's supervisor is one XState actor and
 * its instances are actors held as data: this borrows the supervisor's identity and system for the scope that
 * `machine.transition` needs, so that an instance costs a snapshot instead of a live actor
 * (docs/decisions/0003-instances-as-data.md). It holds no instance and keeps nothing between two steps.
 */
import { type ActorScope, type AnyActorRef, createActor, type EventObject, fromTransition } from 'xstate'
import type { PartyQuestEmitted, PartyQuestEvent, PartyQuestInput } from '../../machines/party-quest.ts'
import { partyQuestMachine } from '../../machines/party-quest.ts'
import type { Effect } from '../contract/effects.ts'
import type { Message } from '../contract/messages.ts'
import type { Refusal } from '../contract/refusal.ts'
import { InvariantError } from '../errors.ts'
import type { InstanceSnapshot } from './instance.ts'
import { machineFaults } from './machine-rules.ts'

export interface Step {
  readonly snapshot: InstanceSnapshot
  readonly messages: readonly Message[]
  /** What other services are to do after the commit, in order. */
  readonly effects: readonly Effect[]
  /** Set: the event was listed but could not be followed, and nothing changed. */
  readonly refusal: Refusal | undefined
  /** Whether the state takes the event, be it to refuse it or to change nothing. */
  readonly handled: boolean
}

export interface Stepper {
  spawn(input: PartyQuestInput): Step
  deliver(snapshot: InstanceSnapshot, event: PartyQuestEvent): Step
}

const NO_EFFECTS: readonly Effect[] = []

export function createStepper(supervisorId: string): Stepper {
  const faults = machineFaults(partyQuestMachine)
  if (faults.length > 0) throw new InvariantError(`machines/party-quest.ts: ${faults.join('; ')}`)

  let messages: Message[] = []
  let effects: readonly Effect[] = NO_EFFECTS
  let refusal: Refusal | undefined
  const scope = instanceScope(supervisorId, emitted => {
    if (emitted.type === 'refused') refusal = emitted.refusal
    else if (emitted.type === 'effects') effects = effects.concat(emitted.effects)
    else messages = messages.length === 0 ? [...emitted.messages] : messages.concat(emitted.messages)
  })

  const step = (next: () => InstanceSnapshot, isTaken: (after: InstanceSnapshot) => boolean): Step => {
    messages = []
    effects = NO_EFFECTS
    refusal = undefined
    const snapshot = next()
    if (snapshot.status === 'error') throw snapshot.error
    return { snapshot, messages, effects, refusal, handled: refusal !== undefined || isTaken(snapshot) }
  }

  return {
    spawn: input =>
      step(
        () => partyQuestMachine.getInitialSnapshot(scope, input),
        () => true,
      ),
    deliver: (before, event) =>
      // XState would step a machine that has stopped as if it were alive.
      before.status === 'active'
        ? step(
            () => partyQuestMachine.transition(before, event, scope),
            // An event that is taken and changes nothing gives the same snapshot as one that is not taken.
            after => after !== before || partyQuestMachine.getTransitionData(before, event).length > 0,
          )
        : { snapshot: before, messages: [], effects: NO_EFFECTS, refusal: undefined, handled: false },
  }
}

type InstanceScope = ActorScope<InstanceSnapshot, PartyQuestEvent, never, PartyQuestEmitted>

function instanceScope(supervisorId: string, onEmitted: (emitted: PartyQuestEmitted) => void): InstanceScope {
  const supervisor = createActor(
    fromTransition((state: null, _event: EventObject) => state, null),
    { id: supervisorId },
  ).start()
  const scope = {
    self: supervisor as AnyActorRef,
    id: supervisor.id,
    sessionId: supervisor.sessionId,
    system: supervisor.system,
    logger: () => {},
    defer: (effect: () => void) => effect(),
    emit: onEmitted,
    stopChild: () => {
      throw new InvariantError('an instance has no children to stop')
    },
    actionExecutor: (action: {
      exec?: ((info: unknown, params: unknown) => void) | undefined
      info: unknown
      params: unknown
    }) => action.exec?.(action.info, action.params),
  }
  return scope as unknown as InstanceScope
}
