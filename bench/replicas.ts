/**
 * Replicas of the service as an operator starts them: `dist/src/main.js start` with the default configuration, but for
 * names, addresses and log level. Ready when the shards are shared out evenly and all of them run.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { freePorts } from '../scripts/kafka-broker/free-ports.ts'
import { NODE_FLAGS } from '../scripts/node-flags.ts'
import { Fleet, PARTITIONS, SHARDS, until } from './fleet.ts'

const READY_LIMIT_MS = 60_000

export interface ReplicasOptions {
  readonly bootstrap: string
  readonly prefix: string
  readonly count: number
  readonly definitionsDir: string
  /** Default: as many as the fleets of all other measurements. */
  readonly shards?: number
}

export interface Replica {
  readonly child: ChildProcess
  readonly url: string
}

/** Starts the replicas and waits until they are ready. */
export async function startReplicas(options: ReplicasOptions): Promise<Fleet> {
  const fleet = new Fleet(options.prefix)
  try {
    for (const [index, port] of (await freePorts(options.count)).entries()) {
      const { child, url } = startReplica(options, { name: `replica-${index}`, port, logLevel: 'warn' })
      fleet.add(child)
      fleet.urls.push(url)
    }
    await until(`replicas of ${options.prefix} are ready`, READY_LIMIT_MS, 50, async () => {
      fleet.check()
      const running = await Promise.all(fleet.urls.map(runningShards))
      return running.every(shards => shards === (options.shards ?? SHARDS) / options.count)
    })
    return fleet
  } catch (error) {
    await fleet.stop()
    throw error
  }
}

/** Starts one and waits for nothing. Its log is on stdout when the level is `info`, else on our stderr. */
export function startReplica(
  { bootstrap, prefix, definitionsDir, shards }: Omit<ReplicasOptions, 'count'>,
  { name, port, logLevel }: { readonly name: string; readonly port: number; readonly logLevel: 'info' | 'warn' },
): Replica {
  const script = fileURLToPath(new URL('../src/main.js', import.meta.url))
  const child = spawn(process.execPath, [...NODE_FLAGS, script, 'start'], {
    stdio: ['ignore', logLevel === 'info' ? 'pipe' : process.stderr, 'inherit'],
    env: {
      ...process.env,
      ...replicaVariables(bootstrap, prefix, shards),
      DEFINITIONS_DIR: definitionsDir,
      ...{
        REPLICA_NAME: name,
        REST_PORT: String(port),
        REST_HOST: '127.0.0.1',
        LOG_LEVEL: logLevel,
      },
    },
  })
  return { child, url: `http://127.0.0.1:${port}` }
}

/** What every replica of an installation has in common. */
export function replicaVariables(bootstrap: string, prefix: string, shards = SHARDS): Readonly<Record<string, string>> {
  return {
    BOOTSTRAP_SERVERS: bootstrap,
    COMMAND_TOPIC_PARTY_QUEST: `${prefix}.commands`,
    EVENT_TOPIC_PARTY_QUEST_STATUS: `${prefix}.status`,
    COMMAND_TOPIC_CHARACTER: `${prefix}.character`,
    COMMAND_TOPIC_REACTOR: `${prefix}.reactor`,
    DEAD_LETTER_TOPIC_PARTY_QUEST: `${prefix}.dead-letters`,
    INTERNAL_TOPIC_PREFIX: prefix,
    CREATE_TOPICS: 'all',
    PUBLIC_PARTITIONS: String(PARTITIONS),
    SHARDS: String(shards),
  }
}

/** How many shards the replica runs; 0 while it is not ready. */
export async function runningShards(url: string): Promise<number> {
  try {
    const response = await fetch(`${url}/readyz`)
    const { shards }: { shards?: Record<string, string> } = JSON.parse(await response.text())
    return response.ok ? Object.values(shards ?? {}).filter(phase => phase === 'running').length : 0
  } catch {
    return 0
  }
}
