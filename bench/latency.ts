/**
 * How long one command takes from just before it is produced until the last of its four messages can be read by a
 * read_committed reader: at a calm pace, at a thousand a second, and at half of what the service can do at most. Load
 * and reader are in this process, so one clock measures both ends.
 */
import { type KafkaCluster, startCluster } from '../scripts/kafka-broker/cluster.ts'
import type { PartitionFeed, Transport } from '../src/transport/port.ts'
import { play, undoubled } from './backlog.ts'
import type { BenchOptions } from './bench-options.ts'
import { LIVELY, loadOf } from './commands.ts'
import { interleaved, median, quantile, type Result, type Row, rounded } from './figures.ts'
import { PARTITIONS, until } from './fleet.ts'
import { othersCell, watched } from './other-load.ts'
import { endsOf, openBenchTransport } from './output.ts'
import { sendPaced } from './paced-load.ts'
import { PARTY_SIZE, type Standing, withSide } from './side.ts'
import { instanceOf, Stopwatch } from './stopwatch.ts'

const SIDES = ['same codecs', 'party-quests'] as const
type Side = (typeof SIDES)[number]

const ROUNDS = 3
const PROCESSES = 2
/** Half of them have a command under way at most. */
const INSTANCES = 5000
const MESSAGES = PARTY_SIZE + 1
const READABLE_LIMIT_MS = 60_000
const MOST_COMMANDS = 40_000
const WARM_UP_PER_SECOND = 1000
const WARM_UP_SECONDS = 3
/** Of each pace; the calm ones half as long again. */
const SECONDS = 3.5
const SECONDS_LONG = 30

/** How many a second, and the share that has messages. */
interface Pace {
  readonly name: string
  readonly perSecond: number
  readonly advanceShare: number
  readonly seconds: number
}

/** Of one pace in one run. */
interface Sample {
  readonly pace: Pace
  /** Milliseconds. */
  readonly laps: readonly number[]
  readonly others: number
}

interface Ground {
  readonly cluster: KafkaCluster
  readonly transport: Transport
}

export async function benchLatency({ isLong }: BenchOptions): Promise<Result> {
  const cluster = await startCluster({ version: '4.2.0' })
  try {
    const transport = await openBenchTransport(cluster.bootstrap)
    const ground = { cluster, transport }
    const most = await undoubled(() => mostPerSecond(ground))
    const paces = pacesOf(most, isLong ? SECONDS_LONG : SECONDS)
    const samples = await interleaved(ROUNDS, SIDES, side => sampleOf(ground, side, paces))
    await transport.close()
    return { compares: compares(most), tables: [{ title: 'Latency', rows: rowsOf(paces, samples) }] }
  } finally {
    await cluster.close()
  }
}

const compares = (most: number) =>
  `Milliseconds from just before a STAGE_ADVANCE is produced until the last of its ${MESSAGES} messages was read by a ` +
  `read_committed reader, on Kafka 4.2.0 (one node, same cores), ${PROCESSES} processes a side, ${ROUNDS} interleaved ` +
  `runs. An open loop: no command waits for another. At 50 and 100 a second all are STAGE_ADVANCE, sent singly; above, ` +
  `${LIVELY.advanceShare * 100} % are (the lively mix), sent every 5 ms. The most that party-quests did in this run, from a ` +
  `backlog, was ${Math.round(most)} a second (lively); both sides get half of it. Same codecs is the bare pipeline on ` +
  'our wire layer.'

function pacesOf(most: number, seconds: number): readonly Pace[] {
  const lively = LIVELY.advanceShare
  const half = Math.round(most / 2)
  return [
    { name: '50/s', perSecond: 50, advanceShare: 1, seconds: seconds * 1.5 },
    { name: '100/s', perSecond: 100, advanceShare: 1, seconds: seconds * 1.5 },
    { name: '1,000/s', perSecond: 1000, advanceShare: lively, seconds },
    { name: `half of the most: ${half}/s`, perSecond: half, advanceShare: lively, seconds },
  ]
}

