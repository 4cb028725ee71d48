/**
 * One replica under chaos: the built service as a process that can be killed, stopped, frozen and started again under
 * its name, always with the same environment. Its log goes to a file that outlives it. Notes when it ends by itself.
 *
 *   down ──start──▶ up ──kill/terminate──▶ down        up ──freeze──▶ frozen ──thaw──▶ up
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import type { Watchdog } from '../../scripts/kafka-broker/watchdog.ts'
import { DOCUMENTS } from '../../src/api/documents.ts'
import { eventually } from '../support/eventually.ts'
import { built } from './built.ts'

/** Generous: only that it heals by itself is promised here, and the machine may do much else. */
const READY_LIMIT_MS = 120_000
const EXIT_LIMIT_MS = 90_000

export interface ReplicaOptions {
  readonly name: string
  readonly url: string
  readonly env: Readonly<Record<string, string>>
  readonly logFile: string
  readonly watchdog: Watchdog
  /** It ended, and nobody had told it to. */
  readonly onUnexpectedEnd: (how: string) => void
}

export class Replica {
  readonly name: string
  readonly #options: ReplicaOptions
  #child: ChildProcess | undefined
  #isTold = false

  constructor(options: ReplicaOptions) {
    this.name = options.name
    this.#options = options
  }

  start(): void {
    const { name, env, logFile, watchdog, onUnexpectedEnd } = this.#options
    const log = openSync(logFile, 'a')
    const child = spawn(process.execPath, [built('src/main.js'), 'start'], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    this.#child = child
    this.#isTold = false
    const { pid } = child
    if (pid === undefined) throw new Error(`${name} could not be started`)
    watchdog.watch(pid)
    child.once('exit', (code, signal) => {
      watchdog.forget(pid)
      if (this.#child === child && !this.#isTold) onUnexpectedEnd(`${name} ended by itself: ${signal ?? code}`)
    })
  }

  /** SIGKILL. Resolves when it is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** SIGTERM. Resolves with the exit code. @throws Error when it is still there after the limit. */
  async terminate(): Promise<number | null> {
    const child = this.#up()
    this.#isTold = true
    child.kill('SIGTERM')
    await eventually(() => child.exitCode !== null || child.signalCode !== null, { limitMs: EXIT_LIMIT_MS })
    return child.exitCode
  }

  freeze(): void {
    this.#up().kill('SIGSTOP')
  }

  thaw(): void {
    this.#up().kill('SIGCONT')
  }

  /** Resolves when /readyz says 200. @throws Error with what it says instead, after the limit. */
  async untilReady(limitMs = READY_LIMIT_MS): Promise<void> {
    await eventually(
      async () => {
        const response = await fetch(`${this.#options.url}/readyz`, { signal: AbortSignal.timeout(5_000) })
        if (response.status === 200) return true
        throw new Error(`${this.name} is not ready: ${await response.text()}`)
      },
      { limitMs, pollMs: 100 },
    )
  }

  /** Live instances of its shards. */
  async instances(): Promise<number> {
    const response = await fetch(`${this.#options.url}/metrics`, { signal: AbortSignal.timeout(5_000) })
    const lines = (await response.text()).split('\n').filter(line => line.startsWith('party_quest_instances{'))
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
  }

  /** What its own shards say of the first of them, for people: quest, state, stage, last operation. */
  async shownInstances(): Promise<string> {
    const response = await fetch(`${this.#options.url}/api/instances?page%5Bsize%5D=10`, {
      headers: { 'x-party-quest-replica': 'local' },
      signal: AbortSignal.timeout(5_000),
    })
    const { data } = DOCUMENTS.Instances.parse(await response.json())
    const shown = data.map(({ id, attributes: { questId, state, currentStageIndex, lastOperation, nextTimer } }) =>
      [id, questId, state, currentStageIndex, JSON.stringify(lastOperation), nextTimer?.dueAt].join(' '),
    )
    return `${this.name} has ${shown.join(', ')}`
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    this.#isTold = true
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
  }

  #up(): ChildProcess {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      throw new Error(`${this.name} is down: its log says why`)
    return child
  }
}
