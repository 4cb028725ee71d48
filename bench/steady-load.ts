/**
 * One command for every shard each few milliseconds, for as long as it runs, whoever dies meanwhile: what a fleet is
 * under while its recovery is measured. Commands of one instance lie in one partition, in order; those of one shard are
 * spread over all partitions, as a game's are. Waits for nobody but the broker's acknowledgement.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { NewRecord } from '../src/contract/log-record.ts'
import { shardOfInstance } from '../src/contract/shard-key.ts'
import type { Appender, Transport } from '../src/transport/port.ts'
import { advanceCommand } from './commands.ts'
import { PARTITIONS, SHARDS } from './fleet.ts'
import { COMMAND_HEADERS } from './quest.ts'

const RETRY_MS = 20
/** From one command of a shard to the next: neighbours tend to have one ingress, whose death would silence all shards. */
const PARTITION_STRIDE = 5

export interface SteadyLoadOptions {
  readonly transport: Transport
  readonly topic: string
  readonly instanceIds: readonly string[]
  /** Between two commands of one shard. */
  readonly intervalMs: number
  /** Called just before a command is handed to the log. */
  readonly onSend: (instanceId: string) => void
}

interface Due {
  readonly instanceId: string
  readonly record: NewRecord & { readonly partition: number }
}

export class SteadyLoad {
  readonly #options: SteadyLoadOptions
  readonly #byShard: readonly (readonly string[])[]
  readonly #appender: Appender
  readonly #done: Promise<void>
  #isStopped = false
  #tick = 0

  /** @throws Error a shard has no instance */
  constructor(options: SteadyLoadOptions) {
    this.#options = options
    this.#byShard = Array.from({ length: SHARDS }, (_, shard) =>
      options.instanceIds.filter(id => shardOfInstance(id, SHARDS) === shard),
    )
    const empty = this.#byShard.findIndex(ids => ids.length === 0)
    if (empty !== -1) throw new Error(`shard ${empty} has no instance: register more`)
    this.#appender = options.transport.openAppender('steady')
    this.#done = this.#run()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#done
    await this.#appender.close()
  }

  async #run(): Promise<void> {
    const startedAt = performance.now()
    while (!this.#isStopped) {
      const due: Due[] = []
      for (const until = performance.now() - startedAt; this.#tick * this.#options.intervalMs <= until; this.#tick++) {
        due.push(...this.#commandsOf(this.#tick))
      }
      for (const { instanceId } of due) this.#options.onSend(instanceId)
      await this.#append(due)
      await sleep(Math.max(0, startedAt + this.#tick * this.#options.intervalMs - performance.now()))
    }
  }

  #commandsOf(tick: number): readonly Due[] {
    return this.#byShard.map((ids, shard) => {
      const at = tick % ids.length
      const instanceId = ids[at] ?? ''
      const record = {
        topic: this.#options.topic,
        partition: (shard + at * PARTITION_STRIDE) % PARTITIONS,
        key: null,
        value: advanceCommand(instanceId, tick),
        headers: COMMAND_HEADERS,
      }
      return { instanceId, record }
    })
  }

  /** Again and again while no broker takes them; then some may be there twice, which only makes an instance faster. */
  async #append(due: readonly Due[]): Promise<void> {
    while (due.length > 0 && !this.#isStopped) {
      try {
        await this.#appender.append(due.map(({ record }) => record))
        return
      } catch {
        await sleep(RETRY_MS)
      }
    }
  }
}
