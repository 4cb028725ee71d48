/**
 * How long one command takes from just before it is produced until the last of its four messages can be read by a
 * read_committed reader, at a calm pace. Producer and reader are in this process, so one clock measures both ends.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { startCluster } from '../scripts/kafka-broker/cluster.ts'
import type { Transport } from '../src/transport/port.ts'
import { advanceCommand } from './commands.ts'
import { interleaved, quantile, type Result, type Row, rounded } from './figures.ts'
import { PARTITIONS, until } from './fleet.ts'
import { endsOf, openBenchTransport } from './output.ts'
import { PARTY_SIZE, SIDES, type Side, type Standing, withSide } from './side.ts'

const ROUNDS = 3
const PER_SECOND = 50
const COMMANDS = 1000
const WARM_UP_COMMANDS = 250
/** More than are ever under way at once: no instance has two commands in flight. */
const INSTANCES = 500
const MESSAGES = PARTY_SIZE + 1
const READABLE_LIMIT_MS = 30_000

/** Milliseconds. */
interface Sample {
  readonly ours: readonly number[]
  /** The same commands as a stock kafkajs consumer saw them; only where one was asked for. */
  readonly stock: readonly number[]
}

export async function benchLatency(): Promise<Result> {
  const cluster = await startCluster({ version: '4.2.0' })
  const { bootstrap } = cluster
  try {
    const transport = await openBenchTransport(bootstrap)
    const run = (side: Side, withStock: boolean) =>
      withSide({ side, bootstrap, transport, count: 1, instances: INSTANCES }, standing =>
        sampleOf(transport, standing, withStock ? bootstrap : undefined),
      )
    const samples = await interleaved(ROUNDS, SIDES, side => run(side, false))
    const crossCheck = await run('party-quests', true)
    await transport.close()
    const rows = SIDES.map(side =>
      rowOf(
        side,
        (samples.get(side) ?? []).map(({ ours }) => ours),
      ),
    )
    rows.push(rowOf('party-quests, cross-check: our reader', [crossCheck.ours]))
    rows.push(rowOf('party-quests, cross-check: stock kafkajs consumer', [crossCheck.stock]))
    return { compares: COMPARES, tables: [{ title: 'Latency', rows }] }
  } finally {
    await cluster.close()
  }
}

const COMPARES =
  `Milliseconds from just before a STAGE_ADVANCE is produced until the last of its ${MESSAGES} messages was read by a ` +
  `read_committed reader, at ${PER_SECOND} commands a second on Kafka 4.2.0 (one node, same cores), one process a ` +
  `side; ${ROUNDS} interleaved runs of ${COMMANDS} commands each. Once more with a stock kafkajs consumer reading ` +
  'along (which takes CPU of its own), to see that another client sees the same.'

async function sampleOf(
  transport: Transport,
  { fleet, client, instanceIds }: Standing,
  stockBootstrap: string | undefined,
): Promise<Sample> {
  const ours = new Stopwatch()
  const stock = new Stopwatch()
  const watches = stockBootstrap === undefined ? [ours] : [ours, stock]
  const outputs = [fleet.topics.status, fleet.topics.character]
  const ends = await Promise.all(outputs.map(topic => endsOf(transport, topic)))
  const reader = transport.openReader('latency')
  const feeds = outputs.flatMap((topic, at) =>
    Array.from({ length: PARTITIONS }, (_, partition) => reader.open({ topic, partition }, ends[at]?.[partition] ?? 0)),
  )
  for (const feed of feeds) void follow(feed, ours)
  const consumer = stockBootstrap === undefined ? undefined : await stockReader(stockBootstrap, outputs, stock)
  try {
    const total = WARM_UP_COMMANDS + COMMANDS
    const startedAt = performance.now()
    const acknowledged: Promise<void>[] = []
    for (let index = 0; index < total; index++) {
      await sleep(Math.max(0, startedAt + (index * 1000) / PER_SECOND - performance.now()))
      const id = instanceIds[index % instanceIds.length] ?? ''
      for (const watch of watches) watch.start(id)
      acknowledged.push(client.send(fleet, [advanceCommand(id, index)]))
    }
    await Promise.all(acknowledged)
    await until('all messages are readable', READABLE_LIMIT_MS, 20, async () => {
      fleet.check()
      return watches.every(({ laps }) => laps.length === total)
    })
  } finally {
    await reader.close()
    await consumer?.disconnect()
  }
  return { ours: ours.laps.slice(WARM_UP_COMMANDS), stock: stock.laps.slice(WARM_UP_COMMANDS) }
}

/** From the start of an instance's command to the last of its messages. */
class Stopwatch {
  readonly laps: number[] = []
  readonly #open = new Map<string, { readonly at: number; left: number }>()

  start(instanceId: string): void {
    this.#open.set(instanceId, { at: performance.now(), left: MESSAGES })
  }

  saw(value: Buffer | null): void {
    const { instanceId, body }: { instanceId?: string; body?: { instance?: string } } = JSON.parse(
      value?.toString() ?? '{}',
    )
    const id = instanceId ?? body?.instance ?? ''
    const open = this.#open.get(id)
    if (open === undefined) return
    open.left -= 1
    if (open.left > 0) return
    this.laps.push(performance.now() - open.at)
    this.#open.delete(id)
  }
}

async function follow(feed: ReturnType<ReturnType<Transport['openReader']>['open']>, watch: Stopwatch): Promise<void> {
  for (;;) {
    await feed.ready()
    const records = feed.take(1000)
    if (records.length === 0) return
    for (const { value } of records) watch.saw(value)
  }
}

async function stockReader(bootstrap: string, topics: readonly string[], watch: Stopwatch) {
  const kafka = new Kafka({ clientId: 'bench-stock', brokers: bootstrap.split(','), logLevel: logLevel.NOTHING })
  const consumer = kafka.consumer({ groupId: `bench-stock-${process.pid}`, maxWaitTimeInMs: 50 })
  const joined = new Promise(resolve => consumer.on('consumer.group_join', resolve))
  await consumer.connect()
  await consumer.subscribe({ topics: [...topics], fromBeginning: true })
  await consumer.run({ eachMessage: async ({ message }) => watch.saw(message.value) })
  await joined
  return consumer
}

function rowOf(who: string, samples: readonly (readonly number[])[]): Row {
  const all = samples.flat()
  const p99s = samples.map(laps => quantile(laps, 0.99))
  return {
    side: who,
    commands: all.length,
    'p50 ms': rounded(quantile(all, 0.5)),
    'p90 ms': rounded(quantile(all, 0.9)),
    'p99 ms': rounded(quantile(all, 0.99)),
    'p99 of the best run': rounded(Math.min(...p99s)),
    'max ms': rounded(Math.max(...all)),
  }
}
