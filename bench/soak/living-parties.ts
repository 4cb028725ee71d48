/**
 * The parties of a soak, which come and go: so many are born each second, and each ends when its quest's time is up.
 * Hears on the status topic which of them live, as a game server would. Sends nothing itself.
 */
import { type Consumer, Kafka, logLevel } from 'kafkajs'
import { registerCommands } from '../commands.ts'

const STARTED = Buffer.from('"STARTED"')
const ENDED = Buffer.from('"INSTANCE_DESTROYED"')

export interface LivingPartiesOptions {
  readonly bootstrap: string
  readonly statusTopic: string
  readonly partySize: number
  /** Parties a second. */
  readonly births: number
}

export class LivingParties {
  readonly #options: LivingPartiesOptions
  readonly #consumer: Consumer
  readonly #living = new Set<string>()
  #born = 0
  #ended = 0

  constructor(options: LivingPartiesOptions) {
    this.#options = options
    const kafka = new Kafka({ clientId: 'soak', brokers: options.bootstrap.split(','), logLevel: logLevel.NOTHING })
    this.#consumer = kafka.consumer({ groupId: `${options.statusTopic}-soak` })
  }

  get ids(): readonly string[] {
    return [...this.#living]
  }

  get ended(): number {
    return this.#ended
  }

  /** Hears of everything from the beginning of the topic. */
  async listen(): Promise<void> {
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topic: this.#options.statusTopic, fromBeginning: true })
    await this.#consumer.run({
      eachMessage: async ({ message: { value } }) => this.#hear(value ?? Buffer.alloc(0)),
    })
  }

  async close(): Promise<void> {
    await this.#consumer.disconnect()
  }

  /** The commands that bring to life whoever should have been born `seconds` after the beginning and is not yet. */
  births(seconds: number): readonly Buffer[] {
    const { births, partySize } = this.#options
    const due = Math.floor(seconds * births)
    const commands: Buffer[] = []
    for (; this.#born < due; this.#born += 1) commands.push(...registerCommands(this.#born, partySize))
    return commands
  }

  #hear(event: Buffer): void {
    const begins = event.includes(STARTED)
    if (!begins && !event.includes(ENDED)) return
    const { instanceId }: { readonly instanceId: string } = JSON.parse(event.toString())
    if (begins) this.#living.add(instanceId)
    else {
      this.#living.delete(instanceId)
      this.#ended += 1
    }
  }
}
