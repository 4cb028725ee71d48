/**
 * What the journal costs a shard: the same commands prepared, encoded and settled with it and without, in turns within
 * one process (journal-sample.ts). Without a log and its I/O, the share is the largest that it can be.
 */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { NODE_FLAGS } from '../scripts/node-flags.ts'
import { LIVELY } from './commands.ts'
import { median, type Result, rounded } from './figures.ts'

const run = promisify(execFile)

const SAMPLES = 5
export const JOURNAL_INSTANCES = 5000
/** Of a thousand commands each. */
export const JOURNAL_BLOCKS = 120
export const JOURNAL_MIX = LIVELY

export const JOURNAL_SIDES = ['silent', 'journal'] as const
export type JournalSide = (typeof JOURNAL_SIDES)[number]

/** CPU microseconds a command, all threads. */
export type JournalSample = Readonly<Record<JournalSide, number>>

export async function benchJournal(): Promise<Result> {
  const samples: JournalSample[] = []
  for (let taken = 0; taken < SAMPLES; taken++) samples.push(await sample())
  const of = (side: JournalSide) => samples.map(one => one[side])
  const ratios = samples.map(({ silent, journal }) => journal / silent)
  return {
    compares:
      `CPU time of a command in a shard without a log (decode, step, encode messages and state, settle) with and ` +
      `without the journal: ${JOURNAL_BLOCKS},000 commands each, a thousand at a time in turns, ` +
      `${JOURNAL_MIX.advanceShare * 100} % with messages, for ${JOURNAL_INSTANCES} instances, the journal full; ` +
      `${SAMPLES} processes. The ratio is that of each process, since they differ by more than the journal costs.`,
    tables: [
      {
        title: 'The journal',
        rows: [
          {
            'without it, µs': rounded(median(of('silent'))),
            'with it, µs': rounded(median(of('journal'))),
            'ratio, median': rounded(median(ratios), 4),
            min: rounded(Math.min(...ratios), 4),
            max: rounded(Math.max(...ratios), 4),
          },
        ],
      },
    ],
  }
}

async function sample(): Promise<JournalSample> {
  const script = fileURLToPath(new URL('./journal-sample.js', import.meta.url))
  const { stdout } = await run(process.execPath, [...NODE_FLAGS, script])
  return JSON.parse(stdout)
}
