#!/usr/bin/env -S node --max-semi-space-size=64
/**
 * The executable `party-quests`: finds the command, runs it, and turns how it ended into an exit code (0 done or
 * stopped cleanly, 1 failed, 2 wrong usage or configuration). What each command does is in cli/.
 */
import { Command, CommanderError } from 'commander'
import { addChart } from './cli/chart.ts'
import { addCheck } from './cli/check.ts'
import { addDemo } from './cli/demo.ts'
import { addPlay } from './cli/play.ts'
import { ReportedFailure } from './cli/reported-failure.ts'
import { addSend } from './cli/send.ts'
import { addStart } from './cli/start.ts'
import { addTail } from './cli/tail.ts'
import { UsageError } from './cli/usage-error.ts'
import { packageVersion } from './cli/version.ts'
import { ConfigError, TransportUnavailableError } from './errors.ts'

async function main(args: readonly string[]): Promise<number> {
  const program = new Command('party-quests')
  program.description('Runs party quests exactly once.').version(packageVersion()).exitOverride()
  for (const add of [addStart, addDemo, addSend, addTail, addCheck, addChart, addPlay]) add(program)
  for (const command of program.commands) command.exitOverride()
  try {
    await program.parseAsync([...args], { from: 'user' })
    return 0
  } catch (error) {
    return exitCode(error)
  }
}

function exitCode(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof ReportedFailure) return 1
  if (error instanceof ConfigError) {
    const count = error.faults.length === 1 ? '1 fault' : `${error.faults.length} faults`
    tell(`${count}`)
    for (const fault of error.faults) process.stderr.write(`  ${fault}\n`)
    return 2
  }
  if (error instanceof UsageError) {
    tell(error.message)
    return 2
  }
  if (error instanceof TransportUnavailableError) tell(error.message)
  else tell(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return 1
}

function tell(message: string): void {
  process.stderr.write(`party-quests: ${message}\n`)
}

process.exit(await main(process.argv.slice(2)))
