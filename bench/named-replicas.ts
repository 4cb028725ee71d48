/**
 * Replicas that are killed, frozen and started again by name, on the port that they had. Their logs tell which shards
 * were taken by somebody, and so which stayed where they were.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { freePorts } from '../scripts/kafka-broker/free-ports.ts'
import { Fleet, SHARDS, until } from './fleet.ts'
import { type ReplicasOptions, runningShards, startReplica } from './replicas.ts'

const SETTLED_LIMIT_MS = 60_000
const SETTLED_POLL_MS = 100

export class NamedReplicas {
  readonly fleet: Fleet
  readonly #options: Omit<ReplicasOptions, 'count'>
  readonly #ports = new Map<string, number>()
  readonly #running = new Map<string, { readonly child: ChildProcess; readonly url: string }>()
  readonly #taken: number[] = []

  constructor(options: Omit<ReplicasOptions, 'count'>) {
    this.#options = options
    this.fleet = new Fleet(options.prefix)
  }

  /** Finds the ports beforehand, so that a start within a measurement is nothing but a start. */
  async reserve(names: readonly string[]): Promise<void> {
    const ports = await freePorts(names.length)
    for (const [at, name] of names.entries()) this.#ports.set(name, ports[at] ?? 0)
  }

  /** Waits for nothing. @throws Error a name that was not reserved */
  start(name: string): void {
    const port = this.#ports.get(name)
    if (port === undefined) throw new Error(`no port was reserved for ${name}`)
    const replica = startReplica(this.#options, { name, port, logLevel: 'info' })
    this.fleet.add(replica.child)
    this.#running.set(name, replica)
    if (replica.child.stdout === null) throw new Error(`the log of ${name} cannot be read`)
    createInterface(replica.child.stdout).on('line', line => this.#read(line))
  }

  /** SIGKILL. Resolves when the process is gone. */
  async kill(name: string): Promise<void> {
    await this.#end(name, 'SIGKILL')
  }

  /** SIGTERM. Resolves when the process is gone. */
  async terminate(name: string): Promise<void> {
    await this.#end(name, 'SIGTERM')
  }

  freeze(name: string): void {
    this.#running.get(name)?.child.kill('SIGSTOP')
  }

  thaw(name: string): void {
    this.#running.get(name)?.child.kill('SIGCONT')
  }

  /** Resolves when the shards are shared out evenly among those that run, and all of them run. */
  async untilEven(): Promise<void> {
    await until('shards are shared out evenly', SETTLED_LIMIT_MS, SETTLED_POLL_MS, async () => {
      const running = [...this.#running.values()]
      const counts = await Promise.all(running.map(({ url }) => runningShards(url)))
      const fair = Math.floor(SHARDS / running.length)
      return counts.every(count => count >= fair) && counts.reduce((sum, count) => sum + count, 0) === SHARDS
    })
  }

  /** The shards that it holds now. */
  async shardsOf(name: string): Promise<readonly number[]> {
    const response = await fetch(`${this.#running.get(name)?.url}/readyz`)
    const { shards = {} }: { shards?: Record<string, string> } = JSON.parse(await response.text())
    return Object.keys(shards).map(Number)
  }

  /** The shards that were taken by somebody since the last call, one for each time. */
  takenSince(): readonly number[] {
    return this.#taken.splice(0)
  }

  async #end(name: string, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const replica = this.#running.get(name)
    if (replica === undefined) throw new Error(`${name} does not run`)
    this.#running.delete(name)
    const gone = once(replica.child, 'exit')
    replica.child.kill(signal)
    await gone
  }

  #read(line: string): void {
    const { msg, shard }: { msg?: string; shard?: number } = JSON.parse(line)
    if (msg === 'shard restored' && shard !== undefined) this.#taken.push(shard)
  }
}
