/**
 * Pages by number over a View, which knows pages by cursor alone: the rows are in the order of their ids, so a page is
 * the same for as long as the instances are. However far behind, it costs two looks and not one for each page before:
 * the first tells how many ids begin how (InstancesFound.spread), the second begins next to the page.
 */
import type { Search } from '../../query/search.ts'
import { type InstancesFound, PAGE_SIZE_MAX, type Row, SPREAD_DIGITS, type View } from '../view.ts'

export interface PageAsked {
  readonly search: Search
  /** From 1. */
  readonly number: number
  /** 1 to PAGE_SIZE_MAX. */
  readonly size: number
}

export type Page = Pick<InstancesFound, 'rows' | 'total' | 'silent'>

/** Behind the last page: no rows. While somebody is silent, what is missing is not known, and the page is empty. */
export async function pageOf(
  view: Pick<View, 'instances'>,
  { search, number, size }: PageAsked,
  signal: AbortSignal,
): Promise<Page> {
  if (number === 1) return await view.instances({ search, after: undefined, size, include: ['stage'] }, signal)
  const skipped = (number - 1) * size
  const {
    total,
    silent,
    spread = [],
  } = await view.instances({ search, after: undefined, size: 1, include: ['spread'] }, signal)
  if (silent.length > 0 || skipped >= total) return { rows: [], total, silent }
  const start = startOf(spread, skipped)
  const rows: Row[] = []
  for (let after = start.after, hasMore = true; hasMore && rows.length < start.before + size; ) {
    const wanted = Math.min(PAGE_SIZE_MAX, start.before + size - rows.length)
    const found = await view.instances({ search, after, size: wanted, include: ['stage'] }, signal)
    if (found.silent.length > 0) return { rows: [], total, silent: found.silent }
    rows.push(...found.rows)
    after = found.rows.at(-1)?.id
    hasMore = found.hasMore && after !== undefined
  }
  return { rows: rows.slice(start.before, start.before + size), total, silent: [] }
}

/** The greatest id before the place where that many have been passed, and how many rows of that place are before it. */
function startOf(
  spread: readonly number[],
  skipped: number,
): { readonly after: string | undefined; readonly before: number } {
  let before = skipped
  let place = 0
  for (; before >= (spread[place] ?? before + 1); place += 1) before -= spread[place] ?? 0
  return { after: place === 0 ? undefined : lastIdOf(place - 1), before }
}

/** No id of the place is greater. */
function lastIdOf(place: number): string {
  const first = place.toString(16).padStart(SPREAD_DIGITS, '0')
  return `${first.padEnd(8, 'f')}-ffff-ffff-ffff-ffffffffffff`
}
