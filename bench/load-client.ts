/**
 * The game servers and the watcher of a measurement: writes commands fast, so that nobody is frozen for long, and asks
 * how far the transactions of a fleet have come. Never part of what is measured but for the CPU that it takes.
 */
import { type Admin, Kafka, logLevel } from 'kafkajs'
import type { Appender, Transport } from '../src/transport/port.ts'
import { type Fleet, PARTITIONS, shardGroupOf, until } from './fleet.ts'
import { openBenchTransport } from './output.ts'
import { COMMAND_HEADERS } from './quest.ts'

const SEND_RECORDS = 2000
const WRITABLE_LIMIT_MS = 20_000
const PROGRESS_POLL_MS = 25
const PROGRESS_LIMIT_MS = 180_000

/** Hop 1 sent some commands twice, as its at-least-once allows: the run has done more work than it is credited for. */
export class ForwardedTwiceError extends Error {
  override readonly name = 'ForwardedTwiceError'
}

export class LoadClient {
  readonly #bootstrap: string
  readonly #admin: Admin
  #writing: { readonly transport: Transport; readonly appender: Appender } | undefined

  constructor(bootstrap: string) {
    const kafka = new Kafka({ clientId: 'bench', brokers: bootstrap.split(','), logLevel: logLevel.NOTHING })
    this.#bootstrap = bootstrap
    this.#admin = kafka.admin()
  }

  async connect(): Promise<void> {
    const [transport] = await Promise.all([openBenchTransport(this.#bootstrap), this.#admin.connect()])
    this.#writing = { transport, appender: transport.openAppender('load') }
  }

  async close(): Promise<void> {
    await Promise.all([this.#writing?.transport.close(), this.#admin.disconnect()])
  }

  /** Topics that were just made have leaders a moment later. */
  async untilWritable({ topics }: Fleet): Promise<void> {
    if (this.#writing === undefined) throw new Error('the load client is not connected')
    const { admin } = this.#writing.transport
    await until(`${topics.commands} has its leaders`, WRITABLE_LIMIT_MS, PROGRESS_POLL_MS, () =>
      admin.offsets(topics.commands).then(
        () => true,
        () => false,
      ),
    )
  }

  /** Spreads the commands over all partitions, in order within each. Resolves when all are acknowledged. */
  async send({ topics }: Fleet, commands: readonly Buffer[]): Promise<void> {
    if (this.#writing === undefined) throw new Error('the load client is not connected')
    for (let from = 0; from < commands.length; from += SEND_RECORDS) {
      const records = commands.slice(from, from + SEND_RECORDS).map((value, at) => ({
        topic: topics.commands,
        partition: (from + at) % PARTITIONS,
        key: null,
        value,
        headers: COMMAND_HEADERS,
      }))
      await this.#writing.appender.append(records)
    }
  }

  /** Commands that a committed transaction has dealt with: the group's offsets move in it, and no record lies between. */
  async progress({ prefix, topics }: Fleet): Promise<number> {
    const found = await this.#admin.fetchOffsets({ groupId: shardGroupOf(prefix), topics: [topics.shardCommands] })
    return found
      .flatMap(({ partitions }) => partitions)
      .reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0)
  }

  /** @throws ForwardedTwiceError it goes beyond. Error: it never gets there */
  async untilProgress(fleet: Fleet, expected: number): Promise<void> {
    let seen = 0
    await until(`${expected} commands are dealt with`, PROGRESS_LIMIT_MS, PROGRESS_POLL_MS, async () => {
      fleet.check()
      seen = await this.progress(fleet)
      return seen >= expected
    })
    if (seen > expected) throw new ForwardedTwiceError(`${fleet.prefix} dealt with ${seen} commands of ${expected}`)
  }

  async deleteTopics({ topics }: Fleet): Promise<void> {
    const existing = new Set(await this.#admin.listTopics())
    await this.#admin.deleteTopics({ topics: Object.values(topics).filter(topic => existing.has(topic)) })
  }
}
