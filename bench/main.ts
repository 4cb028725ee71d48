/**
 * `npm run bench [-- name… --json FILE]`: measures this checkout on this machine and prints tables. Starts its own
 * Kafka on 127.0.0.1 where one is needed, and ends every process that it started. Decides nothing: it only measures.
 */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { ToolMissingError } from '../scripts/kafka-broker/java.ts'
import { benchConsole } from './console.ts'
import { type Result, tableLines } from './figures.ts'
import { benchForeign } from './foreign.ts'
import { benchJournal } from './journal.ts'
import { benchLatency } from './latency.ts'
import { machineLine } from './machine.ts'
import { benchMemory } from './memory.ts'
import { benchPath } from './path.ts'
import { benchRecovery } from './recovery.ts'
import { benchRestore } from './restore.ts'
import { benchStep } from './step.ts'
import { benchThroughput } from './throughput.ts'

const BENCHES: Readonly<Record<string, () => Promise<Result>>> = {
  step: benchStep,
  path: benchPath,
  memory: benchMemory,
  journal: benchJournal,
  foreign: benchForeign,
  console: benchConsole,
  throughput: benchThroughput,
  latency: benchLatency,
  restore: benchRestore,
  recovery: () => benchRecovery(),
}
const USAGE = `usage: npm run bench [-- [${Object.keys(BENCHES).join('|')}]… [--json FILE]]`
/** As everywhere in this project: wrong usage, or something missing that the user can mend. */
const EXIT_USAGE = 2

class UsageError extends Error {}

async function main(): Promise<void> {
  const { names, json } = readArguments()
  const unknown = names.filter(name => BENCHES[name] === undefined)
  if (unknown.length > 0) throw new UsageError(`no benchmark is called ${unknown.join(', ')}\n${USAGE}`)
  const machine = machineLine()
  say(`${machine}\n`)
  const results: Record<string, Result> = {}
  for (const name of names) {
    say(`== ${name}`)
    const result = await BENCHES[name]?.()
    if (result === undefined) continue
    results[name] = result
    say(`${result.compares}\n`)
    for (const table of result.tables) say(`${tableLines(table).join('\n')}\n`)
  }
  if (json !== undefined) await writeFile(json, `${JSON.stringify({ machine, results }, null, 2)}\n`)
}

function readArguments(): { readonly names: readonly string[]; readonly json: string | undefined } {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'string' } } })
    return { names: positionals.length > 0 ? positionals : Object.keys(BENCHES), json: values.json }
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
