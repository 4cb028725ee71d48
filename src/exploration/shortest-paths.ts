/**
 * Shortest paths through an explored life (Dijkstra), where what a party does by itself is the nearest way and an
 * override or a timer that is waited for is a detour. Knows no machine: it adds up moves.
 */
import type { ExploredTransition, PathStep } from './explored-life.ts'

/** Three commands clear a stage and leave it: an override is taken only where they cannot. */
const FORCED_COST = 4
/** More than an override: no path waits for a timer, but for one that only a timer ends. */
const TIMER_COST = 8

export interface ShortestPath {
  readonly cost: number
  /** From `first` to the end of the transition, both with it. */
  readonly path: () => readonly PathStep[]
}

/** `first` leads to where every path begins. The transitions of what comes back must be of those given. */
export function shortestPaths(
  first: PathStep,
  transitions: readonly ExploredTransition[],
): (last: ExploredTransition) => ShortestPath {
  const outgoing = new Map<string, ExploredTransition[]>()
  for (const transition of transitions) {
    if (transition.from === transition.to) continue
    const known = outgoing.get(transition.from)
    if (known === undefined) outgoing.set(transition.from, [transition])
    else known.push(transition)
  }
  const reached = new Map<string, { readonly cost: number; readonly by: ExploredTransition | undefined }>()
  // Costs are small whole numbers, so that a list per cost is a queue.
  const waiting: { readonly to: string; readonly by: ExploredTransition | undefined }[][] = [
    [{ to: first.after.key, by: undefined }],
  ]
  for (let cost = 0; cost < waiting.length; cost++) {
    for (const { to, by } of waiting[cost] ?? []) {
      if (reached.has(to)) continue
      reached.set(to, { cost, by })
      for (const next of outgoing.get(to) ?? []) {
        const place = cost + costOf(next)
        while (waiting.length <= place) waiting.push([])
        waiting[place]?.push({ to: next.to, by: next })
      }
    }
  }
  return last => ({
    cost: (reached.get(last.from)?.cost ?? Number.POSITIVE_INFINITY) + costOf(last),
    path: () => {
      const backwards: PathStep[] = []
      for (let by: ExploredTransition | undefined = last; by !== undefined; by = reached.get(by.from)?.by) {
        backwards.push(by.step)
      }
      return [first, ...backwards.reverse()]
    },
  })
}

function costOf({ step, isForced }: ExploredTransition): number {
  if (isForced) return FORCED_COST
  return step.event.type.startsWith('timer.') ? TIMER_COST : 1
}
