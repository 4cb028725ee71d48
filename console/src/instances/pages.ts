/**
 * The rows read so far, as pages that lie one behind the other. A page is a stretch of ids, so reading it again later
 * gives what lies in the stretch then, however many began or ended in it. Pages far from what is seen are forgotten and
 * keep only their length. Pure; list.ts reads.
 */
import type { InstanceRow } from '../../../src/api/documents.ts'

export interface Row {
  readonly id: string
  readonly attributes: InstanceRow
}

export interface Page {
  /** `page[after]` that leads to it; undefined: the first. Opaque. */
  readonly cursor: string | undefined
  /** The stretch ends with it; undefined: with the list. Ids are in the order of their text. */
  readonly lastId: string | undefined
  /** Undefined: forgotten. */
  readonly rows: readonly Row[] | undefined
  /** Of the rows, also of forgotten ones. */
  readonly count: number
}

/** One answer of the server. */
export interface Fetched {
  readonly rows: readonly Row[]
  /** Undefined: nothing behind it. */
  readonly next: string | undefined
}

/** `next`: the cursor of what was not read yet. */
export interface Pages {
  readonly list: readonly Page[]
  readonly next: string | undefined
}

export const NO_PAGES: Pages = { list: [], next: undefined }

/** Behind all others. */
export function appended(pages: Pages, { rows, next }: Fetched): Pages {
  const lastId = next === undefined ? undefined : rows.at(-1)?.id
  return { list: [...pages.list, { cursor: pages.next, lastId, rows, count: rows.length }], next }
}

/** Page `at` read again. One that outgrew the answer is parted: the rest of its stretch is a page to be read. */
export function replaced(pages: Pages, at: number, { rows, next }: Fetched): Pages {
  const old = pages.list[at]
  if (old === undefined) return pages
  const { cursor, lastId: end } = old
  const [before, behind] = [pages.list.slice(0, at), pages.list.slice(at + 1)]
  if (end === undefined) {
    const lastId = next === undefined ? undefined : rows.at(-1)?.id
    return { list: [...before, { cursor, lastId, rows, count: rows.length }], next }
  }
  const last = rows.at(-1)?.id
  if (next !== undefined && last !== undefined && last < end) {
    const rest: Page = { cursor: next, lastId: end, rows: undefined, count: 1 }
    return { list: [...before, { cursor, lastId: last, rows, count: rows.length }, rest, ...behind], next: pages.next }
  }
  const inside = rows.filter(({ id }) => id <= end)
  return {
    list: [...before, { cursor, lastId: end, rows: inside, count: inside.length }, ...behind],
    next: pages.next,
  }
}

/** Keeps the rows of the pages from `first` to `last` and of `margin` on each side. */
export function forgotten(pages: Pages, first: number, last: number, margin: number): Pages {
  const isFar = (at: number) => at < first - margin || at > last + margin
  if (!pages.list.some((page, at) => isFar(at) && page.rows !== undefined)) return pages
  return { ...pages, list: pages.list.map((page, at) => (isFar(at) ? { ...page, rows: undefined } : page)) }
}

export function lengthOf(pages: Pages): number {
  return pages.list.reduce((sum, { count }) => sum + count, 0)
}

/** The rows from index `first` to before `end`; undefined where forgotten. */
export function slice(pages: Pages, first: number, end: number): readonly (Row | undefined)[] {
  const found: (Row | undefined)[] = []
  let begin = 0
  for (const { rows, count } of pages.list) {
    for (let index = Math.max(begin, first); index < Math.min(begin + count, end); index += 1) {
      found.push(rows?.[index - begin])
    }
    begin += count
    if (begin >= end) break
  }
  return found
}

/** The pages that hold the rows from `first` to before `end`, by their place in the list. */
export function pagesAt(pages: Pages, first: number, end: number): readonly number[] {
  const found: number[] = []
  let begin = 0
  for (const [at, { count }] of pages.list.entries()) {
    if (begin < end && begin + count > first) found.push(at)
    begin += count
  }
  return found
}

/** Its place among all rows; undefined where it is not at hand. */
export function indexOf(pages: Pages, wanted: string): number | undefined {
  let begin = 0
  for (const { rows, count } of pages.list) {
    const at = rows?.findIndex(({ id }) => id === wanted) ?? -1
    if (at >= 0) return begin + at
    begin += count
  }
  return undefined
}
