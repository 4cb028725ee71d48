/**
 * How long a replica that starts anew needs for 100,000 and for 1,000,000 instances: all twelve shards from fencing to
 * running, read from a real broker by a new process, and the fewer of them from the memory log in this one.
 */
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { startCluster } from '../scripts/kafka-broker/cluster.ts'
import { freePorts } from '../scripts/kafka-broker/free-ports.ts'
import { systemClock, systemRandom } from '../src/clock.ts'
import { type Config, readConfig } from '../src/config.ts'
import { silentLog } from '../src/log.ts'
import { Service } from '../src/service.ts'
import { silentTelemetry, type Telemetry } from '../src/telemetry.ts'
import { silentTracer } from '../src/tracing.ts'
import { createMemoryLog } from '../src/transport/memory/memory-log.ts'
import { createMemoryTransport } from '../src/transport/memory/memory-transport.ts'
import type { Transport } from '../src/transport/port.ts'
import { median, type Result, type Row, rounded } from './figures.ts'
import { Fleet, SHARDS, until } from './fleet.ts'
import { cpuSeconds } from './machine.ts'
import { openBenchTransport } from './output.ts'
import { questDirectory } from './quest.ts'
import { replicaVariables, runningShards, startReplica } from './replicas.ts'
import { halfPlayedInstances, newbornInstances, type StoredInstances, writeShardStates } from './shard-states.ts'

const FEWER = 100_000
const MANY = 1_000_000
const SAMPLES = 3
const RESTORED_LIMIT_MS = 120_000
/** Of the quest that the process may offer; the instances bring their own definition. */
const PARTY_SIZE = 4

interface Sample {
  /** Milliseconds. */
  readonly restored: number
  /** Only of a process of its own. */
  readonly process?: {
    /** From its start until it says that it is ready, milliseconds. */
    readonly ready: number
    /** CPU seconds that it took from its start on, all threads. */
    readonly cpu: number
    /** The most that it ever had, bytes; 0 where /proc does not tell. */
    readonly peakBytes: number
    /** The longest that its event loop stood still while it restored, milliseconds. */
    readonly stall: number
  }
}

export async function benchRestore(): Promise<Result> {
  const fewer = halfPlayedInstances(FEWER)
  const many = newbornInstances(MANY)
  const rows = [
    rowOf('Kafka 4.2.0, a new process', fewer, await fromKafka(fewer)),
    rowOf('memory log, in this process', fewer, await fromMemory(fewer)),
    rowOf('Kafka 4.2.0, a new process', many, await fromKafka(many)),
  ]
  return {
    compares:
      `Restoring instances, each once in the log, into one replica, its ${SHARDS} shards at once: from the first ` +
      `shard's fencing until the last one runs; median of ${SAMPLES}. The last columns are of the whole process, the ` +
      `stall the worst of its samples.`,
    tables: [{ title: 'Restoring', rows }],
  }
}

async function fromKafka(stored: StoredInstances): Promise<readonly Sample[]> {
  const cluster = await startCluster({ version: '4.2.0' })
  const definitionsDir = await questDirectory(PARTY_SIZE)
  try {
    const { bootstrap } = cluster
    const prefix = `bench-restore-${process.pid}`
    const transport = await openBenchTransport(bootstrap)
    await writeShardStates(transport, configOf(replicaVariables(bootstrap, prefix)), stored)
    await transport.close()
    const samples = []
    for (let sample = 0; sample < SAMPLES; sample++) {
      samples.push(await startOnce({ bootstrap, prefix, definitionsDir }))
    }
    return samples
  } finally {
    await rm(definitionsDir, { recursive: true })
    await cluster.close()
  }
}

