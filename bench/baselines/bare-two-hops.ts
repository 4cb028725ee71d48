/**
 * What the service is measured against: the same two hops with stock kafkajs and nothing else. JSON.parse, as many
 * messages and state records of the same size, one transaction for at most 250 commands, public API only (sendOffsets
 * first, with a retry of our own: kafkajs's costs 300 ms). It keeps no quests, restores nothing, survives nothing.
 * One process of it; ends when its parent does.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Consumer,
  type EachBatchPayload,
  type IHeaders,
  Kafka,
  logLevel,
  Partitioners,
  type Producer,
} from 'kafkajs'
import { shardOfInstance } from '../../src/contract/shard-key.ts'
import type { BareAssignment } from '../bare-loops.ts'
import { PARTITIONS, SHARDS, shardGroupOf, topicsOf } from '../fleet.ts'

const BATCH_RECORDS = 250
const POSITION_BYTES = 500
const MAX_WAIT_MS = 50
const HEARTBEAT_INTERVAL_MS = 500
/** What a coordinator says while the markers of the last transaction are being written, or while it loads. */
const NOT_YET = new Set([51, 14, 15, 16])
const NOT_YET_TRIES_MAX = 60
const PARTY_SIZE = 3

const bootstrap = (process.env.BARE_BOOTSTRAP ?? '').split(',')
const prefix = process.env.BARE_PREFIX ?? ''
const state = Buffer.alloc(Number(process.env.BARE_STATE_BYTES), 'x')
const position = Buffer.alloc(POSITION_BYTES, 'x')
const topics = topicsOf(prefix)

function kafka(purpose: string): Kafka {
  const retry = { initialRetryTime: 30, maxRetryTime: 1000, retries: 8 }
  return new Kafka({ clientId: `bare-${purpose}`, brokers: bootstrap, logLevel: logLevel.NOTHING, retry })
}

interface BareCommand {
  readonly type: string
  readonly characterId: number
  readonly body: { readonly instanceId: string }
}

function parse(value: Buffer | null): BareCommand {
  return JSON.parse(value?.toString() ?? '')
}

// -- hop 1: public commands to the shard that owns the instance

async function forwardAll(): Promise<void> {
  const producer = kafka('forward').producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  await consume(`${prefix}.ingress`, topics.commands, 'ingress', consumer =>
    consumer.run({
      partitionsConsumedConcurrently: PARTITIONS,
      eachBatch: async ({ batch }) => {
        const messages = batch.messages.map(({ key, value, headers, offset, timestamp }) => ({
          partition: shardOfInstance(parse(value).body.instanceId, SHARDS),
          key,
          value,
          headers: { 'pq-origin': `1 ${batch.partition} ${offset} ${timestamp} ${batch.topic}`, ...headers },
        }))
        await producer.send({ topic: topics.shardCommands, acks: -1, messages })
      },
    }),
  )
}

// -- hop 2: a transaction a batch

const producers = new Map<number, Promise<Producer>>()

function producerOf(shard: number): Promise<Producer> {
  let producer = producers.get(shard)
  if (producer === undefined) {
    producer = connectedProducer(shard)
    producers.set(shard, producer)
  }
  return producer
}

async function connectedProducer(shard: number): Promise<Producer> {
  const producer = kafka(`shard-${shard}`).producer({
    transactionalId: `${prefix}.shard-${shard}`,
    transactionTimeout: 15_000,
    maxInFlightRequests: 1,
    idempotent: true,
    createPartitioner: Partitioners.DefaultPartitioner,
  })
  await producer.connect()
  return producer
}

async function runAll(): Promise<void> {
  await consume(shardGroupOf(prefix), topics.shardCommands, 'shards', consumer =>
    consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: SHARDS,
      eachBatch: async payload => {
        for (let from = 0; from < payload.batch.messages.length; from += BATCH_RECORDS) await runBatch(payload, from)
      },
    }),
  )
}

