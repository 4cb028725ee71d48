/**
 * Commands per second end to end on a real broker, three sides in turns: stock kafkajs, our wire layer with nothing on
 * it, and the service. A backlog is written while the processes are frozen (backlog.ts).
 */
import { type KafkaCluster, startCluster } from '../scripts/kafka-broker/cluster.ts'
import type { Transport } from '../src/transport/port.ts'
import { costColumns, type Played, play, rateColumns, undoubled } from './backlog.ts'
import type { BenchOptions } from './bench-options.ts'
import { LIVELY, loadOf, type Mix, UPDATES } from './commands.ts'
import { interleaved, median, type Result, type Row, rounded } from './figures.ts'
import { checkMessages, openBenchTransport } from './output.ts'
import { PARTY_SIZE, SIDES, type Side, withSide } from './side.ts'

const ROUNDS = 3
const ROUNDS_LONG = 7
/** The second is what the goals are about: two replicas and the broker on two cores. */
const PROCESSES = [1, 2] as const
const INSTANCES = 5000
const WARM_UP_COMMANDS = 20_000
const COMMANDS = 60_000
const COMMANDS_LONG = 200_000
const MIXES = [UPDATES, LIVELY] as const

interface Sample extends Played {
  readonly mix: string
}

interface Ground {
  readonly cluster: KafkaCluster
  readonly transport: Transport
  readonly commands: number
}

export async function benchThroughput({ isLong }: BenchOptions): Promise<Result> {
  const rounds = isLong ? ROUNDS_LONG : ROUNDS
  const commands = isLong ? COMMANDS_LONG : COMMANDS
  const cluster = await startCluster({ version: '4.2.0' })
  try {
    const transport = await openBenchTransport(cluster.bootstrap)
    const tables = []
    for (const count of PROCESSES) {
      const samples = await interleaved(rounds, SIDES, (side, round) =>
        undoubled(() => sampleOf({ cluster, transport, commands }, side, count, round)),
      )
      tables.push({ title: `Throughput, ${count} process${count === 1 ? '' : 'es'} a side`, rows: rowsOf(samples) })
    }
    await transport.close()
    return { compares: compares(rounds, commands), tables }
  } finally {
    await cluster.close()
  }
}

const compares = (rounds: number, commands: number) =>
  `Thousands of commands a second through both hops on Kafka 4.2.0 (one node, on the same cores), ${commands} commands ` +
  `on ${INSTANCES} instances of ${PARTY_SIZE} characters, ${rounds} interleaved runs a side, each in new processes ` +
  `after a warm-up of ${WARM_UP_COMMANDS}. From letting the frozen processes go (SIGCONT) with the backlog in the ` +
  'command topic, until the offsets of the shard transactions cover its last command; afterwards every message out is ' +
  'counted by a read_committed reader. The bare sides do JSON.parse, a produce, then a transaction for at most as many ' +
  'commands as the service takes, with as many messages and state records of the same size: on stock kafkajs, and on ' +
  "the service's own wire layer (same codecs, five requests a transaction)."

async function sampleOf(
  { cluster, transport, commands }: Ground,
  side: Side,
  count: number,
  round: number,
): Promise<readonly Sample[]> {
  const options = { side, bootstrap: cluster.bootstrap, transport, count, instances: INSTANCES }
  return await withSide(options, async standing => {
    const player = { ...standing, brokers: cluster.nodes.map(({ pid }) => pid) }
    let { sent } = standing
    let advances = 0
    const playMix = async (mix: Mix, many: number, seed: number): Promise<Sample> => {
      const load = loadOf(mix, standing.instanceIds, many, seed)
      advances += load.advances
      sent += many
      return { mix: mix.name, ...(await play(player, { commands: load.commands, expected: sent })) }
    }
    for (const [index, mix] of MIXES.entries()) await playMix(mix, WARM_UP_COMMANDS / MIXES.length, 100 + index)
    const samples = []
    for (const [index, mix] of MIXES.entries()) samples.push(await playMix(mix, commands, 10 * round + index))
    await checkMessages(transport, standing.fleet, {
      STAGE_ADVANCED: advances,
      CHANGE_MAP: standing.warps + advances * PARTY_SIZE,
    })
    return samples
  })
}

function rowsOf(samples: ReadonlyMap<Side, readonly (readonly Sample[])[]>): readonly Row[] {
  return MIXES.flatMap(({ name }) => {
    const of = (side: Side) => (samples.get(side) ?? []).flat().filter(({ mix }) => mix === name)
    const rate = (side: Side) => median(of(side).map(({ perSecond }) => perSecond))
    return SIDES.map(side => ({
      mix: name,
      side,
      ...rateColumns(of(side)),
      '× stock': rounded(rate(side) / rate('stock kafkajs'), 2),
      '× same codecs': rounded(rate(side) / rate('same codecs'), 2),
      ...costColumns(of(side)),
    }))
  })
}