/** One start of a replica, told by the times in its own log. */
async function startOnce(options: Parameters<typeof startReplica>[0]): Promise<Sample> {
  const [port = 0] = await freePorts(1)
  const fleet = new Fleet(options.prefix)
  const startedAt = performance.now()
  const { child, url } = startReplica(options, { name: 'restorer', port, logLevel: 'info' })
  fleet.add(child)
  const assigned: number[] = []
  const restored: number[] = []
  if (child.stdout === null) throw new Error('the log of the replica cannot be read')
  createInterface(child.stdout).on('line', line => {
    const { time, msg }: { time?: string; msg?: string } = JSON.parse(line)
    const at = Date.parse(time ?? '')
    if (msg === 'shards assigned') {
      assigned.push(at)
      // Forgets the stalls until now, which are those of loading the code.
      longestStall(url).catch(() => undefined)
    }
    if (msg === 'shard restored') restored.push(at)
  })
  try {
    await until('the replica is ready', RESTORED_LIMIT_MS, 10, async () => {
      fleet.check()
      return (await runningShards(url)) === SHARDS
    })
    const ready = performance.now() - startedAt
    await until('the log of the replica is read', RESTORED_LIMIT_MS, 10, async () => restored.length === SHARDS)
    const stall = await longestStall(url)
    return {
      restored: Math.max(...restored) - Math.min(...assigned),
      process: { ready, cpu: cpuSeconds(fleet.pids), peakBytes: peakBytesOf(child.pid), stall },
    }
  } finally {
    await fleet.stop()
  }
}

/** Milliseconds that the event loop stood still at the longest since somebody asked last. */
async function longestStall(url: string): Promise<number> {
  const exposition = await (await fetch(`${url}/metrics`)).text()
  return Number(/^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(exposition)?.[1]) * 1000
}

function peakBytesOf(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
  } catch {
    return 0
  }
}

async function fromMemory(stored: StoredInstances): Promise<readonly Sample[]> {
  const log = createMemoryLog({ clock: systemClock, clusterId: 'bench' })
  const config = { ...configOf({}), createTopics: 'all' as const }
  const open = () => createMemoryTransport(log, { name: 'bench', advertisedUrl: '' })
  const writer = open()
  await writeShardStates(writer, config, stored)
  await writer.close()
  const samples = []
  for (let sample = 0; sample < SAMPLES; sample++) samples.push(await serveOnce(open(), config, stored))
  return samples
}

/** One life of a service in this process. */
async function serveOnce(transport: Transport, config: Config, { population }: StoredInstances): Promise<Sample> {
  const phases: { readonly phase: string | undefined; readonly at: number }[] = []
  const telemetry: Telemetry = {
    ...silentTelemetry,
    shardPhase: (_, phase) => {
      phases.push({ phase, at: performance.now() })
    },
  }
  const at = (wanted: string) => phases.filter(({ phase }) => phase === wanted).map(moment => moment.at)
  const service = new Service({
    config,
    transport,
    catalogue: population.ruleBook.catalogue,
    lookupClient: { ask: () => Promise.reject(new Error('nothing here asks a service')) },
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    telemetry,
    tracer: silentTracer,
    onFatal: error => {
      throw error
    },
  })
  try {
    await service.start()
    await until('all shards run', RESTORED_LIMIT_MS, 10, async () => at('running').length === SHARDS)
    return { restored: Math.max(...at('running')) - Math.min(...at('fencing')) }
  } finally {
    await service.close()
  }
}

function configOf(variables: Readonly<Record<string, string>>): Config {
  return readConfig({ ...variables, SHARDS: String(SHARDS) }, { hostname: 'bench' })
}

function rowOf(from: string, { count, described }: StoredInstances, samples: readonly Sample[]): Row {
  const restored = samples.map(sample => sample.restored / 1000)
  const processes = samples.flatMap(sample => (sample.process === undefined ? [] : [sample.process]))
  const figure = (values: readonly number[], of: (values: readonly number[]) => number) =>
    values.length === 0 ? '' : rounded(of(values))
  return {
    from,
    instances: count,
    each: described,
    's, fencing to running': rounded(median(restored)),
    min: rounded(Math.min(...restored)),
    max: rounded(Math.max(...restored)),
    'instances/s': Math.round(rounded(count / median(restored), 2)),
    's, process start to ready': figure(
      processes.map(({ ready }) => ready / 1000),
      median,
    ),
    'CPU s of the process': figure(
      processes.map(({ cpu }) => cpu),
      median,
    ),
    'peak MiB': figure(
      processes.map(({ peakBytes }) => peakBytes / 2 ** 20),
      median,
    ),
    'longest stall, ms': figure(
      processes.map(({ stall }) => stall),
      values => Math.max(...values),
    ),
  }
}
