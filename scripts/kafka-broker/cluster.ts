/**
 * A real Apache Kafka on this machine, for tests, measurements and `npm run kafka`: one or three KRaft nodes as Java
 * processes on 127.0.0.1, in a folder that goes with them. Never outlives the process that started it.
 */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BrokerNode } from './broker-node.ts'
import { freePorts } from './free-ports.ts'
import { DEFAULT_KAFKA_VERSION, type KafkaVersion, kafkaJars } from './jars.ts'
import { findJava } from './java.ts'
import { type Listen, type Properties, propertiesText, serverProperties } from './server-properties.ts'
import { Watchdog } from './watchdog.ts'

const run = promisify(execFile)

export interface ClusterOptions {
  readonly version?: KafkaVersion
  /** Default 1. Three take about three times the memory and start. */
  readonly nodes?: 1 | 3
  /** Where the first node's clients connect; default any free port. */
  readonly port?: number
  /** Added to the settings of every node, last word. */
  readonly properties?: Properties
}

export interface KafkaCluster {
  readonly version: KafkaVersion
  /** `host:port` of every node, in their order. */
  readonly brokers: readonly string[]
  /** The same, comma-separated, as BOOTSTRAP_SERVERS takes it. */
  readonly bootstrap: string
  readonly nodes: readonly BrokerNode[]
  /** Kills what was started and removes its data. May be called twice. */
  close(): Promise<void>
}

/**
 * Starts a cluster and waits until every node answers; fetches the jars where they are not here yet.
 * @throws ToolMissingError no Java, or no Maven to fetch the jars. Error: a broker did not start, with what it printed.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<KafkaCluster> {
  const version = options.version ?? DEFAULT_KAFKA_VERSION
  const java = await findJava()
  const classPath = await kafkaJars(version)
  const count = options.nodes ?? 1
  const dir = await mkdtemp(join(tmpdir(), 'party-quests-kafka-'))
  const watchdog = new Watchdog(dir)
  try {
    const nodes = await formatNodes(
      { java, classPath, dir, watchdog, listens: await listens(count, options.port) },
      options,
    )
    for (const node of nodes) node.start()
    for (const node of nodes) await node.ready(count)
    const brokers = nodes.map(node => node.address)
    return { version, brokers, bootstrap: brokers.join(','), nodes, close: () => watchdog.finish() }
  } catch (error) {
    await watchdog.finish()
    throw error
  }
}

async function listens(nodes: number, firstPort: number | undefined): Promise<readonly Listen[]> {
  const ports = await freePorts(2 * nodes)
  return Array.from({ length: nodes }, (_, index) => ({
    nodeId: index + 1,
    clientPort: (index === 0 ? firstPort : undefined) ?? portAt(ports, 2 * index),
    controllerPort: portAt(ports, 2 * index + 1),
  }))
}

function portAt(ports: readonly number[], index: number): number {
  const port = ports[index]
  if (port === undefined) throw new Error(`only ${ports.length} ports for index ${index}`)
  return port
}

interface Ground {
  readonly java: string
  readonly classPath: string
  readonly dir: string
  readonly watchdog: Watchdog
  readonly listens: readonly Listen[]
}

/** Writes each node's settings and has Kafka's own tool format its folder, all at the same time. */
async function formatNodes(ground: Ground, { properties = {} }: ClusterOptions): Promise<readonly BrokerNode[]> {
  const clusterId = newClusterId()
  const heap = ground.listens.length > 1 ? '256m' : '384m'
  return Promise.all(
    ground.listens.map(async listen => {
      const dir = join(ground.dir, `node-${listen.nodeId}`)
      const file = join(dir, 'server.properties')
      await mkdir(dir)
      const settings = serverProperties(listen, ground.listens, '127.0.0.1')
      await writeFile(file, propertiesText({ ...settings, 'log.dirs': join(dir, 'data'), ...properties }))
      const tool = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', file]
      await run(ground.java, [...jvmOptions('128m'), '-cp', ground.classPath, ...tool])
      const address = `127.0.0.1:${listen.clientPort}`
      const arguments_ = [...jvmOptions(heap), '-cp', ground.classPath, 'kafka.Kafka', file]
      return new BrokerNode({ id: listen.nodeId, address, dir, java: ground.java, arguments_ }, ground.watchdog)
    }),
  )
}

/** A Java process that is up soon and small beside others: no optimizing compiler, no collector threads. */
export function jvmOptions(heap: string): readonly string[] {
  const logLevel = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'
  return ['-Xms64m', `-Xmx${heap}`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', logLevel]
}

/** 16 random bytes, as Kafka writes UUIDs; it refuses those that look like an option. */
function newClusterId(): string {
  for (;;) {
    const id = randomBytes(16).toString('base64url')
    if (!id.startsWith('-')) return id
  }
}
