/**
 * The processes of one side of a comparison: replicas of the service, or bare loops. They share topics and groups of
 * one prefix, can be frozen while a backlog is written, and die with this process whatever happens to it.
 */
import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { Watchdog } from '../scripts/kafka-broker/watchdog.ts'

export const PARTITIONS = 12
export const SHARDS = 12

/** Both sides use the same names; only the prefix tells them apart. */
export interface FleetTopics {
  readonly commands: string
  readonly status: string
  readonly character: string
  readonly reactor: string
  readonly deadLetters: string
  readonly shardCommands: string
  readonly shardState: string
}

export function topicsOf(prefix: string): FleetTopics {
  return {
    commands: `${prefix}.commands`,
    status: `${prefix}.status`,
    character: `${prefix}.character`,
    reactor: `${prefix}.reactor`,
    deadLetters: `${prefix}.dead-letters`,
    shardCommands: `${prefix}.shard-commands`,
    shardState: `${prefix}.shard-state`,
  }
}

/** The group whose offset on `shardCommands` moves in the transactions of hop 2. */
export function shardGroupOf(prefix: string): string {
  return `${prefix}.shards`
}

const STOP_LIMIT_MS = 15_000

export class Fleet {
  readonly prefix: string
  readonly topics: FleetTopics
  /** Where its processes answer over HTTP; bare loops do not. */
  readonly urls: string[] = []
  readonly #processes: ChildProcess[] = []
  readonly #watchdog = new Watchdog()

  constructor(prefix: string) {
    this.prefix = prefix
    this.topics = topicsOf(prefix)
  }

  get pids(): readonly number[] {
    return this.#processes.flatMap(({ pid }) => (pid === undefined ? [] : [pid]))
  }

  add(child: ChildProcess): void {
    this.#processes.push(child)
    if (child.pid !== undefined) this.#watchdog.watch(child.pid)
  }

  /** @throws Error a process has ended by itself: no figure of this fleet means anything */
  check(): void {
    for (const { pid, exitCode, signalCode } of this.#processes) {
      if (exitCode === null && signalCode === null) continue
      throw new Error(`process ${pid} of ${this.prefix} ended by itself (${exitCode ?? signalCode})`)
    }
  }

  /** Sessions of groups go on running: thaw within a few seconds. */
  freeze(): void {
    for (const child of this.#processes) child.kill('SIGSTOP')
  }

  thaw(): void {
    for (const child of this.#processes) child.kill('SIGCONT')
  }

  async stop(): Promise<void> {
    for (const child of this.#processes) child.kill('SIGTERM')
    const since = performance.now()
    const lives = () => this.#processes.some(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
    while (lives() && performance.now() - since < STOP_LIMIT_MS) await sleep(20)
    await this.#watchdog.finish()
  }
}

/** Asks until `condition` holds. @throws Error after `limitMs` */
export async function until(
  what: string,
  limitMs: number,
  pollMs: number,
  condition: () => Promise<boolean>,
): Promise<void> {
  const since = performance.now()
  while (!(await condition())) {
    if (performance.now() - since > limitMs) throw new Error(`${what}: not within ${limitMs / 1000} s`)
    await sleep(pollMs)
  }
}
