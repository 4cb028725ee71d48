/**
 * Commands per second end to end on a real broker, against bare kafkajs loops. A backlog is written while the processes
 * are frozen; measured is from letting them go until the transactions of hop 2 have dealt with the last command.
 */
import { type KafkaCluster, startCluster } from '../scripts/kafka-broker/cluster.ts'
import type { Transport } from '../src/transport/port.ts'
import { LIVELY, loadOf, type Mix, UPDATES } from './commands.ts'
import { interleaved, median, type Result, type Row, rounded } from './figures.ts'
import { ForwardedTwiceError } from './load-client.ts'
import { cpuSeconds } from './machine.ts'
import { checkMessages, openBenchTransport } from './output.ts'
import { PARTY_SIZE, SIDES, type Side, type Standing, withSide } from './side.ts'

const ROUNDS = 3
const ATTEMPTS_MAX = 4
const PROCESSES = [1, 2] as const
const INSTANCES = 5000
const WARM_UP_COMMANDS = 15_000
const COMMANDS = 60_000
const MIXES = [UPDATES, LIVELY] as const

interface Sample {
  readonly mix: string
  readonly perSecond: number
  /** Of one core; all processes of the side together. */
  readonly cpuShare: number
  readonly brokerCpuShare: number
}

interface Ground {
  readonly cluster: KafkaCluster
  readonly transport: Transport
}

export async function benchThroughput(): Promise<Result> {
  const cluster = await startCluster({ version: '4.2.0' })
  try {
    const transport = await openBenchTransport(cluster.bootstrap)
    const tables = []
    for (const count of PROCESSES) {
      const samples = await interleaved(ROUNDS, SIDES, (side, round) =>
        undoubled(() => sampleOf({ cluster, transport }, side, count, round)),
      )
      tables.push({ title: `Throughput, ${count} process${count === 1 ? '' : 'es'} a side`, rows: rowsOf(samples) })
    }
    await transport.close()
    return { compares: COMPARES, tables }
  } finally {
    await cluster.close()
  }
}

const COMPARES =
  `Thousands of commands a second through both hops on Kafka 4.2.0 (one node, on the same cores), ${COMMANDS} commands ` +
  `on ${INSTANCES} instances of ${PARTY_SIZE} characters, ${ROUNDS} interleaved runs a side, each in new processes ` +
  `after a warm-up of ${WARM_UP_COMMANDS}. From letting the frozen processes go (SIGCONT) with the backlog in the ` +
  'command topic, until the offsets of the shard transactions cover its last command; afterwards every message out is ' +
  'counted by a read_committed reader. Bare is stock kafkajs: consume, JSON.parse, produce; then a transaction for at ' +
  'most 250 commands with as many messages and state records of the same size. CPU in % of one core.'

/** Repeats a run in which something was forwarded twice. */
async function undoubled<T>(run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      if (!(error instanceof ForwardedTwiceError) || attempt === ATTEMPTS_MAX) throw error
      process.stderr.write(`${error.message}: the run does not count and is repeated\n`)
    }
  }
}

async function sampleOf(
  { cluster, transport }: Ground,
  side: Side,
  count: number,
  round: number,
): Promise<readonly Sample[]> {
  const brokers = cluster.nodes.map(({ pid }) => pid)
  const options = { side, bootstrap: cluster.bootstrap, transport, count, instances: INSTANCES }
  return await withSide(options, async standing => {
    let { sent } = standing
    let advances = 0
    const play = async (mix: Mix, commands: number, seed: number): Promise<Sample> => {
      const load = loadOf(mix, standing.instanceIds, commands, seed)
      advances += load.advances
      sent += commands
      return await timed(standing, { mix, commands: load.commands, expected: sent }, brokers)
    }
    for (const [index, mix] of MIXES.entries()) await play(mix, WARM_UP_COMMANDS / MIXES.length, 100 + index)
    const samples = []
    for (const [index, mix] of MIXES.entries()) samples.push(await play(mix, COMMANDS, 10 * round + index))
    await checkMessages(transport, standing.fleet, {
      STAGE_ADVANCED: advances,
      CHANGE_MAP: standing.warps + advances * PARTY_SIZE,
    })
    return samples
  })
}

interface Backlog {
  readonly mix: Mix
  readonly commands: readonly Buffer[]
  /** Commands that the side has dealt with in its life when this backlog is done. */
  readonly expected: number
}

async function timed(
  { fleet, client }: Standing,
  { mix, commands, expected }: Backlog,
  brokers: readonly number[],
): Promise<Sample> {
  fleet.freeze()
  await client.send(fleet, commands)
  const before = { side: cpuSeconds(fleet.pids), broker: cpuSeconds(brokers), at: performance.now() }
  fleet.thaw()
  await client.untilProgress(fleet, expected)
  const seconds = (performance.now() - before.at) / 1000
  return {
    mix: mix.name,
    perSecond: commands.length / seconds,
    cpuShare: (cpuSeconds(fleet.pids) - before.side) / seconds,
    brokerCpuShare: (cpuSeconds(brokers) - before.broker) / seconds,
  }
}

function rowsOf(samples: ReadonlyMap<Side, readonly (readonly Sample[])[]>): readonly Row[] {
  return MIXES.flatMap(({ name }) => {
    const of = (side: Side) => (samples.get(side) ?? []).flat().filter(({ mix }) => mix === name)
    const rate = (side: Side) => median(of(side).map(({ perSecond }) => perSecond))
    return SIDES.map(side => {
      const all = of(side)
      const rates = all.map(({ perSecond }) => perSecond / 1000)
      return {
        mix: name,
        side,
        'k/s median': rounded(median(rates)),
        min: rounded(Math.min(...rates)),
        max: rounded(Math.max(...rates)),
        '× bare': rounded(rate(side) / rate('bare kafkajs'), 2),
        'its CPU %': Math.round(100 * median(all.map(({ cpuShare }) => cpuShare))),
        'broker CPU %': Math.round(100 * median(all.map(({ brokerCpuShare }) => brokerCpuShare))),
      }
    })
  })
}
