/** How long to wait before the next try: longer each time up to a bound, and never in step with the other replicas. */
import type { Random } from './clock.ts'

export interface BackOff {
  readonly msMin: number
  readonly msMax: number
}

/**
 * Milliseconds to wait after `failures` earlier failures in a row (0: the first): doubled each time up to `msMax`,
 * then anywhere from half to one and a half of that.
 */
export function backOffMs(failures: number, { msMin, msMax }: BackOff, random: Random): number {
  return Math.min(msMin * 2 ** failures, msMax) * (0.5 + random.fraction())
}
