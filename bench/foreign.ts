/**
 * What foreign events of the game's busiest topic cost the ingress: the look at the routing field alone, and the whole
 * way from the broker's answer to the commit of their offsets, on a real broker. Measures CPU time, all threads.
 */
import { type KafkaCluster, startCluster } from '../scripts/kafka-broker/cluster.ts'
import { systemClock, systemRandom } from '../src/clock.ts'
import { MAY_BE_OURS } from '../src/contract/game-events.ts'
import { tenantHeaders } from '../src/contract/tenant.ts'
import { Ingress } from '../src/ingress/ingress.ts'
import { gameIntake } from '../src/ingress/intake.ts'
import { silentLog } from '../src/log.ts'
import { silentTelemetry } from '../src/telemetry.ts'
import type { Transport } from '../src/transport/port.ts'
import { median, type Result, rounded } from './figures.ts'
import { until } from './fleet.ts'
import { openBenchTransport } from './output.ts'
import { TENANT } from './quest.ts'

const SAMPLES = 5
const LOOKS = 2_000_000
const PARTITIONS = 12
const PER_SECOND = 100_000
const READ_LIMIT_MS = 120_000

interface FilledTopic {
  readonly topic: string
  readonly partitions: number
  readonly events: number
  /** Of one batch: producers that wait for nothing write small ones. */
  readonly batchEvents: number
}

const WIDE: FilledTopic = { topic: 'bench-wide', partitions: PARTITIONS, events: 1_200_000, batchEvents: 2000 }
const NARROW: FilledTopic = { topic: 'bench-narrow', partitions: 1, events: 400_000, batchEvents: 50 }

interface Cost {
  readonly micros: number
  /** Events, from the first to the last. */
  readonly perSecond: number
}

/** As the monster service writes one for a map that everybody may enter. */
const EVENT = Buffer.from(
  '{"worldId":0,"channelId":1,"mapId":104040000,"instance":"00000000-0000-0000-0000-000000000000","uniqueId":1000004711,' +
    '"monsterId":100101,"type":"DAMAGED","body":{"x":-120,"y":35,"actorId":9331,"boss":false,' +
    '"damageEntries":[{"characterId":9331,"damage":118}]}}',
)

export async function benchForeign(): Promise<Result> {
  const looks = Array.from({ length: SAMPLES }, look)
  const cluster = await startCluster({ version: '4.2.0' })
  try {
    const wide = await samplesOn(cluster, WIDE)
    const narrow = await samplesOn(cluster, NARROW)
    return {
      compares:
        `CPU time of the ingress for a monster event (${EVENT.length} bytes and the tenant's headers) that is none of ` +
        `ours: the look at its bytes, ${LOOKS} times; and a topic of Kafka 4.2.0 read, passed over and committed: ` +
        `${WIDE.events} events on ${WIDE.partitions} partitions, ${NARROW.events} in batches of ${NARROW.batchEvents} ` +
        `on one. ${SAMPLES} runs; the share is of one core at ${PER_SECOND} a second.`,
      tables: [
        {
          title: 'Foreign events',
          rows: [
            { ...rowOf('the look', looks), 'a second, at most': '' },
            readRowOf(`${WIDE.partitions} partitions`, wide),
            readRowOf('one partition', narrow),
          ],
        },
      ],
    }
  } finally {
    await cluster.close()
  }
}

function rowOf(what: string, micros: readonly number[]) {
  return {
    '': what,
    'an event, µs': rounded(median(micros)),
    min: rounded(Math.min(...micros)),
    max: rounded(Math.max(...micros)),
    'of a core, %': rounded((median(micros) * PER_SECOND * 100) / 1_000_000),
  }
}

function readRowOf(what: string, costs: readonly Cost[]) {
  const micros = costs.map(cost => cost.micros)
  return { ...rowOf(what, micros), 'a second, at most': rounded(median(costs.map(({ perSecond }) => perSecond))) }
}

/** CPU microseconds each. */
function look(): number {
  const before = process.cpuUsage()
  let kept = 0
  for (let taken = 0; taken < LOOKS; taken += 1) if (MAY_BE_OURS.monster(EVENT, 0, EVENT.length)) kept += 1
  if (kept > 0) throw new Error('a foreign event was taken for one of ours')
  return since(before) / LOOKS
}

function since(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return user + system
}

async function samplesOn({ bootstrap }: KafkaCluster, filled: FilledTopic): Promise<readonly Cost[]> {
  const transport = await openBenchTransport(bootstrap)
  try {
    const shardCommands = { topic: shardCommandsOf(filled), partitions: PARTITIONS }
    await transport.admin.createTopics(
      [filled, shardCommands].map(({ topic, partitions }) => ({ topic, partitions, replicationFactor: 1, config: {} })),
    )
    await fill(transport, filled)
    const samples: Cost[] = []
    // The first one only makes the code warm.
    for (let run = 0; run <= SAMPLES; run += 1) samples.push(await read(transport, filled, `${filled.topic}-${run}`))
    return samples.slice(1)
  } finally {
    await transport.close()
  }
}

function shardCommandsOf({ topic }: FilledTopic): string {
  return `${topic}-shard-commands`
}

async function fill(transport: Transport, { topic, partitions, events, batchEvents }: FilledTopic): Promise<void> {
  const appender = transport.openAppender('bench-fill')
  const headers = tenantHeaders(TENANT)
  for (let sent = 0; sent < events; sent += batchEvents) {
    const partition = (sent / batchEvents) % partitions
    const record = { topic, partition, key: Buffer.from('104040000'), value: EVENT, headers }
    await appender.append(Array.from({ length: batchEvents }, () => record))
  }
  await appender.close()
}

/** From the join of a new group until all are passed over and their offsets committed. */
async function read(transport: Transport, filled: FilledTopic, groupId: string): Promise<Cost> {
  const { topic, events } = filled
  let [foreign, first, last] = [0, 0, 0]
  const telemetry = {
    ...silentTelemetry,
    gameEvents: (_game: string, outcome: string, count: number) => {
      if (outcome !== 'foreign') return
      if (foreign === 0) first = systemClock.elapsed()
      last = systemClock.elapsed()
      foreign += count
    },
  }
  const options = { clock: systemClock, log: silentLog, telemetry }
  const ingress = new Ingress({
    ...options,
    transport,
    admin: transport.admin,
    intake: gameIntake({ ...options, game: 'monster', topic, topicId: '', begins: 'earliest' }),
    groupId,
    shardCommands: shardCommandsOf(filled),
    shards: PARTITIONS,
    shardCommandsId: '',
    lookAtTopics: async () => {},
    onLost: error => {
      throw error
    },
    random: systemRandom,
  })
  const before = process.cpuUsage()
  ingress.start(error => {
    throw error
  })
  await until('all events are read', READ_LIMIT_MS, 100, async () => foreign === events)
  await ingress.close()
  return { micros: since(before) / events, perSecond: (events * 1000) / (last - first) }
}
