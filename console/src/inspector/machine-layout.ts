/**
 * Where each state of any machine is drawn: boxes in boxes, the children of a state in columns by how many steps they
 * are away from its initial one, regions of a parallel state one below the other. What a state can do stands in it as
 * rows, so that the picture is complete without its lines; one that would run over another state is left out. Pure; the same machine is always drawn alike.
 */
import { cut } from './frame-reader.ts'
import type { StateNode, Transition } from './machine-tree.ts'

export interface Box {
  readonly key: string
  readonly name: string
  readonly kind: StateNode['kind']
  readonly isInitial: boolean
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly rows: readonly string[]
  /** Nested boxes, to be drawn above this one. */
  readonly depth: number
}

export interface Line {
  readonly key: string
  readonly from: string
  readonly to: string
  /** Of an SVG path. */
  readonly path: string
}

export interface MachineLayout {
  readonly width: number
  readonly height: number
  /** Outer ones first. */
  readonly boxes: readonly Box[]
  readonly lines: readonly Line[]
}

/** Of the type in which names and rows are set: see inspector.css. */
const CHAR_WIDTH = 6.7
export const HEAD_HEIGHT = 26
export const ROW_HEIGHT = 17
const ROWS_MAX = 9
const ROW_CHARS_MAX = 44
const BOX_WIDTH_MIN = 96
const PADDING = 14
const CROSSING_SAMPLES = 25
const GAP_X = 44
const GAP_Y = 22
/** Columns that would be wider begin again below. */
const LINE_WIDTH_MAX = 980

interface Sized {
  readonly node: StateNode
  readonly width: number
  readonly height: number
  readonly rows: readonly string[]
  /** From the corner of this one. */
  readonly children: readonly { readonly x: number; readonly y: number; readonly sized: Sized }[]
}

export function layOut(root: StateNode): MachineLayout {
  const sized = size(root)
  const boxes: Box[] = []
  place(sized, 0, 0, undefined, 0, boxes)
  boxes.sort((one, other) => one.depth - other.depth)
  return { width: sized.width, height: sized.height, boxes, lines: linesOf(root, boxes) }
}

function size(node: StateNode): Sized {
  const rows = rowsOf(node.transitions)
  const texts = [node.name, ...rows]
  const textWidth = Math.max(...texts.map(text => Math.min(text.length, ROW_CHARS_MAX))) * CHAR_WIDTH + 2 * PADDING
  const head = HEAD_HEIGHT + rows.length * ROW_HEIGHT + (rows.length > 0 ? 6 : 0)
  if (node.children.length === 0) {
    return { node, rows, width: Math.max(BOX_WIDTH_MIN, textWidth), height: head, children: [] }
  }
  const children: { x: number; y: number; sized: Sized }[] = []
  let [x, y, lineHeight, width] = [PADDING, head + PADDING, 0, 0]
  for (const column of columnsOf(node)) {
    const sizes = column.map(size)
    const columnWidth = Math.max(...sizes.map(one => one.width))
    const columnHeight = sizes.reduce((sum, one) => sum + one.height + GAP_Y, -GAP_Y)
    if (x > PADDING && x + columnWidth > LINE_WIDTH_MAX) {
      x = PADDING
      y += lineHeight + GAP_Y * 2
      lineHeight = 0
    }
    let at = y
    for (const sized of sizes) {
      children.push({ x, y: at, sized })
      at += sized.height + GAP_Y
    }
    x += columnWidth + GAP_X
    width = Math.max(width, x - GAP_X + PADDING)
    lineHeight = Math.max(lineHeight, columnHeight)
  }
  return { node, rows, width: Math.max(width, textWidth), height: y + lineHeight + PADDING + GAP_Y, children }
}

/** By steps from the initial child; those that no step leads to come last. */
function columnsOf(node: StateNode): readonly (readonly StateNode[])[] {
  if (node.kind === 'parallel') return [node.children]
  const steps = new Map<string, number>()
  const edges = edgesBetween(node)
  let front = node.children.filter(({ key }) => key === node.initial).map(({ key }) => key)
  for (let step = 0; front.length > 0; step++) {
    for (const key of front) steps.set(key, step)
    front = [...new Set(front.flatMap(key => edges.get(key) ?? []))].filter(key => !steps.has(key))
  }
  const last = Math.max(-1, ...steps.values()) + 1
  const columns = Array.from({ length: last + 1 }, (_, column) =>
    node.children.filter(({ key }) => (steps.get(key) ?? last) === column),
  )
  return columns.filter(column => column.length > 0)
}

/** From child to child, wherever within them a transition begins and ends. */
function edgesBetween(node: StateNode): ReadonlyMap<string, readonly string[]> {
  return new Map(
    node.children.map(child => {
      const targets = transitionsWithin(child).flatMap(({ targets }) => targets)
      const reached = node.children.filter(
        ({ key }) => key !== child.key && targets.some(target => target === key || target.startsWith(`${key}\n`)),
      )
      return [child.key, reached.map(({ key }) => key)]
    }),
  )
}

