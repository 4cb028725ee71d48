/**
 * How long a shard is silent when something happens to a replica or to the broker, under steady load, as a
 * read_committed reader outside sees it. Shards that somebody had to take, and those that stayed, are told apart.
 */
import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { type KafkaCluster, startCluster } from '../scripts/kafka-broker/cluster.ts'
import type { Transport } from '../src/transport/port.ts'
import type { BenchOptions } from './bench-options.ts'
import { registerCommands } from './commands.ts'
import { median, type Result, type Row } from './figures.ts'
import { SHARDS, until } from './fleet.ts'
import { LoadClient } from './load-client.ts'
import { NamedReplicas } from './named-replicas.ts'
import { openBenchTransport, startedInstances } from './output.ts'
import { questDirectory } from './quest.ts'
import { type Observation, SilenceWatch } from './silence.ts'
import { SteadyLoad } from './steady-load.ts'

const NAMES = ['a', 'b', 'c'] as const
/** Joins for a while. */
const GUEST = 'd'
const INSTANCES = 1200
const INTERVAL_MS = 50
/** Steady load before something happens, and behind it once all have settled. */
const CALM_MS = 1500
const FREEZE_MS = 3000
const BROKER_DOWN_MS = 1000
const STORM_MS = 20_000
const STORM_LONG_MS = 60_000
const STORM_KILL_MS = 2000
/** So that all benchmarks together end within a quarter of an hour. */
const SHORT_BY = 3
const ANSWER_LIMIT_MS = 60_000

interface Ground {
  readonly cluster: KafkaCluster
  readonly replicas: NamedReplicas
  readonly watch: SilenceWatch
  /** The replica that it happens to: another one each round. */
  readonly victim: string
}

interface Scenario {
  readonly name: string
  /** With --long; otherwise a third of them. */
  readonly rounds: number
  /** Shards that it happens to beside those that somebody takes. */
  readonly hit?: (ground: Ground) => Promise<readonly number[]>
  /** Resolves when it has happened; then the fleet is left to settle. */
  readonly happen: (ground: Ground) => Promise<void>
  /** Brings back the three replicas, outside the measurement. */
  readonly mend?: (ground: Ground) => Promise<void>
}

const SCENARIOS: readonly Scenario[] = [
  { name: 'nothing', rounds: 3, happen: () => sleep(3000) },
  {
    name: 'SIGTERM of a replica',
    rounds: 6,
    happen: ({ replicas, victim }) => replicas.terminate(victim),
    mend: async ({ replicas, victim }) => replicas.start(victim),
  },
  {
    name: 'SIGKILL of a replica',
    rounds: 4,
    happen: ({ replicas, victim }) => replicas.kill(victim),
    mend: async ({ replicas, victim }) => replicas.start(victim),
  },
  {
    name: 'SIGKILL and restart at once',
    rounds: 6,
    happen: async ({ replicas, victim }) => {
      await replicas.kill(victim)
      replicas.start(victim)
    },
  },
  {
    name: `SIGSTOP for ${FREEZE_MS / 1000} s`,
    rounds: 3,
    hit: ({ replicas, victim }) => replicas.shardsOf(victim),
    happen: async ({ replicas, victim }) => {
      replicas.freeze(victim)
      await sleep(FREEZE_MS)
      replicas.thaw(victim)
    },
  },
  {
    name: 'a fourth replica joins',
    rounds: 4,
    happen: async ({ replicas }) => replicas.start(GUEST),
    mend: ({ replicas }) => replicas.terminate(GUEST),
  },
  {
    name: 'rolling deploy of all three',
    rounds: 2,
    happen: async ({ replicas }) => {
      for (const name of NAMES) {
        await replicas.terminate(name)
        replicas.start(name)
        await replicas.untilEven()
      }
    },
  },
  {
    name: 'SIGKILL and start of the broker, from when it answers',
    rounds: 3,
    hit: async () => Array.from({ length: SHARDS }, (_, shard) => shard),
    happen: async ({ cluster: { nodes }, watch }) => {
      for (const node of nodes) await node.kill9()
      await sleep(BROKER_DOWN_MS)
      for (const node of nodes) await node.restart()
      watch.beginAnew()
    },
  },
]

export async function benchRecovery({ isLong }: BenchOptions): Promise<Result> {
  const cluster = await startCluster({ version: '4.2.0' })
  const definitionsDir = await questDirectory(1)
  const options = { bootstrap: cluster.bootstrap, prefix: `recovery-${process.pid}`, definitionsDir }
  const replicas = new NamedReplicas(options)
  const transport = await openBenchTransport(cluster.bootstrap)
  try {
    await replicas.reserve([...NAMES, GUEST])
    for (const name of NAMES) replicas.start(name)
    await replicas.untilEven()
    const instanceIds = await register(cluster.bootstrap, transport, replicas)
    const watch = await SilenceWatch.open(transport, replicas.fleet.topics)
    const { commands } = replicas.fleet.topics
    const onSend = (id: string) => watch.sent(id)
    const load = new SteadyLoad({ transport, topic: commands, instanceIds, intervalMs: INTERVAL_MS, onSend })
    const rows: Row[] = []
    for (const scenario of SCENARIOS) {
      const rounds = isLong ? scenario.rounds : Math.ceil(scenario.rounds / SHORT_BY)
      rows.push(await measure({ ...scenario, rounds }, { cluster, replicas, watch }))
    }
    const tables = [
      { title: 'Recovery', rows },
      { title: 'Storm', rows: [await storm({ replicas, watch }, isLong ? STORM_LONG_MS : STORM_MS)] },
    ]
    await load.stop()
    await watch.close()
    return { compares: COMPARES, tables }
  } finally {
    await replicas.fleet.stop()
    await transport.close()
    await rm(definitionsDir, { recursive: true })
    await cluster.close()
  }
}

