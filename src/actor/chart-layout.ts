/**
 * What each transition of a flat statechart runs and where it leads, read from XState's own nodes once instead of being
 * searched in each step. The guards and actions stay the machine's. Only for plain states side by side, with guards,
 * assigns and emits that are functions: any other machine is refused when the service starts, never half understood.
 */
import type { AnyActorRef, AnyStateMachine, AnyStateNode } from 'xstate'
import type { PartyQuestContext } from '../../machines/context.ts'
import type { PartyQuestEmitted, PartyQuestEvent } from '../../machines/party-quest.ts'
import { InvariantError } from '../errors.ts'

/** What a guard is called with, by XState's names. */
export interface GuardArguments {
  readonly context: PartyQuestContext
  readonly event: PartyQuestEvent
}

/** What an action is called with. */
export interface ActionArguments extends GuardArguments {
  readonly self: AnyActorRef
  readonly system: AnyActorRef['system']
}

type Guard = (args: GuardArguments, params: undefined) => boolean
type Call<Result> = (args: ActionArguments, params: unknown) => Result

export type LaidAction =
  | { readonly type: 'assign'; readonly call: Call<Partial<PartyQuestContext>>; readonly params: unknown }
  | { readonly type: 'emit'; readonly call: Call<PartyQuestEmitted>; readonly params: unknown }

export interface Move {
  /** `undefined`: always. */
  readonly guard: Guard | undefined
  readonly actions: readonly LaidAction[]
  /** The other state that is entered; `undefined`: none is left. */
  readonly entered: string | undefined
}

export interface EventlessMove extends Move {
  readonly entered: string
}

export interface Place {
  readonly entry: readonly LaidAction[]
  /** Without an event, in the order in which they are tried. */
  readonly always: readonly EventlessMove[]
}

export interface ChartLayout {
  /** By the name of the state. */
  readonly places: ReadonlyMap<string, Place>
  /** By XState's own transition: those of an event. */
  readonly moves: ReadonlyMap<unknown, Move>
}

type Node = AnyStateNode
type Transition = NonNullable<Node['always']>[number]
type Action = Node['entry'][number]

/** @throws InvariantError a machine that is more than that */
export function layOut(machine: AnyStateMachine): ChartLayout {
  const { root, implementations } = machine
  const refuse = (node: Node, what: string): never => {
    throw new InvariantError(
      `state ${node.id} ${what}: a step knows plain states, assign and emit; teach src/actor/chart-layout.ts`,
    )
  }

  const actionOf = (node: Node, action: Action): LaidAction => {
    const name: unknown = typeof action === 'object' && 'type' in action ? action.type : action
    const params: unknown = typeof action === 'object' && 'params' in action ? action.params : undefined
    const found: unknown = typeof name === 'string' ? implementations.actions[name] : undefined
    if (typeof params === 'function') return refuse(node, 'computes the parameters of an action')
    // Where assign and emit keep what they were made of, which the types of XState do not tell.
    if (typeof found === 'function' && 'assignment' in found && typeof found.assignment === 'function') {
      return { type: 'assign', call: found.assignment as Call<Partial<PartyQuestContext>>, params }
    }
    if (typeof found === 'function' && 'event' in found && typeof found.event === 'function') {
      return { type: 'emit', call: found.event as Call<PartyQuestEmitted>, params }
    }
    return refuse(node, 'has an action that is no assign or emit of a function')
  }

  const guardOf = (node: Node, { guard }: Transition): Guard | undefined => {
    if (guard === undefined) return undefined
    const found: unknown = typeof guard === 'string' ? implementations.guards[guard] : undefined
    return typeof found === 'function' && !('check' in found)
      ? (found as Guard)
      : refuse(node, 'has a guard that is no named function')
  }

  const targetOf = (node: Node, { target, reenter }: Transition): string | undefined => {
    if (target === undefined) return undefined
    const [state, ...others] = target
    if (state === undefined || others.length > 0) return refuse(node, 'leads to several states')
    if (reenter || state === node || state.parent !== root) return refuse(node, 'leads to itself, or out of the chart')
    return state.key
  }

  const moveOf = (node: Node, transition: Transition): Move => ({
    guard: guardOf(node, transition),
    actions: transition.actions.map(action => actionOf(node, action)),
    entered: targetOf(node, transition),
  })

  const alwaysOf = (node: Node): readonly EventlessMove[] =>
    (node.always ?? []).map(transition => {
      const { entered = refuse(node, 'moves nowhere without an event'), ...move } = moveOf(node, transition)
      return { ...move, entered }
    })

  if (root.transitions.size > 0 || root.always !== undefined || root.exit.length > 0) {
    refuse(root, 'does something in all of its states')
  }
  const places = new Map<string, Place>()
  const moves = new Map<unknown, Move>()
  for (const node of Object.values<Node>(root.states)) {
    if (node.type !== 'atomic' && (node.type !== 'final' || node.always !== undefined)) refuse(node, `is ${node.type}`)
    if (node.exit.length > 0) refuse(node, 'does something when it is left')
    places.set(node.key, { entry: node.entry.map(action => actionOf(node, action)), always: alwaysOf(node) })
    for (const transition of [...node.transitions.values()].flat()) moves.set(transition, moveOf(node, transition))
  }
  return { places, moves }
}
