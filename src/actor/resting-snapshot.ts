/**
 * What all snapshots of one state have in common, once instead of once an instance: XState gives each snapshot a set
 * of tags, a list of nodes and two empty objects of its own, which is a fifth of what a resident instance costs.
 * An instance has no children and its machine no history, so nothing of it ever changes. Knows no context.
 */
import type { PartyQuestContext } from '../../machines/context.ts'
import { partyQuestMachine, RESTING_STATES, type RestingState } from '../../machines/party-quest.ts'
import type { InstanceSnapshot } from './instance.ts'

/** Never stepped and never handed out: its context is missing. */
type Template = InstanceSnapshot

const NO_CONTEXT = undefined as unknown as PartyQuestContext
const TEMPLATES: ReadonlyMap<unknown, Template> = new Map(
  RESTING_STATES.map(value => [value, partyQuestMachine.resolveState({ value, context: NO_CONTEXT })]),
)

/** What `resolveState` makes of them, with the parts that all snapshots of the state share. */
export function restingSnapshot(value: RestingState, context: PartyQuestContext): InstanceSnapshot {
  const template = TEMPLATES.get(value)
  return template === undefined
    ? partyQuestMachine.resolveState({ value, context })
    : ({ ...template, context } as InstanceSnapshot)
}

/** Gives up what the snapshot has of its own and others of its state have too. It says the same as before. */
export function shareParts(snapshot: InstanceSnapshot): void {
  const template = TEMPLATES.get(snapshot.value)
  if (template === undefined || snapshot.tags === template.tags) return
  snapshot.tags = template.tags
  snapshot._nodes = template._nodes
  snapshot.children = template.children
  snapshot.historyValue = template.historyValue
}
