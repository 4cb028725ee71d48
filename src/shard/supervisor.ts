/**
 * Routes commands and timers to the instances of a shard and steps them: the parent of the instance actors.
 * It reads instances through a view and returns outcomes; it keeps no instance and writes nothing.
 */
import type { TimerName } from '../../machines/deadlines.ts'
import type { PartyQuestCommand, PartyQuestEvent, PartyQuestInput } from '../../machines/party-quest.ts'
import { armedAfter, contextOf, type Instance, nextTimer, stateOf } from '../actor/instance.ts'
import type { Step, Stepper } from '../actor/stepper.ts'
import type { Command, LeaveCommand, RegisterCommand } from '../contract/commands.ts'
import type { GameEvent } from '../contract/game-events.ts'
import type { InstanceId } from '../contract/ids.ts'
import { type Refusal, refuse } from '../contract/refusal.ts'
import { isSameTenant, type Tenant } from '../contract/tenant.ts'
import type { GameHappening } from '../journal/entry.ts'
import type { InstanceView, Moment, Outcome } from './outcome.ts'

/** Every command but REGISTER and LEAVE names its instance. */
export type RoutedCommand = Exclude<Command, RegisterCommand | LeaveCommand>

export class Supervisor {
  readonly #stepper: Stepper

  constructor(stepper: Stepper) {
    this.#stepper = stepper
  }

  command(view: InstanceView, command: RoutedCommand, tenant: Tenant, moment: Moment): Outcome {
    const id = command.instanceId
    const instance = view.instance(id)
    // Another tenant's instance is not there for this one, and no answer tells whether it exists.
    if (instance === undefined || !isSameTenant(contextOf(instance).identity.tenant, tenant)) {
      return refused(refuse('INSTANCE_NOT_FOUND', `no instance ${id} of this tenant is live`))
    }
    return this.deliver(instance, machineEvent(command, moment.now), moment)
  }

  /** What the game tells of an instance is never refused: what concerns nobody in it, or no state, changes nothing. */
  happening(instance: Instance, event: PartyQuestEvent, moment: Moment): Outcome {
    const outcome = this.deliver(instance, event, moment)
    if (outcome.kind !== 'changed') return { kind: 'unchanged' }
    const isSame = outcome.after?.snapshot === instance.snapshot && outcome.messages.length === 0
    return isSame ? { kind: 'unchanged' } : outcome
  }

  /** Fires the timer of `id` that is due; a timer that was moved or disarmed meanwhile changes nothing. */
  timer(view: InstanceView, id: InstanceId, moment: Moment): Outcome {
    const instance = view.instance(id)
    const timer = instance && nextTimer(instance)
    if (instance === undefined || timer === undefined || timer.at > moment.now) return { kind: 'unchanged' }
    const outcome = this.deliver(instance, { type: `timer.${timer.timer}`, now: moment.now }, moment)
    return outcome.kind === 'refused' ? { kind: 'unchanged' } : outcome
  }

  deliver(instance: Instance, event: PartyQuestEvent, moment: Moment): Outcome {
    const step = this.#stepper.deliver(instance.snapshot, event)
    if (step.refusal !== undefined) return refused(step.refusal)
    if (!step.handled) {
      return refused(
        refuse('INVALID_STATE', `${event.type} is not accepted while the instance is ${stateOf(instance)}`),
      )
    }
    return changed(instance, instance.definition, step, moment)
  }

  spawn(input: PartyQuestInput, definition: string, moment: Moment): Outcome {
    return changed(undefined, definition, this.#stepper.spawn(input), moment)
  }
}

/** The timer that is due next in an instance, for those who report on one that fired. */
export function dueTimer(
  instance: Instance,
): { timer: TimerName; at: number; armedBy: string | undefined } | undefined {
  const next = nextTimer(instance)
  return next && { ...next, armedBy: instance.armedBy[next.timer] }
}

function refused(refusal: Refusal): Outcome {
  return { kind: 'refused', refusal }
}

function changed(before: Instance | undefined, definition: string, step: Step, moment: Moment): Outcome {
  const { snapshot, messages, effects } = step
  const after =
    snapshot.status === 'done'
      ? undefined
      : { snapshot, definition, armedBy: armedAfter(before, snapshot, moment.traceparent) }
  return { kind: 'changed', identity: snapshot.context.identity, before, after, messages, effects }
}

function machineEvent(command: RoutedCommand, now: number): PartyQuestCommand {
  switch (command.type) {
    case 'UPDATE_STAGE_STATE':
      return { type: command.type, itemCounts: command.itemCounts, monsterKills: command.monsterKills, now }
    case 'UPDATE_CUSTOM_DATA':
      return { type: command.type, updates: command.updates, increments: command.increments, now }
    case 'BROADCAST_MESSAGE':
      return { type: command.type, messageType: command.messageType, message: command.message, now }
    default:
      return { type: command.type, now }
  }
}

const MONSTER_EVENTS = {
  DAMAGED: 'monster.damaged',
  KILLED: 'monster.killed',
  FRIENDLY_DROP: 'monster.drop',
} as const

/** What an event of the game is to the instance that it concerns. */
export function happeningOf(event: GameEvent, now: number): GameHappening {
  if (event.kind === 'character-gone') {
    return { type: 'LEAVE', characterId: event.characterId, reason: 'disconnect', now }
  }
  const { mapId, monsterId, itemCount } = event
  return { type: MONSTER_EVENTS[event.type], mapId, monsterId, itemCount, now }
}
