/**
 * `party-quests check`: what would stop a start, or be warned of, in definition files. Judges nothing itself.
 */
import type { Command } from 'commander'
import { checkDefinitions } from '../definitions/check.ts'
import { ConfigError } from '../errors.ts'

const HELP = `
One directory, or any number of files, which are checked together. Without arguments: DEFINITIONS_DIR, or the directory "definitions".
Exit codes: 0 no faults (there may be warnings), 2 faults (each on a line of its own).`

export function addCheck(program: Command): void {
  program
    .command('check')
    .description('check quest definitions')
    .argument('[paths...]', 'a directory, or files')
    .addHelpText('after', HELP)
    .action(check)
}

async function check(paths: readonly string[]): Promise<void> {
  const [only, ...others] = paths
  const target = others.length > 0 ? paths : (only ?? (process.env.DEFINITIONS_DIR || 'definitions'))
  const { sound, faults, warnings } = await checkDefinitions(target)
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`)
  if (faults.length > 0) throw new ConfigError(faults)
  process.stdout.write(`${sound} ${sound === 1 ? 'definition' : 'definitions'} without a fault\n`)
}
