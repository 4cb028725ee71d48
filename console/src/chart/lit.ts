/**
 * What an instance lights in the chart: where it is, the edges that it took, the last of them, the commands that its
 * state takes, and the running timers with where each will lead. Changes what is coloured, never where it lies.
 */
import type { Instance, Machine, Operation } from '../../../src/api/documents.ts'
import { pairKey } from './arrangement.ts'
import { TIMER_PREFIX } from './graph.ts'

export interface RunningTimer {
  readonly name: string
  readonly target: string
  /** Epoch milliseconds. */
  readonly dueAt: number
  /** Null: nobody knows how long it runs in all. */
  readonly seconds: number | null
}

export interface Lit {
  readonly current: string
  /** States that it was in, or passed. */
  readonly visited: ReadonlySet<string>
  /** By pairKey. */
  readonly taken: ReadonlySet<string>
  /** Of the last operation that led anywhere. */
  readonly last: ReadonlySet<string>
  /** What set it off; null: there was none. */
  readonly lastEvent: string | null
  readonly possible: ReadonlySet<string>
  readonly timers: readonly RunningTimer[]
}

export function litBy(
  machine: Machine,
  { state, journal, commands, timers }: Pick<Instance, 'state' | 'journal' | 'commands' | 'timers'>,
): Lit {
  const ways = journal.map((operation, at) => wayOf(machine, operation, journal[at - 1]))
  const taken = ways.filter(way => way.length > 0)
  const place = ways.findLastIndex(way => way.length > 0)
  return {
    current: state,
    visited: new Set([
      state,
      ...journal.flatMap(({ from, to }) => (from === null ? [to] : [from, to])),
      ...taken.flat().flatMap(key => key.split(' ')),
    ]),
    taken: new Set(taken.flat()),
    last: new Set(ways[place] ?? []),
    lastEvent: journal[place]?.event.type ?? null,
    possible: new Set(commands.filter(({ isAccepted }) => isAccepted).map(({ type }) => type)),
    timers,
  }
}

/** Whether a timer takes the edge, or row, that leads to `target` (null: stays). */
export function timerOn(lit: Lit, from: string, event: string | null, target: string | null): RunningTimer | undefined {
  if (from !== lit.current || event === null) return undefined
  return lit.timers.find(timer => TIMER_PREFIX + timer.name === event && timer.target === target)
}

/** The edges that an operation went along, decisions included; none where it stayed. */
export function wayOf(machine: Machine, operation: Operation, before: Operation | undefined): readonly string[] {
  const { from, to, event, stageIndex } = operation
  const byName = new Map(machine.states.map(state => [state.name, state]))
  const targets = (name: string, type: string | null) =>
    (byName.get(name)?.transitions ?? []).filter(transition => transition.event === type).map(({ target }) => target)
  if (from !== null && from === to && before?.stageIndex === stageIndex && targets(from, event.type).includes(null)) {
    return []
  }
  const start = from ?? initialOf(machine)
  const queue: { name: string; way: readonly string[] }[] =
    from === null
      ? [{ name: start, way: [] }]
      : // What an event changes without leading on may let the state go on by itself.
        targets(from, event.type).map(target =>
          target === null ? { name: from, way: [] } : { name: target, way: [pairKey(from, target)] },
        )
  const seen = new Set<string>()
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { name, way } = next
    if (name === to && (from === null || way.length > 0)) return way
    if (seen.has(name)) continue
    seen.add(name)
    for (const target of targets(name, null)) {
      if (target !== null) queue.push({ name: target, way: [...way, pairKey(name, target)] })
    }
  }
  return []
}

function initialOf({ config, states }: Machine): string {
  return typeof config.initial === 'string' ? config.initial : (states[0]?.name ?? '')
}
