/**
 * `npm run soak [-- --minutes N --json FILE]`: full load on one replica for so long, and what its memory does meanwhile.
 * No part of `npm run bench`, which takes a quarter of an hour in all: two minutes show that it works, thirty that memory
 * is flat. Starts its own Kafka and ends every process that it started.
 */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { ToolMissingError } from '../../scripts/kafka-broker/java.ts'
import { tableLines } from '../figures.ts'
import { machineLine } from '../machine.ts'
import { soak } from './soak.ts'

const MINUTES = 2
const USAGE = 'usage: npm run soak [-- --minutes N --json FILE]'
/** As everywhere in this project: wrong usage, or something missing that the user can mend. */
const EXIT_USAGE = 2

class UsageError extends Error {}

async function main(): Promise<void> {
  const { minutes, json } = readArguments()
  const machine = machineLine()
  say(machine)
  const result = await soak({ minutes, onSample: row => say(JSON.stringify(row)) })
  say(`\n${result.compares}\n`)
  for (const table of result.tables) say(tableLines(table).join('\n'))
  if (json !== undefined) await writeFile(json, `${JSON.stringify({ machine, results: { soak: result } }, null, 2)}\n`)
}

function readArguments(): { readonly minutes: number; readonly json: string | undefined } {
  try {
    const { values } = parseArgs({ options: { minutes: { type: 'string' }, json: { type: 'string' } } })
    const minutes = Number(values.minutes ?? MINUTES)
    if (!(minutes >= 1)) throw new Error(`--minutes is ${values.minutes}: must be 1 or more`)
    return { minutes, json: values.json }
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

try {
  await main()
  process.exit(0)
} catch (error) {
  const mendable = error instanceof UsageError || error instanceof ToolMissingError
  process.stderr.write(`${mendable ? error.message : error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(mendable ? EXIT_USAGE : 1)
}
