/** One replica as an operator starts it, that also tells how much memory it has when it is asked. Never asks by itself. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { freePorts } from '../../scripts/kafka-broker/free-ports.ts'
import { NODE_FLAGS } from '../../scripts/node-flags.ts'
import { Fleet, SHARDS, until } from '../fleet.ts'
import { replicaVariables, runningShards } from '../replicas.ts'

const READY_LIMIT_MS = 60_000
const ANSWER_LIMIT_MS = 30_000

export interface ProbedReplicaOptions {
  readonly bootstrap: string
  readonly prefix: string
  readonly definitionsDir: string
}

export class ProbedReplica {
  readonly fleet: Fleet
  readonly #child: ChildProcess

  private constructor(fleet: Fleet, child: ChildProcess) {
    this.fleet = fleet
    this.#child = child
  }

  /** Resolves when it runs all shards. */
  static async start({ bootstrap, prefix, definitionsDir }: ProbedReplicaOptions): Promise<ProbedReplica> {
    const fleet = new Fleet(prefix)
    const [port = 0] = await freePorts(1)
    const probe = new URL('./memory-probe.js', import.meta.url).href
    const script = fileURLToPath(new URL('../../src/main.js', import.meta.url))
    const child = spawn(process.execPath, [...NODE_FLAGS, '--expose-gc', '--import', probe, script, 'start'], {
      stdio: ['ignore', process.stderr, 'inherit', 'ipc'],
      env: {
        ...process.env,
        ...replicaVariables(bootstrap, prefix),
        DEFINITIONS_DIR: definitionsDir,
        ...{ REST_PORT: String(port), REST_HOST: '127.0.0.1', LOG_LEVEL: 'warn' },
      },
    })
    fleet.add(child)
    try {
      await until('the replica runs', READY_LIMIT_MS, 50, async () => {
        fleet.check()
        return (await runningShards(`http://127.0.0.1:${port}`)) === SHARDS
      })
      return new ProbedReplica(fleet, child)
    } catch (error) {
      await fleet.stop()
      throw error
    }
  }

  /** Bytes, as they are behind a collection. */
  async memory(): Promise<NodeJS.MemoryUsage> {
    this.fleet.check()
    const answered = once(this.#child, 'message', { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) })
    this.#child.send('memory')
    const [usage]: NodeJS.MemoryUsage[] = await answered
    if (usage === undefined) throw new Error('the replica told nothing of its memory')
    return usage
  }
}
