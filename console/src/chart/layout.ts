/**
 * Where the boxes, the lines and the words of a chart lie, in pixels. The first row runs left to right and ends in the
 * frame of the stage, the next right to left, and so on. Room is made for every word before anything is placed, so
 * that nothing lies on anything else. Depends on the graph alone: what an instance does never moves it.
 */
import { type Arrangement, arrange, type Line } from './arrangement.ts'
import type { ChartGraph, ChartNode } from './graph.ts'
import { arrowWords, edgeWords, nameWidth, rowWords, type Words, wordsWidth } from './words.ts'

export interface Place {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface BoxRow extends Place {
  readonly words: Words
  /** Null: stays in the state. */
  readonly target: string | null
}

export interface Box extends Place {
  readonly name: string
  readonly isFinal: boolean
  readonly isDecision: boolean
  readonly rows: readonly BoxRow[]
}

export type Point = readonly [x: number, y: number]

export interface Edge {
  readonly from: string
  readonly to: string
  /** Along the axes, from the one box's border to the other's. */
  readonly points: readonly Point[]
  readonly label: Place & { readonly words: readonly Words[]; readonly anchor: 'start' | 'middle' }
}

export interface ChartLayout {
  readonly width: number
  readonly height: number
  /** Null: the machine has no state in which a stage is played. */
  readonly frame: Place | null
  readonly boxes: readonly Box[]
  readonly edges: readonly Edge[]
}

export const HEADER_HEIGHT = 32
export const ROW_HEIGHT = 18
export const LINE_HEIGHT = 14
export const FRAME_TITLE_HEIGHT = 30

const MARGIN = 20
const BOX_PADDING = 12
const BOX_FOOT = 7
const BOX_WIDTH_MIN = 88
const FRAME_PADDING = 18
/** Room for `stage 12 of 34`. */
const FRAME_WIDTH_MIN = 180
const GAP_MIN = 30
/** Beside a word in a gap, and where the arrow's tip goes. */
const WORD_PADDING = 12
const ARROW = 10
/** Where lines meet a box, from its top: the way on, and the way back. */
const PORT = 16
const BACK_PORT = 27
const OFF_LINE = 6
const CORNER = 20

export function layOut(graph: ChartGraph): ChartLayout {
  return new Drawing(arrange(graph)).draw()
}

interface Size {
  readonly node: ChartNode
  readonly width: number
  readonly height: number
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
const bottomOf = ({ y, height }: Place) => y + height
const rightOf = ({ x, width }: Place) => x + width
const centreOf = ({ x, width }: Place) => x + width / 2
const blockHeight = (words: readonly Words[]) => words.length * LINE_HEIGHT
const blockWidth = (words: readonly Words[]) => Math.max(0, ...words.map(line => wordsWidth(line)))

/** One drawing under way: what is placed is kept, and looked up by its name. */
class Drawing {
  readonly #plan: Arrangement
  readonly #boxes = new Map<string, Box>()
  readonly #edges: Edge[] = []

  constructor(plan: Arrangement) {
    this.#plan = plan
  }

