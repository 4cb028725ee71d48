/** What we reach into kafkajs for is there, and its busy timer is mended (the mend's fault shown on a class of its own). */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { checkWire, quietRequestQueue } from '../../../src/transport/kafka/wire.ts'
import { freshRequestQueue } from './stock-kafkajs.ts'

const QUEUE = {
  maxInFlightRequests: null,
  requestTimeout: 1000,
  enforceRequestTimeout: false,
  clientId: 'test',
  broker: 'nowhere',
  logger: { debug: () => undefined },
  isConnected: () => true,
}

/** Timers that an idle queue arms in a second after its first answer. */
function timersOfAnIdleSecond(mend: boolean): number {
  vi.useFakeTimers()
  const RequestQueue = freshRequestQueue()
  if (mend) quietRequestQueue(RequestQueue.prototype)
  const queue = new RequestQueue(QUEUE)
  const armed = vi.spyOn(globalThis, 'setTimeout')
  queue.checkPendingRequests()
  vi.advanceTimersByTime(1000)
  const count = armed.mock.calls.length
  queue.destroy()
  return count
}

describe("kafkajs's inside", () => {
  afterEach(() => {
    vi.restoreAllMocks()
    vi.useRealTimers()
  })

  it('is the version that we know, with every part that we use', () => {
    expect(checkWire).not.toThrow()
  })

  it('arms no timer on a connection that is idle; stock kafkajs does, a thousand times a second', () => {
    expect(timersOfAnIdleSecond(false)).toBeGreaterThan(500)
    expect(timersOfAnIdleSecond(true)).toBe(0)
  })

  it('still waits out a throttle that a broker asked for', () => {
    vi.useFakeTimers()
    const RequestQueue = freshRequestQueue()
    quietRequestQueue(RequestQueue.prototype)
    const queue = Object.assign(new RequestQueue(QUEUE), { throttledUntil: Date.now() + 50 })
    const armed = vi.spyOn(globalThis, 'setTimeout')
    queue.checkPendingRequests()
    expect(armed).toHaveBeenCalledTimes(1)
    queue.destroy()
  })
})