const COMPARES =
  `Three replicas, ${SHARDS} shards, default configuration, Kafka 4.2.0 (one node, same cores); each shard gets a command ` +
  `every ${INTERVAL_MS} ms. Milliseconds. Silence: the longest time between two transactions of a shard, as a ` +
  'read_committed reader sees them; of each round the worst shard, then median and worst of the rounds. Wait: from just ' +
  'before a command is produced until its status event can be read, both hops, the worst command of all.'

async function register(bootstrap: string, transport: Transport, { fleet }: NamedReplicas): Promise<readonly string[]> {
  const client = new LoadClient(bootstrap)
  await client.connect()
  try {
    const commands = Array.from({ length: INSTANCES }, (_, index) => registerCommands(index, 1)).flat()
    await client.send(fleet, commands)
    await client.untilProgress(fleet, commands.length)
    return await startedInstances(transport, fleet)
  } finally {
    await client.close()
  }
}

interface Round {
  readonly seen: Observation
  /** How often a shard was taken by somebody, all of them together. */
  readonly takings: number
  /** Shards that were taken, or that it happened to. */
  readonly struck: ReadonlySet<number>
}

async function measure(scenario: Scenario, ground: Omit<Ground, 'victim'>): Promise<Row> {
  const rounds: Round[] = []
  for (let round = 0; round < scenario.rounds; round++) {
    await settled(ground)
    await sleep(CALM_MS)
    rounds.push(await happenOnce(scenario, { ...ground, victim: NAMES[round % NAMES.length] ?? NAMES[0] }))
  }
  return {
    what: scenario.name,
    rounds: scenario.rounds,
    'shards taken': median(rounds.map(({ takings }) => takings)),
    'silence, struck': figureOf(rounds, true, ({ silences }) => silences),
    'silence, others': figureOf(rounds, false, ({ silences }) => silences),
    'wait, struck': figureOf(rounds, true, ({ waits }) => waits),
    'wait, others': figureOf(rounds, false, ({ waits }) => waits),
  }
}

async function happenOnce({ hit, happen, mend }: Scenario, ground: Ground): Promise<Round> {
  const { replicas, watch } = ground
  const struck = new Set(await hit?.(ground))
  replicas.takenSince()
  watch.begin()
  await happen(ground)
  await settled(ground)
  await sleep(CALM_MS)
  const seen = watch.observe()
  const taken = replicas.takenSince()
  await mend?.(ground)
  watch.forgetWaiting()
  return { seen, takings: taken.length, struck: new Set([...struck, ...taken]) }
}

/** `median (maximum)` of the rounds, of each the worst shard of its kind. */
function figureOf(rounds: readonly Round[], struck: boolean, of: (seen: Observation) => readonly number[]): string {
  const worst = rounds.flatMap(round => {
    const values = of(round.seen).filter((_, shard) => round.struck.has(shard) === struck)
    return values.length === 0 ? [] : [Math.max(...values)]
  })
  return worst.length === 0 ? '–' : `${Math.round(median(worst))} (${Math.round(Math.max(...worst))})`
}

/** All shards run where they are to run, and nobody waits for an answer any more. */
async function settled({ replicas, watch }: Pick<Ground, 'replicas' | 'watch'>): Promise<void> {
  await replicas.untilEven()
  await until(
    'all shards answer',
    ANSWER_LIMIT_MS,
    50,
    async () => watch.silentFor < CALM_MS && watch.waitingFor < CALM_MS,
  )
}

async function storm(ground: Pick<Ground, 'replicas' | 'watch'>, stormMs: number): Promise<Row> {
  const { replicas, watch } = ground
  await settled(ground)
  watch.begin()
  const kills = stormMs / STORM_KILL_MS
  const since = performance.now()
  let during = watch.observe()
  for (let kill = 1; kill <= kills; kill++) {
    await sleep(Math.max(0, since + kill * STORM_KILL_MS - performance.now()))
    during = watch.observe()
    // What is seen from the last kill on is the healing.
    if (kill === kills) watch.begin()
    const victim = NAMES[kill % NAMES.length] ?? NAMES[0]
    await replicas.kill(victim)
    replicas.start(victim)
  }
  await settled(ground)
  const after = watch.observe()
  return {
    kills,
    'longest silence of a shard during it': Math.round(Math.max(...during.silences)),
    'median of the shards': Math.round(median(during.silences)),
    'first commit of the last shard after the last kill': Math.round(Math.max(...after.firstCommits)),
    'longest silence after that kill': Math.round(Math.max(...after.silences)),
    'longest wait of a command': Math.round(Math.max(...during.waits, ...after.waits)),
  }
}
