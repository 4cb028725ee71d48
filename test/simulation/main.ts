/** `npm run simulate`: many seeds, or one of them again with everything that happened in it. */
import { parseArgs } from 'node:util'
import { type SimulationReport, simulate } from './simulate.ts'

const USAGE = `Usage: npm run simulate -- [--seeds N] [--from SEED]   N worlds (default 1000), from a seed on (default 1)
       npm run simulate -- --seed SEED [--quiet]         one world again, with its trace`

const REPORT_EVERY_MS = 5000

async function one(seed: number, quiet: boolean): Promise<boolean> {
  const report = await simulate(quiet ? { seed } : { seed, trace: line => process.stdout.write(`${line}\n`) })
  console.log(JSON.stringify(report, null, 2))
  return report.violation === undefined
}

async function many(from: number, count: number): Promise<boolean> {
  const startedAt = performance.now()
  const totals = new Map<string, number>()
  let failures = 0
  let reportAt = startedAt + REPORT_EVERY_MS
  for (let seed = from; seed < from + count; seed++) {
    const report = await simulate({ seed })
    add(totals, report)
    if (report.violation !== undefined) {
      failures++
      console.error(`seed ${seed}: ${report.violation}\n  see it happen: npm run simulate -- --seed ${seed}\n`)
    }
    if (performance.now() > reportAt) {
      console.log(`${seed - from + 1} of ${count} worlds, ${failures} violations`)
      reportAt = performance.now() + REPORT_EVERY_MS
    }
  }
  const seconds = (performance.now() - startedAt) / 1000
  console.log(`${count} worlds in ${seconds.toFixed(1)} s, ${failures} violations`)
  console.table(Object.fromEntries([...totals].map(([name, total]) => [name, Math.round(total)])))
  return failures === 0
}

function add(totals: Map<string, number>, { seed: _, violation: __, disasters, ...counts }: SimulationReport): void {
  for (const [name, count] of Object.entries({ ...counts, ...disasters })) {
    totals.set(name, (totals.get(name) ?? 0) + count)
  }
}

function number(text: string | undefined, missing: number): number {
  const value = text === undefined ? missing : Number(text)
  if (Number.isSafeInteger(value) && value >= 0) return value
  console.error(`${text} is not a whole number\n${USAGE}`)
  process.exit(2)
}

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string' },
    seed: { type: 'string' },
    quiet: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(USAGE)
} else {
  const held =
    values.seed === undefined
      ? await many(number(values.from, 1), number(values.seeds, 1000))
      : await one(number(values.seed, 0), values.quiet)
  process.exitCode = held ? 0 : 1
}
