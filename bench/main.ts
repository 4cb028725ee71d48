/**
 * `npm run bench [-- name… --long --json FILE --markdown FILE]`: measures this checkout on this machine and prints
 * tables. Starts its own Kafka on 127.0.0.1 where one is needed, and ends every process that it started. Decides
 * nothing: it only measures, and says where others had the machine too.
 */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { ToolMissingError } from '../scripts/kafka-broker/java.ts'
import type { BenchOptions } from './bench-options.ts'
import { benchCodec } from './codec.ts'
import { benchConsole } from './console.ts'
import { type Report, reportMarkdown, resultLines } from './figures.ts'
import { benchForeign } from './foreign.ts'
import { benchInstances, benchReplicas, benchTimers } from './growth.ts'
import { benchJournal } from './journal.ts'
import { benchLatency } from './latency.ts'
import { machineLine } from './machine.ts'
import { benchMemory } from './memory.ts'
import { othersCell, watched } from './other-load.ts'
import { benchPath } from './path.ts'
import { benchQuests } from './quests.ts'
import { benchRecovery } from './recovery.ts'
import { benchRestore } from './restore.ts'
import { benchStep } from './step.ts'
import { benchThroughput } from './throughput.ts'

/** In the order in which they run: what needs no Kafka first. */
const BENCHES: Readonly<Record<string, (options: BenchOptions) => Promise<Report['results'][string]>>> = {
  step: benchStep,
  path: benchPath,
  codec: benchCodec,
  memory: benchMemory,
  journal: benchJournal,
  foreign: benchForeign,
  throughput: benchThroughput,
  quests: benchQuests,
  latency: benchLatency,
  instances: benchInstances,
  timers: benchTimers,
  replicas: benchReplicas,
  restore: benchRestore,
  console: benchConsole,
  recovery: benchRecovery,
}
/** Not among all, which are to end within a quarter of an hour. */
const ON_REQUEST: ReadonlySet<string> = new Set(['journal', 'foreign', 'console'])
const USAGE = `usage: npm run bench [-- [${Object.keys(BENCHES).join('|')}]… [--long] [--json FILE] [--markdown FILE]]`
/** As everywhere in this project: wrong usage, or something missing that the user can mend. */
const EXIT_USAGE = 2
/** How long the machine is looked at before anything is measured. */
const LOOK_MS = 1000

class UsageError extends Error {}

interface Arguments extends BenchOptions {
  readonly names: readonly string[]
  readonly json: string | undefined
  readonly markdown: string | undefined
}

/** Resolves with the names of those that failed. */
async function main(): Promise<readonly string[]> {
  const { names, json, markdown, isLong } = readArguments()
  const unknown = names.filter(name => BENCHES[name] === undefined)
  if (unknown.length > 0) throw new UsageError(`no benchmark is called ${unknown.join(', ')}\n${USAGE}`)
  const { others } = await watched(() => new Promise(resolve => setTimeout(resolve, LOOK_MS)))
  const machine = `${machineLine()}, others before: ${othersCell([others])} of a core`
  say(`${machine}\n`)
  const results: Record<string, Report['results'][string]> = {}
  const failed: string[] = []
  for (const name of names) {
    say(`== ${name}`)
    const startedAt = performance.now()
    try {
      const run = await watched(async () => await BENCHES[name]?.({ isLong }))
      if (run.value === undefined) continue
      const seconds = Math.round((performance.now() - startedAt) / 1000)
      results[name] = { ...run.value, seconds, others: othersCell([run.others]) }
      say(`${resultLines(results[name]).join('\n')}\n`)
    } catch (error) {
      if (error instanceof ToolMissingError) throw error
      // The others are still worth having.
      failed.push(name)
      process.stderr.write(`${name} failed: ${error instanceof Error ? error.stack : String(error)}\n`)
    }
    const report = { machine, results }
    if (json !== undefined) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`)
    if (markdown !== undefined) await writeFile(markdown, reportMarkdown(report))
  }
  return failed
}

function readArguments(): Arguments {
  const options = { json: { type: 'string' }, markdown: { type: 'string' }, long: { type: 'boolean' } } as const
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options })
    const names = positionals.length > 0 ? positionals : Object.keys(BENCHES).filter(name => !ON_REQUEST.has(name))
    return { names, json: values.json, markdown: values.markdown, isLong: values.long ?? false }
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`)
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

try {
  process.exit((await main()).length === 0 ? 0 : 1)
} catch (error) {
  const mendable = error instanceof UsageError || error instanceof ToolMissingError
  process.stderr.write(`${mendable ? error.message : error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(mendable ? EXIT_USAGE : 1)
}
