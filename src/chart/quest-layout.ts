/**
 * Where the boxes and edges of a quest's chart lie: registering above, the stages in a frame in rows that run left to
 * right and back again, the endings below. The width is the same for any number of stages. Measures, draws nothing.
 */
import type { BoxId, ChartBox, ChartEdge, QuestChart } from './quest-chart.ts'

export interface Place {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface PlacedBox extends Place {
  readonly box: ChartBox
}

export interface PlacedEdge {
  readonly edge: ChartEdge
  /** A line along the axes, from the one box's border to the other's. */
  readonly points: readonly (readonly [x: number, y: number])[]
  readonly label: { readonly x: number; readonly y: number; readonly anchor: 'start' | 'middle' | 'end' }
}

export interface QuestLayout {
  readonly width: number
  readonly height: number
  readonly frame: Place
  readonly boxes: readonly PlacedBox[]
  readonly edges: readonly PlacedEdge[]
}

export const HEADER_HEIGHT = 34
export const ROW_HEIGHT = 17
export const LINE_HEIGHT = 13
export const MARGIN = 24
export const TITLE_HEIGHT = 44

const WIDTH = 1008
const BOX_FOOT = 8
const COLUMNS = 3
const STAGE_WIDTH = 234
const STAGE_GAP = 109
const FRAME_PADDING = 20
/** Room for what stands beside the edge that leaves the last stage. */
const FRAME_FOOT = 40
/** With room for so many rows beside its title. */
const FRAME_HEADER = 44
const FRAME_HEADER_ROWS = 2
const REGISTERING_WIDTH = 420
const ENDING_WIDTH = 172
const GAP = 62
/** Two edges between the same boxes lie this far to either side. */
const APART = 14
const BENDS_APART = 5

export function layOut(chart: QuestChart): QuestLayout {
  const top = MARGIN + TITLE_HEIGHT
  const left = MARGIN + FRAME_PADDING
  const registering = placed(chart.registering, left, top, REGISTERING_WIDTH)
  const frameTop = bottomOf(registering) + GAP
  const more = Math.max(0, chart.playing.rows.length - FRAME_HEADER_ROWS)
  const stagesTop = frameTop + FRAME_HEADER + more * ROW_HEIGHT
  const stages = placeStages(chart.stages, left, stagesTop)
  const frameBottom = Math.max(stagesTop, ...stages.map(bottomOf)) + FRAME_FOOT
  const frame = { x: MARGIN, y: frameTop, width: WIDTH - 2 * MARGIN, height: frameBottom - frameTop }
  const last = stages.at(-1)
  const endings = placeEndings(chart.endings, frameBottom + GAP, last !== undefined && centreOf(last) > WIDTH / 2)
  const boxes = [registering, ...stages, ...endings]
  return {
    width: WIDTH,
    height: Math.max(frameBottom, ...endings.map(bottomOf)) + MARGIN,
    frame,
    boxes,
    edges: placeEdges(chart.edges, new Map(boxes.map(box => [box.box.id, box]))),
  }
}

const bottomOf = ({ y, height }: Place) => y + height
const centreOf = ({ x, width }: Place) => x + width / 2

function placed(box: ChartBox, x: number, y: number, width: number): PlacedBox {
  const rows = box.rows.length === 0 ? 0 : box.rows.length * ROW_HEIGHT + BOX_FOOT
  return { box, x, y, width, height: HEADER_HEIGHT + rows }
}

function placeStages(stages: readonly ChartBox[], left: number, top: number): readonly PlacedBox[] {
  const boxes: PlacedBox[] = []
  let y = top
  for (let from = 0; from < stages.length; from += COLUMNS) {
    const leftToRight = (from / COLUMNS) % 2 === 0
    const row = stages.slice(from, from + COLUMNS).map((box, step) => {
      const column = leftToRight ? step : COLUMNS - 1 - step
      return placed(box, left + column * (STAGE_WIDTH + STAGE_GAP), y, STAGE_WIDTH)
    })
    boxes.push(...row)
    y = Math.max(...row.map(bottomOf)) + GAP
  }
  return boxes
}

/** Completed lies under the half in which the stages end. */
function placeEndings(endings: readonly ChartBox[], y: number, rightToLeft: boolean): readonly PlacedBox[] {
  const gap = (WIDTH - 2 * MARGIN - endings.length * ENDING_WIDTH) / Math.max(1, endings.length - 1)
  return endings.map((box, step) => {
    const place = rightToLeft ? endings.length - 1 - step : step
    return placed(box, Math.round(MARGIN + place * (ENDING_WIDTH + gap)), y, ENDING_WIDTH)
  })
}

function placeEdges(edges: readonly ChartEdge[], boxes: ReadonlyMap<BoxId, PlacedBox>): readonly PlacedEdge[] {
  return edges.flatMap(edge => {
    const from = boxes.get(edge.from)
    const to = boxes.get(edge.to)
    if (from === undefined || to === undefined) return []
    const isOneOfTwo = edges.some(other => other !== edge && other.from === edge.from && other.to === edge.to)
    const side = edge.kind === 'timer' ? 1 : -1
    return [from.y === to.y ? sideways(edge, from, to, side) : downwards(edge, from, to, isOneOfTwo ? side : 0)]
  })
}

/** Commands above, timers below, at a height that every box has. */
function sideways(edge: ChartEdge, from: Place, to: Place, side: 1 | -1): PlacedEdge {
  const y = from.y + (side < 0 ? HEADER_HEIGHT - 16 : HEADER_HEIGHT - 5)
  const forward = from.x < to.x
  const start = forward ? from.x + from.width : from.x
  const end = forward ? to.x : to.x + to.width
  const above = y - 6 - (edge.label.length - 1) * LINE_HEIGHT
  return {
    edge,
    points: [
      [start, y],
      [end, y],
    ],
    label: { x: (start + end) / 2, y: side < 0 ? above : y + LINE_HEIGHT + 2, anchor: 'middle' },
  }
}

/** Straight down, or with one bend on the way: of two beside each other none crosses the other. */
function downwards(edge: ChartEdge, from: Place, to: Place, lane: -1 | 0 | 1): PlacedEdge {
  const [fromCentre, toCentre] = [centreOf(from), centreOf(to)]
  const isWithin = from.x <= to.x && to.x + to.width <= from.x + from.width
  const isNear = Math.abs(fromCentre - toCentre) < to.width / 2 - 2 * APART
  const start = (isWithin ? toCentre : fromCentre) + lane * APART
  const end = (isWithin || !isNear ? toCentre : fromCentre) + lane * APART
  const bend = to.y - GAP / 3 - lane * Math.sign(end - start) * BENDS_APART
  const top = [start, bottomOf(from)] as const
  const tip = [end, to.y] as const
  // Beside the line: the one of two on its own side, one alone to the right, where there is always room.
  const side = lane < 0 ? -1 : 1
  return {
    edge,
    points: start === end ? [top, tip] : [top, [start, bend], [end, bend], tip],
    label: { x: start + side * 8, y: bottomOf(from) + LINE_HEIGHT + 3, anchor: side < 0 ? 'end' : 'start' },
  }
}
