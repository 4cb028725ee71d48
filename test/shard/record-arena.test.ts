/** Records outside the heap: what was put is found, whatever was deleted around it, and holes do not add up. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RecordArena } from '../../src/shard/record-arena.ts'

const MIB = 1024 * 1024

/** Tells records apart by their bytes, at both ends. */
function record(length: number, mark: number): Buffer {
  const bytes = Buffer.alloc(length, mark % 251)
  if (length > 0) bytes[length - 1] = mark % 249
  return bytes
}

describe('the arena', () => {
  test('holds for every number what a map would, through any puts, replacements and deletions', () => {
    const change = fc.oneof(
      { weight: 4, arbitrary: fc.record({ number: fc.nat(40), length: fc.nat(40_000) }) },
      { weight: 1, arbitrary: fc.record({ number: fc.nat(40), length: fc.integer({ min: MIB - 20, max: MIB + 20 }) }) },
      { weight: 3, arbitrary: fc.record({ number: fc.nat(60), length: fc.constant(undefined) }) },
    )
    fc.assert(
      fc.property(fc.array(change, { maxLength: 120 }), changes => {
        const arena = new RecordArena()
        const model = new Map<number, Buffer>()
        for (const [index, { number, length }] of changes.entries()) {
          if (length === undefined) expect(arena.delete(number)).toBe(model.delete(number))
          else {
            const bytes = record(length, index)
            arena.put(number, bytes)
            model.set(number, bytes)
          }
        }
        expect(arena.size).toBe(model.size)
        expect([...arena.numbers()]).toEqual([...model.keys()].sort((a, b) => a - b))
        for (const [number, bytes] of model) expect(arena.get(number)?.equals(bytes)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  test('takes little more than its records, however often they are replaced', () => {
    const arena = new RecordArena()
    const [count, length] = [4000, 700]
    for (let change = 0; change < 8 * count; change++) {
      const number = (change * 7919) % count
      arena.put(number, record(length, change))
    }
    expect(arena.size).toBe(count)
    expect(arena.heldBytes).toBeLessThan(1.5 * count * length + 3 * MIB)
    const lengths = Array.from({ length: count }, (_, number) => arena.get(number)?.length)
    expect(lengths).toEqual(Array(count).fill(length))
  })

  test('lets go of its memory when its records are gone, but for a little for the next ones', () => {
    const arena = new RecordArena()
    for (let number = 0; number < 4000; number++) arena.put(number, record(700, number))
    expect(arena.heldBytes).toBeGreaterThan(2.5 * MIB)
    for (let number = 0; number < 3999; number++) arena.delete(number)
    expect(arena.heldBytes).toBeLessThanOrEqual(2 * MIB)
    expect(arena.get(3999)).toEqual(record(700, 3999))
    arena.delete(3999)
    expect(arena.heldBytes).toBeLessThanOrEqual(128 * 1024)
    arena.put(3999, record(700, 1))
    expect([arena.size, arena.get(3999)]).toEqual([1, record(700, 1)])
    arena.clear()
    expect([arena.size, arena.heldBytes, arena.get(1)]).toEqual([0, 0, undefined])
  })

  test('of a few records is small', () => {
    const arena = new RecordArena()
    for (let number = 0; number < 50; number++) arena.put(number, record(700, number))
    expect(arena.heldBytes).toBe(64 * 1024)
  })

  test('keeps its own copy: the fetch that a record came in can go', () => {
    const arena = new RecordArena()
    const fetched = Buffer.from('one two')
    arena.put(1, fetched.subarray(4))
    fetched.fill(0)
    expect(arena.get(1)?.toString()).toBe('two')
  })
})
