/**
 * What the service is measured against first of all: the same two hops on the service's own wire layer (its reader, its
 * appender, its record codecs, its transaction of five requests) and nothing else. JSON.parse, as many messages and
 * state records; it checks nothing, keeps no quests, restores nothing, and dies of the first error.
 * One process of it; ends when its parent does.
 */
import { Alarm } from '../../src/alarm.ts'
import { systemClock, systemRandom } from '../../src/clock.ts'
import type { Headers, LogRecord, NewRecord } from '../../src/contract/log-record.ts'
import { createKafkaTransport } from '../../src/transport/kafka/kafka-transport.ts'
import type { NextOffset, PartitionFeed } from '../../src/transport/port.ts'
import { shardGroupOf } from '../fleet.ts'
import {
  type BareRecord,
  batchRecords,
  bootstrap,
  die,
  endWithParent,
  messagesOf,
  parse,
  prefix,
  shardOf,
  stateRecords,
  subjectOf,
  tellAssigned,
  topics,
} from './bare-work.ts'

/** As the service's ingress takes and commits. */
const FORWARD_RECORDS = 1000
const COMMIT_INTERVAL_MS = 200
const IDLE_MS_MAX = 1000

const transport = createKafkaTransport({
  bootstrapServers: bootstrap,
  clientId: `bare-${process.pid}`,
  advertisedUrl: '',
  sessionTimeoutMs: 6000,
  rebalanceTimeoutMs: 2000,
  transactionTimeoutMs: 15_000,
  clock: systemClock,
  random: systemRandom,
  onNotice: () => {},
})

// -- hop 1: public commands to the shard that owns the instance

async function forwardAll(): Promise<void> {
  const reader = transport.openReader('ingress')
  const appender = transport.openAppender('ingress')
  const feeds = new Map<number, PartitionFeed>()
  const alarm = new Alarm(systemClock)
  const acknowledged = new Map<number, NextOffset>()
  const membership = transport.joinGroup({
    groupId: `${prefix}.ingress`,
    topics: [topics.commands],
    onAssigned: async ({ partitions }) => {
      const next = await membership.committed(partitions)
      for (const feed of feeds.values()) feed.close()
      feeds.clear()
      acknowledged.clear()
      for (const [at, partition] of partitions.entries()) {
        const feed = reader.open(partition, next[at] ?? 0)
        feeds.set(partition.partition, feed)
        void ringing(feed, alarm)
      }
      tellAssigned({ hop: 'ingress', partitions: partitions.length })
    },
  })
  setInterval(() => {
    if (acknowledged.size === 0) return
    const offsets = [...acknowledged.values()]
    acknowledged.clear()
    membership.commit(offsets).catch(die)
  }, COMMIT_INTERVAL_MS)
  for (;;) {
    const taken = [...feeds.values()].flatMap(feed => feed.take(FORWARD_RECORDS))
    if (taken.length === 0) {
      for (const feed of feeds.values()) void ringing(feed, alarm)
      await alarm.wait(IDLE_MS_MAX)
      continue
    }
    await appender.append(taken.map(forwarded))
    for (const { topic, partition, offset } of taken)
      acknowledged.set(partition, { topic, partition, next: offset + 1 })
  }
}

function forwarded({ topic, partition, offset, timestamp, key, value, headers }: LogRecord) {
  const origin = Buffer.from(`1 ${partition} ${offset} ${timestamp} ${topic}`, 'latin1')
  return {
    topic: topics.shardCommands,
    partition: shardOf(parse(value)),
    key,
    value,
    headers: [['pq-origin', origin], ...headers] satisfies Headers,
  }
}

const watched = new WeakSet<PartitionFeed>()

/** Rings when the feed has records; once at a time for each. */
async function ringing(feed: PartitionFeed, alarm: Alarm): Promise<void> {
  if (watched.has(feed)) return
  watched.add(feed)
  await feed.ready()
  watched.delete(feed)
  alarm.ring()
}

// -- hop 2: a transaction a batch, each shard by itself

async function runAll(): Promise<void> {
  const reader = transport.openReader('shards')
  const feeds = new Map<number, PartitionFeed>()
  const membership = transport.joinGroup({
    groupId: shardGroupOf(prefix),
    topics: [topics.shardCommands],
    onAssigned: async ({ partitions }) => {
      const next = await membership.committed(partitions)
      const ours = new Set(partitions.map(({ partition }) => partition))
      for (const [shard, feed] of feeds) {
        if (ours.has(shard)) continue
        feed.close()
        feeds.delete(shard)
      }
      for (const [at, partition] of partitions.entries()) {
        if (feeds.has(partition.partition)) continue
        const feed = reader.open(partition, next[at] ?? 0)
        feeds.set(partition.partition, feed)
        runShard(partition.partition, feed).catch(die)
      }
      tellAssigned({ hop: 'shards', partitions: partitions.length })
    },
  })
}

/** Until it is given to another process: then its feed is closed, and gives nothing. */
async function runShard(shard: number, feed: PartitionFeed): Promise<void> {
  const sink = await transport.fence({ transactionalId: `${prefix}.shard-${shard}`, groupId: shardGroupOf(prefix) })
  for (;;) {
    await feed.ready()
    const commands = feed.take(batchRecords)
    const last = commands.at(-1)
    if (last === undefined) return
    const subjects = new Set<string>()
    const records: NewRecord[] = []
    for (const { value, headers } of commands) {
      const command = parse(value)
      subjects.add(subjectOf(command))
      const passedOn = headers.slice(1)
      for (const message of messagesOf(command)) records.push({ ...message, headers: passedOn })
    }
    for (const state of stateRecords(subjects)) records.push(placed(state, shard))
    await sink.commit(records, { topic: topics.shardCommands, partition: shard, next: last.offset + 1 })
  }
}

function placed(state: BareRecord, partition: number): NewRecord {
  return { ...state, partition, headers: [] }
}

endWithParent()
await transport.connect()
await Promise.all([forwardAll(), runAll()])