  draw(): ChartLayout {
    const { lead, line, decision, rows } = this.#plan
    const leadWidth = this.#rowWidth(lead)
    const frameWidth = line.length === 0 ? 0 : this.#frameWidth()
    const entrance = line[0] === undefined ? 0 : this.#gap(lead.at(-1), line[0])
    const first = leadWidth + (lead.length > 0 ? entrance : 0) + frameWidth
    const width = Math.max(first, ...rows.map(row => this.#rowWidth(row)), ...this.#wordsDown()) + 2 * MARGIN

    const isAlone = line.length === 0
    const titleRoom = isAlone ? 0 : FRAME_TITLE_HEIGHT + 8
    const top = MARGIN + Math.max(titleRoom + this.#rise(line), this.#rise([...lead, ...line.slice(0, 1)]))
    this.#placeRow(lead, MARGIN, width - MARGIN - frameWidth - (isAlone ? 0 : entrance), top, 'centre')
    const frame = isAlone ? null : this.#placeFrame(width - MARGIN - frameWidth, frameWidth, top, titleRoom)
    const gate = lead.at(-1)
    if (gate !== undefined && line[0] !== undefined) this.#straight(gate, line[0], frame?.x)

    const lowest = [...lead.map(node => bottomOf(this.#box(node))), ...this.#sink(lead, top)]
    let bottom = Math.max(frame === null ? 0 : bottomOf(frame), ...lowest)
    let end: ChartNode | undefined = decision ?? line.at(-1) ?? gate
    rows.forEach((row, place) => {
      const isLeftward = place % 2 === 0
      const down = end === undefined || row[0] === undefined ? undefined : this.#lineOf(end, row[0])
      const room = CORNER + (down === undefined ? GAP_MIN / 2 : blockHeight(edgeWords(down.branches)) + CORNER)
      const visual = isLeftward ? row.toReversed() : row
      const rowTop = bottom + room + this.#rise(visual)
      this.#placeRow(visual, MARGIN, width - MARGIN, rowTop, isLeftward ? 'right' : 'left')
      if (end !== undefined && row[0] !== undefined) this.#downwards(end, row[0], bottom, width)
      bottom = Math.max(...row.map(node => bottomOf(this.#box(node))), ...this.#sink(visual, rowTop))
      end = row.at(-1)
    })
    return { width, height: bottom + MARGIN, frame, boxes: [...this.#boxes.values()], edges: this.#edges }
  }

  #lineOf(from: ChartNode, to: ChartNode): Line | undefined {
    return this.#plan.lines.find(line => line.from === from.name && line.to === to.name)
  }

  #box(node: ChartNode): Box {
    const box = this.#boxes.get(node.name)
    if (box === undefined) throw new RangeError(`the state ${node.name} has no place in the chart`)
    return box
  }

  // -- how large

  /** What is not a line from here. Of the same event to the same target one row. */
  #rowsOf(node: ChartNode): readonly { words: Words; target: string | null; width: number }[] {
    const rows: { words: Words; target: string | null; width: number }[] = []
    for (const branch of node.branches) {
      const isLine = this.#plan.lines.some(({ from, to }) => from === node.name && to === branch.target)
      const words = rowWords(branch)
      const isKnown = rows.some(row => row.words.text === words.text && row.target === branch.target)
      // A command that may lead on is no second row where it leads nowhere.
      const leadsOn = branch.target === null && node.branches.some(b => b.event === branch.event && b.target !== null)
      if (isLine || isKnown || leadsOn) continue
      const behind = branch.target === null ? '' : arrowWords(branch.target)
      rows.push({ words, target: branch.target, width: wordsWidth(words, behind) })
    }
    return rows
  }

  #size(node: ChartNode): Size {
    const rows = this.#rowsOf(node)
    const inner = Math.max(nameWidth(node.name) + (node.isDecision ? 0 : 20), ...rows.map(({ width }) => width))
    const height = HEADER_HEIGHT + (rows.length === 0 ? 0 : rows.length * ROW_HEIGHT + BOX_FOOT)
    return { node, width: Math.max(node.isDecision ? 0 : BOX_WIDTH_MIN, inner + 2 * BOX_PADDING), height }
  }

  #gap(one: ChartNode | undefined, other: ChartNode): number {
    if (one === undefined) return 0
    const words = [this.#lineOf(one, other), this.#lineOf(other, one)].flatMap(line =>
      line === undefined ? [] : [blockWidth(edgeWords(line.branches))],
    )
    return words.length === 0 ? GAP_MIN : Math.max(...words) + 2 * WORD_PADDING + ARROW
  }

  #gaps(nodes: readonly ChartNode[]): readonly number[] {
    return nodes.slice(1).map((node, place) => this.#gap(nodes[place], node))
  }

  #rowWidth(nodes: readonly ChartNode[]): number {
    return sum(nodes.map(node => this.#size(node).width)) + sum(this.#gaps(nodes))
  }

  /** How far the words above the lines of a row stand out over its boxes. */
  #rise(nodes: readonly ChartNode[]): number {
    return Math.max(0, ...this.#between(nodes, 'on').map(words => blockHeight(words) + OFF_LINE - PORT))
  }

  /** How far down the words below the lines of a row reach. */
  #sink(nodes: readonly ChartNode[], top: number): readonly number[] {
    return this.#between(nodes, 'back').map(words => top + BACK_PORT + OFF_LINE + blockHeight(words))
  }

  #between(nodes: readonly ChartNode[], which: 'on' | 'back'): readonly (readonly Words[])[] {
    return nodes.slice(1).flatMap((node, place) => {
      const before = nodes[place]
      if (before === undefined) return []
      const lines = [this.#lineOf(before, node), this.#lineOf(node, before)].filter(line => line !== undefined)
      return lines.slice(which === 'on' ? 0 : 1, which === 'on' ? 1 : 2).map(({ branches }) => edgeWords(branches))
    })
  }

  /** Beside a line from one row to the next there is room for its words on one side at least. */
  #wordsDown(): readonly number[] {
    const { lead, line, decision, rows } = this.#plan
    const ends = [decision ?? line.at(-1) ?? lead.at(-1), ...rows.map(row => row.at(-1))]
    return rows.map((row, place) => {
      const [from, to] = [ends[place], row[0]]
      const found = from === undefined || to === undefined ? undefined : this.#lineOf(from, to)
      return found === undefined ? 0 : 2 * blockWidth(edgeWords(found.branches))
    })
  }

  // -- where

  #place(size: Size, x: number, y: number): Box {
    const { node, width, height } = size
    const rows = this.#rowsOf(node).map(({ words, target }, place) => ({
      words,
      target,
      x: x + BOX_PADDING,
      y: y + HEADER_HEIGHT + place * ROW_HEIGHT,
      width: width - 2 * BOX_PADDING,
      height: ROW_HEIGHT,
    }))
    const box = { name: node.name, isFinal: node.isFinal, isDecision: node.isDecision, rows, x, y, width, height }
    this.#boxes.set(node.name, box)
    return box
  }

  /** From the one end to the other, one alone at the `left` or the `right`; `centre`: together, in the middle. */
  #placeRow(nodes: readonly ChartNode[], from: number, to: number, y: number, how: 'left' | 'right' | 'centre'): void {
    const gaps = this.#gaps(nodes)
    const spare = to - from - this.#rowWidth(nodes)
    const more = how !== 'centre' && gaps.length > 0 ? spare / gaps.length : 0
    let x = from + (how === 'centre' ? spare / 2 : how === 'right' && gaps.length === 0 ? spare : 0)
    nodes.forEach((node, place) => {
      const box = this.#place(this.#size(node), x, y)
      x = rightOf(box) + (gaps[place] ?? 0) + more
    })
    for (const [place, node] of nodes.slice(1).entries()) {
      const before = nodes[place]
      if (before !== undefined) this.#straightBothWays(before, node)
    }
  }

