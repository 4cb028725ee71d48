/**
 * The little that a launcher asks of its brokers: do you serve, and make these topics. Does not use the service's own
 * transport, so that what is launched does not depend on what is tested with it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { askMetadata, type BrokerView } from './metadata-request.ts'

const POLL_MS = 50
const ANSWER_LIMIT_MS = 2_000
const LEADERS_LIMIT_MS = 30_000

export interface NewTopic {
  readonly topic: string
  readonly partitions: number
  /** Default: that of the broker. */
  readonly replicationFactor?: number
  readonly config?: Readonly<Record<string, string>>
}

/**
 * Waits until the broker answers a metadata request with at least `brokers` brokers, itself among them. (The port
 * opens a little earlier.)
 * @throws what `gaveUp` throws (it is asked before each try), or Error after `limitMs`.
 */
export function untilServes(address: string, brokers: number, limitMs: number, gaveUp = () => {}): Promise<void> {
  const serves = (view: BrokerView) => view.brokers.length >= brokers && view.brokers.includes(address)
  return untilSees(address, [], `${brokers} Kafka brokers, itself among them`, serves, limitMs, gaveUp)
}

/**
 * Makes topics, and waits until every broker of `bootstrap` knows a leader for each partition. Those that are there
 * already stay as they are.
 */
export async function makeTopics(bootstrap: string, topics: readonly NewTopic[]): Promise<void> {
  const brokers = bootstrap.split(',')
  await createMissing(brokers, topics)
  const names = topics.map(({ topic }) => topic)
  const allLed = (view: BrokerView) =>
    topics.every(({ topic, partitions }) => (view.ledPartitions.get(topic) ?? 0) >= partitions)
  for (const address of brokers)
    await untilSees(address, names, `a leader for every partition of ${names.join(', ')}`, allLed, LEADERS_LIMIT_MS)
}

async function createMissing(brokers: readonly string[], topics: readonly NewTopic[]): Promise<void> {
  const kafka = new Kafka({ clientId: 'kafka-launcher', brokers: [...brokers], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  try {
    // Resolves with false, and does nothing wrong, when some of them exist.
    await admin.createTopics({
      waitForLeaders: false,
      topics: topics.map(({ topic, partitions, replicationFactor, config }) => ({
        topic,
        numPartitions: partitions,
        replicationFactor: replicationFactor ?? -1,
        configEntries: Object.entries(config ?? {}).map(([name, value]) => ({ name, value })),
      })),
    })
  } finally {
    await admin.disconnect()
  }
}

async function untilSees(
  address: string,
  topics: readonly string[],
  what: string,
  sees: (view: BrokerView) => boolean,
  limitMs: number,
  gaveUp = () => {},
): Promise<void> {
  const deadline = performance.now() + limitMs
  for (;;) {
    gaveUp()
    const view = await askMetadata(address, topics, ANSWER_LIMIT_MS).catch(() => undefined)
    if (view !== undefined && sees(view)) return
    if (performance.now() > deadline) throw new Error(`${address} did not see ${what} within ${limitMs / 1000} s`)
    await sleep(POLL_MS)
  }
}
