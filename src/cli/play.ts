/**
 * `party-quests play`: one quest played to its end on a service in this process, in seconds: the shortest way that
 * was explored, the way to another end, or a random one. Waits for no timer: the service's time is moved.
 */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { rulesOf } from '../../machines/context.ts'
import { systemRandom } from '../clock.ts'
import type { TenantId } from '../contract/ids.ts'
import { ConfigError } from '../errors.ts'
import type { End, Exploration } from '../exploration/explored-life.ts'
import { openLog } from '../log.ts'
import { DEMO_TENANT_ID } from './command-flags.ts'
import { findDefinition, type NamedDefinition } from './named-definition.ts'
import { OperationLines, operationJson } from './operation-line.ts'
import { exploreWithoutLevels, identityFor, type Operation, Rehearsal } from './rehearsal.ts'
import { seededRandom } from './seeded-random.ts'
import { playStaged } from './staged-play.ts'
import { endQuietlyOnClosedPipe, wantsColours } from './terminal.ts'
import { UsageError } from './usage-error.ts'

const COMPLETE = 'complete'
const FAIL = 'fail'
const LEFT = 'left'

const HELP = `
One definition: a file, or the questId of one in DEFINITIONS_DIR. Always on a log in the memory of this process, whatever
BOOTSTRAP_SERVERS says; settings such as ADVANCE and LOBBY_LIMIT_SECONDS are those of this environment.
One line an operation: the quest's own time, command or timer -> state -> messages. Everything that the service sends
is compared with what the machine must send. There is no party service, so requirements on levels are not asked.
Ends: ${COMPLETE}; ${FAIL}, or why: forfeit, time_expired, stage_time_expired, requirements_not_met, registration_expired,
friendly_monster_killed; ${LEFT}: everybody leaves.
Exit codes: 0 played, 1 failed, 2 wrong usage or configuration, a definition that cannot be played so included.`

interface PlayFlags {
  readonly path?: string
  readonly seed?: number
  readonly json?: true
}

export function addPlay(program: Command): void {
  program
    .command('play')
    .description('play one quest to its end, and show every operation')
    .argument('<definition>', 'a file, or a questId')
    .option('--path <end>', `the shortest way to this end (default: ${COMPLETE})`)
    .addOption(
      new Option('--seed <number>', 'a random way; the same seed plays the same').argParser(seed).conflicts('path'),
    )
    .option('--json', 'each operation as a line of JSON')
    .addHelpText('after', HELP)
    .action(play)
}

function seed(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

async function play(name: string, flags: PlayFlags): Promise<void> {
  const named = await findDefinition(name, process.env)
  const { config, compiled } = named
  const { definition } = compiled
  const identity = identityFor(definition, DEMO_TENANT_ID as TenantId)
  const { title, operations } = rehearse(named, identity, flags)
  const lines = new OperationLines(operations, wantsColours(process.stdout))
  endQuietlyOnClosedPipe(process.stdout)
  if (!flags.json) process.stdout.write(`${definition.name} (${definition.questId}): ${title}\n\n`)
  const log = openLog({
    level: process.env.LOG_LEVEL ? config.logLevel : 'error',
    replicaName: config.replicaName,
    terminal: true,
    destination: process.stderr,
  })
  await playStaged({
    config,
    compiled,
    identity,
    operations,
    random: systemRandom,
    log,
    onPlayed: (operation, instanceId) => {
      const line = flags.json ? operationJson(operation, instanceId) : lines.line(operation)
      process.stdout.write(`${line}\n`)
    },
  })
}

/** @throws ConfigError, UsageError there is no such way. */
function rehearse(
  { config, compiled }: NamedDefinition,
  identity: ReturnType<typeof identityFor>,
  flags: PlayFlags,
): { readonly title: string; readonly operations: readonly Operation[] } {
  const { definition } = compiled
  const exploration = exploreWithoutLevels(compiled, config.rules)
  if (exploration.party.length === 0) {
    throw new ConfigError([`${definition.questId}: nobody can play it; party-quests check says why`])
  }
  const rehearsal = new Rehearsal(exploration, identity, rulesOf(definition, config.rules))
  if (flags.seed !== undefined) {
    return { title: `a random way (--seed ${flags.seed})`, operations: rehearsal.wander(seededRandom(flags.seed)) }
  }
  const wanted = flags.path ?? COMPLETE
  const operations = rehearsal.follow(endNamed(wanted, exploration, definition.questId))
  return { title: `the shortest way to ${wanted}, in ${operations.length} operations`, operations }
}

function endNamed(name: string, { ends }: Exploration, questId: string): End {
  const reason = name.replaceAll('-', '_')
  const named = (end: End) => (end.kind === 'completed' ? COMPLETE : end.kind === 'left' ? LEFT : (end.reason ?? FAIL))
  const end = ends.find(one => named(one) === reason || (name === FAIL && one.kind === 'failed'))
  if (end !== undefined) return end
  const known = ends.map(named)
  if (name === COMPLETE) throw new ConfigError([`${questId}: cannot be completed; party-quests check says why`])
  throw new UsageError(
    `--path ${name}: ${questId} does not end so; it has ${[...new Set(known)].join(', ') || 'no end'}`,
  )
}
