/**
 * A statechart stepped over its layout. Which transition an event takes is XState's word; what follows from it is walked
 * here as XState would walk it in a flat chart (act, enter, then whatever needs no event), and of an instance nothing is
 * copied but its context. test/machines/live-vs-light.test.ts holds it to a live actor. Keeps nothing between two steps.
 */
import type { AnyActorRef } from 'xstate'
import type { PartyQuestContext } from '../../machines/context.ts'
import type { PartyQuestEmitted, PartyQuestEvent, PartyQuestMachine } from '../../machines/party-quest.ts'
import { InvariantError } from '../errors.ts'
import {
  type ActionArguments,
  type ChartLayout,
  type EventlessMove,
  type LaidAction,
  layOut,
  type Move,
  type Place,
} from './chart-layout.ts'
import type { InstanceSnapshot } from './instance.ts'
import { restingSnapshot } from './resting-snapshot.ts'

export class FlatChart {
  readonly #machine: PartyQuestMachine
  readonly #layout: ChartLayout
  readonly #supervisor: AnyActorRef
  readonly #tell: (emitted: PartyQuestEmitted) => void

  /**
   * @param tell hears what the machine emits, at once and in order
   * @throws InvariantError a machine that is no flat chart
   */
  constructor(machine: PartyQuestMachine, supervisor: AnyActorRef, tell: (emitted: PartyQuestEmitted) => void) {
    this.#machine = machine
    this.#layout = layOut(machine)
    this.#supervisor = supervisor
    this.#tell = tell
  }

  /** Where `event` leads: `before` itself where it is taken and changes nothing, `undefined` where it is not taken. */
  transition(before: InstanceSnapshot, event: PartyQuestEvent): InstanceSnapshot | undefined {
    const [taken] = this.#machine.getTransitionData(before, event)
    if (taken === undefined) return undefined
    const move = this.#layout.moves.get(taken)
    if (move === undefined) throw new InvariantError(`the chart has no ${event.type} in state ${before.value}`)

    let context = this.#follow(move, before.context, event)
    let entered = move.entered
    for (let next = this.#eventless(entered ?? before.value, context, event); next !== undefined; ) {
      context = this.#follow(next, context, event)
      entered = next.entered
      next = this.#eventless(entered, context, event)
    }
    if (context === before.context && entered === undefined) return before
    return restingSnapshot(entered ?? before.value, context)
  }

  #eventless(state: string, context: PartyQuestContext, event: PartyQuestEvent): EventlessMove | undefined {
    for (const move of this.#place(state).always) {
      if (move.guard === undefined || move.guard({ context, event }, undefined)) return move
    }
    return undefined
  }

  #follow({ actions, entered }: Move, before: PartyQuestContext, event: PartyQuestEvent): PartyQuestContext {
    const acted = this.#run(actions, before, event)
    return entered === undefined ? acted : this.#run(this.#place(entered).entry, acted, event)
  }

  #run(actions: readonly LaidAction[], before: PartyQuestContext, event: PartyQuestEvent): PartyQuestContext {
    const self = this.#supervisor
    let context = before
    for (const action of actions) {
      const args: ActionArguments = { context, event, self, system: self.system }
      if (action.type === 'emit') this.#tell(action.call(args, action.params))
      else context = { ...context, ...action.call(args, action.params) }
    }
    return context
  }

  #place(state: string): Place {
    const place = this.#layout.places.get(state)
    if (place === undefined) throw new InvariantError(`the chart has no state ${state}`)
    return place
  }
}