function transitionsWithin(node: StateNode): readonly Transition[] {
  return [...node.transitions, ...node.children.flatMap(transitionsWithin)]
}

function place(
  { node, width, height, rows, children }: Sized,
  x: number,
  y: number,
  initial: string | undefined,
  depth: number,
  boxes: Box[],
): void {
  const { key, name, kind } = node
  boxes.push({ key, name, kind, isInitial: key === initial, x, y, width, height, rows, depth })
  const first = kind === 'parallel' ? undefined : node.initial
  for (const child of children) place(child.sized, x + child.x, y + child.y, first, depth + 1, boxes)
}

function linesOf(root: StateNode, boxes: readonly Box[]): readonly Line[] {
  const byKey = new Map(boxes.map(box => [box.key, box]))
  const lines: Line[] = []
  const visit = (node: StateNode) => {
    for (const [from, targets] of edgesBetween(node)) {
      for (const to of targets) {
        const [source, target] = [byKey.get(from), byKey.get(to)]
        if (source === undefined || target === undefined) continue
        const curve = curveBetween(source, target)
        const others = node.children.flatMap(({ key }) => (key === from || key === to ? [] : (byKey.get(key) ?? [])))
        if (crosses(curve, others)) continue
        const [start, bend, towards, end] = curve.map(point => point.join(' '))
        lines.push({ key: `${from}\n\n${to}`, from, to, path: `M${start} C${bend} ${towards} ${end}` })
      }
    }
    node.children.forEach(visit)
  }
  visit(root)
  return lines
}

type Point = readonly [x: number, y: number]
type Curve = readonly [Point, Point, Point, Point]

/** To the right from head to head, down to what lies below; anywhere else out at the bottom and in from below. */
function curveBetween(from: Box, to: Box): Curve {
  if (to.x >= from.x + from.width) {
    const [x1, y1, x2, y2] = [from.x + from.width, from.y + HEAD_HEIGHT / 2, to.x, to.y + HEAD_HEIGHT / 2]
    const bend = Math.max(18, (x2 - x1) / 2)
    return [
      [x1, y1],
      [x1 + bend, y1],
      [x2 - bend, y2],
      [x2, y2],
    ]
  }
  const above = from.y + from.height <= to.y
  const [left, right] = [Math.max(from.x, to.x), Math.min(from.x + from.width, to.x + to.width)]
  if (above && left < right) {
    const x = (left + right) / 2
    const [y1, y2] = [from.y + from.height, to.y]
    const middle = (y1 + y2) / 2
    return [
      [x, y1],
      [x, middle],
      [x, middle],
      [x, y2],
    ]
  }
  const [x1, y1] = [from.x + from.width * 0.4, from.y + from.height]
  const [x2, y2] = [to.x + to.width * 0.6, to.y + to.height]
  if (x2 < from.x && y2 + GAP_Y < y1) {
    // Out at the side: from the bottom it would come back through its own box.
    const y = y1 - GAP_Y / 2
    return [
      [from.x, y],
      [x2, y],
      [x2, y],
      [x2, y2],
    ]
  }
  const low = Math.max(y1, y2) + GAP_Y
  return [
    [x1, y1],
    [x1, low],
    [x2, low],
    [x2, y2],
  ]
}

/** A line over another state says less than none: its row in the box tells where it leads. */
function crosses([start, bend, towards, end]: Curve, boxes: readonly Box[]): boolean {
  const at = (t: number, axis: 0 | 1) =>
    (1 - t) ** 3 * start[axis] +
    3 * (1 - t) ** 2 * t * bend[axis] +
    3 * (1 - t) * t ** 2 * towards[axis] +
    t ** 3 * end[axis]
  return Array.from({ length: CROSSING_SAMPLES }, (_, step) => step / (CROSSING_SAMPLES - 1)).some(t => {
    const [x, y] = [at(t, 0), at(t, 1)]
    return boxes.some(box => x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height)
  })
}

function rowsOf(transitions: readonly Transition[]): readonly string[] {
  const rows = transitions.map(({ event, guard, targets }) => {
    const to = targets.length === 0 ? '' : ` → ${targets.map(lastName).join(', ')}`
    // Where it leads matters more than the whole name of a guard.
    const room = Math.max(8, ROW_CHARS_MAX - event.length - to.length - 3)
    return cut(`${event}${guard === undefined ? '' : ` [${cut(guard, room)}]`}${to}`, ROW_CHARS_MAX)
  })
  if (rows.length <= ROWS_MAX) return rows
  return [...rows.slice(0, ROWS_MAX - 1), `and ${rows.length - ROWS_MAX + 1} more`]
}

function lastName(key: string): string {
  return key.slice(key.lastIndexOf('\n') + 1)
}
