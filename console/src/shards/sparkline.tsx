/**
 * A line of the last minute, a point a second. Scaled with all others by the same highest value, so that they compare.
 */
interface SparklineProps {
  readonly history: readonly number[]
  readonly highest: number
  readonly label: string
}

const WIDTH = 120
const HEIGHT = 44
const POINTS = 60

export function Sparkline({ history, highest, label }: SparklineProps) {
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <path class="base" d={`M0 ${HEIGHT - 1}H${WIDTH}`} />
      {history.length < 2 ? null : <polyline points={pointsOf(history, highest)} />}
    </svg>
  )
}

/** The newest at the right edge. */
function pointsOf(history: readonly number[], highest: number): string {
  const shown = history.slice(-POINTS)
  const step = WIDTH / (POINTS - 1)
  const scale = (HEIGHT - 4) / Math.max(1, highest)
  return shown
    .map((value, at) => {
      const x = WIDTH - (shown.length - 1 - at) * step
      return `${x.toFixed(1)},${(HEIGHT - 2 - value * scale).toFixed(1)}`
    })
    .join(' ')
}