  #straightBothWays(left: ChartNode, right: ChartNode): void {
    const isForward = this.#lineOf(left, right) !== undefined
    if (isForward) this.#straight(left, right)
    if (this.#lineOf(right, left) !== undefined) this.#straight(right, left, undefined, isForward)
  }

  /** `until`: where the gap ends for the words, if before the box. */
  #straight(from: ChartNode, to: ChartNode, until?: number, isBack = false): void {
    const line = this.#lineOf(from, to)
    if (line === undefined) return
    const [a, b] = [this.#box(from), this.#box(to)]
    const isRightward = a.x < b.x
    const [start, end] = isRightward ? [rightOf(a), b.x] : [a.x, rightOf(b)]
    const y = a.y + (isBack ? BACK_PORT : PORT)
    const words = edgeWords(line.branches)
    const [width, height] = [blockWidth(words), blockHeight(words)]
    const middle = (start + (until ?? end)) / 2 + (isRightward ? -ARROW / 2 : ARROW / 2)
    const label = { x: middle - width / 2, y: isBack ? y + OFF_LINE : y - OFF_LINE - height, width, height }
    this.#add(
      from,
      to,
      [
        [start, y],
        [end, y],
      ],
      words,
      label,
      'middle',
    )
  }

  #add(
    from: ChartNode,
    to: ChartNode,
    points: readonly Point[],
    words: readonly Words[],
    place: Place,
    anchor: 'start' | 'middle',
  ): void {
    this.#edges.push({ from: from.name, to: to.name, points, label: { ...place, words, anchor } })
  }

  // -- the frame of the stage

  #frameWidth(): number {
    const { line } = this.#plan
    return Math.max(FRAME_WIDTH_MIN, this.#rowWidth(line), this.#decisionSpan().width) + 2 * FRAME_PADDING
  }

  /** Across below the line: words, the decision, words. Both ends are lines down from the boxes above. */
  #decisionSpan(): { width: number; left: number; right: number } {
    const { line, decision } = this.#plan
    const [first, last] = [line[0], line.at(-1)]
    if (decision === null || first === undefined || last === undefined) return { width: 0, left: 0, right: 0 }
    const widthOf = (from: ChartNode, to: ChartNode) => {
      const found = this.#lineOf(from, to)
      return found === undefined ? 0 : blockWidth(edgeWords(found.branches)) + 2 * WORD_PADDING + ARROW
    }
    const into = widthOf(first, decision)
    const back = widthOf(decision, first)
    const left = 2 * CORNER + Math.max(into + CORNER, back)
    const right = (last === first ? 0 : widthOf(last, decision)) + 2 * CORNER
    return { width: left + this.#size(decision).width + right, left, right }
  }

