/**
 * Any machine as boxes in boxes, with the states that it is in lit. Draws what machine-layout.ts placed, as text and
 * lines; knows no actor.
 */
import { useMemo } from 'preact/hooks'
import { type Box, HEAD_HEIGHT, layOut, ROW_HEIGHT } from './machine-layout.ts'
import type { StateNode } from './machine-tree.ts'

interface MachinePictureProps {
  readonly root: StateNode
  /** Keys. */
  readonly active: ReadonlySet<string>
  /** Where it is, for those who do not see it. */
  readonly label: string
}

/** Room for a glow and for lines that run below. */
const MARGIN = 12

export function MachinePicture({ root, active, label }: MachinePictureProps) {
  const { width, height, boxes, lines } = useMemo(() => layOut(root), [root])
  const isActive = (key: string) => key === '' || active.has(key)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls sideways, so it has to be reachable by key
    <section class="picture" tabIndex={0} aria-label="Statechart">
      <svg
        width={width + 2 * MARGIN}
        height={height + 2 * MARGIN}
        viewBox={`${-MARGIN} ${-MARGIN} ${width + 2 * MARGIN} ${height + 2 * MARGIN}`}
        role="img"
        aria-label={label}
      >
        <defs>
          <marker id="inspector-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 0.5 L8 4 L0 7.5 Z" />
          </marker>
        </defs>
        {boxes.map(box => (
          <PictureBox key={box.key} box={box} isActive={isActive(box.key)} />
        ))}
        {lines.map(({ key, from, path }) => (
          <path key={key} class="picture-line" data-possible={active.has(from)} d={path} />
        ))}
      </svg>
    </section>
  )
}

function PictureBox({ box, isActive }: { readonly box: Box; readonly isActive: boolean }) {
  const { x, y, width, height, name, kind, rows, isInitial, depth } = box
  return (
    <g class="picture-box" data-active={isActive} data-kind={kind} data-root={depth === 0}>
      <rect x={x} y={y} width={width} height={height} rx={9} />
      {kind === 'final' ? (
        <rect class="picture-final" x={x + 3} y={y + 3} width={width - 6} height={height - 6} rx={6} />
      ) : null}
      {isInitial ? <circle class="picture-initial" cx={x} cy={y + HEAD_HEIGHT / 2} r={4} /> : null}
      <text class="picture-name" x={x + 12} y={y + HEAD_HEIGHT / 2 + 4}>
        {name}
      </text>
      {kind === 'parallel' || kind === 'history' ? (
        <text class="picture-kind" x={x + width - 10} y={y + HEAD_HEIGHT / 2 + 4} text-anchor="end">
          {kind}
        </text>
      ) : null}
      {rows.map((row, place) => (
        <text key={place} class="picture-row" x={x + 12} y={y + HEAD_HEIGHT + place * ROW_HEIGHT + 10}>
          {row}
        </text>
      ))}
    </g>
  )
}
