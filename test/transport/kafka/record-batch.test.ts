/** The record batch codec: what is written is read back, byte for byte what stock kafkajs writes, only headers in order. */
import { createRequire } from 'node:module'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Header, LogRecord } from '../../../src/contract/log-record.ts'
import { crc32c } from '../../../src/transport/kafka/crc32c.ts'
import { isAbortMarker, readBatches, readRecords } from '../../../src/transport/kafka/record-batch-decoder.ts'
import {
  BATCH_BYTES_MAX,
  type BatchRecord,
  draftRecordBatch,
  NO_PRODUCER,
  splitIntoBatches,
} from '../../../src/transport/kafka/record-batch-encoder.ts'
import { emptiedBatch, encodeRecordBatch, markerBatch, placedBatch, TIMESTAMP, text, written } from './batches.ts'
import { stockDecode, stockEncode } from './stock-kafkajs.ts'

const load = createRequire(import.meta.url)
const PLACE = { topic: 'topic', partition: 3 }
const PRODUCER = { producerId: 4001, producerEpoch: 7, baseSequence: 12, transactional: true }

const bytes = fc.uint8Array({ maxLength: 200 }).map(array => Buffer.from(array))
const nullable = fc.option(bytes, { nil: null })
const latin1 = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 12 }).map(codes => String.fromCharCode(...codes))
const header: fc.Arbitrary<Header> = fc.tuple(latin1, nullable)
const record: fc.Arbitrary<BatchRecord> = fc.record({
  key: nullable,
  value: nullable,
  headers: fc.array(header, { maxLength: 6 }),
})

function decode(batch: Buffer, from = 0): LogRecord[] {
  const records: LogRecord[] = []
  for (const one of readBatches(batch)) readRecords(one, PLACE, from, records)
  return records
}

function plain({ key, value, headers }: BatchRecord) {
  return { key, value, headers }
}

describe('the record batch codec', () => {
  it('reads back whatever it wrote, header order and duplicates included', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 80 }), records => {
        const read = decode(encodeRecordBatch(records, PRODUCER, TIMESTAMP))
        expect(read.map(plain)).toEqual(records.map(plain))
        expect(read.map(({ offset }) => offset)).toEqual(records.map((_, index) => index))
        expect(new Set(read.map(({ timestamp }) => timestamp))).toEqual(new Set([TIMESTAMP]))
      }),
    )
  })

  it('writes headers that records have in common into each of them', () => {
    const some = (value: string, headers: readonly Header[]) => ({ key: null, value: Buffer.from(value), headers })
    fc.assert(
      fc.property(fc.array(header, { maxLength: 4 }), fc.array(header, { maxLength: 4 }), (one, other) => {
        const records = [some('a', one), some('b', one), some('c', other), some('d', one), some('e', one)]
        const read = decode(encodeRecordBatch(records, PRODUCER, TIMESTAMP))
        expect(read.map(plain)).toEqual(records.map(plain))
      }),
    )
  })

  it('keeps headers in order where names repeat or look like integers, which kafkajs does not', async () => {
    const headers: Header[] = ['b', '10', 'a', '2', 'b'].map((name, index) => [name, Buffer.from(`${index}`)])
    const batch = encodeRecordBatch([{ key: null, value: null, headers }], PRODUCER, TIMESTAMP)
    expect(decode(batch)[0]?.headers).toEqual(headers)
    const [stock] = await stockDecode(batch)
    expect(Object.keys(stock?.headers ?? {})).toEqual(['2', '10', 'b', 'a'])
  })

  it('writes byte for byte what stock kafkajs writes, where that one can', async () => {
    const names = fc.stringMatching(/^[a-z][a-z-]{0,10}$/)
    const stockRecord = fc.record({ key: nullable, value: nullable, headers: fc.dictionary(names, bytes) })
    await fc.assert(
      fc.asyncProperty(fc.array(stockRecord, { minLength: 1, maxLength: 30 }), async records => {
        const ours = encodeRecordBatch(
          records.map(({ key, value, headers }) => ({ key, value, headers: Object.entries(headers) })),
          PRODUCER,
          TIMESTAMP,
        )
        const { baseSequence: firstSequence, ...rest } = PRODUCER
        const stock = await stockEncode(records, { ...rest, firstSequence, timestamp: TIMESTAMP })
        expect(ours.equals(stock)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  it('is read by stock kafkajs as it was written', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 30 }), async records => {
        const read = await stockDecode(encodeRecordBatch(records, NO_PRODUCER, TIMESTAMP))
        expect(read.map(({ key, value }) => ({ key, value }))).toEqual(
          records.map(({ key, value }) => ({ key, value })),
        )
      }),
      { numRuns: 50 },
    )
  })

  it('finds the checksum that stock kafkajs finds, at any length and offset', () => {
    const stock: (buffer: Buffer) => number = load('kafkajs/src/protocol/recordBatch/crc32C')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(16), (array, start) => {
        const buffer = Buffer.from(array)
        expect(crc32c(buffer, start)).toBe(stock(buffer.subarray(start)))
      }),
    )
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  })

  it('reads a record stamped by its writer at that time, one stamped by the log at the time of the log', () => {
    const batch = placedBatch({ baseOffset: 0, records: [text('a')] })
    batch.writeBigInt64BE(5n, 35)
    expect(decode(batch)[0]?.timestamp).toBe(TIMESTAMP)
    batch.writeInt16BE(8, 21)
    expect(decode(batch)[0]?.timestamp).toBe(5)
  })

  it('leaves out a batch that the fetch has cut off, and records below the offset asked for', () => {
    const first = placedBatch({ baseOffset: 10, records: ['a', 'b', 'c'].map(value => text(value)) })
    const second = placedBatch({ baseOffset: 13, records: [text('d')] })
    const cut = Buffer.concat([first, second.subarray(0, second.length - 1)])
    expect(decode(cut, 11).map(({ offset, value }) => [offset, value?.toString()])).toEqual([
      [11, 'b'],
      [12, 'c'],
    ])
  })

  it('tells an abort marker from a commit marker and from a batch without records', () => {
    const [abort, commit, empty] = readBatches(
      Buffer.concat([markerBatch(1, 9, 'abort'), markerBatch(2, 9, 'commit'), emptiedBatch(3, 4)]),
    )
    if (!abort || !commit || !empty) throw new Error('three batches were written')
    expect([abort.control, isAbortMarker(abort)]).toEqual([true, true])
    expect([commit.control, isAbortMarker(commit)]).toEqual([true, false])
    expect(isAbortMarker(empty)).toBe(false)
    expect([empty.baseOffset, empty.lastOffset, empty.count]).toEqual([3, 7, 0])
  })

  it('refuses a message format older than Kafka 0.11, and says so', () => {
    const batch = placedBatch({ baseOffset: 0, records: [text('a')] })
    batch.writeInt8(1, 16)
    expect(() => readBatches(batch)).toThrow('message format 1')
  })

  it('splits records into batches below the bound, none empty, none lost, in order', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 400_000 }), { maxLength: 12 })
    fc.assert(
      fc.property(sizes, lengths => {
        const records = lengths.map(length => ({ key: null, value: Buffer.alloc(length), headers: [] }))
        const runs = splitIntoBatches(records)
        expect(runs.flatMap(run => run.records)).toEqual(records)
        for (const run of runs) {
          expect(run.records.length).toBeGreaterThan(0)
          if (run.records.length > 1) {
            const batch = written(draftRecordBatch(run, PRODUCER, TIMESTAMP))
            expect(batch.length).toBeLessThanOrEqual(BATCH_BYTES_MAX)
            expect(readBatches(batch)[0]?.count).toBe(run.records.length)
          }
        }
      }),
      { numRuns: 30 },
    )
  })

  it('compresses a record that is larger than a batch may be, where that helps, and reads it back', () => {
    const large = text('x'.repeat(1_500_000))
    const batch = encodeRecordBatch([large], PRODUCER, TIMESTAMP)
    expect(batch.length).toBeLessThan(BATCH_BYTES_MAX)
    expect(decode(batch)[0]?.value?.equals(large.value ?? Buffer.alloc(0))).toBe(true)
  })
})