/** Of the service, lively. */
async function mostPerSecond({ cluster, transport }: Ground): Promise<number> {
  const options = { side: 'party-quests', bootstrap: cluster.bootstrap, transport, count: PROCESSES } as const
  return await withSide({ ...options, instances: INSTANCES }, async standing => {
    const player = { ...standing, brokers: [] }
    const played = []
    for (const seed of [1, 2, 3]) {
      const { commands } = loadOf(LIVELY, standing.instanceIds, MOST_COMMANDS, seed)
      played.push(await play(player, { commands, expected: standing.sent + seed * MOST_COMMANDS }))
    }
    // The first only makes the code warm.
    return median(played.slice(1).map(({ perSecond }) => perSecond))
  })
}

async function sampleOf(
  { cluster, transport }: Ground,
  side: Side,
  paces: readonly Pace[],
): Promise<readonly Sample[]> {
  const options = { side, bootstrap: cluster.bootstrap, transport, count: PROCESSES, instances: INSTANCES }
  return await withSide(options, async standing => {
    const watch = new Stopwatch(MESSAGES)
    const stopReading = await readInto(transport, standing, watch)
    const appender = transport.openAppender('load')
    try {
      const send = { ...standing, appender, watch, topic: standing.fleet.topics.commands }
      const warmUp = { perSecond: WARM_UP_PER_SECOND, seconds: WARM_UP_SECONDS, advanceShare: LIVELY.advanceShare }
      await sendPaced({ ...send, ...warmUp })
      await allRead(standing, watch)
      const samples = []
      for (const pace of paces) {
        watch.reset()
        const { others } = await watched(async () => {
          await sendPaced({ ...send, ...pace })
          await allRead(standing, watch)
        })
        samples.push({ pace, laps: [...watch.laps], others })
      }
      return samples
    } finally {
      await stopReading()
      await appender.close()
    }
  })
}

async function allRead({ fleet }: Standing, watch: Stopwatch): Promise<void> {
  await until('all messages are readable', READABLE_LIMIT_MS, 20, async () => {
    fleet.check()
    return watch.openLaps === 0
  })
}

/** Follows what the side writes from now on. Resolves with how to stop. */
async function readInto(transport: Transport, { fleet }: Standing, watch: Stopwatch): Promise<() => Promise<void>> {
  const outputs = [fleet.topics.status, fleet.topics.character]
  const ends = await Promise.all(outputs.map(topic => endsOf(transport, topic)))
  const reader = transport.openReader('latency')
  for (const [at, topic] of outputs.entries()) {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      void follow(reader.open({ topic, partition }, ends[at]?.[partition] ?? 0), watch)
    }
  }
  return () => reader.close()
}

/** Until the reader is closed. */
async function follow(feed: PartitionFeed, watch: Stopwatch): Promise<void> {
  for (;;) {
    await feed.ready()
    const records = feed.take(1000)
    if (records.length === 0) return
    const now = performance.now()
    for (const { value } of records) watch.saw(instanceOf(value), now)
  }
}

function rowsOf(paces: readonly Pace[], samples: ReadonlyMap<Side, readonly (readonly Sample[])[]>): readonly Row[] {
  return paces.flatMap(pace =>
    SIDES.map(side => {
      const runs = (samples.get(side) ?? []).flat().filter(sample => sample.pace === pace)
      const quantiles = (share: number) => runs.map(({ laps }) => quantile(laps, share))
      const p99s = quantiles(0.99)
      return {
        pace: pace.name,
        side,
        timed: runs.reduce((sum, { laps }) => sum + laps.length, 0),
        'p50 ms': rounded(median(quantiles(0.5))),
        'p90 ms': rounded(median(quantiles(0.9))),
        'p99 ms': rounded(median(p99s)),
        'p99 best': rounded(Math.min(...p99s)),
        'p99 worst': rounded(Math.max(...p99s)),
        'max ms': rounded(Math.max(...quantiles(1))),
        'others, of a core': othersCell(runs.map(({ others }) => others)),
      }
    }),
  )
}
