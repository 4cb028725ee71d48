/**
 * What the tests of the Kafka adapter stand on: transports with short times, and stock kafkajs beside them, to show what
 * it does where ours does otherwise. Asserts nothing.
 */
import { Kafka, logLevel, Partitioners, type Producer } from 'kafkajs'
import { systemClock, systemRandom } from '../../../src/clock.ts'
import type { NewRecord } from '../../../src/contract/log-record.ts'
import type { KafkaOptions } from '../../../src/transport/kafka/kafka-options.ts'

export const SESSION_TIMEOUT_MS = 6000

export function kafkaOptions(
  brokers: readonly string[],
  clientId: string,
  more: Partial<KafkaOptions> = {},
): KafkaOptions {
  return {
    bootstrapServers: brokers,
    clientId,
    advertisedUrl: `http://${clientId}:8080`,
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    heartbeatIntervalMs: 100,
    rebalanceTimeoutMs: 2000,
    transactionTimeoutMs: 10_000,
    clock: systemClock,
    random: systemRandom,
    onNotice: () => undefined,
    ...more,
  }
}

/** kafkajs as it comes, silent, with times that fail within a test. */
export function stockKafka(brokers: readonly string[]): Kafka {
  return new Kafka({
    brokers: [...brokers],
    clientId: 'stock',
    logLevel: logLevel.NOTHING,
    connectionTimeout: 5000,
    requestTimeout: 2000,
    retry: { retries: 5, initialRetryTime: 50 },
  })
}

export async function stockProducer(
  brokers: readonly string[],
  transactionalId: string,
  retries = 20,
): Promise<Producer> {
  const producer = stockKafka(brokers).producer({
    transactionalId,
    transactionTimeout: 30_000,
    createPartitioner: Partitioners.DefaultPartitioner,
    retry: { retries, initialRetryTime: 20 },
  })
  await producer.connect()
  return producer
}

/** Writes into a transaction that nobody ends, and dies. */
export async function leaveOpen(
  brokers: readonly string[],
  transactionalId: string,
  records: readonly NewRecord[],
): Promise<void> {
  const producer = await stockProducer(brokers, transactionalId)
  const transaction = await producer.transaction()
  for (const { topic, partition, key, value } of records) {
    const message = { key, value, ...(partition === undefined ? {} : { partition }) }
    await transaction.send({ topic, messages: [message] })
  }
  await producer.disconnect()
}
