/**
 * A quest's chart as one SVG file: light and dark as its reader prefers, with a title and a description for those who
 * do not see it, and nothing that is loaded from anywhere. The same definition gives the same bytes.
 */
import { boxesOf, type ChartEdge, type ChartRow, type QuestChart, rowWords } from './quest-chart.ts'
import {
  HEADER_HEIGHT,
  LINE_HEIGHT,
  layOut,
  MARGIN,
  type PlacedBox,
  type PlacedEdge,
  type QuestLayout,
  ROW_HEIGHT,
} from './quest-layout.ts'
import { fitting, xml } from './svg-text.ts'

const TITLE_SIZE = 13
const ROW_SIZE = 11.5
const INSET = 12
const CLOCK_WIDTH = 16
/** Where the rows of the frame begin, as a share of its width. */
const FRAME_ROWS_AT = 0.75

// Without variables: not every program that draws SVG knows them. What it does not know either is the dark half.
const STYLE = `
.party-quest text{font-family:ui-sans-serif,system-ui,-apple-system,"Segoe UI",sans-serif;font-size:${ROW_SIZE}px;fill:#3b4252}
.party-quest .paper{fill:#ffffff}
.party-quest .frame{fill:#f3faf8;stroke:#6cb8a6}
.party-quest .box{fill:#fafbfd;stroke:#b9c1cf}
.party-quest .name{font-size:17px;font-weight:700;fill:#161b26}
.party-quest .title{font-size:${TITLE_SIZE}px;font-weight:650;fill:#161b26}
.party-quest .quiet{fill:#626c7e}
.party-quest .timer{fill:#96590a}
.party-quest .bad{fill:#b3243f}
.party-quest .line{fill:none;stroke:#7a8496;stroke-width:1.4}
.party-quest .line.timed{stroke:#b06a0c;stroke-dasharray:5 4}
.party-quest .tip{fill:#7a8496}
.party-quest .tip.timed{fill:#b06a0c}
.party-quest .clock{fill:none;stroke:#b06a0c;stroke-width:1.3;stroke-linecap:round}
@media (prefers-color-scheme:dark){
.party-quest text{fill:#c3cad8}
.party-quest .paper{fill:#10141c}
.party-quest .frame{fill:#101f1e;stroke:#2f7a6b}
.party-quest .box{fill:#1a202c;stroke:#465064}
.party-quest .name,.party-quest .title{fill:#f0f3f9}
.party-quest .quiet{fill:#98a2b5}
.party-quest .timer{fill:#eda94c}
.party-quest .bad{fill:#ff8098}
.party-quest .line{stroke:#828da1}
.party-quest .line.timed,.party-quest .clock{stroke:#d9923a}
.party-quest .tip{fill:#828da1}
.party-quest .tip.timed{fill:#d9923a}
}
`

export function questSvg(chart: QuestChart): string {
  const layout = layOut(chart)
  const { width, height } = layout
  const title = `${chart.name} (${chart.questId})`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="party-quest" role="img" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    `<title>${xml(title)}</title>`,
    `<desc>${xml(description(chart))}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="${width}" height="${height}"/>`,
    line(MARGIN, MARGIN + 18, chart.name, 'name', 17, width * 0.6),
    line(width - MARGIN, MARGIN + 18, chart.questId, 'quiet', ROW_SIZE, width * 0.3, 'end'),
    ...frame(chart, layout),
    ...layout.edges.map(edgeLine),
    ...layout.boxes.map(boxGroup),
    '</svg>',
    '',
  ].join('\n')
}

/** The whole picture in sentences. */
function description(chart: QuestChart): string {
  const rows = (rows: readonly ChartRow[]) => rows.map(rowWords).join('; ')
  const boxes = boxesOf(chart).map(box => (box.rows.length === 0 ? box.title : `${box.title}: ${rows(box.rows)}`))
  const whilePlaying = chart.playing.rows.length === 0 ? [] : [`In every stage: ${rows(chart.playing.rows)}`]
  const titles = new Map(boxesOf(chart).map(({ id, title }) => [id, title]))
  const edges = chart.edges.map(({ from, to, label }) => `${titles.get(from)} → ${titles.get(to)} (${label.join(' ')})`)
  return [...boxes, ...whilePlaying, ...edges].map(sentence => `${sentence}.`).join(' ')
}