  #placeFrame(x: number, width: number, top: number, titleRoom: number): Place {
    const { line, decision } = this.#plan
    const y = top - titleRoom - this.#rise(line)
    this.#placeRow(line, x + FRAME_PADDING, x + width - FRAME_PADDING, top, 'left')
    const lowest = Math.max(...line.map(node => bottomOf(this.#box(node))), ...this.#sink(line, top))
    const bottom = decision === null ? lowest : this.#placeDecision(decision, lowest)
    return { x, y, width, height: bottom + FRAME_PADDING - y }
  }

  /** @returns the lowest that it needs. */
  #placeDecision(decision: ChartNode, below: number): number {
    const { line } = this.#plan
    const [first, last] = [line[0], line.at(-1)]
    if (first === undefined || last === undefined) return below
    const [start, end] = [this.#box(first), this.#box(last)]
    const size = this.#size(decision)
    const { left, right } = this.#decisionSpan()
    const leftmost = start.x + left
    const rightmost = rightOf(end) - right - size.width
    const into = this.#lineOf(first, decision)
    const over = last === first ? undefined : this.#lineOf(last, decision)
    const highest = Math.max(...[into, over].map(found => (found ? blockHeight(edgeWords(found.branches)) : 0)))
    const y = below + Math.max(CORNER, highest + OFF_LINE + 8 - PORT)
    const box = this.#place(size, Math.max(leftmost, (leftmost + rightmost) / 2), y)
    const mid = y + PORT
    if (into !== undefined) this.#sideways(into, first, decision, [start.x + 2 * CORNER, bottomOf(start)], box.x, mid)
    if (over !== undefined) {
      this.#sideways(over, last, decision, [rightOf(end) - CORNER, bottomOf(end)], rightOf(box), mid)
    }
    const back = this.#lineOf(decision, first)
    if (back === undefined) return bottomOf(box)
    const words = edgeWords(back.branches)
    const [from, to, lane] = [box.x + box.width * 0.3, start.x + CORNER, bottomOf(box) + CORNER]
    const label = { x: to + WORD_PADDING, y: lane + OFF_LINE, width: blockWidth(words), height: blockHeight(words) }
    const points: Point[] = [
      [from, bottomOf(box)],
      [from, lane],
      [to, lane],
      [to, bottomOf(start)],
    ]
    this.#add(decision, first, points, words, label, 'start')
    return bottomOf(label)
  }

  /** Down from a box, then across to the decision's side; the words over the part across. */
  #sideways(line: Line, from: ChartNode, to: ChartNode, [x, y]: Point, side: number, mid: number): void {
    const words = edgeWords(line.branches)
    const [width, height] = [blockWidth(words), blockHeight(words)]
    const middle = (x + side) / 2
    const label = { x: middle - width / 2, y: mid - OFF_LINE - height, width, height }
    this.#add(
      from,
      to,
      [
        [x, y],
        [x, mid],
        [side, mid],
      ],
      words,
      label,
      'middle',
    )
  }

  /** From the end of a row down to the first of the next: `gapTop` is where the free strip between them begins. */
  #downwards(from: ChartNode, to: ChartNode, gapTop: number, width: number): void {
    const line = this.#lineOf(from, to)
    if (line === undefined) return
    const [a, b] = [this.#box(from), this.#box(to)]
    const start = a.isDecision ? a.x + a.width * 0.7 : centreOf(a)
    const end = centreOf(b)
    const bend = gapTop + CORNER
    const words = edgeWords(line.branches)
    const [labelWidth, height] = [blockWidth(words), blockHeight(words)]
    const isRight = end + OFF_LINE + labelWidth + MARGIN / 2 <= width
    const label = { x: isRight ? end + 8 : end - 8 - labelWidth, y: bend + OFF_LINE, width: labelWidth, height }
    const top: Point = [start, bottomOf(a)]
    const points: Point[] = start === end ? [top, [end, b.y]] : [top, [start, bend], [end, bend], [end, b.y]]
    this.#add(from, to, points, words, label, 'start')
  }
}
