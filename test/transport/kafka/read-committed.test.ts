/** Which records a reader of committed records sees; beside it what stock kafkajs makes of the same lists (fault 1, 5). */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCommitted } from '../../../src/transport/kafka/read-committed.ts'
import { readBatches } from '../../../src/transport/kafka/record-batch-decoder.ts'
import { emptiedBatch, markerBatch, placedBatch, text } from './batches.ts'
import { type StockMessage, stockBatchIsStuck, stockFilterAborted } from './stock-kafkajs.ts'

const PLACE = { topic: 'topic', partition: 0 }

/** One line of a log: a record of a producer, or the end of its transaction. */
type Line =
  | { readonly by: number; readonly value: string; readonly key?: string }
  | { readonly by: number; readonly end: 'abort' | 'commit' }

interface Aborted {
  readonly producerId: number
  readonly firstOffset: number
}

function logBytes(lines: readonly Line[], base: number): Buffer {
  return Buffer.concat(
    lines.map((line, index) => {
      const baseOffset = base + index
      if ('end' in line) return markerBatch(baseOffset, line.by, line.end)
      const records = [text(line.value, line.key ?? null)]
      return placedBatch({ baseOffset, producerId: line.by, transactional: true, records })
    }),
  )
}

function ours(lines: readonly Line[], aborted: readonly Aborted[], base = 0, from = base): (string | undefined)[] {
  const { records, next } = readCommitted(readBatches(logBytes(lines, base)), aborted, PLACE, from)
  expect(next).toBe(base + lines.length)
  return records.map(({ value }) => value?.toString())
}

function stock(lines: readonly Line[], aborted: readonly Aborted[], base = 0): (string | undefined)[] {
  const messages = lines.map((line, index): StockMessage => {
    const at = {
      offset: String(base + index),
      batchContext: { producerId: String(line.by), inTransaction: true },
    }
    if ('end' in line)
      return { ...at, key: Buffer.from([0, 0, 0, line.end === 'abort' ? 0 : 1]), isControlRecord: true }
    return { ...at, key: Buffer.from(line.key ?? 'k'), value: Buffer.from(line.value), isControlRecord: false }
  })
  const list = aborted.map(one => ({ producerId: String(one.producerId), firstOffset: String(one.firstOffset) }))
  return stockFilterAborted(messages, list)
    .filter(message => !message.isControlRecord)
    .map(({ value }) => value?.toString())
}

describe('the read_committed filter', () => {
  it('drops a transaction that was aborted, and keeps the one behind it', () => {
    const lines: Line[] = [
      { by: 1, value: 'x' },
      { by: 1, end: 'abort' },
      { by: 1, value: 'kept' },
      { by: 1, end: 'commit' },
    ]
    expect(ours(lines, [{ producerId: 1, firstOffset: 0 }])).toEqual(['kept'])
  })

  it('drops both of two interleaved ones where the later-begun ends first; stock kafkajs leaks', () => {
    const lines: Line[] = [
      { by: 2, value: 'x' },
      { by: 1, value: 'x' },
      { by: 1, end: 'abort' },
      { by: 2, value: 'x' },
      { by: 2, end: 'abort' },
    ]
    // In the order in which they ended, as brokers list them.
    const aborted = [
      { producerId: 1, firstOffset: 1 },
      { producerId: 2, firstOffset: 0 },
    ]
    expect(ours(lines, aborted)).toEqual([])
    expect(stock(lines, aborted)).not.toEqual([])
  })

  it('drops all of several that began before the fetch; stock kafkajs leaks', () => {
    const lines: Line[] = [
      { by: 3, value: 'x' },
      { by: 3, value: 'x' },
      { by: 1, end: 'abort' },
      { by: 2, end: 'abort' },
      { by: 3, end: 'abort' },
    ]
    const aborted = [1, 2, 3].map(producerId => ({ producerId, firstOffset: 9 + producerId }))
    expect(ours(lines, aborted, 20)).toEqual([])
    expect(stock(lines, aborted, 20)).not.toEqual([])
  })

  it('does not take a key of four zero bytes for a marker; stock kafkajs leaks', () => {
    const lines: Line[] = [
      { by: 1, value: 'x', key: '\0\0\0\0' },
      { by: 1, value: 'x' },
      { by: 1, end: 'abort' },
    ]
    const aborted = [{ producerId: 1, firstOffset: 0 }]
    expect(ours(lines, aborted)).toEqual([])
    expect(stock(lines, aborted)).not.toEqual([])
  })

  it('keeps what was written outside transactions by a producer that is aborting', () => {
    const bytes = placedBatch({ baseOffset: 0, producerId: 1, records: [text('kept')] })
    const { records } = readCommitted(readBatches(bytes), [{ producerId: 1, firstOffset: 0 }], PLACE, 0)
    expect(records).toHaveLength(1)
  })

  it('agrees with what was done, however transactions interleave and wherever the fetch begins', () => {
    const step = fc.record({
      by: fc.integer({ min: 1, max: 4 }),
      what: fc.constantFrom('write', 'write', 'abort', 'commit'),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(40), (steps, skip) => {
        const lines: Line[] = []
        const open = new Map<number, number[]>()
        const committed = new Set<number>()
        const aborted: (Aborted & { readonly lastOffset: number })[] = []
        for (const { by, what } of steps) {
          const offset = lines.length
          if (what === 'write') {
            open.set(by, [...(open.get(by) ?? []), offset])
            lines.push({ by, value: `${offset}` })
            continue
          }
          const [firstOffset, ...rest] = open.get(by) ?? []
          if (firstOffset === undefined) continue
          open.delete(by)
          lines.push({ by, end: what === 'abort' ? 'abort' : 'commit' })
          if (what === 'abort') aborted.push({ producerId: by, firstOffset, lastOffset: offset })
          else for (const one of [firstOffset, ...rest]) committed.add(one)
        }
        // A broker gives nothing at or behind the first record of a transaction that is still open.
        const stable = Math.min(lines.length, ...[...open.values()].flat())
        const from = Math.min(skip, stable)
        const listed = aborted.filter(({ firstOffset, lastOffset }) => lastOffset >= from && firstOffset < stable)
        const seen = ours(lines.slice(from, stable), listed, from)
        expect(seen).toEqual(
          [...committed]
            .filter(at => at >= from && at < stable)
            .sort((a, b) => a - b)
            .map(String),
        )
      }),
      { numRuns: 500 },
    )
  })

  it('goes on behind a batch that compaction has emptied; stock kafkajs fetches it for ever', async () => {
    const bytes = emptiedBatch(100, 4)
    expect(readCommitted(readBatches(bytes), [], PLACE, 100)).toEqual({ records: [], next: 105, passedOver: 0 })
    expect(await stockBatchIsStuck(bytes, 100)).toBe(true)
  })

  it('stays where it is when a fetch brought nothing', () => {
    expect(readCommitted([], [], PLACE, 42)).toEqual({ records: [], next: 42, passedOver: 0 })
  })
})
