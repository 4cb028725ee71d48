/**
 * A chart as SVG: boxes, lines and words where layout.ts puts them, coloured by what an instance lights. Only the
 * text of running countdowns is drawn anew each second; nothing is measured in the page.
 */
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { now } from '../api/live.ts'
import { countdown } from '../ui/words.ts'
import { pairKey } from './arrangement.ts'
import type { ChartGraph } from './graph.ts'
import { type Box, type BoxRow, type ChartLayout, type Edge, HEADER_HEIGHT, LINE_HEIGHT, layOut } from './layout.ts'
import { type Lit, type RunningTimer, timerOn } from './lit.ts'
import { arrowWords, ICON_WIDTH, lettersWidth, type Words } from './words.ts'
import './chart.css'

interface StateChartProps {
  readonly graph: ChartGraph
  /** Undefined: of no instance. */
  readonly lit: Lit | undefined
  /** Of the frame: `stage 3 of 5`. */
  readonly stageWords: string
  /** What the picture says, for those who do not see it. */
  readonly description: string
}

export function StateChart({ graph, lit, stageWords, description }: StateChartProps) {
  const layout = useMemo(() => layOut(graph), [graph])
  const { width, height } = layout
  const scroll = useRef<HTMLElement>(null)
  const current = layout.boxes.find(({ name }) => name === lit?.current)
  const centre = current === undefined ? null : (current.x + current.width / 2) / width
  useEffect(() => {
    const shown = scroll.current
    if (shown === null || centre === null) return
    shown.scrollLeft = centre * shown.scrollWidth - shown.clientWidth / 2
  }, [centre])
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways on a small screen
    <section class="chart-scroll" ref={scroll} tabIndex={0} aria-label="The chart, to be scrolled">
      <svg
        class="chart"
        viewBox={`0 0 ${width} ${height}`}
        style={{ minWidth: `${Math.round(width * 0.88)}px`, maxWidth: `${Math.round(width * 1.15)}px` }}
        role="img"
        aria-label={description}
      >
        <Tips />
        <Frame layout={layout} words={stageWords} isLit={lit !== undefined && graph.frame.includes(lit.current)} />
        {layout.edges.map(edge => (
          <EdgeLine key={pairKey(edge.from, edge.to)} edge={edge} lit={lit} />
        ))}
        {layout.boxes.map(box => (
          <StateBox key={box.name} box={box} lit={lit} />
        ))}
        {layout.edges.map(edge => (
          <EdgeLabel key={pairKey(edge.from, edge.to)} edge={edge} lit={lit} />
        ))}
      </svg>
    </section>
  )
}

const TONES = ['plain', 'possible', 'taken', 'last'] as const
type Tone = (typeof TONES)[number]

function Tips() {
  return (
    <defs>
      {TONES.map(tone => (
        <marker
          key={tone}
          id={`tip-${tone}`}
          class={`tip ${tone}`}
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="8"
          markerHeight="8"
          markerUnits="userSpaceOnUse"
          orient="auto"
        >
          <path d="M0 0.6 L8 4 L0 7.4 Z" />
        </marker>
      ))}
    </defs>
  )
}

function Frame({ layout: { frame }, words, isLit }: { layout: ChartLayout; words: string; isLit: boolean }) {
  if (frame === null) return null
  return (
    <g class={isLit ? 'frame lit' : 'frame'}>
      <rect x={frame.x} y={frame.y} width={frame.width} height={frame.height} rx="10" />
      <text class="name" x={frame.x + 14} y={frame.y + 21}>
        {words}
      </text>
    </g>
  )
}

function toneOf({ from, to, label }: Edge, lit: Lit | undefined): Tone {
  if (lit === undefined) return 'plain'
  const key = pairKey(from, to)
  const isPossible = from === lit.current && label.words.some(words => isPossibleNow(words, lit))
  if (isPossible) return 'possible'
  if (lit.last.has(key)) return 'last'
  return lit.taken.has(key) ? 'taken' : 'plain'
}

const isPossibleNow = ({ kind, event }: Words, lit: Lit) =>
  kind === 'command' && event !== null && lit.possible.has(event)

function EdgeLine({ edge, lit }: { readonly edge: Edge; readonly lit: Lit | undefined }) {
  const tone = toneOf(edge, lit)
  return <path class={`edge ${tone}`} d={rounded(edge.points)} marker-end={`url(#tip-${tone})`} />
}

const BEND_RADIUS = 7

/** Along the axes, with round corners. */
function rounded(points: Edge['points']): string {
  return points
    .map(([x, y], place) => {
      const [before, after] = [points[place - 1], points[place + 1]]
      if (before === undefined) return `M${x} ${y}`
      if (after === undefined) return `L${x} ${y}`
      const near = ([px, py]: readonly [number, number]) => {
        const length = Math.hypot(px - x, py - y)
        const part = length === 0 ? 0 : Math.min(BEND_RADIUS, length / 2) / length
        return `${x + (px - x) * part} ${y + (py - y) * part}`
      }
      return `L${near(before)} Q${x} ${y} ${near(after)}`
    })
    .join(' ')
}

