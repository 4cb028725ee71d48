/**
 * `party-quests tail`: the public topics as they grow, decoded, committed messages only. Never writes to a topic and
 * belongs to no group.
 */
import { hostname } from 'node:os'
import { type Command, Option } from 'commander'
import { systemClock, systemRandom } from '../clock.ts'
import { readConfig } from '../config.ts'
import { parseUuid } from '../contract/uuid-text.ts'
import type { MessageView, TopicKind } from '../http/message-view.ts'
import { instanceOf, messageLine } from './message-line.ts'
import { followMessages } from './message-source.ts'
import { serviceUrl, URL_HELP } from './service-url.ts'
import { catchStopSignals } from './stop-signal.ts'
import { endQuietlyOnClosedPipe, wantsColours } from './terminal.ts'
import { UsageError } from './usage-error.ts'

const KINDS = ['command', 'status', 'character', 'dead-letter'] as const

const HELP = `
One line a message: time (UTC), topic, type, instance, quest, and what it says. Partitions are read beside each
other: the status events of one instance are in order, and nothing else is.
Ends on Ctrl-C. Exit codes: 0 ended, 1 nothing (more) to follow, 2 wrong usage or configuration.`

interface TailFlags {
  readonly from: 'earliest' | 'latest'
  readonly topic: readonly TopicKind[]
  readonly instance?: string
  readonly json?: true
  readonly url?: string
}

export function addTail(program: Command): void {
  program
    .command('tail')
    .description('show the public topics')
    .addOption(
      new Option('--from <where>', 'begin with the oldest record, or with the next')
        .choices(['earliest', 'latest'])
        .default('latest'),
    )
    .addOption(new Option('--topic <kind...>', 'only these').choices(KINDS).default(KINDS, 'all'))
    .option('--instance <uuid>', 'only what names this instance, or begins like this')
    .option('--json', 'each message as a line of JSON, as GET /api/messages has it')
    .option('--url <url>', URL_HELP)
    .addHelpText('after', HELP)
    .action(tail)
}

async function tail(flags: TailFlags): Promise<void> {
  const config = readConfig(process.env, { hostname: hostname() })
  const url = serviceUrl(config, flags.url)
  const isWanted = instanceFilter(flags.instance)
  const colours = wantsColours(process.stdout)
  const stop = catchStopSignals()
  endQuietlyOnClosedPipe(process.stdout)
  await followMessages({
    config,
    url,
    from: flags.from,
    kinds: new Set(flags.topic),
    clock: systemClock,
    random: systemRandom,
    onFollowing: () => process.stderr.write(`following ${flags.topic.join(', ')} from ${flags.from}\n`),
    onMessage: message => {
      if (!isWanted(message)) return
      process.stdout.write(`${flags.json ? JSON.stringify(message) : messageLine(message, { colours })}\n`)
    },
    signal: stop.signal,
  })
}

/** What `tail` itself prints of an instance is enough to name it. */
function instanceFilter(given: string | undefined): (message: MessageView) => boolean {
  if (given === undefined) return () => true
  const wanted = parseUuid(given) ?? given.toLowerCase()
  if (!/^[0-9a-f-]+$/.test(wanted)) throw new UsageError(`--instance ${given}: must be a UUID, or how one begins`)
  return message => instanceOf(message)?.toLowerCase().startsWith(wanted) ?? false
}
