/**
 * The hashes of the console: what is shared as a link leads to the same place.
 */
import { expect, test } from 'vitest'
import { hashOf, parseRoute, type Route } from '../../console/src/route.ts'

test.each<Route>([
  { page: 'instances', search: '' },
  { page: 'instances', search: 'state:active quest:"a&b=c" timer<60s %' },
  { page: 'instance', id: '0004ef7d-528b-40e5-8d8a-ad432b997d42' },
  { page: 'definition', ref: 'a quest/with?signs#@77abcf0be3b21de5' },
  { page: 'definitions' },
  { page: 'shards' },
  { page: 'dead-letters', code: '' },
  { page: 'dead-letters', code: 'MALFORMED' },
  { page: 'inspector' },
])('%j survives its own link', route => {
  expect(parseRoute(hashOf(route))).toEqual(route)
})

test.each(['', '#', '#/'])('%j is the list of instances', hash => {
  expect(parseRoute(hash)).toEqual({ page: 'instances', search: '' })
})

test.each([
  '#/nowhere',
  '#/shards/3',
  '#/instances/a/b',
  '#/instances/%E0%A4%A',
  '#/constructor',
])('%j is no page, and is not taken for one', hash => {
  expect(parseRoute(hash)).toEqual({ page: 'unknown', hash })
})