async function runBatch({ batch, resolveOffset, heartbeat }: EachBatchPayload, from: number): Promise<void> {
  const records = batch.messages.slice(from, from + BATCH_RECORDS)
  const last = records.at(-1)
  if (last === undefined) return
  const changed = new Set<string>()
  const statuses = []
  const warps = []
  for (const { value, headers } of records) {
    const { type, characterId, body } = parse(value)
    changed.add(body.instanceId)
    if (type !== 'STAGE_ADVANCE') continue
    const passedOn = messageHeaders(headers)
    for (let member = 0; member < PARTY_SIZE; member++)
      warps.push(warp(characterId + member, body.instanceId, passedOn))
    statuses.push(advanced(body.instanceId, passedOn))
  }
  const states = [...changed].map(id => ({ key: `instance/${id}`, value: state, partition: batch.partition }))
  states.push({ key: 'position', value: position, partition: batch.partition })

  const transaction = await (await producerOf(batch.partition)).transaction()
  const partitions = [{ partition: batch.partition, offset: String(Number(last.offset) + 1) }]
  const offsets = { consumerGroupId: shardGroupOf(prefix), topics: [{ topic: topics.shardCommands, partitions }] }
  await onceReady(() => transaction.sendOffsets(offsets))
  const topicMessages = [{ topic: topics.shardState, messages: states }]
  if (warps.length > 0) topicMessages.push({ topic: topics.character, messages: warps } as never)
  if (statuses.length > 0) topicMessages.push({ topic: topics.status, messages: statuses } as never)
  await transaction.sendBatch({ topicMessages })
  await transaction.commit()
  resolveOffset(last.offset)
  await heartbeat()
}

async function onceReady(send: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await send()
      return
    } catch (error) {
      if (!NOT_YET.has(codeOf(error)) || tries === NOT_YET_TRIES_MAX) throw error
      await sleep(Math.min(1 << tries, 50))
    }
  }
}

function codeOf(error: unknown): number {
  if (typeof error !== 'object' || error === null) return -1
  if ('code' in error && typeof error.code === 'number') return error.code
  return 'cause' in error ? codeOf(error.cause) : -1
}

function messageHeaders(headers: IHeaders | undefined): IHeaders {
  const { 'pq-origin': _, ...others } = headers ?? {}
  return others
}

function warp(characterId: number, instance: string, headers: IHeaders) {
  const key = Buffer.alloc(8)
  key.writeUInt32LE(characterId)
  const body = { channelId: 1, mapId: 910_010_000, instance, portalId: 0 }
  return { key, value: JSON.stringify({ worldId: 0, characterId, type: 'CHANGE_MAP', body }), headers }
}

function advanced(instanceId: string, headers: IHeaders) {
  const body = { stageIndex: 1, mapIds: [910_010_001] }
  const value = JSON.stringify({ worldId: 0, instanceId, questId: 'bench_pq', type: 'STAGE_ADVANCED', body })
  return { key: instanceId, value, headers }
}

// -- both

async function consume(
  groupId: string,
  topic: string,
  hop: BareAssignment['hop'],
  run: (consumer: Consumer) => Promise<void>,
): Promise<void> {
  const consumer = kafka(hop).consumer({
    groupId,
    maxWaitTimeInMs: MAX_WAIT_MS,
    heartbeatInterval: HEARTBEAT_INTERVAL_MS,
  })
  consumer.on('consumer.group_join', ({ payload }) => {
    const assignment: BareAssignment = { hop, partitions: payload.memberAssignment[topic]?.length ?? 0 }
    process.send?.(assignment)
  })
  // kafkajs starts again by itself where it can (a broker's coordinators load at first); else our parent sees the end.
  consumer.on('consumer.crash', ({ payload }) => {
    if (payload.restart) process.stderr.write(`a bare loop starts again: ${payload.error.message}\n`)
    else die(payload.error)
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await run(consumer)
}

function die(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
}

process.on('disconnect', () => process.exit(0))
process.on('SIGTERM', () => process.exit(0))
process.on('unhandledRejection', die)
await Promise.all([forwardAll(), runAll()])
