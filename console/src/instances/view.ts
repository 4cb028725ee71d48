/**
 * Which rows of a long list are seen, by where the window is scrolled to. Its numbers change in steps, so that scrolling
 * draws anew only now and then. Knows no rows.
 */
import { type ReadonlySignal, signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'

export interface RowsSeen {
  readonly first: number
  readonly end: number
  /** Pixels. */
  readonly rowHeight: number
}

/** As instances.css says them. */
const ROW_HEIGHT = 34
const ROW_HEIGHT_NARROW = 54
const NARROW = '(max-width: 620px)'
const STEP_ROWS = 8
const AROUND_ROWS = 12

/** `body`: the element whose rows are laid out from its top. */
export function useRowsSeen(body: { readonly current: HTMLElement | null }): ReadonlySignal<RowsSeen> {
  const seen = useMemo(() => signal<RowsSeen>({ first: 0, end: 60, rowHeight: rowHeight() }), [])
  useEffect(() => {
    let frame = 0
    function measure(): void {
      frame = 0
      const top = body.current?.getBoundingClientRect().top ?? 0
      const next = rowsSeen(-top, innerHeight, rowHeight())
      const { first, end, rowHeight: height } = seen.value
      if (next.first !== first || next.end !== end || next.rowHeight !== height) seen.value = next
    }
    function later(): void {
      if (frame === 0) frame = requestAnimationFrame(measure)
    }
    measure()
    addEventListener('scroll', later, { passive: true })
    addEventListener('resize', later)
    return () => {
      cancelAnimationFrame(frame)
      removeEventListener('scroll', later)
      removeEventListener('resize', later)
    }
  }, [])
  return seen
}

/** `scrolled`: pixels of the list above the window's upper edge; negative where it begins below it. */
export function rowsSeen(scrolled: number, windowHeight: number, height: number): RowsSeen {
  const step = (row: number) => Math.floor(row / STEP_ROWS) * STEP_ROWS
  const first = Math.max(0, step(scrolled / height - AROUND_ROWS))
  const end = Math.max(first, step((scrolled + windowHeight) / height + AROUND_ROWS) + STEP_ROWS)
  return { first, end, rowHeight: height }
}

function rowHeight(): number {
  return matchMedia(NARROW).matches ? ROW_HEIGHT_NARROW : ROW_HEIGHT
}
