/**
 * kafkajs's faults on a real broker, each beside ours: what leaks, what waits, what bricks, what is lost. On a broker of
 * its own, because it is frozen (SIGSTOP) again and again.
 */
import { Partitioners } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KafkaCluster, startCluster } from '../../../scripts/kafka-broker/cluster.ts'
import { askMetadata } from '../../../scripts/kafka-broker/metadata-request.ts'
import type { NewRecord } from '../../../src/contract/log-record.ts'
import { CommitUnknownError, ShardFencedError, TransportUnavailableError } from '../../../src/errors.ts'
import { createKafkaTransport } from '../../../src/transport/kafka/kafka-transport.ts'
import type { Transport } from '../../../src/transport/port.ts'
import { describeWithJava } from '../../support/brokers.ts'
import { eventually } from '../../support/eventually.ts'
import { newRecord, read, readWhole, texts } from '../contract/contract-scene.ts'
import { kafkaOptions, stockKafka, stockProducer } from './kafka-scene.ts'

const REQUEST_TIMEOUT_MS = 1000
const SILENT_MS = 300
const PLENTY_MS = 60_000

describeWithJava('a broker in trouble', () => {
  let cluster: KafkaCluster
  const open: Transport[] = []
  let names = 0

  beforeAll(async () => {
    cluster = await startCluster()
  }, 300_000)
  afterAll(async () => {
    for (const node of cluster.nodes) node.cont()
    await Promise.all(open.map(transport => transport.close()))
    await cluster.close()
  })

  function name(word: string): string {
    names += 1
    return `${word}-${names}`
  }

  async function connected(): Promise<Transport> {
    const transport = createKafkaTransport(
      kafkaOptions(cluster.brokers, name('replica'), { requestTimeoutMs: REQUEST_TIMEOUT_MS }),
    )
    await transport.connect()
    open.push(transport)
    return transport
  }

  async function topicOf(transport: Transport, partitions = 1): Promise<string> {
    const topic = name('topic')
    await transport.admin.createTopics([{ topic, partitions, replicationFactor: 1, config: {} }])
    return topic
  }

  /** Runs `work` while the broker is frozen, and lets it go on when `work` is done. */
  async function frozen<T>(work: () => Promise<T>): Promise<T> {
    const [node] = cluster.nodes
    if (!node) throw new Error('a cluster has a node')
    node.stop()
    try {
      // A signal takes its time on a busy machine: frozen is who does not answer.
      await eventually(() =>
        askMetadata(node.address, [], SILENT_MS).then(
          () => false,
          () => true,
        ),
      )
      return await work()
    } finally {
      node.cont()
    }
  }

  async function stockRead(topic: string, last: string): Promise<string[]> {
    const consumer = stockKafka(cluster.brokers).consumer({ groupId: name('stock'), maxWaitTimeInMs: 50 })
    const seen: string[] = []
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({ autoCommit: false, eachMessage: async ({ message }) => void seen.push(`${message.value}`) })
    await eventually(() => seen.includes(last), { limitMs: PLENTY_MS })
    await consumer.disconnect()
    return seen
  }

  describe('fault 1, aborted records', () => {
    it(
      'are never seen where transactions interleave; stock kafkajs hands some on',
      async () => {
        const transport = await connected()
        const topic = await topicOf(transport)
        const producers = await Promise.all([0, 1].map(() => stockProducer(cluster.brokers, name('interleaved'))))
        const [first, second] = producers
        if (!first || !second) throw new Error('two producers were made')
        const outer = await first.transaction()
        const inner = await second.transaction()
        const send = (transaction: typeof outer, value: string) =>
          transaction.send({ topic, messages: [{ partition: 0, value }] })
        await send(outer, 'aborted')
        await send(inner, 'aborted')
        await send(outer, 'aborted')
        await inner.abort()
        await send(outer, 'aborted')
        await outer.abort()
        const last = await first.transaction()
        await send(last, 'committed')
        await last.commit()
        await Promise.all(producers.map(producer => producer.disconnect()))

        expect(texts(await read(transport, { topic, partition: 0 }, 1))).toEqual(['committed'])
        expect(texts((await readWhole(transport, { topic, partition: 0 })).records)).toEqual(['committed'])
        expect(await stockRead(topic, 'committed')).toContain('aborted')
      },
      PLENTY_MS,
    )
  })

  describe('fault 4, a commit without an answer', () => {
    it(
      'is told as unknown and kills the sink; a new fence tells what happened, and goes on',
      async () => {
        const transport = await connected()
        const topic = await topicOf(transport)
        const place = { topic, partition: 0 }
        const ids = { transactionalId: name('quests'), groupId: name('group') }
        const sink = await transport.fence(ids)
        await sink.commit([newRecord(topic, 'a')], { ...place, next: 1 })

        await frozen(async () => {
          const error = await sink.commit([newRecord(topic, 'b')], { ...place, next: 2 }).catch(reason => reason)
          expect([TransportUnavailableError, CommitUnknownError]).toContain(error.constructor)
        })
        await expect(sink.commit([newRecord(topic, 'c')], { ...place, next: 3 })).rejects.toThrow('fence anew')
        await sink.close()

        const next = await eventually(() => transport.fence(ids), { limitMs: PLENTY_MS })
        const after = texts((await readWhole(transport, place)).records)
        expect([['a'], ['a', 'b']]).toContainEqual(after)
        await next.commit([newRecord(topic, 'd')], { ...place, next: 4 })
        expect(texts(await read(transport, place, after.length + 1))).toEqual([...after, 'd'])
      },
      PLENTY_MS,
    )

    it(
      'leaves a producer of stock kafkajs unable to do anything for ever',
      async () => {
        const transport = await connected()
        const topic = await topicOf(transport)
        const producer = await stockProducer(cluster.brokers, name('bricked'), 0)
        const transaction = await producer.transaction()
        await transaction.send({ topic, messages: [{ partition: 0, value: 'x' }] })
        await frozen(() => expect(transaction.commit()).rejects.toThrow())
        await eventually(() => transport.admin.offsets(topic), { limitMs: PLENTY_MS })
        await expect(transaction.abort()).rejects.toThrow()
        await expect(producer.transaction()).rejects.toThrow()
        await producer.disconnect()
      },
      PLENTY_MS,
    )
  })

  describe('fault 6, a write without an answer', () => {
    it(
      'is followed by no loss: what is acknowledged afterwards is there',
      async () => {
        const transport = await connected()
        const topic = await topicOf(transport)
        const appender = transport.openAppender('ingress')
        const put = (value: string) => appender.append([newRecord(topic, value)])
        await put('a')
        await frozen(() => expect(put('b')).rejects.toBeInstanceOf(TransportUnavailableError))
        await eventually(async () => {
          await put('b')
          return true
        })
        await put('c')
        await appender.close()
        const seen = texts((await readWhole(transport, { topic, partition: 0 })).records)
        expect([...new Set(seen)]).toEqual(['a', 'b', 'c'])
      },
      PLENTY_MS,
    )

    it(
      'has the idempotent producer of stock kafkajs acknowledge a record that it then loses',
      async () => {
        const transport = await connected()
        const topic = await topicOf(transport)
        const producer = stockKafka(cluster.brokers).producer({
          idempotent: true,
          maxInFlightRequests: 1,
          createPartitioner: Partitioners.DefaultPartitioner,
          retry: { retries: 1, initialRetryTime: 50 },
        })
        await producer.connect()
        const put = (value: string) => producer.send({ topic, acks: -1, messages: [{ partition: 0, value }] })
        await put('a')
        await frozen(() => expect(put('b')).rejects.toThrow())
        // The broker stores "b" after all, late; only then is the next one sent.
        await read(transport, { topic, partition: 0 }, 2)
        await put('lost')
        await put('d')
        await producer.disconnect()
        const seen = texts((await readWhole(transport, { topic, partition: 0 })).records)
        expect(seen).not.toContain('lost')
        expect(seen).toContain('d')
      },
      PLENTY_MS,
    )
  })

  describe('a frozen broker', () => {
    it(
      'holds up a feed, which goes on where it was',
      async () => {
        const transport = await connected()
        const topic = await topicOf(transport)
        const appender = transport.openAppender('ingress')
        const reader = transport.openReader('shards')
        const feed = reader.open({ topic, partition: 0 }, 0)
        await appender.append([newRecord(topic, 'before')])
        await feed.ready()
        expect(texts(feed.take(10))).toEqual(['before'])
        await frozen(() => expect(appender.append([newRecord(topic, 'lost?')])).rejects.toThrow())
        const after: NewRecord & { partition: number } = newRecord(topic, 'after')
        await eventually(async () => {
          await appender.append([after])
          return true
        })
        const seen: (string | undefined)[] = []
        await eventually(() => {
          seen.push(...texts(feed.take(10)))
          return seen.includes('after')
        })
        expect(new Set(seen)).toEqual(new Set(['lost?', 'after']))
      },
      PLENTY_MS,
    )

    it(
      'holds up neither the end of a transport nor, once it is back, a new one',
      async () => {
        const transport = await connected()
        const topic = await topicOf(transport)
        const assigned: number[] = []
        const group = transport.joinGroup({
          groupId: name('group'),
          topics: [topic],
          onAssigned: ({ partitions }) => void assigned.push(partitions.length),
        })
        await eventually(() => assigned.includes(1) && group.lastHeartbeatAt > 0, { limitMs: PLENTY_MS })
        const feed = transport.openReader('shards').open({ topic, partition: 0 }, 0)
        const waiting = feed.ready()
        await frozen(async () => {
          const since = performance.now()
          await transport.close()
          expect(performance.now() - since).toBeLessThan(4000)
          const cannot = createKafkaTransport(kafkaOptions(cluster.brokers, 'late', { connectTimeoutMs: 300 }))
          await expect(cannot.connect()).rejects.toBeInstanceOf(TransportUnavailableError)
          await cannot.close()
        })
        await waiting
        expect(() => transport.openReader('late')).toThrow('closed')
        await connected()
      },
      PLENTY_MS,
    )
  })

  describe('an owner that was fenced', () => {
    it(
      'is told so, and what it had written is never seen',
      async () => {
        const transport = await connected()
        const topic = await topicOf(transport)
        const ids = { transactionalId: name('quests'), groupId: name('group') }
        const old = await transport.fence(ids)
        await old.commit([newRecord(topic, 'old')], { topic, partition: 0, next: 1 })
        const next = await transport.fence(ids)
        await expect(old.commit([newRecord(topic, 'never')], { topic, partition: 0, next: 2 })).rejects.toBeInstanceOf(
          ShardFencedError,
        )
        await next.commit([newRecord(topic, 'new')], { topic, partition: 0, next: 3 })
        expect(texts(await read(transport, { topic, partition: 0 }, 2))).toEqual(['old', 'new'])
      },
      PLENTY_MS,
    )
  })
})
