/**
 * What all snapshots of one state have in common, once instead of once an instance: XState gives each snapshot a set
 * of tags, a list of nodes and two empty objects of its own, which is a fifth of what a resident instance costs.
 * An instance has no children and its machine no history, so nothing of it ever changes. Knows no context.
 */
import type { PartyQuestContext } from '../../machines/context.ts'
import { partyQuestMachine } from '../../machines/party-quest.ts'
import { InvariantError } from '../errors.ts'
import type { InstanceSnapshot } from './instance.ts'

/** Never stepped and never handed out: its context is missing. */
type Template = InstanceSnapshot

const NO_CONTEXT = undefined as unknown as PartyQuestContext
const TEMPLATES: ReadonlyMap<string, Template> = new Map(
  Object.keys(partyQuestMachine.states).map(value => [
    value,
    partyQuestMachine.resolveState({ value, context: NO_CONTEXT }),
  ]),
)

/** What `resolveState` makes of them, with the parts that all snapshots of the state share. */
export function restingSnapshot(state: string, context: PartyQuestContext): InstanceSnapshot {
  const template = TEMPLATES.get(state)
  if (template === undefined) throw new InvariantError(`the machine has no state ${state}`)
  return { ...template, context } as InstanceSnapshot
}

/** The same as XState made it, without the parts of its own. */
export function asResting({ value, context }: InstanceSnapshot): InstanceSnapshot {
  return restingSnapshot(value, context)
}
