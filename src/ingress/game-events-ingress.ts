/**
 * Reads the topics of the game's events, each with an ingress and a group of its own, so that they hold up no command
 * and one that is missing holds up nothing. Starts one when its topic is there, ends it when the topic is gone, and
 * begins anew with one that was deleted and made again. Decides nothing about events: intake.ts does.
 */
import type { GameTopic } from '../contract/game-events.ts'
import { Ingress, type IngressOptions } from './ingress.ts'
import { gameIntake } from './intake.ts'

export interface GameEventsOptions extends Omit<IngressOptions, 'intake' | 'groupId' | 'lookAtTopics' | 'onLost'> {
  /** `<prefix>`: the groups are `<prefix>.ingress-character` and `<prefix>.ingress-monster`. */
  readonly groupPrefix: string
  /** `null`: not read. */
  readonly topics: Readonly<Record<GameTopic, string | null>>
  readonly onFatal: (error: unknown) => void
}

export interface TopicIds {
  /** `undefined`: it is not there. */
  idOf(topic: string): string | undefined
}

interface Reading {
  readonly topicId: string
  readonly ingress: Ingress
}

const GAME_TOPICS = ['character', 'monster'] as const

export class GameEventsIngress {
  readonly #options: GameEventsOptions
  readonly #readings = new Map<GameTopic, Reading>()
  /** Those that were looked for and not found: all that is in them, should they come, is new. */
  readonly #missed = new Set<GameTopic>()
  #isClosed = false

  constructor(options: GameEventsOptions) {
    this.#options = options
  }

  /** Reads what is there, and nothing else. */
  async follow(found: TopicIds): Promise<void> {
    for (const game of GAME_TOPICS) {
      const topic = this.#options.topics[game]
      if (topic !== null) await this.#follow(game, topic, found.idOf(topic))
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#readings.values()].map(({ ingress }) => ingress.close()))
  }

  /** What it is handed to is not what it was. */
  refuse(): void {
    for (const { ingress } of this.#readings.values()) ingress.refuse()
  }

  async #follow(game: GameTopic, topic: string, topicId: string | undefined): Promise<void> {
    const reading = this.#readings.get(game)
    if (this.#isClosed || (reading !== undefined && reading.topicId === topicId)) return
    if (topicId === undefined) this.#missed.add(game)
    if (reading !== undefined) {
      const { log } = this.#options
      log.warn(
        { topic },
        `topic ${topicId === undefined ? 'is gone' : 'was deleted and made again'}: its events are lost`,
      )
      this.#missed.add(game)
      this.#readings.delete(game)
      await reading.ingress.close()
    }
    if (topicId !== undefined && !this.#isClosed) this.#readings.set(game, this.#start(game, topic, topicId))
  }

  #start(game: GameTopic, topic: string, topicId: string): Reading {
    const { groupPrefix, clock, log, telemetry, onFatal } = this.#options
    const begins = this.#missed.has(game) ? 'earliest' : 'end'
    this.#missed.delete(game)
    const intake = gameIntake({ game, topic, topicId, begins, clock, log, telemetry })
    const ingress = new Ingress({
      ...this.#options,
      intake,
      groupId: `${groupPrefix}.ingress-${game}`,
      // Nothing of ours rests on it: what the next look finds is followed.
      lookAtTopics: async () => {},
      onLost: error =>
        log.warn({ err: error }, 'a topic of events lost its end: it is read again when it is made again'),
    })
    ingress.start(onFatal)
    return { topicId, ingress }
  }
}
