/**
 * `party-quests chart`: a quest's life, or the machine's, as a picture or as data. Draws nothing itself: chart/ does.
 */
import { writeFile } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import { machineConfig } from '../chart/machine-chart.ts'
import { machineMermaid } from '../chart/machine-mermaid.ts'
import { chartOf } from '../chart/quest-chart.ts'
import { questMermaid } from '../chart/quest-mermaid.ts'
import { questSvg } from '../chart/quest-svg.ts'
import type { JsonObject } from '../contract/json.ts'
import { findDefinition, type NamedDefinition } from './named-definition.ts'
import { endQuietlyOnClosedPipe } from './terminal.ts'
import { UsageError } from './usage-error.ts'

const FORMATS = ['mermaid', 'svg', 'xstate'] as const
type Format = (typeof FORMATS)[number]

const HELP = `
One definition: a file, or the questId of one in DEFINITIONS_DIR. Without it: the machine that plays every quest.
  mermaid   text for Markdown (GitHub draws it between \`\`\`mermaid and \`\`\`)
  svg       a file of its own, light and dark, that loads nothing
  xstate    the machine's configuration as JSON, for Stately's editor or createMachine()
Times of timers that the definition leaves to the deployment are those of this environment (ADVANCE,
LOBBY_LIMIT_SECONDS, BONUS_LIMIT_SECONDS, REQUIREMENTS).
Exit codes: 0 drawn, 1 failed, 2 wrong usage or configuration, definitions included.`

interface ChartFlags {
  readonly format: Format
  readonly xstate?: true
  readonly output?: string
}

export function addChart(program: Command): void {
  program
    .command('chart')
    .description("draw a quest's life")
    .argument('[definition]', 'a file, or a questId')
    .addOption(new Option('-f, --format <format>', 'what to write').choices(FORMATS).default('mermaid'))
    .option('--xstate', 'as --format xstate')
    .option('-o, --output <file>', 'write there instead of standard output')
    .addHelpText('after', HELP)
    .action(chart)
}

async function chart(name: string | undefined, { format, xstate, output }: ChartFlags): Promise<void> {
  const wanted = xstate ? 'xstate' : format
  const text = name === undefined ? ofMachine(wanted) : ofQuest(await findDefinition(name, process.env), wanted)
  endQuietlyOnClosedPipe(process.stdout)
  if (output === undefined) process.stdout.write(text)
  else await write(output, text)
}

function ofMachine(format: Format): string {
  if (format === 'mermaid') return machineMermaid()
  if (format === 'xstate') return json(machineConfig())
  throw new UsageError('--format svg needs a definition: the machine itself is drawn as mermaid or xstate')
}

function ofQuest({ config, compiled: { definition } }: NamedDefinition, format: Format): string {
  if (format === 'xstate') return json(machineConfig(definition))
  const drawn = chartOf(definition, config.rules)
  return format === 'svg' ? questSvg(drawn) : questMermaid(drawn)
}

function json(value: JsonObject): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}

/** @throws UsageError the file cannot be written. */
async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UsageError(`--output ${file}: cannot be written (${reason}), name a file in a directory that exists`)
  }
}
