/**
 * Every transition that the machine can take, found by walking it, and who took which: each entry of each `on` and
 * `always` of each state, guarded branches apart. Counts; judges nothing.
 */
import { partyQuestMachine } from '../../../machines/party-quest.ts'

type Transition = ReturnType<typeof allTransitions>[number]['transition']

/** `active STAGE_CLEAR_ATTEMPT [conditionsHold] → cleared`, by the object that XState shows when it takes it. */
const NAMES: ReadonlyMap<unknown, string> = new Map(
  allTransitions().map(({ transition, state, event }) => [transition, nameOf(transition, state, event)]),
)

function allTransitions() {
  return Object.values(partyQuestMachine.root.states).flatMap(node => {
    const events = [...node.transitions].flatMap(([event, transitions]) =>
      transitions.map(transition => ({ transition, state: node.key, event: String(event) })),
    )
    const always = (node.always ?? []).map(transition => ({ transition, state: node.key, event: 'always' }))
    return [...always, ...events]
  })
}

function nameOf(transition: Transition, state: string, event: string): string {
  const { guard, target } = transition
  const goes = target?.[0] === undefined ? 'stays' : `→ ${target[0].key}`
  return `${state} ${event}${typeof guard === 'string' ? ` [${guard}]` : ''} ${goes}`
}

export const MACHINE_STATES: readonly string[] = Object.keys(partyQuestMachine.root.states)

/** But for what monsters do, which no command can: later-version.test.ts has those. */
export function transitionNames(): readonly string[] {
  return [...NAMES.values()].filter(name => !name.includes(' monster.'))
}

/** The state that a transition of that name leaves, and the one that it enters, if any. */
export function endsOf(name: string): { readonly from: string; readonly to: string | undefined } {
  return { from: name.split(' ')[0] ?? '', to: name.split('→ ')[1] }
}

/** The name of a transition as XState shows it; none for the step into the initial state. */
export function transitionName(transition: { readonly source: { readonly parent?: unknown } }): string | undefined {
  const name = NAMES.get(transition)
  if (name === undefined && transition.source.parent !== undefined) throw new Error('XState took an unknown transition')
  return name
}

export class Tally {
  readonly #counts = new Map<string, number>()

  add(name: string): void {
    this.#counts.set(name, this.of(name) + 1)
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0
  }
}
