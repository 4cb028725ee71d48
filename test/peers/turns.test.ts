/** Turns are given to so many at a time, in order, and to nobody who has gone. */
import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Turns } from '../../src/peers/turns.ts'

it('so many go on at a time, the others in the order in which they came', async () => {
  const turns = new Turns(2)
  const { signal } = new AbortController()
  const order: number[] = []
  const takings = [0, 1, 2, 3].map(async number => {
    const giveBack = await turns.take(signal)
    order.push(number)
    return giveBack
  })
  await turn()
  expect(order).toEqual([0, 1])
  ;(await takings[1])?.()
  await turn()
  expect(order).toEqual([0, 1, 2])
  ;(await takings[0])?.()
  ;(await takings[2])?.()
  await turn()
  expect(order).toEqual([0, 1, 2, 3])
  expect(turns.isIdle).toBe(false)
  ;(await takings[3])?.()
  expect(turns.isIdle).toBe(true)
})

it('who goes while he waits gets no turn, and holds up nobody', async () => {
  const turns = new Turns(1)
  const going = new AbortController()
  const giveBack = await turns.take(new AbortController().signal)
  const gone = turns.take(going.signal)
  const next = turns.take(new AbortController().signal)
  going.abort(new Error('gone'))
  await expect(gone).rejects.toThrow('gone')
  giveBack()
  ;(await next)()
  expect(turns.isIdle).toBe(true)
  await expect(turns.take(going.signal)).rejects.toThrow('gone')
})
