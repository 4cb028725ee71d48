/**
 * A backlog that never ends and never grows: as many commands are written as transactions have dealt with, so that a
 * replica runs as fast as it can for as long as it is looked at, with both hops equally far. Its writer's CPU is not the
 * replica's; what it writes is random over the instances, the same for every seed.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Appender, Transport } from '../src/transport/port.ts'
import { loadOf, type Mix } from './commands.ts'
import { type Fleet, PARTITIONS } from './fleet.ts'
import type { LoadClient } from './load-client.ts'
import { COMMAND_HEADERS } from './quest.ts'

/** More than both hops have in their hands at once, and than is dealt with between two looks. */
const WINDOW_COMMANDS = 10_000
const LOOK_MS = 25

export interface SteadyBacklogOptions {
  readonly transport: Transport
  readonly fleet: Fleet
  readonly client: LoadClient
  readonly mix: Mix
  readonly instanceIds: readonly string[]
  /** Commands that the fleet has dealt with before. */
  readonly sent: number
}

export class SteadyBacklog {
  readonly #options: SteadyBacklogOptions
  readonly #appender: Appender
  readonly #stop = new AbortController()
  readonly #done: Promise<void>
  #sent: number

  constructor(options: SteadyBacklogOptions) {
    this.#options = options
    this.#sent = options.sent
    this.#appender = options.transport.openAppender('backlog')
    this.#done = this.#run()
    // Whoever stops it hears of it.
    this.#done.catch(() => {})
  }

  /** Commands that transactions have dealt with until now. */
  async progress(): Promise<number> {
    return await this.#options.client.progress(this.#options.fleet)
  }

  /** Resolves when all that was written is dealt with. @throws what writing threw */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#done
    await this.#appender.close()
    await this.#options.client.untilProgress(this.#options.fleet, this.#sent)
  }

  async #run(): Promise<void> {
    const { mix, instanceIds, fleet } = this.#options
    const topic = fleet.topics.commands
    for (let seed = 1; !this.#stop.signal.aborted; seed++) {
      const many = (await this.progress()) + WINDOW_COMMANDS - this.#sent
      if (many > 0) {
        const { commands } = loadOf(mix, instanceIds, many, seed)
        await this.#appender.append(
          commands.map((value, at) => ({
            topic,
            partition: at % PARTITIONS,
            key: null,
            value,
            headers: COMMAND_HEADERS,
          })),
        )
        this.#sent += many
      }
      await sleep(LOOK_MS)
    }
  }
}
