/**
 * The life of a shard in this process.
 *
 *   fencing ──▶ restoring ──▶ running ──▶ draining ──▶ closed
 *      │            │            │                        ▲
 *      └────────────┴────────────┴────────────────────────┘   an error: shard-set.ts decides what comes next
 *
 * A shard that closed never opens again: taking the shard once more is a new life.
 */
import { InvariantError } from '../errors.ts'

export type Phase = 'fencing' | 'restoring' | 'running' | 'draining' | 'closed'

const MOVES: Readonly<Record<Phase, readonly Phase[]>> = {
  fencing: ['restoring', 'draining', 'closed'],
  restoring: ['running', 'draining', 'closed'],
  running: ['draining', 'closed'],
  draining: ['closed'],
  closed: [],
}

/** @throws InvariantError a move that the table does not have */
export function move(from: Phase, to: Phase): Phase {
  if (!MOVES[from].includes(to)) throw new InvariantError(`a shard cannot go from ${from} to ${to}`)
  return to
}
