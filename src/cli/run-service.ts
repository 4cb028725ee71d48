/**
 * One running replica in this process: transport, metrics, tracer, HTTP and service put together, started, and
 * stopped in order. Shared by `start` and `demo`; decides nothing about quests and prints nothing but its log.
 */
import type { Clock, Random } from '../clock.ts'
import type { Config } from '../config.ts'
import { COMMAND_TYPES } from '../contract/command-envelope.ts'
import type { Catalogue } from '../definitions/catalogue.ts'
import { createHttpApp, type HttpApp } from '../http/http-app.ts'
import { type HttpServer, listen } from '../http/http-server.ts'
import type { Log } from '../log.ts'
import { createHttpLookupClient } from '../lookups/http-lookup-client.ts'
import { createMetrics } from '../metrics.ts'
import { Service, type ServiceStatus } from '../service.ts'
import { openTracer, type Tracer } from '../tracing.ts'
import type { Transport } from '../transport/port.ts'
import { withFreePort } from './http-port.ts'
import { openTransport } from './open-transport.ts'
import { packageVersion } from './version.ts'

export interface RunServiceOptions {
  readonly config: Config
  readonly catalogue: Catalogue
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** A broken promise: the process must end. */
  readonly onFatal: (error: unknown) => void
}

export interface RunningService {
  /** The replica's own; connected once `started` has resolved. */
  readonly transport: Transport
  /** For clients on this machine; `undefined`: no HTTP. */
  readonly url: string | undefined
  /**
   * Resolves when the groups are being joined. Rejects with ConfigError where the topics are not as they must be.
   * While no broker answers it stays as it is, and HTTP says so.
   */
  readonly started: Promise<void>
  status(): ServiceStatus
  /** Ends no quest. Gives up waiting after SHUTDOWN_TIMEOUT_MS: the next owner fences what is left. */
  stop(): Promise<void>
}

/** Resolves when HTTP answers, before the broker was reached. @throws ConfigError the port cannot be had. */
export async function runService(given: RunServiceOptions): Promise<RunningService> {
  const config = await withFreePort(given.config, given.log)
  const options = { ...given, config }
  const { catalogue, clock, log } = options
  for (const warning of catalogue.warnings) log.warn({}, warning)
  const metrics = createMetrics({ commandTypes: COMMAND_TYPES })
  const transport = await openTransport(options)
  const tracer = await openTracer({
    endpoint: config.otlpEndpoint,
    replicaName: config.replicaName,
    version: packageVersion(),
    log,
    clock,
  })
  const service = new Service({
    ...options,
    transport,
    lookupClient: createHttpLookupClient(config.lookups),
    telemetry: metrics.telemetry,
    tracer,
  })
  const closing = new AbortController()
  const app = createHttpApp({
    ...options,
    status: () => service.status(),
    metrics,
    transport,
    topics: config.topics,
    consoleWrites: config.http.consoleWrites,
    consoleToken: config.http.consoleToken,
    closing: closing.signal,
  })
  const server = config.http.port === 0 ? undefined : await listen(app, config.http)
  const quests = catalogue.all().map(({ definition }) => definition.questId)
  log.info({ url: server?.url, quests, log: config.log.kind }, 'party-quests starts')
  if (!transport.durable) {
    log.warn(
      {},
      'EMBEDDED LOG: quests live in the memory of this process and nothing outlives it. Set BOOTSTRAP_SERVERS to run on Kafka',
    )
  }
  return {
    transport,
    url: server?.url,
    started: service.start(),
    status: () => service.status(),
    stop: () => stop(options, closing, { service, app, server, tracer }),
  }
}

interface Parts {
  readonly service: Service
  readonly app: HttpApp
  readonly server: HttpServer | undefined
  readonly tracer: Tracer
}

async function stop({ config, clock, log }: RunServiceOptions, closing: AbortController, parts: Parts): Promise<void> {
  const { service, app, server, tracer } = parts
  const closed = new AbortController()
  // Streams first: they read by the transport that the service closes. Probes go on being answered until the end.
  closing.abort()
  const orderly = (async () => {
    await app.close()
    await service.close()
    await tracer.close()
    await server?.close()
    closed.abort()
  })()
  const late = clock.sleep(config.shutdownTimeoutMs, closed.signal)
  await Promise.race([orderly, late])
  if (closed.signal.aborted) log.info({}, 'stopped')
  else
    log.warn({ afterMs: config.shutdownTimeoutMs }, 'left before all was closed; the next owner goes on from the log')
}
