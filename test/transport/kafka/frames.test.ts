/** Requests as they go over the wire, beside stock kafkajs's frames, and the buffers that they are written into. */
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { FrameBuffers } from '../../../src/transport/kafka/frame-buffers.ts'
import { RequestWriter } from '../../../src/transport/kafka/request-writer.ts'

const load = createRequire(import.meta.url)

describe('a request that is written', () => {
  it.each([0, 3, 500, 5000])('has the same frame as one of stock kafkajs: a body of %i bytes', async length => {
    const body = Buffer.alloc(length, 'body')
    const createRequestFrame = load('kafkajs/src/protocol/request')
    const request = { apiKey: 3, apiVersion: 7, encode: async () => ({ buf: body, buffer: body, size: () => length }) }
    const stock = await createRequestFrame({ correlationId: 77, clientId: 'ärger', request })
    // Too small a buffer on purpose: it grows.
    const writer = new RequestWriter(Buffer.alloc(8))
    writer.beginFrame()
    writer.int16(3)
    writer.int16(7)
    writer.int32(77)
    writer.string('ärger')
    writer.sized(length, (into, at) => into.set(body, at))
    const frame = writer.frame()
    const ours = Buffer.concat([frame.subarray(0, frame.length - length - 4), body])
    ours.writeInt32BE(ours.length - 4, 0)
    expect(ours.equals(stock.buffer)).toBe(true)
    expect(frame.readInt32BE(frame.length - length - 4)).toBe(length)
  })
})

describe('buffers of requests', () => {
  it('are used again once they are given back, and by one request at a time', () => {
    const buffers = new FrameBuffers()
    const [one, other] = [buffers.take(5000), buffers.take(5000)]
    expect(one.buffer === other.buffer).toBe(false)
    expect(one.length).toBeGreaterThanOrEqual(5000)
    buffers.giveBack(one)
    expect(buffers.take(6000) === one).toBe(true)
    expect(buffers.take(6000) === one).toBe(false)
  })

  it('are never smaller than was asked for', () => {
    const buffers = new FrameBuffers()
    buffers.giveBack(buffers.take(4096))
    expect(buffers.take(100_000).length).toBeGreaterThanOrEqual(100_000)
    expect(buffers.take(10).length).toBe(10)
  })

  it('that are kept are few and not large', () => {
    const buffers = new FrameBuffers()
    const large = buffers.take(5 << 20)
    buffers.giveBack(large)
    expect(buffers.take(5 << 20) === large).toBe(false)
    const many = Array.from({ length: 6 }, () => buffers.take(5000))
    for (const one of many) buffers.giveBack(one)
    const again = new Set(Array.from({ length: 6 }, () => buffers.take(5000)))
    expect(many.filter(one => again.has(one))).toHaveLength(4)
  })
})
