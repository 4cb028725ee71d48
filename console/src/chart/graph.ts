/**
 * A machine document as the graph that the chart draws: what this quest can never do is left out, the states in which
 * a stage is played form one frame, and a state that is only passed through is a decision. Knows no coordinates, and of
 * our machine only what the document says.
 */
import type { Machine } from '../../../src/api/documents.ts'

export interface Branch {
  /** Null: taken by itself. */
  readonly event: string | null
  readonly guard: string | null
  /** Null: stays. */
  readonly target: string | null
  /** The guard of the branch that is tried before it: it holds that it does not. */
  readonly unless: string | null
}

export interface ChartNode {
  readonly name: string
  readonly isFinal: boolean
  /** Passed through within one operation: nothing is waited for in it. */
  readonly isDecision: boolean
  readonly branches: readonly Branch[]
}

export interface ChartGraph {
  readonly initial: string
  /** In the machine's order, unreachable ones left out. */
  readonly nodes: readonly ChartNode[]
  /** Names of the states that repeat for each stage; a decision only where it leads back among them. */
  readonly frame: readonly string[]
}

/** What is known of the guards and the timers before anything is played. */
export interface Facts {
  /** Guards whose answer is always the same. */
  readonly guards: Readonly<Record<string, boolean>>
  /** Events that never come. */
  readonly absent: readonly string[]
}

export const NO_FACTS: Facts = { guards: {}, absent: [] }
const FRAME_TAG = 'playing'
export const TIMER_PREFIX = 'timer.'

export function chartGraph(machine: Machine, facts: Facts = NO_FACTS): ChartGraph {
  const names = new Set(machine.states.map(({ name }) => name))
  const all = machine.states.map((state): ChartNode => {
    const branches = branchesOf(state.transitions, facts).filter(({ target }) => target === null || names.has(target))
    return {
      name: state.name,
      isFinal: state.isFinal,
      isDecision: !state.isFinal && branches.length > 0 && branches.every(({ event }) => event === null),
      branches,
    }
  })
  const initial = initialOf(machine)
  const nodes = reachable(all, initial)
  return { initial, nodes, frame: frameOf(machine, nodes) }
}

type Transitions = Machine['states'][number]['transitions']

/** A guard that always holds ends the list of its event; one that never does is not in it. */
function branchesOf(transitions: Transitions, facts: Facts): readonly Branch[] {
  const decided = new Set<string | null>()
  const before = new Map<string | null, string>()
  const branches: Branch[] = []
  for (const { event, guard, target } of transitions) {
    if ((event !== null && facts.absent.includes(event)) || decided.has(event)) continue
    const known = guard === null ? true : facts.guards[guard]
    if (known === false) continue
    branches.push({ event, guard: known === true ? null : guard, target, unless: before.get(event) ?? null })
    if (known === true) decided.add(event)
    else if (guard !== null) before.set(event, guard)
  }
  // What always happens by itself leaves no time for anything else.
  return decided.has(null) ? branches.filter(({ event }) => event === null) : branches
}

function initialOf({ config, states }: Machine): string {
  return typeof config.initial === 'string' ? config.initial : (states[0]?.name ?? '')
}

function reachable(nodes: readonly ChartNode[], initial: string): readonly ChartNode[] {
  const byName = new Map(nodes.map(node => [node.name, node]))
  const found = new Set<string>()
  const queue = [initial]
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    const node = byName.get(name)
    if (node === undefined || found.has(name)) continue
    found.add(name)
    queue.push(...targetsOf(node))
  }
  return nodes.filter(({ name }) => found.has(name))
}

function frameOf({ config }: Machine, nodes: readonly ChartNode[]): readonly string[] {
  const tagged = nodes.filter(({ name }) => tagsOf(config.states, name).includes(FRAME_TAG)).map(({ name }) => name)
  const within = nodes.filter(
    node =>
      node.isDecision &&
      !tagged.includes(node.name) &&
      targetsOf(node).some(target => tagged.includes(target)) &&
      nodes.every(
        ({ name, branches }) => tagged.includes(name) || !branches.some(({ target }) => target === node.name),
      ),
  )
  return tagged.length === 0 ? [] : [...tagged, ...within.map(({ name }) => name)]
}

function tagsOf(states: unknown, name: string): readonly unknown[] {
  const state = isRecord(states) ? states[name] : undefined
  const tags = isRecord(state) ? state.tags : undefined
  return Array.isArray(tags) ? tags : [tags]
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Other states that it leads to, each once. */
export function targetsOf({ name, branches }: ChartNode): readonly string[] {
  const targets = branches.flatMap(({ target }) => (target === null || target === name ? [] : [target]))
  return [...new Set(targets)]
}