function frame({ playing, stages }: QuestChart, { frame: { x, y, width, height } }: QuestLayout): readonly string[] {
  if (stages.length === 0) return []
  const rows = playing.rows.map((row, place) =>
    rowLine(row, x + width * FRAME_ROWS_AT, y + 17 + place * ROW_HEIGHT, width / 5),
  )
  return [
    `<rect class="frame" x="${x}" y="${y}" width="${width}" height="${height}" rx="10"/>`,
    line(x + width / 2, y + 23, playing.title, 'title', TITLE_SIZE, 200, 'middle'),
    ...rows,
  ]
}

function boxGroup({ box, x, y, width, height }: PlacedBox): string {
  const inner = width - 2 * INSET
  const border = `x="${x}" y="${y}" width="${width}" height="${height}" rx="8"`
  const isFinal = box.id === 'destroyed'
  const rows = box.rows.map((row, place) =>
    rowLine(row, x + INSET, y + HEADER_HEIGHT + ROW_HEIGHT * (place + 0.65), inner),
  )
  return [
    `<g><rect class="box" ${border}/>`,
    ...(isFinal
      ? [`<rect class="box" x="${x + 3}" y="${y + 3}" width="${width - 6}" height="${height - 6}" rx="6"/>`]
      : []),
    line(x + INSET, y + 22, box.title, box.id === 'failed' ? 'title bad' : 'title', TITLE_SIZE, inner),
    ...rows,
    '</g>',
  ].join('')
}

function rowLine(row: ChartRow, x: number, y: number, width: number): string {
  if (row.kind === 'timer') {
    return clock(x + 5, y - 4) + line(x + CLOCK_WIDTH, y, rowWords(row), 'timer', ROW_SIZE, width - CLOCK_WIDTH)
  }
  return line(x, y, rowWords(row), row.leadsTo === 'failed' ? 'bad' : 'quiet', ROW_SIZE, width)
}

function clock(x: number, y: number): string {
  return `<g class="clock"><circle cx="${x}" cy="${y}" r="5"/><path d="M${x} ${y - 2.5}V${y}H${x + 2}"/></g>`
}

function edgeLine({ edge, points, label }: PlacedEdge): string {
  const timed = edge.kind === 'timer' ? ' timed' : ''
  const path = points.map(([x, y], step) => `${step === 0 ? 'M' : 'L'}${x} ${y}`).join('')
  const words = edge.label.map((text, place) =>
    line(label.x, label.y + place * LINE_HEIGHT, text, labelStyle(edge), ROW_SIZE, 400, label.anchor),
  )
  return `<g><path class="line${timed}" d="${path}"/>${tip(points, timed)}${words.join('')}</g>`
}

function labelStyle({ kind }: ChartEdge): string {
  return kind === 'timer' ? 'timer' : 'quiet'
}

/** A triangle of its own: markers have ids, and two pictures on one page would share them. */
function tip(points: PlacedEdge['points'], timed: string): string {
  const [x = 0, y = 0] = points.at(-1) ?? []
  const [beforeX = 0, beforeY = 0] = points.at(-2) ?? []
  const [dx, dy] = [Math.sign(x - beforeX), Math.sign(y - beforeY)]
  const [baseX, baseY] = [x - dx * 8, y - dy * 8]
  const corners = [`${x},${y}`, `${baseX + dy * 4},${baseY + dx * 4}`, `${baseX - dy * 4},${baseY - dx * 4}`]
  return `<polygon class="tip${timed}" points="${corners.join(' ')}"/>`
}

function line(
  x: number,
  y: number,
  text: string,
  style: string,
  size: number,
  width: number,
  anchor: 'start' | 'middle' | 'end' = 'start',
): string {
  const shown = fitting(text, size, width)
  const whole = shown === text ? '' : `<title>${xml(text)}</title>`
  const anchored = anchor === 'start' ? '' : ` text-anchor="${anchor}"`
  return `<text class="${style}" x="${x}" y="${y}"${anchored}>${whole}${xml(shown)}</text>`
}
