/**
 * What the service is measured against: the same two hops with stock kafkajs and nothing else. JSON.parse, as many
 * messages and state records of the same size, one transaction for at most so many commands, public API only (sendOffsets
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
  type Message,
  Partitioners,
  type Producer,
} from 'kafkajs'
import { shardGroupOf } from '../fleet.ts'
import {
  type BareAssignment,
  batchRecords,
  bootstrap,
  die,
  endWithParent,
  messagesOf,
  parse,
  partitionsOf,
  prefix,
  shardOf,
  stateRecords,
  subjectOf,
  tellAssigned,
  topics,
} from './bare-work.ts'

const MAX_WAIT_MS = 50
const HEARTBEAT_INTERVAL_MS = 500
/** What a coordinator says while the markers of the last transaction are being written, or while it loads. */
const NOT_YET = new Set([51, 14, 15, 16])
const NOT_YET_TRIES_MAX = 60

function kafka(purpose: string): Kafka {
  const retry = { initialRetryTime: 30, maxRetryTime: 1000, retries: 8 }
  return new Kafka({ clientId: `bare-${purpose}`, brokers: bootstrap, logLevel: logLevel.NOTHING, retry })
}

// -- hop 1: public commands to the shard that owns the instance

async function forwardAll(): Promise<void> {
  const producer = kafka('forward').producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  await consume(`${prefix}.ingress`, topics.commands, 'ingress', consumer =>
    consumer.run({
      partitionsConsumedConcurrently: partitionsOf.ingress,
      eachBatch: async ({ batch }) => {
        const messages = batch.messages.map(({ key, value, headers, offset, timestamp }) => ({
          partition: shardOf(parse(value)),
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
      partitionsConsumedConcurrently: partitionsOf.shards,
      eachBatch: async payload => {
        for (let from = 0; from < payload.batch.messages.length; from += batchRecords) await runBatch(payload, from)
      },
    }),
  )
}

async function runBatch({ batch, resolveOffset, heartbeat }: EachBatchPayload, from: number): Promise<void> {
  const records = batch.messages.slice(from, from + batchRecords)
  const last = records.at(-1)
  if (last === undefined) return
  const { partition } = batch
  const changed = new Set<string>()
  const byTopic = new Map<string, Message[]>()
  const add = (topic: string, message: Message) => {
    const messages = byTopic.get(topic)
    if (messages === undefined) byTopic.set(topic, [message])
    else messages.push(message)
  }
  for (const { value, headers } of records) {
    const command = parse(value)
    changed.add(subjectOf(command))
    const passedOn = messageHeaders(headers)
    for (const { topic, ...message } of messagesOf(command)) add(topic, { ...message, headers: passedOn })
  }
  for (const { topic, ...message } of stateRecords(changed)) add(topic, { ...message, partition })

  const transaction = await (await producerOf(partition)).transaction()
  const partitions = [{ partition, offset: String(Number(last.offset) + 1) }]
  const offsets = { consumerGroupId: shardGroupOf(prefix), topics: [{ topic: topics.shardCommands, partitions }] }
  await onceReady(() => transaction.sendOffsets(offsets))
  await transaction.sendBatch({ topicMessages: Array.from(byTopic, ([topic, messages]) => ({ topic, messages })) })
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
    tellAssigned({ hop, partitions: payload.memberAssignment[topic]?.length ?? 0 })
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

endWithParent()
await Promise.all([forwardAll(), runAll()])
