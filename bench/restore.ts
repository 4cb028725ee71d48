/**
 * How long a replica that starts anew needs for 100,000 instances: all twelve shards from fencing to running, read from
 * a real broker by a new process, and from the memory log in this one.
 */

import { rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { startCluster } from '../scripts/kafka-broker/cluster.ts'
import { freePorts } from '../scripts/kafka-broker/free-ports.ts'
import { encodeInstance } from '../src/actor/snapshot-bytes.ts'
import { createStepper } from '../src/actor/stepper.ts'
import { systemClock, systemRandom } from '../src/clock.ts'
import { type Config, readConfig } from '../src/config.ts'
import { shardOfInstance } from '../src/contract/shard-key.ts'
import {
  definitionRecordKey,
  encodePosition,
  FIRST_POSITION,
  instanceRecordKey,
  POSITION_KEY,
} from '../src/contract/state-record.ts'
import { silentLog } from '../src/log.ts'
import { Service } from '../src/service.ts'
import { silentTelemetry, type Telemetry } from '../src/telemetry.ts'
import { prepareTopics } from '../src/topics.ts'
import { silentTracer } from '../src/tracing.ts'
import { createMemoryLog } from '../src/transport/memory/memory-log.ts'
import { createMemoryTransport } from '../src/transport/memory/memory-transport.ts'
import type { Transport } from '../src/transport/port.ts'
import { median, type Result, type Row, rounded } from './figures.ts'
import { Fleet, SHARDS, until } from './fleet.ts'
import { openBenchTransport } from './output.ts'
import { Population } from './population.ts'
import { compiledQuest, questDirectory } from './quest.ts'
import { replicaVariables, runningShards, startReplica } from './replicas.ts'

const INSTANCES = 100_000
const PARTY_SIZE = 4
const SAMPLES = 3
const APPEND_RECORDS = 2000
const RESTORED_LIMIT_MS = 120_000

/** Milliseconds. */
interface Sample {
  readonly restored: number
  /** From the start of the process until it says that it is ready; 0 where there was no process. */
  readonly ready: number
}

export async function benchRestore(): Promise<Result> {
  const population = new Population({
    compiled: compiledQuest(PARTY_SIZE),
    stepper: createStepper('bench'),
    partySize: PARTY_SIZE,
  })
  const recordBytes = encodeInstance(population.halfPlayed(12_345)).length
  const rows = [
    rowOf('Kafka 4.2.0, a new process', await fromKafka(population)),
    rowOf('memory log, in this process', await fromMemory(population)),
  ]
  return {
    compares:
      `Restoring ${INSTANCES} instances (parties of ${PARTY_SIZE}, state records of ${recordBytes} bytes, each once in ` +
      `the log) into one replica, its ${SHARDS} shards at once: from the first shard's fencing until the last one runs; ` +
      `median of ${SAMPLES}.`,
    tables: [{ title: 'Restoring', rows }],
  }
}

async function fromKafka(population: Population): Promise<readonly Sample[]> {
  const cluster = await startCluster({ version: '4.2.0' })
  const definitionsDir = await questDirectory(PARTY_SIZE)
  try {
    const { bootstrap } = cluster
    const prefix = `bench-restore-${process.pid}`
    const transport = await openBenchTransport(bootstrap)
    await writeState(transport, configOf(replicaVariables(bootstrap, prefix)), population)
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
    if (msg === 'shards assigned') assigned.push(at)
    if (msg === 'shard restored') restored.push(at)
  })
  try {
    await until('the replica is ready', RESTORED_LIMIT_MS, 10, async () => {
      fleet.check()
      return (await runningShards(url)) === SHARDS
    })
    const ready = performance.now() - startedAt
    await until('the log of the replica is read', RESTORED_LIMIT_MS, 10, async () => restored.length === SHARDS)
    return { restored: Math.max(...restored) - Math.min(...assigned), ready }
  } finally {
    await fleet.stop()
  }
}

async function fromMemory(population: Population): Promise<readonly Sample[]> {
  const log = createMemoryLog({ clock: systemClock, clusterId: 'bench' })
  const config = { ...configOf({}), createTopics: 'all' as const }
  const open = () => createMemoryTransport(log, { name: 'bench', advertisedUrl: '' })
  const writer = open()
  await writeState(writer, config, population)
  await writer.close()
  const samples = []
  for (let sample = 0; sample < SAMPLES; sample++) samples.push(await serveOnce(open(), config, population))
  return samples
}

/** One life of a service in this process. */
async function serveOnce(transport: Transport, config: Config, { ruleBook }: Population): Promise<Sample> {
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
    catalogue: ruleBook.catalogue,
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
    return { restored: Math.max(...at('running')) - Math.min(...at('fencing')), ready: 0 }
  } finally {
    await service.close()
  }
}

function configOf(variables: Readonly<Record<string, string>>): Config {
  return readConfig({ ...variables, SHARDS: String(SHARDS) }, { hostname: 'bench' })
}

/** What twelve shards would have left behind: definition, instances, position. */
async function writeState(transport: Transport, config: Config, population: Population): Promise<void> {
  await transport.connect()
  await prepareTopics(config, transport.admin, systemClock, silentLog)
  const topic = config.shardStateTopic
  const appender = transport.openAppender('bench')
  const record = (partition: number, key: Buffer, value: Buffer) => ({ topic, partition, key, value, headers: [] })
  const definitions = population.ruleBook.catalogue.all()
  const first = Array.from({ length: SHARDS }, (_, shard) => [
    ...definitions.map(({ ref, bytes }) => record(shard, definitionRecordKey(ref), bytes)),
    record(shard, POSITION_KEY, encodePosition(FIRST_POSITION)),
  ])
  await appender.append(first.flat())
  for (let from = 0; from < INSTANCES; from += APPEND_RECORDS) {
    const records = Array.from({ length: APPEND_RECORDS }, (_, at) => {
      const instance = population.halfPlayed(from + at)
      const { instanceId } = instance.snapshot.context.identity
      return record(shardOfInstance(instanceId, SHARDS), instanceRecordKey(instanceId), encodeInstance(instance))
    })
    await appender.append(records)
  }
  await appender.close()
}

function rowOf(from: string, samples: readonly Sample[]): Row {
  const restored = samples.map(sample => sample.restored / 1000)
  return {
    from,
    's, fencing to running': rounded(median(restored)),
    min: rounded(Math.min(...restored)),
    max: rounded(Math.max(...restored)),
    'instances/s': Math.round(rounded(INSTANCES / median(restored), 2)),
    's, process start to ready': rounded(median(samples.map(({ ready }) => ready)) / 1000) || '',
  }
}