function EdgeLabel({ edge, lit }: { readonly edge: Edge; readonly lit: Lit | undefined }) {
  const { from, to, label } = edge
  const isHere = lit !== undefined && from === lit.current
  return (
    <g class={isHere ? 'label here' : 'label'}>
      {label.words.map((words, place) => {
        const timer = lit === undefined ? undefined : timerOn(lit, from, words.event, to)
        const isPossible = isHere && isPossibleNow(words, lit)
        return (
          <Line
            key={`${words.kind} ${words.text}`}
            words={words}
            timer={words.kind === 'timer' ? timer : undefined}
            isPossible={isPossible}
            x={label.anchor === 'middle' ? label.x + label.width / 2 : label.x}
            y={label.y + place * LINE_HEIGHT + 11}
            anchor={label.anchor}
          />
        )
      })}
    </g>
  )
}

interface LineProps {
  readonly words: Words
  readonly timer: RunningTimer | undefined
  readonly isPossible: boolean
  readonly x: number
  readonly y: number
  readonly anchor: 'start' | 'middle'
}

function Line({ words, timer, isPossible, x, y, anchor }: LineProps) {
  const classes = `words ${words.kind}${isPossible ? ' possible' : ''}${timer === undefined ? '' : ' running'}`
  if (words.kind !== 'timer') {
    return (
      <text class={classes} x={x} y={y} text-anchor={anchor}>
        {words.text}
      </text>
    )
  }
  const letters = words.text.length + (timer === undefined ? 0 : 6)
  const left = anchor === 'start' ? x : x - (ICON_WIDTH + lettersWidth(letters)) / 2
  return (
    <g class={classes}>
      <ClockIcon x={left} y={y} />
      <text x={left + ICON_WIDTH} y={y}>
        {words.text}
        {timer === undefined ? null : <Left dueAt={timer.dueAt} />}
      </text>
    </g>
  )
}

function Left({ dueAt }: { readonly dueAt: number }) {
  return <tspan class="left"> {countdown(dueAt - now.value)}</tspan>
}

function ClockIcon({ x, y }: { readonly x: number; readonly y: number }) {
  return (
    <g class="clock" transform={`translate(${x} ${y - 9.5})`}>
      <circle cx="5.5" cy="5.5" r="4.6" />
      <path d="M5.5 2.8 V5.7 L7.4 6.8" />
    </g>
  )
}

function StateBox({ box, lit }: { readonly box: Box; readonly lit: Lit | undefined }) {
  const { name, x, y, width, height, rows, isFinal, isDecision } = box
  const isCurrent = lit?.current === name
  const classes = [
    'state',
    isCurrent ? 'current' : '',
    lit?.visited.has(name) ? 'visited' : '',
    isDecision ? 'decision' : '',
  ]
  return (
    <g class={classes.filter(word => word !== '').join(' ')}>
      <rect class="box" x={x} y={y} width={width} height={height} rx={isDecision ? HEADER_HEIGHT / 2 : 8} />
      {isFinal ? <rect class="inner" x={x + 3.5} y={y + 3.5} width={width - 7} height={height - 7} rx="5.5" /> : null}
      <text
        class="name"
        x={isDecision ? x + width / 2 : x + 12}
        y={y + 20.5}
        text-anchor={isDecision ? 'middle' : 'start'}
      >
        {name}
      </text>
      {isCurrent && !isDecision ? <circle class="here" cx={x + width - 15} cy={y + 16} r="4" /> : null}
      {rows.length === 0 ? null : <path class="rule" d={`M${x} ${y + HEADER_HEIGHT - 1.5} H${x + width}`} />}
      {rows.map(row => (
        <Row key={`${row.words.kind} ${row.words.text} ${row.target}`} row={row} from={name} lit={lit} />
      ))}
    </g>
  )
}

function Row({ row, from, lit }: { readonly row: BoxRow; readonly from: string; readonly lit: Lit | undefined }) {
  const { words, target, x, y, width, height } = row
  const timer = lit === undefined ? undefined : timerOn(lit, from, words.event, target)
  const isPossible = lit !== undefined && from === lit.current && isPossibleNow(words, lit)
  const isLast =
    lit !== undefined &&
    target !== null &&
    (words.event === null || words.event === lit.lastEvent) &&
    lit.last.has(pairKey(from, target))
  const indent = words.kind === 'timer' ? ICON_WIDTH : 0
  return (
    <g class={`row${isLast ? ' last' : ''}`}>
      {timer === undefined ? null : <TimerBar timer={timer} x={x - 6} y={y} width={width + 12} height={height - 1} />}
      <g class={`words ${words.kind}${isPossible ? ' possible' : ''}${timer === undefined ? '' : ' running'}`}>
        {words.kind === 'timer' ? <ClockIcon x={x} y={y + 13} /> : null}
        <text x={x + indent} y={y + 13}>
          {words.text}
          {target === null ? null : <tspan class="target">{arrowWords(target)}</tspan>}
        </text>
        {timer === undefined ? null : (
          <text class="left" x={x + width} y={y + 13} text-anchor="end">
            <Left dueAt={timer.dueAt} />
          </text>
        )}
      </g>
    </g>
  )
}

interface TimerBarProps {
  readonly timer: RunningTimer
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** What is left of it, from the left. */
function TimerBar({ timer: { dueAt, seconds }, x, y, width, height }: TimerBarProps) {
  if (seconds === null || seconds === 0) return null
  const left = Math.min(1, Math.max(0, (dueAt - now.value) / (seconds * 1000)))
  return <rect class="timer-bar" x={x} y={y} width={width * left} height={height} rx="4" />
}
