/**
 * A single Kafka node in a container, where a Docker engine answers: for machines without Java. The container cannot
 * be killed or frozen piece by piece; what needs that uses cluster.ts. Removed with the process that started it.
 */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { untilServes } from './cluster-admin.ts'
import { freePort } from './free-ports.ts'
import { DEFAULT_KAFKA_VERSION, type KafkaVersion } from './jars.ts'
import { containerVariables, serverProperties } from './server-properties.ts'
import { Watchdog } from './watchdog.ts'

const run = promisify(execFile)

const ENGINE_LIMIT_MS = 5_000
const READY_LIMIT_MS = 90_000
/** Inside the container, where it is alone. */
const CONTROLLER_PORT = 9093

export interface DockerBrokerOptions {
  readonly version?: KafkaVersion
  /** Of 127.0.0.1, where clients connect; default any free one. */
  readonly port?: number
}

export interface DockerBroker {
  readonly version: KafkaVersion
  readonly bootstrap: string
  close(): Promise<void>
}

/** Whether there is a `docker` here with an engine behind it. */
export async function dockerAnswers(): Promise<boolean> {
  try {
    await run('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: ENGINE_LIMIT_MS })
    return true
  } catch {
    return false
  }
}

/** Starts the image `apache/kafka` (Docker fetches it where it must) and waits until it answers. */
export async function startDockerBroker(options: DockerBrokerOptions = {}): Promise<DockerBroker> {
  const version = options.version ?? DEFAULT_KAFKA_VERSION
  const port = options.port ?? (await freePort())
  // Listens inside on the port that it is published on: one listener then serves clients and the broker itself.
  const controllerPort = port === CONTROLLER_PORT ? CONTROLLER_PORT + 1 : CONTROLLER_PORT
  const listen = { nodeId: 1, clientPort: port, controllerPort }
  const variables = containerVariables(serverProperties(listen, [listen], '0.0.0.0'))
  const name = `party-quests-kafka-${randomBytes(4).toString('hex')}`
  const watchdog = new Watchdog()
  watchdog.watchContainer(name)
  const publish = ['--publish', `127.0.0.1:${port}:${port}`]
  const settings = variables.flatMap(variable => ['--env', variable])
  try {
    await run('docker', ['run', '--detach', '--rm', '--name', name, ...publish, ...settings, `apache/kafka:${version}`])
    const bootstrap = `127.0.0.1:${port}`
    await untilServes(bootstrap, 1, READY_LIMIT_MS)
    return { version, bootstrap, close: () => watchdog.finish() }
  } catch (error) {
    await watchdog.finish()
    throw error
  }
}
