/**
 * What consoles that are looked at cost the shards: one warm replica under a backlog that never ends, while fifty pages
 * follow it live and while nobody does, in turns of some two seconds (pairs.ts). The pages, half of them a list and half one
 * instance, are a process of their own (console-pages.ts), which takes its share of the other cores.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startCluster } from '../scripts/kafka-broker/cluster.ts'
import type { Transport } from '../src/transport/port.ts'
import type { BenchOptions } from './bench-options.ts'
import { LIVELY } from './commands.ts'
import { median, type Result, type Row, rounded } from './figures.ts'
import { exactCpuSeconds, setApart } from './machine.ts'
import { othersCell, watched } from './other-load.ts'
import { openBenchTransport } from './output.ts'
import { abba, pairedRatio, ratiosOf, type Slice } from './pairs.ts'
import { generator } from './random.ts'
import { type Standing, withSide } from './side.ts'
import { SteadyBacklog } from './steady-backlog.ts'

export const CONSOLE_PAGES = 50
const PAIRS = 16
const PAIRS_LONG = 60
const SLICE_MS = 1800
/** After pages were opened or closed: what that costs is not what looking costs. */
const SETTLE_MS = 400
const INSTANCES = 5000
const WARM_UP_MS = 8000

/** Of one slice. */
interface Sample {
  readonly perSecond: number
  /** CPU microseconds of the replica for one command, all threads. */
  readonly micros: number
  readonly others: number
  /** What the pages were told, and asked, a second. */
  readonly events: number
  readonly requests: number
}

export async function benchConsole({ isLong }: BenchOptions): Promise<Result> {
  const pairs = isLong ? PAIRS_LONG : PAIRS
  const cluster = await startCluster({ version: '4.2.0' })
  try {
    const transport = await openBenchTransport(cluster.bootstrap)
    const options = { side: 'party-quests', bootstrap: cluster.bootstrap, transport } as const
    let isApart = false
    const slices = await withSide({ ...options, count: 1, instances: INSTANCES }, standing => {
      isApart = setApart(standing.fleet.pids, [...cluster.nodes.map(({ pid }) => pid), process.pid])
      return measure(transport, standing, pairs)
    })
    await transport.close()
    return {
      compares: `${compares(pairs)} ${isApart ? APART : TOGETHER}`,
      tables: [
        { title: 'Consoles that are looked at', rows: rowsOf(slices) },
        { title: 'What looking costs', rows: [ratioRow(slices)] },
      ],
    }
  } finally {
    await cluster.close()
  }
}

const compares = (pairs: number) =>
  `One replica on Kafka 4.2.0 as fast as it can (${LIVELY.name}, ${INSTANCES} instances), while nobody looks and while ` +
  `${CONSOLE_PAGES} pages do, in one warm process: ${pairs} pairs of slices of ${SLICE_MS / 1000} s, off, on, on, off. ` +
  'CPU of all its threads, by the commands that its transactions dealt with in the slice. The ratio is that of each ' +
  'pair; the interval is that of their median (bootstrap, 95 %).'
const APART = 'The replica has a core of its own; the broker, the load and the pages have the others.'
const TOGETHER =
  'The pages take CPU of the same cores: the cost to the replica is its own CPU a command, the rate tells what is left.'

async function measure(transport: Transport, standing: Standing, pairs: number): Promise<readonly Slice<Sample>[]> {
  const backlog = new SteadyBacklog({ ...standing, transport, mix: LIVELY })
  const pages = await openPages(standing)
  const slices: Slice<Sample>[] = []
  try {
    await sleep(WARM_UP_MS)
    for (const isOn of abba(pairs)) {
      await (isOn ? pages.open() : pages.close())
      await sleep(SETTLE_MS)
      slices.push({ isOn, value: await sliceOf(standing, backlog, pages) })
    }
  } finally {
    await pages.end()
  }
  await backlog.stop()
  return slices
}

async function sliceOf({ fleet }: Standing, backlog: SteadyBacklog, pages: Pages): Promise<Sample> {
  const [pid = 0] = fleet.pids
  const read = async () => ({ done: await backlog.progress(), cpu: exactCpuSeconds(pid), at: performance.now() })
  await pages.counts()
  const before = await read()
  const { others } = await watched(() => sleep(SLICE_MS))
  const after = await read()
  const seen = await pages.counts()
  const [seconds, commands] = [(after.at - before.at) / 1000, after.done - before.done]
  return {
    perSecond: commands / seconds,
    micros: ((after.cpu - before.cpu) / commands) * 1e6,
    others,
    events: seen.events / seconds,
    requests: seen.requests / seconds,
  }
}

/** Since they were asked last. */
interface Seen {
  readonly events: number
  readonly requests: number
}

interface Pages {
  /** Resolves when all of them show what they are to show. */
  open(): Promise<void>
  close(): Promise<void>
  counts(): Promise<Seen>
  end(): Promise<void>
}

async function openPages({ fleet, instanceIds }: Standing): Promise<Pages> {
  const script = fileURLToPath(new URL('./console-pages.js', import.meta.url))
  const [url = ''] = fleet.urls
  // It ends with its standard input, and so with this process.
  const child = spawn(process.execPath, [script, url, ...instanceIds.slice(0, CONSOLE_PAGES / 2)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]()
  const ask = async (question: string): Promise<string> => {
    child.stdin.write(`${question}\n`)
    const { value, done } = await answers.next()
    if (done) throw new Error('the pages have ended: the replica did not answer one of them')
    return value
  }
  return {
    open: async () => void (await ask('open')),
    close: async () => void (await ask('close')),
    counts: async () => JSON.parse(await ask('counts')),
    end: async () => {
      if (child.exitCode !== null) return
      const gone = once(child, 'close')
      child.stdin.end()
      await gone
    },
  }
}

function rowsOf(slices: readonly Slice<Sample>[]): readonly Row[] {
  return [false, true].map(isOn => {
    const all = slices.filter(slice => slice.isOn === isOn).map(({ value }) => value)
    const of = (figure: keyof Sample) => all.map(sample => sample[figure])
    return {
      while: isOn ? `${CONSOLE_PAGES} pages` : 'nobody looks',
      'replica µs a command': rounded(median(of('micros'))),
      min: rounded(Math.min(...of('micros'))),
      max: rounded(Math.max(...of('micros'))),
      'k/s': rounded(median(of('perSecond')) / 1000),
      'events/s': Math.round(median(of('events'))),
      'requests/s': Math.round(median(of('requests'))),
      'others, of a core': othersCell(of('others')),
    }
  })
}

function ratioRow(slices: readonly Slice<Sample>[]): Row {
  const micros = slices.map(({ isOn, value }) => ({ isOn, value: value.micros }))
  const { pairs, median: middle, interval, quartiles } = pairedRatio(ratiosOf(micros), generator(slices.length))
  const between = (low: number, high: number) => `${low.toFixed(3)}–${high.toFixed(3)}`
  return {
    'CPU a command': 'with pages by without',
    pairs,
    'ratio, median': rounded(middle, 4),
    '95 % of the median': between(interval.low, interval.high),
    'half of the pairs': between(quartiles.low, quartiles.high),
  }
}