describe('compressed batches of other clients', () => {
  const records = Array.from({ length: 40 }, (_, index) => text(`value ${index} `.repeat(30), `key ${index % 3}`))
  const raw = placedBatch({ baseOffset: 5, records })

  function repacked(codec: number, payload: Buffer): Buffer {
    const batch = Buffer.concat([raw.subarray(0, 61), payload])
    batch.writeInt32BE(batch.length - 12, 8)
    batch.writeInt16BE(codec, 21)
    return batch
  }

  const payload = raw.subarray(61)
  const snappy: { compress(bytes: Buffer): Buffer } = load('snappyjs')

  function xerial(...blocks: readonly Buffer[]): Buffer {
    const head = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])
    const framed = blocks.flatMap(block => {
      const packed = snappy.compress(block)
      const length = Buffer.alloc(4)
      length.writeInt32BE(packed.length)
      return [length, packed]
    })
    return Buffer.concat([head, ...framed])
  }

  /** Stored, not packed: what a writer does with bytes that do not shrink. */
  function lz4Stored(bytes: Buffer): Buffer {
    const length = Buffer.alloc(4)
    length.writeUInt32LE((bytes.length | 0x80000000) >>> 0)
    return Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]), length, bytes, Buffer.alloc(4)])
  }

  it.each([
    ['gzip', 1, gzipSync(payload)],
    ['snappy, one bare block', 2, snappy.compress(payload)],
    ['snappy, framed as Java does', 2, xerial(payload.subarray(0, 700), payload.subarray(700))],
    ['lz4, stored', 3, lz4Stored(payload)],
  ])('are read: %s', (_, codec, packed) => {
    expect(decode(repacked(codec, packed)).map(plain)).toEqual(records.map(plain))
  })

  it('are refused, and named, when the codec is unknown or the frame is broken', () => {
    expect(() => decode(repacked(5, payload))).toThrow('codec 5')
    expect(() => decode(repacked(3, Buffer.from('not lz4 at all')))).toThrow('lz4')
  })
})
