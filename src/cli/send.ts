/**
 * `party-quests send`: commands from flags or from JSON lines, with the headers of a tenant. Says what was sent, never
 * what became of it.
 */
import { hostname } from 'node:os'
import { type Command, Option } from 'commander'
import { systemClock, systemRandom } from '../clock.ts'
import { readConfig } from '../config.ts'
import type { Tenant } from '../contract/tenant.ts'
import { startTrace, traceparent } from '../contract/trace-context.ts'
import {
  type CommandFlags,
  DEFAULT_MESSAGE_TYPE,
  DEMO_TENANT_ID,
  readCommand,
  readLine,
  readTenant,
  readType,
  type TenantFlags,
} from './command-flags.ts'
import { type CommandTarget, openCommandTarget } from './command-target.ts'
import { type OutgoingCommand, outgoing } from './command-value.ts'
import { serviceUrl, URL_HELP } from './service-url.ts'
import { UsageError } from './usage-error.ts'

/** Also how many one request may carry. */
const BATCH_COMMANDS_MAX = 500
const BATCH_CHARACTERS_MAX = 2 << 20

const HELP = `
Types: REGISTER, START, STAGE_CLEAR_ATTEMPT, STAGE_ADVANCE, FORFEIT, UPDATE_STAGE_STATE, LEAVE, ENTER_BONUS,
UPDATE_CUSTOM_DATA, BROADCAST_MESSAGE (in any case, dashes too).
Without a type, or with "-", each line of standard input is one command as JSON.

  party-quests send REGISTER --quest kerning_city_pq --party 88 --character 1001 --channel 1 --map 103000000
  party-quests send UPDATE_STAGE_STATE --instance <id> --character 1001 --item 4001008=4 --kill 9300002=2
  party-quests send STAGE_CLEAR_ATTEMPT --instance <id> --character 1001
  party-quests send UPDATE_CUSTOM_DATA --instance <id> --character 1001 --data rope=3 --increment stage
  party-quests send BROADCAST_MESSAGE --instance <id> --character 1001 --message 'The gate is open.'
  party-quests send LEAVE --character 1001

Prints each command that the log has acknowledged as a line of JSON; what became of it shows "party-quests tail".
Exit codes: 0 sent, 1 could not be sent (or perhaps was), 2 wrong usage or configuration.`

type SendFlags = CommandFlags & TenantFlags & { readonly url?: string }

const collect = (value: string, earlier: readonly string[]): readonly string[] => [...earlier, value]

export function addSend(program: Command): void {
  program
    .command('send')
    .description('send commands')
    .argument('[type]', 'of the command; "-" or none: JSON lines on standard input')
    .option('--character <id>', 'who sends it')
    .option('--world <id>', 'worldId', '0')
    .option('--quest <questId>', 'REGISTER: the quest')
    .option('--party <id>', 'REGISTER: the party, 0 for none', '0')
    .option('--channel <id>', 'REGISTER: the channel', '0')
    .option('--map <id>', 'REGISTER: where the character stands, 0 for not told', '0')
    .option('--instance <uuid>', 'all others, but for LEAVE: the instance')
    .addOption(
      new Option('--item <id=count>', 'UPDATE_STAGE_STATE: items gathered; may be given again')
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(
      new Option('--kill <id=count>', 'UPDATE_STAGE_STATE: monsters killed; may be given again')
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(
      new Option('--data <key=text>', 'UPDATE_CUSTOM_DATA: a text to set; may be given again')
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(
      new Option('--increment <key>', 'UPDATE_CUSTOM_DATA: a number to add 1 to; may be given again')
        .argParser(collect)
        .default([], 'none'),
    )
    .option('--message-type <type>', `BROADCAST_MESSAGE: how it is shown (default: ${DEFAULT_MESSAGE_TYPE})`)
    .option('--message <text>', 'BROADCAST_MESSAGE: what everybody reads')
    .option('--tenant <uuid>', 'header TENANT_ID', DEMO_TENANT_ID)
    .option('--region <name>', 'header REGION', 'GMS')
    .option('--major <number>', 'header MAJOR_VERSION', '83')
    .option('--minor <number>', 'header MINOR_VERSION', '1')
    .option('--url <url>', URL_HELP)
    .addHelpText('after', HELP)
    .action(send)
}

async function send(type: string | undefined, flags: SendFlags): Promise<void> {
  const tenant = readTenant(flags)
  const single = type === undefined || type === '-' ? undefined : readCommand(readType(type), flags)
  if (single === undefined && process.stdin.isTTY) {
    throw new UsageError('give a type (see --help), or commands as JSON lines on standard input')
  }
  const config = readConfig(process.env, { hostname: hostname() })
  const target = await openCommandTarget(config, serviceUrl(config, flags.url), {
    clock: systemClock,
    random: systemRandom,
  })
  try {
    if (single === undefined) await sendLines(process.stdin, tenant, target)
    else await sendBatch([outgoing(single, tenant, systemRandom)], target)
  } finally {
    await target.close()
  }
}

async function sendLines(input: AsyncIterable<Buffer>, tenant: Tenant, target: CommandTarget): Promise<void> {
  let batch: OutgoingCommand[] = []
  let characters = 0
  const flush = async () => {
    const sent = batch
    batch = []
    characters = 0
    await sendBatch(sent, target)
  }
  for await (const lines of linesOf(input)) {
    for (const { text, number } of lines) {
      try {
        batch.push({ ...readLine(text, number), tenant, traceparent: traceparent(startTrace(systemRandom)) })
      } catch (error) {
        // What stood before it is sent, as if the lines had come one by one.
        await flush()
        throw error
      }
      characters += text.length
      if (batch.length >= BATCH_COMMANDS_MAX || characters >= BATCH_CHARACTERS_MAX) await flush()
    }
    await flush()
  }
}

async function sendBatch(batch: readonly OutgoingCommand[], target: CommandTarget): Promise<void> {
  if (batch.length === 0) return
  await target.send(batch)
  process.stdout.write(batch.map(({ value }) => `${value}\n`).join(''))
}

interface Line {
  readonly text: string
  /** From 1. */
  readonly number: number
}

/** The lines that came together, without empty ones. */
async function* linesOf(input: AsyncIterable<Buffer>): AsyncGenerator<readonly Line[]> {
  const decoder = new TextDecoder()
  let rest = ''
  let number = 0
  const cut = (text: string): Line[] =>
    text
      .split('\n')
      .map(line => {
        number += 1
        return { text: line.trim(), number }
      })
      .filter(line => line.text !== '')
  for await (const chunk of input) {
    rest += decoder.decode(chunk, { stream: true })
    const end = rest.lastIndexOf('\n')
    if (end === -1) continue
    const whole = rest.slice(0, end)
    rest = rest.slice(end + 1)
    yield cut(whole)
  }
  yield cut(rest + decoder.decode())
}
