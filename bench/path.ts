/**
 * Where a command's CPU goes in a replica: each part of its way through both hops, from the bytes of a fetch to the
 * bytes of a produce, without sockets and broker (path-sample.ts). Parts are told apart by the clock of the process,
 * so what the collector takes counts where it struck.
 */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { NODE_FLAGS } from '../scripts/node-flags.ts'
import { LIVELY } from './commands.ts'
import { median, type Result, rounded } from './figures.ts'

const run = promisify(execFile)

const SAMPLES = 5
export const PATH_INSTANCES = 5000
/** Of a thousand commands each. */
export const PATH_BLOCKS = 150
export const PATH_MIX = LIVELY

/** In the order of the way. */
export const PATH_PARTS = {
  /** Both hops: record batches to records. */
  fetched: 0,
  /** Hop 1: whose it is, and the record for its shard. */
  routed: 0,
  /** Hop 1: the batch for shard-commands. */
  forwarded: 0,
  /** Hop 2: decode, guard, step, messages. */
  run: 0,
  /** Hop 2: state records. */
  state: 0,
  /** Hop 2: batches of messages and of state. */
  written: 0,
  /** Hop 2, behind the commit: the overlay becomes the state, the journal is told. */
  settled: 0,
}

export type PathPart = keyof typeof PATH_PARTS

/** CPU microseconds a command, all threads. */
export type PathSample = Readonly<Record<PathPart, number>>

export async function benchPath(): Promise<Result> {
  const samples: PathSample[] = []
  for (let taken = 0; taken < SAMPLES; taken++) samples.push(await sample())
  const rows = (Object.keys(PATH_PARTS) as PathPart[]).map(part =>
    rowOf(
      part,
      samples.map(one => one[part]),
    ),
  )
  const totals = samples.map(one => Object.values(one).reduce((sum, micros) => sum + micros, 0))
  return {
    compares:
      `CPU microseconds that a replica spends on a command (${PATH_MIX.name}, ${PATH_INSTANCES} instances) on its way ` +
      `from fetched bytes to produced bytes through both hops, by part; no sockets, no broker. ${PATH_BLOCKS},000 ` +
      `commands in each of ${SAMPLES} processes.`,
    tables: [{ title: 'Where it goes', rows: [...rows, rowOf('all', totals)] }],
  }
}

function rowOf(part: string, micros: readonly number[]) {
  return {
    part,
    'µs, median': rounded(median(micros)),
    min: rounded(Math.min(...micros)),
    max: rounded(Math.max(...micros)),
  }
}

async function sample(): Promise<PathSample> {
  const script = fileURLToPath(new URL('./path-sample.js', import.meta.url))
  const { stdout } = await run(process.execPath, [...NODE_FLAGS, script])
  return JSON.parse(stdout)
}
