/**
 * One node of a cluster: a Java process on a folder of its own, which can be killed, frozen and started again on the
 * same data. Its process is always known to the watchdog; its folder is made and removed by the cluster.
 *
 *   down ──start/restart──▶ running ──kill9/term──▶ down
 *                           running ──stop──▶ frozen ──cont──▶ running
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { untilServes } from './cluster-admin.ts'
import type { Watchdog } from './watchdog.ts'

const READY_LIMIT_MS = 90_000
const LOG_LINES_SHOWN = 15

export interface BrokerNodeOptions {
  readonly id: number
  /** `host:port` that clients connect to. */
  readonly address: string
  /** Holds server.properties, data/ and broker.log. */
  readonly dir: string
  readonly java: string
  /** JVM options and class path, then main class and its arguments. */
  readonly arguments_: readonly string[]
}

export class BrokerNode {
  readonly id: number
  readonly address: string
  /** Kafka's `log.dirs`: the segments of partition p of topic t are in `t-p`. */
  readonly dataDir: string
  /** What the broker prints. */
  readonly logFile: string
  readonly #options: BrokerNodeOptions
  readonly #watchdog: Watchdog
  #process: ChildProcess | undefined

  constructor(options: BrokerNodeOptions, watchdog: Watchdog) {
    this.id = options.id
    this.address = options.address
    this.dataDir = join(options.dir, 'data')
    this.logFile = join(options.dir, 'broker.log')
    this.#options = options
    this.#watchdog = watchdog
  }

  /** Whether the process lives, frozen or not. */
  get alive(): boolean {
    return this.#process !== undefined && isAlive(this.#process)
  }

  /** @throws Error when the node is down. */
  get pid(): number {
    const pid = this.#process?.pid
    if (pid === undefined || !this.alive)
      throw new Error(`node ${this.id} on ${this.address} is down: restart it first`)
    return pid
  }

  /** Starts the process; `ready` says when it serves. */
  start(): void {
    if (this.alive) throw new Error(`node ${this.id} on ${this.address} runs already`)
    const log = openSync(this.logFile, 'a')
    // A session of its own: Ctrl-C in a terminal is ours to act on, not the broker's.
    const child = spawn(this.#options.java, this.#options.arguments_, { stdio: ['ignore', log, log], detached: true })
    closeSync(log)
    child.unref()
    this.#process = child
    const { pid } = child
    if (pid === undefined) return // ready() reports it
    this.#watchdog.watch(pid)
    child.once('exit', () => this.#watchdog.forget(pid))
  }

  /**
   * Resolves when the node answers with at least `brokers` brokers in the cluster.
   * @throws Error when its process ends or the limit passes; with the last lines it printed.
   */
  async ready(brokers: number): Promise<void> {
    try {
      await untilServes(this.address, brokers, READY_LIMIT_MS, () => {
        if (!this.alive) throw new Error(`node ${this.id} of Kafka on ${this.address} ended while it started`)
      })
    } catch (error) {
      throw new Error(`${String(error)}\n${this.#lastLines()}`, { cause: error })
    }
  }

  /** Starts a node that is down, on the data it had. Resolves when it answers. */
  async restart(): Promise<void> {
    this.start()
    await this.ready(1)
  }

  /** SIGKILL: nothing is flushed or said to anybody. Resolves when the process is gone. */
  async kill9(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** SIGTERM: leaders move away first. Resolves when the process is gone. */
  async term(): Promise<void> {
    await this.#end('SIGTERM')
  }

  /** SIGSTOP: connections stay open and nobody answers. */
  stop(): void {
    process.kill(this.pid, 'SIGSTOP')
  }

  /** SIGCONT: goes on as if nothing had been. */
  cont(): void {
    process.kill(this.pid, 'SIGCONT')
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#process
    if (child === undefined || !isAlive(child)) return
    child.ref()
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
  }

  #lastLines(): string {
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-LOG_LINES_SHOWN).join('\n')
  }
}

function isAlive(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null
}
