/**
 * One running replica in this process: transport, metrics, tracer, HTTP and service put together, started, and
 * stopped in order. Shared by `start` and `demo`; decides nothing about quests and prints nothing but its log.
 */
import type { Clock, Random } from '../clock.ts'
import type { Config } from '../config.ts'
import { COMMAND_TYPES } from '../contract/command-envelope.ts'
import type { Catalogue } from '../definitions/catalogue.ts'
import { createHttpMonsterClient } from '../effects/http-monster-client.ts'
import { Journal } from '../journal/journal.ts'
import type { Log } from '../log.ts'
import { createHttpLookupClient } from '../lookups/http-lookup-client.ts'
import { createMetrics } from '../metrics.ts'
import { Service, type ServiceStatus } from '../service.ts'
import { openTracer, type Tracer } from '../tracing.ts'
import type { Transport } from '../transport/port.ts'
import { type Edge, openEdge } from './edge.ts'
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
  const journal = new Journal()
  const { monstersServiceUrl } = config.effects
  const service = new Service({
    ...options,
    transport,
    lookupClient: createHttpLookupClient(config.lookups),
    monsterClient: monstersServiceUrl === undefined ? undefined : createHttpMonsterClient(monstersServiceUrl),
    telemetry: metrics.telemetry,
    tracer,
    journal,
  })
  const edge = await openEdge({ ...options, service, transport, journal, metrics })
  const quests = catalogue.all().map(({ definition }) => definition.questId)
  log.info({ url: edge.url, quests, log: config.log.kind }, 'party-quests starts')
  if (!transport.durable) {
    log.warn(
      {},
      'EMBEDDED LOG: quests live in the memory of this process and nothing outlives it. Set BOOTSTRAP_SERVERS to run on Kafka',
    )
  }
  return {
    transport,
    url: edge.url,
    started: service.start(),
    status: () => service.status(),
    stop: () => stop(options, { service, edge, tracer }),
  }
}

interface Parts {
  readonly service: Service
  readonly edge: Edge
  readonly tracer: Tracer
}

async function stop({ config, clock, log }: RunServiceOptions, { service, edge, tracer }: Parts): Promise<void> {
  const closed = new AbortController()
  const orderly = (async () => {
    // Streams first: they read by the transport that the service closes. Probes go on being answered until the end.
    await edge.quiet()
    await service.close()
    await tracer.close()
    await edge.close()
    closed.abort()
  })()
  const late = clock.sleep(config.shutdownTimeoutMs, closed.signal)
  await Promise.race([orderly, late])
  if (closed.signal.aborted) log.info({}, 'stopped')
  else
    log.warn({ afterMs: config.shutdownTimeoutMs }, 'left before all was closed; the next owner goes on from the log')
}
