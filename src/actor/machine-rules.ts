/**
 * What a machine must not do to be stepped as data: anything that outlives the step. Checked by walking it when
 * the service starts, so that a change to the machine that breaks the rules never reaches a shard.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate'

const PURE_ACTIONS = new Set(['xstate.assign', 'xstate.emit'])

/** One sentence per broken rule; empty for a machine that may run. */
export function machineFaults(machine: AnyStateMachine): readonly string[] {
  const faults: string[] = []
  const visit = (node: AnyStateNode): void => {
    if (node.invoke.length > 0) faults.push(`state ${node.id} invokes an actor: start it as an effect after the commit`)
    if (node.after.length > 0) faults.push(`state ${node.id} uses "after": keep a deadline in the context instead`)
    const transitions = [...node.transitions.values()].flat().concat(node.always ?? [])
    for (const action of [...node.entry, ...node.exit, ...transitions.flatMap(({ actions }) => actions)]) {
      if (typeof action === 'function') faults.push(`state ${node.id} has an inline action: name it in setup()`)
    }
    for (const child of Object.values(node.states)) visit(child)
  }
  visit(machine.root)
  for (const [name, action] of Object.entries(machine.implementations.actions)) {
    const type = action !== undefined && 'type' in action ? String(action.type) : 'a plain function'
    if (!PURE_ACTIONS.has(type)) faults.push(`action ${name} is ${type}: only assign and emit leave no trace behind`)
  }
  return faults
}
