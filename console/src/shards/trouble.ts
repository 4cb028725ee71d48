/**
 * Which shards need a look, how badly, and the sentence for it. Pure.
 */
import type { Shard } from '../../../src/api/documents.ts'
import { latency, number } from '../ui/words.ts'

export interface Verdict {
  readonly severity: 'bad' | 'moving' | 'fine'
  /** Of what is not fine; begins in small letters, behind `shard 5`. */
  readonly words: string
  readonly isLagBad: boolean
  readonly isLatenessBad: boolean
}

/** Four transactions of the default size: more is no ripple. */
export const LAG_BAD_RECORDS = 1000
/** A timer that is a second late is one that players see. */
export const LATENESS_BAD_MS = 1000

const ORDER = { bad: 0, moving: 1, fine: 2 } as const

export function verdictOf(shard: Shard): Verdict {
  const { phase, lag, recordsPerSecond, timerLatenessMs, trouble } = shard
  const isLagBad = lag > LAG_BAD_RECORDS
  const isLatenessBad = (timerLatenessMs?.p99 ?? 0) > LATENESS_BAD_MS
  const flags = { isLagBad, isLatenessBad }
  switch (phase) {
    case 'dead':
    case 'unowned':
    case 'unknown':
      return { severity: 'bad', words: trouble ?? PHASE_WORDS[phase], ...flags }
    case 'fencing':
    case 'restoring':
    case 'draining':
    case 'closed':
      return { severity: isLagBad ? 'bad' : 'moving', words: trouble ?? PHASE_WORDS[phase], ...flags }
    case 'running': {
      const sentences = [
        ...(isLagBad ? [behind(lag, recordsPerSecond)] : []),
        ...(isLatenessBad && !isLagBad && timerLatenessMs !== null
          ? [`timers ${latency(timerLatenessMs.p99)} late`]
          : []),
        ...(trouble === null ? [] : [trouble]),
      ]
      return { severity: sentences.length > 0 ? 'bad' : 'fine', words: sentences.join(' · '), ...flags }
    }
    default: {
      const missed: never = phase
      return missed
    }
  }
}

/** Those in trouble first, then those on the move, else by number. */
export function inOrderOfTrouble(shards: readonly Shard[]): readonly Shard[] {
  const rank = (shard: Shard) => ORDER[verdictOf(shard).severity]
  return shards.toSorted((one, other) => rank(one) - rank(other) || one.shard - other.shard)
}

const PHASE_WORDS = {
  dead: 'has stopped for good: the log of its owner says why',
  unowned: 'belongs to nobody: its quests stand still',
  unknown: 'its owner does not answer',
  fencing: 'is being taken over',
  restoring: 'reads its state',
  draining: 'is being handed over',
  closed: 'was handed over',
} as const

/** How much work it is at the present pace: more comes meanwhile, so it is no promise. */
function behind(lag: number, recordsPerSecond: number): string {
  const work = recordsPerSecond > 0 ? `, ${Math.ceil(lag / recordsPerSecond)} s of work` : ''
  return `${number(lag)} commands behind${work}`
}
