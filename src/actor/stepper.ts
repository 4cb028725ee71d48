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
import { FlatChart } from './flat-chart.ts'
import type { InstanceSnapshot } from './instance.ts'
import { machineFaults } from './machine-rules.ts'
import { asResting } from './resting-snapshot.ts'

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

const NO_MESSAGES: readonly Message[] = []
const NO_EFFECTS: readonly Effect[] = []

export function createStepper(supervisorId: string): Stepper {
  const faults = machineFaults(partyQuestMachine)
  if (faults.length > 0) throw new InvariantError(`machines/party-quest.ts: ${faults.join('; ')}`)

  let messages = NO_MESSAGES
  let effects: readonly Effect[] = NO_EFFECTS
  let refusal: Refusal | undefined
  const hear = (emitted: PartyQuestEmitted): void => {
    if (emitted.type === 'refused') refusal = emitted.refusal
    else if (emitted.type === 'effects') effects = effects.concat(emitted.effects)
    else messages = messages.length === 0 ? emitted.messages : messages.concat(emitted.messages)
  }
  const listen = (): void => {
    messages = NO_MESSAGES
    effects = NO_EFFECTS
    refusal = undefined
  }
  const supervisor = createActor(
    fromTransition((state: null, _event: EventObject) => state, null),
    { id: supervisorId },
  ).start()
  const scope = birthScope(supervisor, hear)
  const chart = new FlatChart(partyQuestMachine, supervisor, hear)

  return {
    spawn: input => {
      listen()
      const snapshot = partyQuestMachine.getInitialSnapshot(scope, input)
      if (snapshot.status === 'error') throw snapshot.error
      return { snapshot: asResting(snapshot), messages, effects, refusal, handled: true }
    },
    deliver: (before, event) => {
      // XState would step a machine that has stopped as if it were alive.
      if (before.status !== 'active') return unhandled(before)
      listen()
      const snapshot = chart.transition(before, event)
      return snapshot === undefined ? unhandled(before) : { snapshot, messages, effects, refusal, handled: true }
    },
  }
}

function unhandled(snapshot: InstanceSnapshot): Step {
  return { snapshot, messages: NO_MESSAGES, effects: NO_EFFECTS, refusal: undefined, handled: false }
}

type InstanceScope = ActorScope<InstanceSnapshot, PartyQuestEvent, never, PartyQuestEmitted>

function birthScope(supervisor: AnyActorRef, onEmitted: (emitted: PartyQuestEmitted) => void): InstanceScope {
  const scope = {
    self: supervisor,
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
