/** The table of a shard's phases: what the picture allows, and nothing else. */
import { expect, test } from 'vitest'
import { InvariantError } from '../../src/errors.ts'
import { move, type Phase } from '../../src/shard/phase.ts'

const PHASES = ['fencing', 'restoring', 'running', 'draining', 'closed'] as const
const ALLOWED: readonly (readonly [Phase, Phase])[] = [
  ['fencing', 'restoring'],
  ['fencing', 'draining'],
  ['fencing', 'closed'],
  ['restoring', 'running'],
  ['restoring', 'draining'],
  ['restoring', 'closed'],
  ['running', 'draining'],
  ['running', 'closed'],
  ['draining', 'closed'],
]

test.each(ALLOWED)('a shard may go from %s to %s', (from, to) => {
  expect(move(from, to)).toBe(to)
})

test('a shard goes nowhere else, and a closed one goes nowhere at all', () => {
  const allowed = new Set(ALLOWED.map(([from, to]) => `${from} ${to}`))
  const others = PHASES.flatMap(from => PHASES.map(to => [from, to] as const)).filter(
    ([from, to]) => !allowed.has(`${from} ${to}`),
  )
  expect(others).toHaveLength(16)
  for (const [from, to] of others) {
    expect(() => move(from, to), `${from} to ${to}`).toThrow(
      new InvariantError(`a shard cannot go from ${from} to ${to}`),
    )
  }
})
