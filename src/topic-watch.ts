/**
 * Sees to it that the topics stay those that the service began with. One that is deleted and made again under its name
 * has offsets that mean something else, so all that rests on them must stop; one that is gone is told of, and where it
 * is our own, as good as lost. Asks now and then, and whenever somebody doubts. Stops nothing itself.
 */
import type { Clock } from './clock.ts'
import { UnrestorableError } from './errors.ts'
import type { Log } from './log.ts'
import { nowAndThen } from './now-and-then.ts'
import type { LogAdmin, TopicDescription } from './transport/port.ts'

const INTERVAL_MS = 2000
/** A broker that has just started may not know of a topic yet: gone is what was missing so many times in a row. */
const LOOKS_WITHOUT_IT = 3

export interface TopicWatchOptions {
  readonly admin: LogAdmin
  readonly commands: string
  readonly shardCommands: string
  readonly shardState: string
  readonly shards: number
  readonly clock: Clock
  readonly log: Log
  /** What rested on that topic must stop. Called at each look, once it is so. */
  readonly onLost: (error: UnrestorableError) => void
}

export class TopicWatch {
  readonly #options: TopicWatchOptions
  readonly #stop = new AbortController()
  readonly #ids = new Map<string, string>()
  /** Looks in a row that did not find the topic. */
  readonly #unseen = new Map<string, number>()
  readonly #toldPartitions = new Map<string, number>()
  #running: Promise<void> = Promise.resolve()

  constructor(options: TopicWatchOptions) {
    this.#options = options
  }

  /** Takes the topics for what they are now. @throws TransportUnavailableError */
  async start(): Promise<void> {
    for (const [topic, description] of await this.#describe()) this.#ids.set(topic, description?.id ?? '')
    this.#running = nowAndThen(() => this.#lookAgain(), INTERVAL_MS, this.#options.clock, this.#stop.signal)
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  /** Of the topic that the service began with. */
  idOf(topic: string): string {
    return this.#ids.get(topic) ?? ''
  }

  /** What is missing, one sentence each. */
  get missing(): readonly string[] {
    return [...this.#unseen]
      .filter(([, looks]) => looks >= LOOKS_WITHOUT_IT)
      .map(([topic]) => `topic ${topic} does not exist any more`)
  }

  /** Looks at once: `onLost` is called, where it must be, before it resolves. @throws TransportUnavailableError */
  async look(): Promise<void> {
    for (const [topic, description] of await this.#describe()) {
      if (description === undefined) this.#notFound(topic)
      else this.#found(topic, description)
    }
  }

  #lookAgain(): Promise<void> {
    const { log } = this.#options
    return this.look().catch(error => log.debug({ err: error }, 'could not look whether the topics are still there'))
  }

  #describe(): Promise<ReadonlyMap<string, TopicDescription | undefined>> {
    const { admin, commands, shardCommands, shardState } = this.#options
    return admin.describeTopics([commands, shardCommands, shardState])
  }

  #found(topic: string, { id, partitions }: TopicDescription): void {
    const { onLost, commands } = this.#options
    this.#unseen.delete(topic)
    const known = this.#ids.get(topic) ?? ''
    if (known === '') this.#ids.set(topic, id)
    else if (id !== '' && id !== known) onLost(madeAnew(topic))
    if (topic !== commands) this.#tellOfPartitions(topic, partitions)
  }

  #notFound(topic: string): void {
    const { onLost, commands, log } = this.#options
    const looks = (this.#unseen.get(topic) ?? 0) + 1
    this.#unseen.set(topic, looks)
    if (looks < LOOKS_WITHOUT_IT) return
    if (topic !== commands) onLost(gone(topic))
    else if (looks === LOOKS_WITHOUT_IT) {
      log.error({ topic }, 'the command topic does not exist any more: no command can reach the service')
    }
  }

  /** Which shard a record goes to is ruled by SHARDS alone: what was added stays empty. */
  #tellOfPartitions(topic: string, partitions: number): void {
    const { shards, log } = this.#options
    if (partitions === shards || partitions === this.#toldPartitions.get(topic)) return
    this.#toldPartitions.set(topic, partitions)
    log.error(
      { topic, partitions, shards },
      'an internal topic was given more partitions: they stay empty, since SHARDS is fixed when the topics are made. ' +
        'Nothing is lost; for more shards begin with new internal topics (another INTERNAL_TOPIC_PREFIX)',
    )
  }
}

function madeAnew(topic: string): UnrestorableError {
  return new UnrestorableError(
    `topic ${topic} was deleted and made again while the service ran: its offsets mean other records now. ` +
      'Begin with new internal topics (another INTERNAL_TOPIC_PREFIX), or restore all topics together',
  )
}

function gone(topic: string): UnrestorableError {
  return new UnrestorableError(
    `internal topic ${topic} was deleted while the service ran, and what it held is lost with it. ` +
      'Begin with new internal topics (another INTERNAL_TOPIC_PREFIX), or restore all topics together',
  )
}
