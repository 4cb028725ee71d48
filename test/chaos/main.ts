/**
 * `npm run chaos -- --commands N --kills K --version 4.2.0|3.9.1 --nodes 1|3 --seed S [--keep-logs]`: one run by hand.
 * Prints each fault as it happens, then what the verifier counted. Exit codes: 0 all promises held, 1 not, 2 wrong usage.
 */
import { parseArgs } from 'node:util'
import { DEFAULT_KAFKA_VERSION, kafkaVersion } from '../../scripts/kafka-broker/jars.ts'
import { ToolMissingError } from '../../scripts/kafka-broker/java.ts'
import { type ChaosOptions, type ChaosReport, chaos } from './chaos.ts'

const USAGE =
  'usage: npm run chaos -- [--commands N] [--kills K] [--version 4.2.0|3.9.1] [--nodes 1|3] [--seed S] [--keep-logs]'
const EXIT_BROKEN = 1
const EXIT_USAGE = 2

class UsageError extends Error {}

function readArguments(): Omit<ChaosOptions, 'say'> {
  try {
    const text = { type: 'string' } as const
    const options = {
      commands: text,
      kills: text,
      version: text,
      nodes: text,
      seed: text,
      'keep-logs': { type: 'boolean' },
    } as const
    const { values } = parseArgs({ options })
    return {
      commands: count('commands', values.commands ?? '20000'),
      kills: count('kills', values.kills ?? '10'),
      version: kafkaVersion(values.version ?? DEFAULT_KAFKA_VERSION),
      nodes: nodesOf(values.nodes ?? '1'),
      seed: values.seed === undefined ? Date.now() >>> 0 : count('seed', values.seed),
      keepLogs: values['keep-logs'] === true,
    }
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : error}\n${USAGE}`)
  }
}

function count(name: string, value: string): number {
  if (!/^\d{1,10}$/.test(value)) throw new UsageError(`--${name} ${value}: must be a whole number`)
  return Number(value)
}

function nodesOf(value: string): 1 | 3 {
  if (value === '1') return 1
  if (value === '3') return 3
  throw new UsageError(`--nodes ${value}: must be 1 or 3`)
}

function say(line: string): void {
  process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`)
}

async function report({ sent, kills, faults, seconds, verdict, mishaps }: ChaosReport): Promise<void> {
  say(`verified: ${JSON.stringify(verdict.counts, null, 2)}`)
  const rate = Math.round(sent / seconds)
  say(`${sent} commands in ${Math.round(seconds)} s under ${kills} kills (${faults} faults): ${rate} a second`)
  for (const mishap of mishaps) say(`MISHAP ${mishap}`)
  for (const fault of verdict.faults) say(`DIFFERENCE ${fault}`)
  if (verdict.counts.commands !== sent)
    throw new Error(`${sent} commands were sent, ${verdict.counts.commands} lie there`)
  const broken = verdict.faultsCount + mishaps.length
  if (broken > 0) throw new Error(`${verdict.faultsCount} differences, ${mishaps.length} mishaps`)
  say('each command had its effect once and in order, and nothing else came out')
}

try {
  await chaos({ ...readArguments(), say }, report)
  process.exit(0)
} catch (error) {
  const isUsage = error instanceof UsageError || error instanceof ToolMissingError
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exit(isUsage ? EXIT_USAGE : EXIT_BROKEN)
}
