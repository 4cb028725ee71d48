/** The lz4 frame decoder against frames put together by hand, byte for byte as the format describes them. */
import { describe, expect, it } from 'vitest'
import { unpackLz4Frame } from '../../../src/transport/kafka/lz4-frame.ts'

const MAGIC = [0x04, 0x22, 0x4d, 0x18]
const END = [0, 0, 0, 0]

function block(bytes: readonly number[], stored = false): number[] {
  return [bytes.length & 255, bytes.length >> 8, 0, stored ? 0x80 : 0, ...bytes]
}

function frame(...parts: readonly (readonly number[])[]): Buffer {
  return Buffer.from(parts.flat())
}

const codes = (text: string) => [...Buffer.from(text)]

describe('an lz4 frame', () => {
  it('gives back literals, and a match that overlaps what it writes', () => {
    const packed = [0x1f, ...codes('a'), 1, 0, 0, 0x10, ...codes('b')]
    expect(unpackLz4Frame(frame(MAGIC, [0x60, 0x40, 0], block(packed), END)).toString()).toBe(`${'a'.repeat(20)}b`)
  })

  it('refers back into the block before where its blocks are linked', () => {
    const first = block(codes('kafka'), true)
    const second = block([0x01, 5, 0, 0x00])
    expect(unpackLz4Frame(frame(MAGIC, [0x40, 0x40, 0], first, second, END)).toString()).toBe('kafkakafka')
  })

  it('passes over a content size, block checksums and a content checksum', () => {
    const sized = [0x7c, 0x40, ...[5, 0, 0, 0, 0, 0, 0, 0], 0]
    expect(
      unpackLz4Frame(frame(MAGIC, sized, block(codes('quest'), true), [1, 2, 3, 4], END, [9, 9, 9, 9])).toString(),
    ).toBe('quest')
  })

  it('gives back long runs of literals, whose length takes more bytes', () => {
    const long = 'x'.repeat(300)
    const packed = [0xf0, 255, 300 - 15 - 255, ...codes(long)]
    expect(unpackLz4Frame(frame(MAGIC, [0x60, 0x40, 0], block(packed), END)).toString()).toBe(long)
  })

  it.each([
    ['does not begin like one', frame([1, 2, 3, 4, 5, 6, 7, 8])],
    ['ends before its end mark', frame(MAGIC, [0x60, 0x40, 0], block(codes('a'), true))],
    ['ends inside a block', frame(MAGIC, [0x60, 0x40, 0], [9, 0, 0, 0x80, 1])],
    ['needs a dictionary', frame(MAGIC, [0x61, 0x40, 0], END)],
    ['refers to bytes that are not there', frame(MAGIC, [0x60, 0x40, 0], block([0x10, 97, 9, 0]), END)],
  ])('is refused when it %s', (why, broken) => {
    expect(() => unpackLz4Frame(broken)).toThrow(why)
  })
})
