import { decodeHandover } from '../../src/contract/handover.ts'
import type { Headers } from '../../src/contract/log-record.ts'
import { readShardCommand } from '../../src/contract/shard-command.ts'
import { tenantHeaders } from '../../src/contract/tenant.ts'
import { Ingress } from '../../src/ingress/ingress.ts'
import { commandIntake } from '../../src/ingress/intake.ts'
import { silentTelemetry, type Telemetry } from '../../src/telemetry.ts'
import type { Intercept } from '../../src/transport/memory/fault-gate.ts'
import { createMemoryLog } from '../../src/transport/memory/memory-log.ts'
import { createMemoryTransport } from '../../src/transport/memory/memory-transport.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { recordedLog } from '../support/recorded-log.ts'
import { TENANT } from '../support/tenants.ts'

export const SHARDS = 3
export const PARTITIONS = [0, 1, 2, 3]
export class Scene {
  readonly clock = new ManualClock()
  readonly #log = createMemoryLog({ clock: this.clock, clusterId: 'c', intercept: call => this.#intercept(call) })
  readonly #sender = createMemoryTransport(this.#log, { name: 'sender', advertisedUrl: '' }).openAppender('sender')
  readonly #open = new Set<Ingress>()
  #intercept: Intercept = () => {}
  #lookAtTopics: (ingress: Ingress) => void = () => {}

  constructor({ shardRecordBytesMax = 1_000_000 } = {}) {
    const topic = (name: string, partitions: number, recordBytesMax: number) => ({
      topic: name,
      partitions,
      replicationFactor: 1,
      config: { 'retention.ms': '-1', 'max.message.bytes': String(recordBytesMax) },
    })
    this.#log.createTopics([
      topic('commands', PARTITIONS.length, 1_000_000),
      topic('shards', SHARDS, shardRecordBytesMax),
    ])
  }

  intercept(intercept: Intercept): void {
    this.#intercept = intercept
  }

  /** What the ingress finds when it looks at its topics. */
  onLook(look: (ingress: Ingress) => void): void {
    this.#lookAtTopics = look
  }

  remakePublic(): void {
    const topic = 'commands'
    this.#log.deleteTopic(topic)
    this.#log.createTopics([{ topic, partitions: PARTITIONS.length, replicationFactor: 1, config: {} }])
  }

  async ingress(name: string) {
    const log = recordedLog()
    const fatal: unknown[] = []
    const told: string[] = []
    const lost: Error[] = []
    const transport = createMemoryTransport(this.#log, { name, advertisedUrl: '' })
    const telemetry: Telemetry = {
      ...silentTelemetry,
      commandHandled: (type, outcome) => told.push(`${type} ${outcome}`),
      ingressRecords: count => told.push(`${count} records`),
      ingressLostRecords: (topic, count) => told.push(`${count} lost of ${topic}`),
    }
    const ingress = new Ingress({
      transport,
      admin: transport.admin,
      intake: commandIntake({ topic: 'commands', telemetry }),
      groupId: 'ingress',
      shardCommands: 'shards',
      shards: SHARDS,
      shardCommandsId: 'first',
      lookAtTopics: async () => this.#lookAtTopics(ingress),
      onLost: error => lost.push(error),
      clock: this.clock,
      random: { fraction: () => 0.5, bytes: count => Buffer.alloc(count) },
      log,
      telemetry,
    })
    ingress.start(error => fatal.push(error))
    this.#open.add(ingress)
    await this.clock.settle()
    return { ingress, log, fatal, told, lost }
  }

  async close(): Promise<void> {
    for (const ingress of this.#open) await ingress.close()
  }

  /** On partition 0 unless told. */
  async publish(value: string, partition = 0, headers: Headers = tenantHeaders(TENANT)): Promise<void> {
    await this.#sender.append([
      { topic: 'commands', partition, key: Buffer.from('k'), value: Buffer.from(value), headers },
    ])
    await this.clock.settle()
  }

  public(partition = 0) {
    return this.#log.partition({ topic: 'commands', partition })
  }

  /** `partition@offset` of the origin of each record of each shard, copies among them. */
  forwarded(): readonly (readonly string[])[] {
    return Array.from({ length: SHARDS }, (_, partition) =>
      this.#log
        .partition({ topic: 'shards', partition })
        .read(0, Number.POSITIVE_INFINITY)
        .records.map(record => {
          const read = readShardCommand(record)
          return read.kind === 'forwarded' ? `${read.origin.partition}@${read.origin.offset}` : read.kind
        }),
    )
  }

  all(): readonly string[] {
    return this.forwarded().flat().sort()
  }

  committed(): readonly (number | undefined)[] {
    return this.#log.group('ingress').committed(PARTITIONS.map(partition => ({ topic: 'commands', partition })))
  }

  /** As a broker does that comes back with what it knew a while ago: its members join once more. */
  forgetOffsets(): void {
    const group = this.#log.group('ingress')
    group.forgetOffsets(PARTITIONS.map(partition => ({ topic: 'commands', partition })))
    group.rebalance()
  }

  note() {
    const [committed] = this.#log.group('ingress').committedOffsets([{ topic: 'commands', partition: 0 }])
    return decodeHandover(committed?.note ?? '')
  }

  disconnect(name: string): void {
    this.#log.disconnect(name)
  }
}
