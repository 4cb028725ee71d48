/**
 * An installation on the memory log with a clock in the test's hand: replicas that are whole services, commands in, what
 * came out counted, and what an operator does to topics. Asserts nothing.
 */

import { type Config, readConfig } from '../../src/config.ts'
import type { Headers, LogRecord } from '../../src/contract/log-record.ts'
import { tenantHeaders } from '../../src/contract/tenant.ts'
import { makeCatalogue } from '../../src/definitions/catalogue.ts'
import { Service } from '../../src/service.ts'
import { silentTelemetry } from '../../src/telemetry.ts'
import { silentTracer } from '../../src/tracing.ts'
import { createMemoryLog } from '../../src/transport/memory/memory-log.ts'
import { createMemoryTransport } from '../../src/transport/memory/memory-transport.ts'
import { quest } from '../support/definitions.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { type RecordedLog, recordedLog } from '../support/recorded-log.ts'
import { TENANT } from '../support/tenants.ts'

export const SHARDS = 4
/** Longer than it takes to look three times for a topic. */
export const A_WHILE_MS = 10_000

export interface Replica {
  readonly service: Service
  readonly log: RecordedLog
  readonly fatal: readonly unknown[]
}

export class MemoryScene {
  readonly clock = new ManualClock()
  readonly log = createMemoryLog({ clock: this.clock, clusterId: 'here' })
  readonly topics = readConfig({}, { hostname: 'here' }).topics
  readonly shardCommands = 'party-quest.shard-commands'
  readonly shardState = 'party-quest.shard-state'
  readonly #replicas: Replica[] = []

  /** Started, and given time to join; it may yet have refused to. @throws ConfigError */
  async replica(name: string, overrides: Partial<Config> = {}): Promise<Replica> {
    const log = recordedLog()
    const fatal: unknown[] = []
    const service = new Service({
      config: {
        ...readConfig({ REPLICA_NAME: name, SHARDS: `${SHARDS}`, PUBLIC_PARTITIONS: '1' }, { hostname: 'here' }),
        createTopics: 'all',
        ...overrides,
      },
      transport: createMemoryTransport(this.log, { name, advertisedUrl: '' }),
      catalogue: makeCatalogue([quest({ startRequirements: [] })]),
      lookupClient: { ask: () => Promise.reject(new Error('nobody asks')) },
      clock: this.clock,
      random: { fraction: () => 0.5, bytes: count => Buffer.alloc(count, 7) },
      log,
      telemetry: silentTelemetry,
      tracer: silentTracer,
      onFatal: error => fatal.push(error),
    })
    const replica = { service, log, fatal }
    this.#replicas.push(replica)
    await service.start()
    await this.clock.advance(1000)
    return replica
  }

  /** As a deploy does. */
  async stop({ service }: Replica): Promise<void> {
    const closed = service.close()
    await this.clock.advance(1000)
    await closed
  }

  async close(): Promise<void> {
    for (const replica of this.#replicas) await this.stop(replica)
  }

  /** A character of that number (at most 255) begins a quest alone, on the channel of that number. */
  async register(...characterIds: readonly number[]): Promise<void> {
    const headers: Headers = tenantHeaders(TENANT)
    const sender = createMemoryTransport(this.log, { name: 'sender', advertisedUrl: '' }).openAppender('sender')
    await sender.append(
      characterIds.map(characterId => ({
        topic: this.topics.commands,
        partition: 0,
        key: null,
        value: Buffer.from(
          JSON.stringify({
            worldId: 0,
            characterId,
            type: 'REGISTER',
            body: { questId: 'mill_pq', channelId: characterId },
          }),
        ),
        headers,
      })),
    )
    await sender.close()
    await this.clock.advance(1000)
  }

  /** Characters whose quests began, each as often as it was said. */
  registered(): readonly number[] {
    return this.records(this.topics.statusEvents)
      .map(({ value }): { type: string; body: { channelId: number } } => JSON.parse(`${value}`))
      .filter(({ type }) => type === 'INSTANCE_CREATED')
      .map(({ body }) => body.channelId)
      .sort((a, b) => a - b)
  }

  records(topic: string): readonly LogRecord[] {
    return this.log.partitions(topic).flatMap(partition => partition.read(0, Number.POSITIVE_INFINITY).records)
  }

  /** An operator makes the topic again as it was, empty. */
  remake(topic: string, partitions = topic === this.topics.commands ? 1 : SHARDS): void {
    if (this.log.describe(topic) !== undefined) this.log.deleteTopic(topic)
    const config: Record<string, string> =
      topic === this.shardState ? { 'cleanup.policy': 'compact' } : { 'retention.ms': '-1' }
    this.log.createTopics([{ topic, partitions, replicationFactor: 1, config }])
  }
}

/** Messages of a log's fatal lines, with the error's own. */
export function fatals({ log }: Replica): readonly string[] {
  return log.lines
    .filter(({ level }) => level === 'fatal')
    .map(({ fields, message }) => `${message}: ${fields.err instanceof Error ? fields.err.message : ''}`)
}
