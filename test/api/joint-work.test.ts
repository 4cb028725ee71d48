/** Promise: however many ask the same at once, it is done once; and nobody gets what was begun before he asked. */
import { describe, expect, test } from 'vitest'
import { JointWork } from '../../src/api/joint-work.ts'
import { ManualClock } from '../support/manual-clock.ts'

const EVERY_MS = 250

function scene() {
  const clock = new ManualClock()
  const shared = new JointWork<number>(clock, EVERY_MS)
  const rounds: { readonly answer: (value: number) => void; readonly signal: AbortSignal }[] = []
  const ask = (signal = new AbortController().signal) =>
    shared.ask('list', signal, stop => new Promise(answer => rounds.push({ answer, signal: stop })))
  return { clock, rounds, ask }
}

const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

describe('work that is shared', () => {
  test('is done once for all who ask before it begins', async () => {
    const { rounds, ask } = scene()
    const answers = Promise.all([ask(), ask(), ask()])
    await settled()
    expect(rounds.length).toBe(1)
    rounds[0]?.answer(7)
    expect(await answers).toEqual([7, 7, 7])
  })

  test('is done anew for who asks while it is under way: what he asks about may have come too late for it', async () => {
    const { clock, rounds, ask } = scene()
    const first = ask()
    await settled()
    const late = [ask(), ask()]
    rounds[0]?.answer(1)
    expect(await first).toBe(1)
    await clock.advance(EVERY_MS)
    await settled()
    expect(rounds.length).toBe(2)
    rounds[1]?.answer(2)
    expect(await Promise.all(late)).toEqual([2, 2])
  })

  test('begins no sooner than its time after the one before, however often it is asked for', async () => {
    const { clock, rounds, ask } = scene()
    for (let time = 0; time < 4 * EVERY_MS; time += 25) {
      void ask()
      await settled()
      rounds.at(-1)?.answer(time)
      await settled()
      await clock.advance(25)
    }
    expect(rounds.length).toBeLessThanOrEqual(5)
    expect(rounds.length).toBeGreaterThanOrEqual(4)
  })

  test('ends when nobody waits for it any more, and begins again for who comes then', async () => {
    const { clock, rounds, ask } = scene()
    const left = new AbortController()
    const given = ask(left.signal)
    await settled()
    left.abort(new Error('gone'))
    await expect(given).rejects.toThrow('gone')
    expect(rounds[0]?.signal.aborted).toBe(true)
    rounds[0]?.answer(0)
    const again = ask()
    await settled()
    await clock.advance(EVERY_MS)
    await settled()
    rounds[1]?.answer(2)
    expect(await again).toBe(2)
  })
})
