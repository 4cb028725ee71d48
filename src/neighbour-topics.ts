/**
 * Which topics of other services are on the cluster: asked at the start and now and then, because each may be missing,
 * come later, or go. What would be written to a missing one is left out, counted, and said once a minute; nothing here
 * ever stops the service.
 */
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import { TransportUnavailableError } from './errors.ts'
import type { Log } from './log.ts'
import { nowAndThen } from './now-and-then.ts'
import type { NeighbourDestination, Neighbours } from './outbox/outbox.ts'
import { Reminder, SELDOM_MS } from './reminder.ts'
import type { LogAdmin } from './transport/port.ts'

const INTERVAL_MS = 5000

export interface NeighbourTopicsOptions {
  readonly topics: Config['neighbours']
  readonly admin: LogAdmin
  readonly clock: Clock
  readonly log: Log
  /** Awaited after each look. */
  readonly onLook: (topics: NeighbourTopics) => Promise<void>
}

export class NeighbourTopics implements Neighbours {
  readonly #options: NeighbourTopicsOptions
  readonly #names: readonly string[]
  readonly #stop = new AbortController()
  readonly #dropped = new Map<string, Reminder>()
  /** Ids of those that are there. */
  #ids: ReadonlyMap<string, string> = new Map()
  #running: Promise<void> = Promise.resolve()

  constructor(options: NeighbourTopicsOptions) {
    this.#options = options
    this.#names = Object.values(options.topics).filter(name => name !== null)
  }

  /** @throws TransportUnavailableError */
  async start(): Promise<void> {
    await this.#look()
    const missing = this.#names.filter(name => !this.#ids.has(name))
    if (missing.length > 0) {
      this.#options.log.info(
        { topics: missing },
        'topics of other services are missing: not read, not written until they are made',
      )
    }
    if (this.#names.length === 0) return
    this.#running = nowAndThen(() => this.#lookAgain(), INTERVAL_MS, this.#options.clock, this.#stop.signal)
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  topicOf(destination: NeighbourDestination): string | undefined {
    const { reactorCommands, systemMessages, mapCommands } = this.#options.topics
    const names = { reactor: reactorCommands, systemMessage: systemMessages, map: mapCommands }
    return names[destination] ?? undefined
  }

  isThere(topic: string): boolean {
    return this.#ids.has(topic)
  }

  /** Empty where the log does not tell; `undefined` for a topic that is not there. */
  idOf(topic: string): string | undefined {
    return this.#ids.get(topic)
  }

  dropped(topic: string): void {
    const { clock, log } = this.#options
    const reminder = this.#dropped.get(topic) ?? new Reminder(clock, SELDOM_MS)
    this.#dropped.set(topic, reminder)
    reminder.happened(times =>
      log.warn({ topic, dropped: times }, 'a topic is missing, and what would go there is dropped: make it, or set -'),
    )
  }

  async #lookAgain(): Promise<void> {
    try {
      await this.#look()
    } catch (error) {
      if (!(error instanceof TransportUnavailableError)) throw error
      this.#options.log.debug({ err: error }, 'could not look which topics of other services are there')
    }
  }

  async #look(): Promise<void> {
    if (this.#names.length > 0) {
      const { admin } = this.#options
      const found = await admin.describeTopics(this.#names)
      const ids = new Map<string, string>()
      for (const [name, description] of found) if (description !== undefined) ids.set(name, description.id)
      this.#ids = ids
    }
    if (!this.#stop.signal.aborted) await this.#options.onLook(this)
  }
}
