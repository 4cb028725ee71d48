/**
 * What the tests of bounds share: many commands put in front of a shard at once, waiting until it has nothing left to
 * do, what is on the heap, and a metric's series. On the memory log and under the harness's clock.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { InstanceId } from '../../src/contract/ids.ts'
import { tenantHeaders } from '../../src/contract/tenant.ts'
import type { Metrics } from '../../src/metrics.ts'
import { createMemoryTransport } from '../../src/transport/memory/memory-transport.ts'
import type { Appender } from '../../src/transport/port.ts'
import type { Replica } from '../support/replica.ts'
import { INTERNAL, type ShardHarness, TOPICS } from '../support/shard-harness.ts'
import { TENANT } from '../support/tenants.ts'

const CHUNK_RECORDS = 1000
/** Turns of the event loop after which a shard that still has something to do is taken for stuck. */
const ROUNDS_MAX = 1_000_000

const PLACE = { topic: TOPICS.commands, partition: 1 }
const HEADERS = tenantHeaders(TENANT)

export interface Command {
  readonly type: string
  readonly characterId?: number
  readonly body: object
}

export function register(characterId: number, body: object = {}): Command {
  return { type: 'REGISTER', characterId, body: { questId: 'mill_pq', partyId: 0, channelId: 1, mapId: 0, ...body } }
}

export function update(instanceId: InstanceId): Command {
  return { type: 'UPDATE_STAGE_STATE', body: { instanceId, itemCounts: { 4001008: 1 } } }
}

/** Many commands at once, all on partition 1 of the command topic, which the harness itself leaves alone. */
export class Crowd {
  readonly #harness: ShardHarness
  readonly #appender: Appender

  constructor(harness: ShardHarness) {
    this.#harness = harness
    this.#appender = createMemoryTransport(harness.log, { name: 'crowd', advertisedUrl: '' }).openAppender('crowd')
  }

  /** Publishes and forwards them, as the ingress would; does not wait until they have had their effect. */
  async send(count: number, command: (index: number) => Command): Promise<void> {
    for (let from = 0; from < count; from += CHUNK_RECORDS) {
      const length = Math.min(CHUNK_RECORDS, count - from)
      const records = Array.from({ length }, (_, index) => newRecord(command(from + index)))
      const { end } = this.#harness.log.partition(PLACE)
      await this.#appender.append(records)
      await this.#harness.forward(
        ...records.map((record, index) => ({ ...record, offset: end + index, timestamp: this.#harness.clock.now() })),
      )
    }
  }
}

function newRecord({ characterId = 1001, type, body }: Command) {
  const value = Buffer.from(JSON.stringify({ worldId: 0, characterId, type, body }))
  return { ...PLACE, key: null, value, headers: HEADERS }
}

/** Lets the event loop turn, without a millisecond passing, until the condition holds. */
export async function turnUntil(harness: ShardHarness, condition: () => boolean): Promise<void> {
  for (let round = 0; !condition(); round++) {
    if (round === ROUNDS_MAX) throw new Error(`it never held: ${condition}`)
    await harness.clock.settle()
  }
}

/** Resolves when the shard has applied all that lies in its partition. */
export function untilApplied(harness: ShardHarness, replica: Replica, shard = 0): Promise<void> {
  const { end } = harness.log.partition({ topic: INTERNAL.shardCommands, partition: shard })
  return turnUntil(harness, () => nextOf(replica, shard) >= end)
}

/** Offset of `shard-commands` that the shard applies next; -1 while it does not run. */
function nextOf(replica: Replica, shard = 0): number {
  const held = replica.shards.held().find(one => one.shard === shard)
  return held?.life?.state?.position.next ?? -1
}

setFlagsFromString('--expose-gc')
const collectGarbage: unknown = runInNewContext('gc')

/** Bytes of what is alive, with what lies in buffers beside the heap. */
export function liveBytes(): number {
  if (typeof collectGarbage !== 'function') throw new Error('this Node gives no gc()')
  collectGarbage()
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Deletes what the public topics hold: that is the log's, and not the shard's, and is looked at only once. */
export function forgetMessages({ log }: ShardHarness): void {
  for (const topic of Object.values(TOPICS)) for (const one of log.partitions(topic)) one.deleteBefore(one.end)
}

/** The value of a series as Prometheus reads it: `party_quest_instances{state="active",quest="mill_pq"}`. */
export async function metric(metrics: Metrics, series: string): Promise<number | undefined> {
  const line = (await metrics.exposition()).split('\n').find(one => one.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length))
}
