/**
 * The pages of the long list: each instance is shown once and in order, however the list changes while it is read.
 */
import { describe, expect, test } from 'vitest'
import {
  appended,
  type Fetched,
  forgotten,
  indexOf,
  lengthOf,
  NO_PAGES,
  type Pages,
  pagesAt,
  type Row,
  replaced,
  slice,
} from '../../console/src/instances/pages.ts'

const ATTRIBUTES = {} as Row['attributes']
const rowsOf = (ids: string): readonly Row[] => [...ids].map(id => ({ id, attributes: ATTRIBUTES }))
const shown = (pages: Pages) =>
  slice(pages, 0, lengthOf(pages))
    .map(row => row?.id ?? '?')
    .join('')

/** A server with these ids that answers pages of `size`; a cursor is the id that it begins after. */
function fetched(ids: string, cursor: string | undefined, size: number): Fetched {
  const behind = [...ids].filter(id => cursor === undefined || id > cursor)
  const rows = rowsOf(behind.slice(0, size).join(''))
  return { rows, next: behind.length > size ? rows.at(-1)?.id : undefined }
}

function readAll(ids: string, size: number): Pages {
  let pages = appended(NO_PAGES, fetched(ids, undefined, size))
  while (pages.next !== undefined) pages = appended(pages, fetched(ids, pages.next, size))
  return pages
}

function readAgain(pages: Pages, at: number, ids: string, size: number): Pages {
  return replaced(pages, at, fetched(ids, pages.list[at]?.cursor, size))
}

test('pages that are read one after the other hold every row once', () => {
  const pages = readAll('bdfhjln', 3)
  expect(shown(pages)).toBe('bdfhjln')
  expect(pages.next).toBeUndefined()
})

describe('a page that is read again', () => {
  test('takes in what began in its stretch, and the next page repeats nothing', () => {
    expect(shown(readAgain(readAll('bdfhjl', 3), 0, 'abcdfhjl', 6))).toBe('abcdfhjl')
  })

  test('loses what ended, and takes nothing from the next page', () => {
    expect(shown(readAgain(readAll('bdfhjl', 3), 0, 'bhjl', 6))).toBe('bhjl')
  })

  test('is parted where it outgrew the answer, and its rest is read as a page', () => {
    const grown = 'abcdefhjl'
    const parted = readAgain(readAll('bdfhjl', 3), 0, grown, 4)
    expect(shown(parted)).toBe('abcd?hjl')
    expect(shown(readAgain(parted, 1, grown, 4))).toBe(grown)
  })

  test('as the last one, ends with the list', () => {
    const pages = readAgain(readAll('bdfhjl', 3), 1, 'bdfhjlnp', 3)
    expect(shown(pages)).toBe('bdfhjl')
    expect(shown(appended(pages, fetched('bdfhjlnp', pages.next, 3)))).toBe('bdfhjlnp')
  })
})

test('pages far away are forgotten and keep their length, so that nothing moves', () => {
  const pages = forgotten(readAll('abcdefghijkl', 3), 3, 3, 1)
  expect(shown(pages)).toBe('??????ghijkl')
  expect(pagesAt(pages, 1, 4)).toEqual([0, 1])
  expect(indexOf(pages, 'h')).toBe(7)
  expect(indexOf(pages, 'a')).toBeUndefined()
})
