/** The promise of numbered pages: each is its part of all ids in their order, at a price that does not grow with it. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pageOf } from '../../../src/api/ecosystem/numbered-page.ts'
import type { InstanceId } from '../../../src/contract/ids.ts'
import { FakeView, ROW, SILENCE, STAGE } from '../fake-view.ts'

const ALL = { text: '', terms: [] }
const never = new AbortController().signal

function viewOf(ids: readonly string[]): FakeView {
  const view = new FakeView()
  view.silent = []
  view.rows = [...new Set(ids)].sort().map(id => ({ id: id as InstanceId, row: ROW, stage: STAGE }))
  return view
}

/** From a hash, as ids are. */
function spreadId(number: number): string {
  const first = (Math.imul(number + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')
  return `${first}-0000-8000-8000-${number.toString(16).padStart(12, '0')}`
}

describe('a page by its number', () => {
  it('is that part of all ids, however they are spread', async () => {
    const digit = fc.constantFrom('0', '1', '8', 'f')
    const id = fc
      .tuple(fc.array(digit, { minLength: 8, maxLength: 8 }), fc.nat(50))
      .map(([first, last]) => `${first.join('')}-0000-8000-8000-${String(last).padStart(12, '0')}`)
    await fc.assert(
      fc.asyncProperty(
        fc.array(id, { maxLength: 60 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 20 }),
        async (ids, number, size) => {
          const view = viewOf(ids)
          const page = await pageOf(view, { search: ALL, number, size }, never)
          const from = (number - 1) * size
          expect(page.rows.map(row => row.id)).toEqual(view.rows.slice(from, from + size).map(row => row.id))
          expect(page.total).toBe(view.rows.length)
        },
      ),
    )
  })

  it('has the stage of each row', async () => {
    const view = viewOf([1, 2, 3].map(spreadId))
    for (const number of [1, 2]) {
      const { rows } = await pageOf(view, { search: ALL, number, size: 2 }, never)
      expect(rows.map(({ stage }) => stage)).toEqual(rows.map(() => STAGE))
    }
  })

  it('costs two looks, however many pages are before it', async () => {
    const view = viewOf(Array.from({ length: 20_000 }, (_, number) => spreadId(number)))
    for (const number of [2, 100, 200]) {
      const before = view.asked.length
      const { rows } = await pageOf(view, { search: ALL, number, size: 100 }, never)
      expect(rows.map(({ id }) => id)).toEqual(view.rows.slice((number - 1) * 100, number * 100).map(({ id }) => id))
      expect(view.asked.length - before).toBe(2)
    }
  })

  it('is empty behind the last one, and says how many there are', async () => {
    const view = viewOf([1, 2, 3].map(spreadId))
    expect(await pageOf(view, { search: ALL, number: 3, size: 2 }, never)).toEqual({ rows: [], total: 3, silent: [] })
  })

  it('says who is silent, since nobody knows then what comes before it', async () => {
    const view = viewOf([1, 2, 3].map(spreadId))
    view.silent = [SILENCE]
    for (const number of [1, 2]) {
      expect((await pageOf(view, { search: ALL, number, size: 1 }, never)).silent).toEqual([SILENCE])
    }
  })
})
