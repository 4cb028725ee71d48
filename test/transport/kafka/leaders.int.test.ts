/**
 * Three brokers that stand still, die and come back, while transactions are written to partitions of all of them: each
 * is there as a whole or not at all, none twice, none lost that was acknowledged; a reader misses and repeats nothing.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type KafkaCluster, startCluster } from '../../../scripts/kafka-broker/cluster.ts'
import { Connections } from '../../../src/transport/kafka/connections.ts'
import type { KafkaOptions } from '../../../src/transport/kafka/kafka-options.ts'
import { createKafkaTransport } from '../../../src/transport/kafka/kafka-transport.ts'
import type { PartitionFeed, TransactionalSink, Transport } from '../../../src/transport/port.ts'
import { describeWithJava } from '../../support/brokers.ts'
import { eventually } from '../../support/eventually.ts'
import { newRecord, readWhole } from '../contract/contract-scene.ts'
import { kafkaOptions } from './kafka-scene.ts'

const PARTITIONS = 6
const STALL_MS = 150
const LIMIT_MS = 180_000
/** A dead broker is replaced sooner than usual, and an idle connection closed, as others are after ten minutes. */
const PROPERTIES = { 'broker.session.timeout.ms': 3000, 'connections.max.idle.ms': 4000 }

describeWithJava('three brokers', () => {
  let cluster: KafkaCluster
  let options: KafkaOptions
  let transport: Transport
  let topics = 0

  beforeAll(async () => {
    cluster = await startCluster({ nodes: 3, properties: PROPERTIES })
    options = kafkaOptions(cluster.brokers, 'leaders', { requestTimeoutMs: 4000, connectTimeoutMs: 1000 })
    transport = createKafkaTransport(options)
    await transport.connect()
  }, 300_000)
  afterAll(async () => {
    await transport.close()
    await cluster.close()
  })

  async function topicOf(): Promise<string> {
    topics += 1
    const topic = `spread-${topics}`
    const config = { 'min.insync.replicas': '2' }
    await transport.admin.createTopics([{ topic, partitions: PARTITIONS, replicationFactor: 3, config }])
    return topic
  }

  function collect(topic: string): { readonly seen: string[]; readonly stop: () => Promise<void> } {
    const reader = transport.openReader('collector')
    const seen: string[] = []
    const drain = async (feed: PartitionFeed, partition: number) => {
      let closed = false
      while (!closed) {
        await feed.ready()
        const records = feed.take(100)
        closed = records.length === 0
        for (const { value } of records) seen.push(`${value}:${partition}`)
      }
    }
    const feeds = Array.from({ length: PARTITIONS }, (_, partition) => reader.open({ topic, partition }, 0))
    const draining = Promise.all(feeds.map(drain))
    return {
      seen,
      stop: async () => {
        await reader.close()
        await draining
      },
    }
  }

  function fence(topic: string): Promise<TransactionalSink> {
    const ids = { transactionalId: `of-${topic}`, groupId: 'leaders' }
    return eventually(() => transport.fence(ids), { limitMs: LIMIT_MS })
  }

  /** Writes transactions 0 to `count`, fencing anew after each error; those that were acknowledged. */
  async function write(topic: string, count: number, before: (round: number) => Promise<void>): Promise<number[]> {
    const acknowledged: number[] = []
    let sink: TransactionalSink | undefined
    for (let round = 0; round < count; round += 1) {
      await before(round)
      sink ??= await fence(topic)
      const records = Array.from({ length: PARTITIONS }, (_, partition) => newRecord(topic, `${round}`, { partition }))
      try {
        await sink.commit(records, { topic, partition: 0, next: round })
        acknowledged.push(round)
      } catch {
        await sink.close()
        sink = undefined
      }
    }
    return acknowledged
  }

  async function holds(topic: string, seen: readonly string[], acknowledged: readonly number[]): Promise<void> {
    // A commit is acknowledged before its markers are written; they are when the next owner has its right.
    await (await fence(topic)).close()
    const whole = await Promise.all(
      Array.from({ length: PARTITIONS }, (_, partition) => readWhole(transport, { topic, partition })),
    )
    const written = whole.map(({ records }) => records.map(({ value }) => Number(value)))
    const [first = []] = written
    for (const one of written) expect(one).toEqual(first)
    expect(first).toEqual([...new Set(first)].sort((a, b) => a - b))
    expect(first).toEqual(expect.arrayContaining([...acknowledged]))
    const all = first.flatMap(round => written.map((_, partition) => `${round}:${partition}`))
    await eventually(() => seen.length >= all.length, { limitMs: LIMIT_MS })
    expect([...seen].sort()).toEqual([...all].sort())
  }

  it(
    'that close an idle connection do not trouble the next who needs it',
    async () => {
      const connections = new Connections(options, 'idle')
      const node = await connections.controller()
      expect(node.isOpen()).toBe(true)
      await eventually(() => !node.isOpen(), { limitMs: LIMIT_MS })
      const next = await connections.node((await connections.refresh()).controllerId)
      expect(next).not.toBe(node)
      expect(next.isOpen()).toBe(true)
      connections.close()
      expect(next.isOpen()).toBe(false)
    },
    LIMIT_MS,
  )

  it(
    'that stand still for moments leave every transaction whole and once',
    async () => {
      const topic = await topicOf()
      const { seen, stop } = collect(topic)
      const acknowledged = await write(topic, 120, async round => {
        if (round % 8 !== 0) return
        const node = cluster.nodes[(round / 8) % 3]
        node?.stop()
        setTimeout(() => node?.cont(), STALL_MS)
      })
      expect(acknowledged.length).toBeGreaterThan(100)
      await holds(topic, seen, acknowledged)
      await stop()
    },
    LIMIT_MS,
  )

  it(
    'of which one is killed leave every transaction whole and once, and the reader goes on at the new leaders',
    async () => {
      const topic = await topicOf()
      const { seen, stop } = collect(topic)
      const [victim] = cluster.nodes
      const acknowledged = await write(topic, 80, async round => {
        if (round === 30) await victim?.kill9()
        if (round === 60) await victim?.restart()
      })
      expect(acknowledged.length).toBeGreaterThan(40)
      await holds(topic, seen, acknowledged)
      await stop()
    },
    LIMIT_MS,
  )
})
