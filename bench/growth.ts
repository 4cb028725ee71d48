/**
 * What a command costs as an installation grows: more instances, armed timers, more replicas, more shards. The fleets of
 * a comparison run beside each other and are given their backlogs in turns, so that they differ in nothing else.
 */
import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { type KafkaCluster, startCluster } from '../scripts/kafka-broker/cluster.ts'
import { readConfig } from '../src/config.ts'
import type { Transport } from '../src/transport/port.ts'
import { costColumns, type Played, play, rateColumns, undoubled } from './backlog.ts'
import type { BenchOptions } from './bench-options.ts'
import { LIVELY, loadOf } from './commands.ts'
import { interleaved, median, type Result, type Row, rounded } from './figures.ts'
import type { Fleet } from './fleet.ts'
import type { LoadClient } from './load-client.ts'
import { cpuSeconds } from './machine.ts'
import { openBenchTransport } from './output.ts'
import { questDirectory } from './quest.ts'
import { replicaVariables, startReplicas } from './replicas.ts'
import { newbornInstances, type StoredInstances, timelessInstances, writeShardStates } from './shard-states.ts'
import { withFleet } from './side.ts'

const ROUNDS = 3
const ROUNDS_LONG = 9
const COMMANDS = 30_000
const WARM_UP_COMMANDS = 30_000
const IDLE_MS = 4000
const PARTY_SIZE = 3
const MANY_TIMERS = 100_000
const FEWEST = 1000

/** How large an installation is. */
interface Size {
  readonly name: string
  readonly instances: StoredInstances
  readonly replicas: number
  readonly shards: number
  /** Among how many of its instances the commands are drawn: a table line for each. */
  readonly inPlay: readonly number[]
}

/** One of them, running. */
interface Grown {
  readonly size: Size
  readonly fleet: Fleet
  readonly client: LoadClient
  readonly instanceIds: readonly string[]
}

interface Ground {
  readonly cluster: KafkaCluster
  readonly transport: Transport
  readonly definitionsDir: string
  readonly rounds: number
}

export async function benchInstances(options: BenchOptions): Promise<Result> {
  return await benchGrowth(options, 'Instances', [FEWEST, 10_000, 100_000, 1_000_000].map(sizeOf))
}

export async function benchTimers(options: BenchOptions): Promise<Result> {
  const many = { ...ONE, inPlay: [MANY_TIMERS] }
  return await benchGrowth(options, 'Armed timers', [
    { ...many, name: 'none', instances: timelessInstances(MANY_TIMERS) },
    { ...many, name: `${MANY_TIMERS.toLocaleString('en')} timers`, instances: newbornInstances(MANY_TIMERS) },
  ])
}

export async function benchReplicas(options: BenchOptions): Promise<Result> {
  const few = { ...ONE, instances: newbornInstances(10_000), inPlay: [10_000] }
  return await benchGrowth(options, 'Replicas and shards', [
    { ...few, name: '1 replica, 12 shards' },
    { ...few, name: '2 replicas, 12 shards', replicas: 2 },
    { ...few, name: '3 replicas, 12 shards', replicas: 3 },
    { ...few, name: '1 replica, 48 shards', shards: 48 },
  ])
}

const ONE = { replicas: 1, shards: 12 }

function sizeOf(count: number): Size {
  const name = `${count.toLocaleString('en')} instances`
  return { ...ONE, name, instances: newbornInstances(count), inPlay: [...new Set([FEWEST, count])] }
}

async function benchGrowth({ isLong }: BenchOptions, title: string, sizes: readonly Size[]): Promise<Result> {
  const definitionsDir = await questDirectory(PARTY_SIZE)
  const rounds = isLong ? ROUNDS_LONG : ROUNDS
  const cluster = await startCluster({ version: '4.2.0' })
  try {
    const transport = await openBenchTransport(cluster.bootstrap)
    const ground = { cluster, transport, definitionsDir, rounds }
    const rows = await withAll(ground, sizes, [], grown => compared(ground, grown))
    await transport.close()
    return { compares: compares(rounds), tables: [{ title, rows }] }
  } finally {
    await rm(definitionsDir, { recursive: true })
    await cluster.close()
  }
}

const compares = (rounds: number) =>
  `What a command (${LIVELY.name}) costs a replica, all threads, as an installation grows; the first line is ` +
  `what the others are compared with. Instances (parties of ${PARTY_SIZE}, one timer each) are put into the state topic ` +
  `and restored; ${COMMANDS} commands a run for instances drawn at random among those in play, ${rounds} runs each in turns, all processes ` +
  'at once on Kafka 4.2.0 and the same cores. Idle is what all its processes take while nobody sends anything.'

/** Starts one after the other; all of them run when `use` is called, and none when it is over. */
async function withAll<T>(
  ground: Ground,
  [size, ...others]: readonly Size[],
  running: readonly Grown[],
  use: (grown: readonly Grown[]) => Promise<T>,
): Promise<T> {
  if (size === undefined) return await use(running)
  const { cluster, transport, definitionsDir } = ground
  const { bootstrap } = cluster
  const { instances, replicas: count, shards } = size
  const start = async (prefix: string): Promise<Fleet> => {
    const config = readConfig(replicaVariables(bootstrap, prefix, shards), { hostname: 'bench' })
    await writeShardStates(transport, config, instances)
    return await startReplicas({ bootstrap, prefix, count, definitionsDir, shards })
  }
  return await withFleet(bootstrap, start, (fleet, client) => {
    const ids = Array.from({ length: instances.count }, (_, index) => instances.population.identity(index).instanceId)
    return withAll(ground, others, [...running, { size, fleet, client, instanceIds: ids }], use)
  })
}

interface Way {
  readonly grown: Grown
  readonly inPlay: number
}

async function compared({ cluster, rounds }: Ground, all: readonly Grown[]): Promise<readonly Row[]> {
  const brokers = cluster.nodes.map(({ pid }) => pid)
  let seed = 0
  const run = ({ grown: { fleet, client, instanceIds }, inPlay }: Way, many: number): Promise<Played> =>
    undoubled(async () => {
      const { commands } = loadOf(LIVELY, instanceIds.slice(0, inPlay), many, ++seed)
      const dealtWith = await client.progress(fleet)
      return await play({ fleet, client, brokers }, { commands, expected: dealtWith + many })
    })
  const ways = all.flatMap(grown => grown.size.inPlay.map(inPlay => ({ grown, inPlay })))
  for (const way of ways) await run(way, WARM_UP_COMMANDS)
  const idle = await idleShares(all)
  const samples = await interleaved(rounds, ways, way => run(way, COMMANDS))
  const microsOf = (way: Way) => median((samples.get(way) ?? []).map(({ micros }) => micros))
  const [base] = ways
  return ways.map(way => ({
    size: way.grown.size.name,
    'of them in play': way.inPlay,
    ...costColumns(samples.get(way) ?? []),
    '× the first': rounded(microsOf(way) / (base === undefined ? 1 : microsOf(base)), 3),
    ...rateColumns(samples.get(way) ?? []),
    'idle, % of a core': rounded(100 * (idle[all.indexOf(way.grown)] ?? 0), 2),
  }))
}

/** CPU of each fleet while nobody sends anything, of one core. */
async function idleShares(all: readonly Grown[]): Promise<readonly number[]> {
  const before = all.map(({ fleet }) => cpuSeconds(fleet.pids))
  await sleep(IDLE_MS)
  return all.map(({ fleet }, at) => ((cpuSeconds(fleet.pids) - (before[at] ?? 0)) * 1000) / IDLE_MS)
}
