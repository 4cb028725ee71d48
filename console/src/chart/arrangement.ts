/**
 * The order in which the states of a graph lie, and which of its edges are lines: those between neighbours. Every
 * other edge is a row in the box of its source. So no line ever crosses a box, whatever the machine. No coordinates.
 */
import { type Branch, type ChartGraph, type ChartNode, targetsOf } from './graph.ts'

export interface Arrangement {
  /** First row: what leads to the frame, left to right. */
  readonly lead: readonly ChartNode[]
  /** The states of the frame that lie in a line, left to right; none: there is no frame. */
  readonly line: readonly ChartNode[]
  /** Below that line, with an edge from its first and its last. */
  readonly decision: ChartNode | null
  /** Further rows, each in the order of the way; the first runs right to left, the next left to right. */
  readonly rows: readonly (readonly ChartNode[])[]
  /** By source, then target. */
  readonly lines: readonly Line[]
}

export interface Line {
  readonly from: string
  readonly to: string
  readonly branches: readonly Branch[]
}

const ROW_STATES_MAX = 4
const HUB_SOURCES = 3

export function arrange(graph: ChartGraph): Arrangement {
  const byName = new Map(graph.nodes.map(node => [node.name, node]))
  const nodesOf = (names: readonly string[]) => names.flatMap(name => byName.get(name) ?? [])
  const framed = nodesOf(graph.frame)
  const resting = framed.filter(({ isDecision }) => !isDecision)
  const decisions = framed.filter(({ isDecision }) => isDecision)
  const hasOne = decisions.length === 1 && resting.length > 0
  const decision = hasOne ? (decisions[0] ?? null) : null
  const line = hasOne ? resting : framed
  const lead = nodesOf(leadOf(graph, byName))
  const rest = nodesOf(restOf(graph, byName, [...lead, ...framed]))
  const first = framed.length === 0 ? [...lead, ...rest].slice(0, ROW_STATES_MAX) : lead
  const later = framed.length === 0 ? [...lead, ...rest].slice(ROW_STATES_MAX) : rest
  const rows = chunks(later)
  const pairs = new Set(neighbours(first, line, decision, rows).map(([from, to]) => pairKey(from.name, to.name)))
  const lines = graph.nodes.flatMap(node =>
    targetsOf(node)
      .filter(to => pairs.has(pairKey(node.name, to)))
      .map(to => ({ from: node.name, to, branches: node.branches.filter(({ target }) => target === to) })),
  )
  return { lead: first, line, decision, rows, lines }
}

export const pairKey = (from: string, to: string) => `${from} ${to}`

function chunks(nodes: readonly ChartNode[]): readonly (readonly ChartNode[])[] {
  const count = Math.ceil(nodes.length / ROW_STATES_MAX)
  return Array.from({ length: count }, (_, row) => nodes.slice(row * ROW_STATES_MAX, (row + 1) * ROW_STATES_MAX))
}

/** The shortest way from the first state to the frame, without it. */
function leadOf(graph: ChartGraph, byName: ReadonlyMap<string, ChartNode>): readonly string[] {
  if (graph.frame.includes(graph.initial)) return []
  const cameFrom = new Map<string, string | null>([[graph.initial, null]])
  const queue = [graph.initial]
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    if (graph.frame.includes(name)) return wayTo(cameFrom.get(name) ?? null, cameFrom)
    const node = byName.get(name)
    for (const target of node === undefined ? [] : targetsOf(node)) {
      if (cameFrom.has(target)) continue
      cameFrom.set(target, name)
      queue.push(target)
    }
  }
  return byName.has(graph.initial) ? [graph.initial] : []
}

function wayTo(end: string | null, cameFrom: ReadonlyMap<string, string | null>): readonly string[] {
  const way: string[] = []
  for (let name = end; name !== null; name = cameFrom.get(name) ?? null) way.unshift(name)
  return way.slice(-ROW_STATES_MAX + 1)
}

/** On along the way, past what many lead to; that comes last, next to one that leads to it. */
function restOf(
  graph: ChartGraph,
  byName: ReadonlyMap<string, ChartNode>,
  placed: readonly ChartNode[],
): readonly string[] {
  const sources = (name: string) => graph.nodes.filter(node => targetsOf(node).includes(name)).length
  const left = new Set(graph.nodes.map(({ name }) => name))
  for (const { name } of placed) left.delete(name)
  const rest: string[] = []
  const nextAfter = (node: ChartNode | undefined) =>
    node === undefined ? undefined : targetsOf(node).find(name => left.has(name) && sources(name) < HUB_SOURCES)
  const take = (name: string) => {
    left.delete(name)
    rest.push(name)
  }
  const start = placed
    .toReversed()
    .map(nextAfter)
    .find(name => name !== undefined)
  if (start !== undefined) take(start)
  while (left.size > 0) {
    const on = nextAfter(byName.get(rest.at(-1) ?? ''))
    const final = graph.nodes.find(({ name, isFinal }) => isFinal && left.has(name))?.name
    const [any = ''] = left
    take(on ?? final ?? any)
  }
  return rest
}

type Pair = readonly [from: ChartNode, to: ChartNode]

function neighbours(
  lead: readonly ChartNode[],
  line: readonly ChartNode[],
  decision: ChartNode | null,
  rows: readonly (readonly ChartNode[])[],
): readonly Pair[] {
  const first = line[0]
  const last = line.at(-1)
  const pairs: Pair[] = [...bothWays(lead), ...bothWays(line), ...rows.flatMap(bothWays)]
  const gate = lead.at(-1)
  if (gate !== undefined && first !== undefined) pairs.push([gate, first])
  if (decision !== null && first !== undefined && last !== undefined) {
    pairs.push([first, decision], [last, decision], [decision, first])
  }
  // From the end of each row down to the next.
  const ends = [decision ?? last ?? gate, ...rows.map(row => row.at(-1))]
  rows.forEach((row, place) => {
    const [from, to] = [ends[place], row[0]]
    if (from !== undefined && to !== undefined) pairs.push([from, to])
  })
  return pairs
}

function bothWays(nodes: readonly ChartNode[]): readonly Pair[] {
  return nodes.slice(1).flatMap((node, place): Pair[] => {
    const before = nodes[place]
    return before === undefined
      ? []
      : [
          [before, node],
          [node, before],
        ]
  })
}
