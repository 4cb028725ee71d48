/**
 * What the journal costs a shard: the same commands prepared, encoded and settled with it and without. Each sample is a
 * process of its own (journal-sample.ts), so that each side pays for its own garbage. Without a log and its I/O, the
 * share is the largest that it can be.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { LIVELY } from './commands.ts'
import { interleaved, median, type Result, rounded } from './figures.ts'

const run = promisify(execFile)

const SAMPLES = 9
export const JOURNAL_INSTANCES = 5000
export const JOURNAL_COMMANDS = 100_000
export const JOURNAL_MIX = LIVELY

export const JOURNAL_SIDES = ['silent', 'journal'] as const
export type JournalSide = (typeof JOURNAL_SIDES)[number]

export interface JournalSample {
  /** CPU microseconds a command, all threads. */
  readonly micros: number
}

export async function benchJournal(): Promise<Result> {
  const samples = await interleaved(SAMPLES, JOURNAL_SIDES, sampleOf)
  const microsOf = (side: JournalSide) => (samples.get(side) ?? []).map(({ micros }) => micros)
  const base = median(microsOf('silent'))
  const best = Math.min(...microsOf('silent'))
  return {
    compares:
      `CPU time of a command in a shard without a log (decode, step, encode messages and state, settle) with and ` +
      `without the journal: ${JOURNAL_COMMANDS} commands, ${JOURNAL_MIX.advanceShare * 100} % with messages, for ` +
      `${JOURNAL_INSTANCES} instances, the journal full; ${SAMPLES} processes each, in turns.`,
    tables: [
      {
        title: 'The journal',
        rows: JOURNAL_SIDES.map(side => ({
          side,
          'median µs': rounded(median(microsOf(side))),
          'min µs': rounded(Math.min(...microsOf(side))),
          'max µs': rounded(Math.max(...microsOf(side))),
          '× silent, medians': rounded(median(microsOf(side)) / base, 4),
          '× silent, minima': rounded(Math.min(...microsOf(side)) / best, 4),
        })),
      },
    ],
  }
}

async function sampleOf(side: JournalSide): Promise<JournalSample> {
  const script = fileURLToPath(new URL('./journal-sample.js', import.meta.url))
  const { stdout } = await run(process.execPath, [script, side])
  return JSON.parse(stdout)
}
