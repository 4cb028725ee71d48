/** The default partitioner: equal to Java's by its published vectors, and to kafkajs's for any key. */
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPartitioner, murmur2 } from '../../src/transport/partitioner.ts'

const oracle: (key: Buffer) => number = createRequire(import.meta.url)(
  'kafkajs/src/producer/partitioners/default/murmur2.js',
)

describe('the default partitioner', () => {
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])("hashes %s as Kafka's own UtilsTest says", (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash)
  })

  it('hashes any key as kafkajs does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), bytes => {
        expect(murmur2(Buffer.from(bytes))).toBe(oracle(Buffer.from(bytes)))
      }),
    )
  })

  it('drops the sign of the hash, as Java does, before it divides', () => {
    expect(createPartitioner(0)({ key: Buffer.from('21') }, 12)).toBe((-973932308 & 0x7fffffff) % 12)
  })

  it('keeps to the partition that a record names', () => {
    expect(createPartitioner(0)({ key: Buffer.from('21'), partition: 11 }, 12)).toBe(11)
  })

  it('takes records without a key in turn, from where it was told to start', () => {
    const partitioner = createPartitioner(4)
    expect([1, 2, 3, 4].map(() => partitioner({ key: null }, 3))).toEqual([1, 2, 0, 1])
  })

  it('gives an empty key a partition of its own, not a turn', () => {
    const partitioner = createPartitioner(0)
    const empty = { key: Buffer.alloc(0) }
    expect(partitioner(empty, 12)).toBe(partitioner(empty, 12))
  })
})
