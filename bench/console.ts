/**
 * What consoles that are looked at cost the shards: the same backlog dealt with by one replica while nobody looks, and
 * while fifty pages follow it live, half of them a list and half of them one instance, each asking again as often as the
 * page does. The pages are a process of their own (console-pages.ts), which takes its share of the same cores.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startCluster } from '../scripts/kafka-broker/cluster.ts'
import { LIVELY, loadOf } from './commands.ts'
import { median, type Result, rounded } from './figures.ts'
import { cpuSeconds, setApart } from './machine.ts'
import { openBenchTransport } from './output.ts'
import { type Standing, withSide } from './side.ts'

export const CONSOLE_PAGES = 50
const ROUNDS = 10
const INSTANCES = 5000
const WARM_UP_COMMANDS = 20_000
const COMMANDS = 60_000

const VARIANTS = ['nobody looks', `${CONSOLE_PAGES} pages`] as const
type Variant = (typeof VARIANTS)[number]

interface Sample {
  readonly perSecond: number
  /** CPU microseconds of the replica for one command, all threads. */
  readonly micros: number
  /** What the pages were told, and asked, a second. */
  readonly events: number
  readonly requests: number
}

export async function benchConsole(): Promise<Result> {
  const cluster = await startCluster({ version: '4.2.0' })
  try {
    const transport = await openBenchTransport(cluster.bootstrap)
    const options = { side: 'party-quests', bootstrap: cluster.bootstrap, transport } as const
    let isApart = false
    const samples = await withSide({ ...options, count: 1, instances: INSTANCES }, standing => {
      isApart = setApart(standing.fleet.pids, [...cluster.nodes.map(({ pid }) => pid), process.pid])
      return measure(standing)
    })
    await transport.close()
    return {
      compares: `${COMPARES} ${isApart ? APART : TOGETHER}`,
      tables: [{ title: 'Consoles that are looked at', rows: rowsOf(samples) }],
    }
  } finally {
    await cluster.close()
  }
}

const COMPARES =
  `One replica on Kafka 4.2.0, ${COMMANDS} commands (${LIVELY.name}) for ${INSTANCES} instances as fast as it can, while ` +
  `nobody looks and while ${CONSOLE_PAGES} pages do; ${ROUNDS} rounds in turns in one process.`
const APART = 'The replica has a core of its own; the broker, the load and the pages have the others.'
const TOGETHER =
  'The pages take CPU of the same cores: the cost to the replica is its own CPU a command, the rate tells what is left.'

async function measure(standing: Standing): Promise<ReadonlyMap<Variant, readonly Sample[]>> {
  const samples = new Map<Variant, Sample[]>(VARIANTS.map(variant => [variant, []]))
  let { sent } = standing
  const play = async (commands: number, seed: number): Promise<Pick<Sample, 'perSecond' | 'micros'>> => {
    const load = loadOf(LIVELY, standing.instanceIds, commands, seed)
    sent += commands
    standing.fleet.freeze()
    await standing.client.send(standing.fleet, load.commands)
    const before = { cpu: cpuSeconds(standing.fleet.pids), at: performance.now() }
    standing.fleet.thaw()
    await standing.client.untilProgress(standing.fleet, sent)
    const seconds = (performance.now() - before.at) / 1000
    const cpu = cpuSeconds(standing.fleet.pids) - before.cpu
    return { perSecond: commands / seconds, micros: (cpu / commands) * 1e6 }
  }
  await play(WARM_UP_COMMANDS, 1)
  for (let round = 0; round < ROUNDS; round++) {
    // What comes second in a round is measured on a fuller journal and a warmer machine: each comes second in turn.
    for (const variant of round % 2 === 0 ? VARIANTS : VARIANTS.toReversed()) {
      const pages = variant === 'nobody looks' ? undefined : await openPages(standing)
      const played = await play(COMMANDS, 10 + round)
      const seen = await pages?.close()
      samples.get(variant)?.push({ ...played, events: seen?.events ?? 0, requests: seen?.requests ?? 0 })
    }
  }
  return samples
}

interface Seen {
  readonly events: number
  readonly requests: number
}

async function openPages({ fleet, instanceIds }: Standing): Promise<{ close(): Promise<Seen> }> {
  const script = fileURLToPath(new URL('./console-pages.js', import.meta.url))
  const [url = ''] = fleet.urls
  // It ends with its standard input, and so with this process.
  const child = spawn(process.execPath, [script, url, ...instanceIds.slice(0, CONSOLE_PAGES / 2)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', chunk => {
    output += chunk
  })
  while (!output.includes('open\n')) await once(child.stdout, 'data')
  return {
    close: async () => {
      const gone = once(child, 'close')
      child.stdin.end()
      await gone
      return JSON.parse(output.slice(output.indexOf('{')))
    },
  }
}

function rowsOf(samples: ReadonlyMap<Variant, readonly Sample[]>) {
  const of = (variant: Variant, figure: keyof Sample) => (samples.get(variant) ?? []).map(sample => sample[figure])
  const [base] = VARIANTS
  return VARIANTS.map(variant => {
    const micros = of(variant, 'micros')
    const rates = of(variant, 'perSecond').map(rate => rate / 1000)
    return {
      while: variant,
      'replica µs a command': rounded(median(micros)),
      min: rounded(Math.min(...micros)),
      max: rounded(Math.max(...micros)),
      '× nobody': rounded(median(micros) / median(of(base, 'micros')), 4),
      'k/s': rounded(median(rates)),
      'events/s': Math.round(median(of(variant, 'events'))),
      'requests/s': Math.round(median(of(variant, 'requests'))),
    }
  })
}
