/**
 * The log that the configuration asks for: Kafka, or one in this process. The one place that chooses.
 */
import type { Clock, Random } from '../clock.ts'
import type { Config } from '../config.ts'
import type { Log } from '../log.ts'
import { createMemoryLog } from '../transport/memory/memory-log.ts'
import { createMemoryTransport } from '../transport/memory/memory-transport.ts'
import type { Transport } from '../transport/port.ts'

export interface OpenTransportOptions {
  readonly config: Config
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** Not connected yet. @throws ConfigError kafkajs is not the version that we know. */
export async function openTransport({ config, clock, random, log }: OpenTransportOptions): Promise<Transport> {
  const { replicaName: name, sessionTimeoutMs } = config
  const { advertisedUrl } = config.http
  if (config.log.kind === 'embedded') {
    // Part of every InstanceId: two processes must not make the same ones.
    const clusterId = `embedded-${random.bytes(12).toString('hex')}`
    return createMemoryTransport(createMemoryLog({ clock, clusterId, sessionTimeoutMs }), { name, advertisedUrl })
  }
  // Without brokers nobody pays for loading a Kafka client.
  const { createKafkaTransport } = await import('../transport/kafka/kafka-transport.ts')
  const { bootstrapServers, ssl, sasl } = config.log
  return createKafkaTransport({
    bootstrapServers,
    clientId: name,
    advertisedUrl,
    ssl,
    sasl,
    sessionTimeoutMs,
    rebalanceTimeoutMs: config.rebalanceTimeoutMs,
    transactionTimeoutMs: config.transactionTimeoutMs,
    clock,
    random,
    onNotice: (level, message, fields) => log[level](fields, message),
  })
}
