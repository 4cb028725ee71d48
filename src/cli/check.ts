/**
 * `party-quests check`: what is wrong with quest definitions, before anybody plays them. Judges nothing itself.
 */
import type { Command } from 'commander'
import { Environment } from '../config/environment.ts'
import { readRules } from '../config.ts'
import { countOf, reportJson, reportText } from './check-report.ts'
import { checkDefinitions } from './definition-check.ts'
import { ReportedFailure } from './reported-failure.ts'
import { endQuietlyOnClosedPipe, wantsColours } from './terminal.ts'

const HELP = `
Directories and files are checked together. Without arguments: DEFINITIONS_DIR, or the directory "definitions".
Each definition is read as a start reads it, then its whole life is explored, under the ADVANCE, LOBBY_LIMIT_SECONDS,
BONUS_LIMIT_SECONDS and REQUIREMENTS of the environment. docs/authoring.md says what each finding means.

  fault    it cannot be played as it is written
  warning  it can, but hardly as its author meant it
  note     what this version does not do yet

Exit codes: 0 no faults, 1 faults (with --strict: or warnings), 2 wrong usage, or a path that cannot be read.`

const BAR_WIDTH = 24

interface CheckFlags {
  readonly strict?: boolean
  readonly json?: boolean
  readonly paths?: boolean
}

export function addCheck(program: Command): void {
  program
    .command('check')
    .description('check quest definitions: explore all that can happen in each')
    .argument('[paths...]', 'directories or files')
    .option('--strict', 'exit with 1 for warnings too')
    .option('--paths', 'show the shortest path to COMPLETED and to each end')
    .option('--json', 'one JSON document, with all paths')
    .addHelpText('after', HELP)
    .action(check)
}

async function check(paths: readonly string[], { strict, json, paths: showsPaths }: CheckFlags): Promise<void> {
  endQuietlyOnClosedPipe(process.stdout)
  const environment = new Environment(process.env)
  const settings = readRules(environment)
  environment.close()
  const targets = paths.length > 0 ? paths : [process.env.DEFINITIONS_DIR || 'definitions']
  const bar = progressBar(process.stderr.isTTY === true && json !== true)
  const checked = await checkDefinitions(targets, settings, bar.show)
  bar.clear()
  const style = { colours: wantsColours(process.stdout), paths: showsPaths === true }
  process.stdout.write(json === true ? reportJson(checked) : reportText(checked, style))
  if (countOf('fault', checked) > 0 || (strict === true && countOf('warning', checked) > 0)) {
    throw new ReportedFailure('definitions are at fault')
  }
}

/** On standard error, so that what is piped on holds the report alone. */
function progressBar(isShown: boolean) {
  const write = (text: string) => {
    if (isShown) process.stderr.write(text)
  }
  return {
    show: (done: number, all: number) => {
      const filled = Math.round((done / all) * BAR_WIDTH)
      write(`\r${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${done}/${all}`)
    },
    clear: () => write('\r\u001B[K'),
  }
}
