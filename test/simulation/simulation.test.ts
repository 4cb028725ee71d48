/**
 * Promise: nothing is lost, doubled or torn, whatever fails and whenever. Each seed is a world of replicas, players and
 * disasters, and each must come out clean; `npm run simulate` tries as many as one likes.
 */
import { describe, expect, it } from 'vitest'
import { simulate } from './simulate.ts'

/** Ten tests of a hundred worlds: the one that fails says where. */
const TESTS = 10
const SEEDS_PER_TEST = 100
const LIMIT_MS = 120_000

describe('every promise holds in', () => {
  const firsts = Array.from({ length: TESTS }, (_, index) => 1 + index * SEEDS_PER_TEST)

  it.each(firsts)(
    `${SEEDS_PER_TEST} worlds from seed %i on`,
    async first => {
      const violations: string[] = []
      let commits = 0
      for (let seed = first; seed < first + SEEDS_PER_TEST; seed++) {
        const report = await simulate({ seed })
        commits += report.commits
        if (report.violation !== undefined) {
          violations.push(`seed ${seed}: ${report.violation}\nsee it happen: npm run simulate -- --seed ${seed}`)
        }
      }
      expect(violations).toEqual([])
      expect(commits).toBeGreaterThan(SEEDS_PER_TEST)
    },
    LIMIT_MS,
  )
})

describe('a seed', () => {
  it('gives the same world again, event by event', async () => {
    const run = async () => {
      const lines: string[] = []
      const report = await simulate({ seed: 7, trace: line => lines.push(line) })
      return { lines, report }
    }
    const [one, other] = [await run(), await run()]
    expect(other).toEqual(one)
    expect(one.lines.length).toBeGreaterThan(100)
  })

  it(
    'has every kind of disaster within a few worlds, and every kind of outcome',
    async () => {
      const seen = new Set<string>()
      for (let seed = 1; seed <= 20; seed++) {
        const { disasters, ...counts } = await simulate({ seed })
        for (const name of Object.keys(disasters)) seen.add(name)
        for (const [name, count] of Object.entries(counts)) if (typeof count === 'number' && count > 0) seen.add(name)
      }
      expect([...seen].sort()).toEqual(
        [
          ...['kill', 'stop', 'pause', 'outage', 'expire member', 'expire transaction', 'compact', 'wall jump'],
          ...['aborted commands', 'copy again', 'seed', 'commands', 'commits', 'events', 'seconds'],
          ...['applied', 'refused', 'copies', 'timers', 'lookups', 'effects', 'happenings'],
        ].sort(),
      )
    },
    LIMIT_MS,
  )
})
