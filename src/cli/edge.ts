/**
 * The HTTP side of one replica: what its shards hold and what all replicas hold as views, the API, the console, the
 * inspector and the port, put together and closed in order. Decides nothing about quests.
 */
import type { HeaderOf } from '../api/header-of.ts'
import { replicaIdentity } from '../api/replica-header.ts'
import type { Clock, Random } from '../clock.ts'
import type { Config } from '../config.ts'
import type { Catalogue } from '../definitions/catalogue.ts'
import { readDefinitionDirectory } from '../definitions/loading.ts'
import { foreignOrigin } from '../http/access.ts'
import type { HealthOptions } from '../http/health.ts'
import { createHostRule } from '../http/host-rule.ts'
import { createHttpApp } from '../http/http-app.ts'
import { listen } from '../http/http-server.ts'
import { createInspectServer } from '../inspect/inspect-server.ts'
import type { Journal } from '../journal/journal.ts'
import type { Log } from '../log.ts'
import { ClusterView } from '../peers/cluster-view.ts'
import { Owners } from '../peers/owners.ts'
import { PeerClient } from '../peers/peer-client.ts'
import { ReplicaView } from '../query/replica-view.ts'
import type { Service } from '../service.ts'
import type { Transport } from '../transport/port.ts'
import { packageVersion } from './version.ts'

export interface EdgeOptions {
  readonly config: Config
  readonly catalogue: Catalogue
  readonly service: Service
  readonly transport: Transport
  readonly journal: Journal
  readonly metrics: HealthOptions['metrics']
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export interface Edge {
  /** For clients on this machine; `undefined`: no HTTP. */
  readonly url: string | undefined
  /** Ends every stream and whatever else uses the transport. Probes go on being answered. */
  quiet(): Promise<void>
  close(): Promise<void>
}

/** Resolves when HTTP answers. @throws ConfigError the port cannot be had. */
export async function openEdge(options: EdgeOptions): Promise<Edge> {
  const { config, catalogue, service, transport, journal, clock, random, log } = options
  const replica = { name: config.replicaName, url: config.http.advertisedUrl }
  const { shards, rules } = config
  const identityOf = (name: string) =>
    replicaIdentity({ clusterId: transport.clusterId, prefix: config.internalTopicPrefix }, name)
  const localView = new ReplicaView({ held: () => service.held(), shards, journal, replica, clock })
  const view = new ClusterView({
    local: localView,
    held: () => service.held().map(({ shard }) => shard),
    owners: new Owners({ members: () => service.members(), self: replica, shards, clock }),
    client: new PeerClient({ identityOf, token: config.http.consoleToken, clock, log }),
    shards,
    clock,
    random,
    log,
  })
  const closing = new AbortController()
  const identity = () => (service.isConnected ? identityOf(replica.name) : undefined)
  const definitionFiles = () => readDefinitionDirectory(config.definitionsDir)
  const { host, advertisedUrl, consoleToken } = config.http
  const hostRule = createHostRule({ listenHost: host, advertisedUrl, isGuarded: consoleToken !== undefined })
  const app = createHttpApp({
    status: () => service.status(),
    metrics: options.metrics,
    api: { view, localView, catalogue, definitionFiles, rules, replica, version: packageVersion(), identity },
    transport,
    topics: config.topics,
    consoleWrites: config.http.consoleWrites,
    consoleToken,
    hostRule,
    clock,
    random,
    log,
    closing: closing.signal,
  })
  const isAllowed = (header: HeaderOf) => app.access.admits(header)
  const foreign = (header: HeaderOf) => hostRule(header('host')) ?? foreignOrigin(header)
  const inspector = createInspectServer({ view, isAllowed, foreignOrigin: foreign, clock, log })
  const server = config.http.port === 0 ? undefined : await listen(app, config.http, inspector.upgrade)
  let left: Promise<unknown> = Promise.resolve()
  return {
    url: server?.url,
    quiet: async () => {
      closing.abort()
      // Not waited for: a client that does not answer our farewell must not hold up the shards, which others wait for.
      left = Promise.all([inspector.close(), view.close()])
      await app.close()
    },
    close: async () => {
      await left
      await server?.close()
    },
  }
}
