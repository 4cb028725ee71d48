/**
 * `party-quests demo`: a service in this process, and scripted parties that play its quests for you to watch. The
 * parties reach the service by its topics only, like anybody else.
 */
import { type Command, InvalidArgumentError } from 'commander'
import { v4 } from 'uuid'
import { type Clock, type Random, systemClock, systemRandom } from '../clock.ts'
import type { Config } from '../config.ts'
import type { TenantId } from '../contract/ids.ts'
import type { LogRecord } from '../contract/log-record.ts'
import { statusEventSchema } from '../contract/message-schemas.ts'
import type { Tenant } from '../contract/tenant.ts'
import type { Catalogue } from '../definitions/catalogue.ts'
import { ConfigError } from '../errors.ts'
import { createCommandSender } from '../http/command-sender.ts'
import { type MessageView, type TopicKind, topicKinds, viewMessage } from '../http/message-view.ts'
import { followTopics } from '../http/topic-follower.ts'
import { openLog } from '../log.ts'
import { commandRecord, outgoing } from './command-value.ts'
import { dieOnFatal } from './fatal.ts'
import { messageLine } from './message-line.ts'
import { PartyDirector } from './party-director.ts'
import { type RunningService, runService } from './run-service.ts'
import { seededRandom } from './seeded-random.ts'
import { readSettings } from './settings.ts'
import { aborted, catchStopSignals } from './stop-signal.ts'
import { endQuietlyOnClosedPipe, wantsColours } from './terminal.ts'

const PAUSE_MS = 600
const PARTIES_AT_A_TIME_MAX = 3
const PATIENCE_MS = 60_000
const FORFEIT_EVERY = 8
const READY_POLL_MS = 50

const HELP = `
On the embedded log unless BOOTSTRAP_SERVERS is set; then on that cluster, where it makes missing topics by itself.
HTTP answers on REST_PORT as always. Each run plays for a tenant of its own, so it meets nobody else's quests.
Ends on Ctrl-C. Exit codes: 0 ended, 1 failed, 2 wrong usage or configuration.`

interface DemoFlags {
  readonly seed?: number
  readonly speed: number
  readonly quests?: number
}

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('run the service and watch scripted parties play its quests')
    .option('--seed <number>', 'play the same way again', wholeNumber)
    .option('--speed <factor>', 'how fast; 2 is twice as fast', factor, 1)
    .option('--quests <number>', 'end when so many quests have ended', wholeNumber)
    .addHelpText('after', HELP)
    .action(demo)
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

function factor(text: string): number {
  const number = Number(text)
  if (!(number >= 0.01 && number <= 10_000)) throw new InvalidArgumentError('It must be a number from 0.01 to 10000.')
  return number
}

async function demo(flags: DemoFlags): Promise<void> {
  const settings = await readSettings(process.env)
  const config = demoConfig(settings.config)
  const log = openLog({
    // The show is on standard output; the service speaks up only when something is odd.
    level: process.env.LOG_LEVEL ? config.logLevel : 'warn',
    replicaName: config.replicaName,
    terminal: true,
    destination: process.stderr,
  })
  const onFatal = dieOnFatal(log)
  const stop = catchStopSignals()
  endQuietlyOnClosedPipe(process.stdout)
  const running = await runService({
    config,
    catalogue: settings.catalogue,
    clock: systemClock,
    random: systemRandom,
    log,
    onFatal,
  })
  try {
    const random = seededRandom(flags.seed ?? systemRandom.bytes(4).readUInt32LE(0))
    await Promise.race([
      aborted(stop.signal),
      play({ ...settings, config, running, flags, clock: systemClock, random, signal: stop.signal }),
    ])
  } catch (error) {
    if (!(error instanceof ConfigError)) onFatal(error)
    throw error
  } finally {
    await running.stop()
  }
}

/** Scripted characters are in no party, guild or field that a service could know of. */
function demoConfig(config: Config): Config {
  return { ...config, createTopics: 'all', lookups: { timeoutMs: config.lookups.timeoutMs }, effects: {} }
}

interface Stage {
  readonly config: Config
  readonly catalogue: Catalogue
  readonly running: RunningService
  readonly flags: DemoFlags
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal
}

/** Until `--quests` have ended, or the signal. */
async function play(stage: Stage): Promise<void> {
  const { config, catalogue, running, flags, clock, random, signal } = stage
  await ready(stage)
  if (signal.aborted) return
  say(
    `The service is ready${running.url === undefined ? '' : ` at ${running.url}, its console at ${running.url}/console/`}. Ctrl-C ends the demo.`,
  )
  const { transport } = running
  const sender = createCommandSender({ transport, topic: config.topics.commands, random })
  const tenant: Tenant = {
    id: v4({ random: random.bytes(16) }) as TenantId,
    region: 'GMS',
    majorVersion: 83,
    minorVersion: 1,
  }
  const colours = wantsColours(process.stdout)
  const show = (message: MessageView) => process.stdout.write(`${messageLine(message, { colours })}\n`)
  const director = new PartyDirector({
    definitions: catalogue.all().map(({ definition }) => definition),
    advance: config.rules.advance,
    partiesAtATimeMax: PARTIES_AT_A_TIME_MAX,
    questsMax: flags.quests,
    pauseMs: PAUSE_MS / flags.speed,
    patienceMs: PATIENCE_MS,
    forfeitEvery: FORFEIT_EVERY,
    clock,
    random,
    send: async command => {
      const record = commandRecord(outgoing(command, tenant, random))
      // Before it is read back, or its effects could be seen first.
      show(viewCommand(record, config, clock))
      await sender.send([record])
    },
    onEnded: (quest, outcome) => say(`${quest.name} (${quest.questId}): ${outcome}`),
  })
  const kinds = new Map([...topicKinds(config.topics)].filter(([, kind]) => kind !== 'command'))
  const follower = await followTopics({
    transport,
    name: 'demo',
    topics: [...kinds.keys()],
    from: 'latest',
    onRecords: records => {
      for (const message of viewAll(records, kinds)) {
        if (message.tenant?.id !== tenant.id) continue
        show(message)
        const event = message.kind === 'status' ? statusEventSchema.safeParse(message.value) : undefined
        if (event?.success) director.hear(event.data)
      }
    },
  })
  try {
    await Promise.race([director.run(signal), follower.done])
  } finally {
    await follower.close()
    await sender.close()
  }
}

/** @throws ConfigError topics */
async function ready({ running, clock, signal }: Stage): Promise<void> {
  await running.started
  while (!signal.aborted && running.status().missing.length > 0) await clock.sleep(READY_POLL_MS, signal)
}

function viewAll(records: readonly LogRecord[], kinds: ReadonlyMap<string, TopicKind>): readonly MessageView[] {
  return records.flatMap(record => {
    const kind = kinds.get(record.topic)
    return kind === undefined ? [] : [viewMessage(record, kind)]
  })
}

/** A command that has no place in the log yet. */
function viewCommand(record: ReturnType<typeof commandRecord>, { topics }: Config, clock: Clock): MessageView {
  return viewMessage(
    { ...record, topic: topics.commands, partition: -1, offset: -1, timestamp: clock.now() },
    'command',
  )
}

function say(text: string): void {
  process.stdout.write(`\n  ${text}\n\n`)
}
