/** Records of Kafka's own Java client, in every compression, and ours as that client reads them. */
import { describe, expect, it } from 'vitest'
import type { Header, LogRecord } from '../../../src/contract/log-record.ts'
import { createKafkaTransport } from '../../../src/transport/kafka/kafka-transport.ts'
import { describeWithKafkaAndJava } from '../../support/brokers.ts'
import { javaProduce, readCommitted } from '../../support/kafka/independent-client.ts'
import { takeExactly } from '../contract/contract-scene.ts'
import { kafkaOptions } from './kafka-scene.ts'

const HEADERS: readonly Header[] = [
  ['b', Buffer.from('1')],
  ['10', Buffer.from('2')],
  ['a', null],
  ['2', Buffer.alloc(0)],
  ['b', Buffer.from([0, 255])],
]

const plain = ({ key, value, headers }: Pick<LogRecord, 'key' | 'value' | 'headers'>) => ({ key, value, headers })

describeWithKafkaAndJava('Kafka, beside its Java client', kafka => {
  async function connected(topic: string) {
    const transport = createKafkaTransport(kafkaOptions(kafka.brokers, 'codecs'))
    await transport.connect()
    await transport.admin.createTopics([{ topic, partitions: 1, replicationFactor: 1, config: {} }])
    return transport
  }

  describe.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)('compression %s', compression => {
    it('is read, headers in their order', async () => {
      const topic = `${kafka.topicPrefix()}-${compression}`
      const transport = await connected(topic)
      // Some that repeat and some that do not, more than one block of any codec.
      const records = Array.from({ length: 400 }, (_, index) => ({
        key: index % 7 === 0 ? null : Buffer.from(`key ${index}`),
        value: Buffer.from(`${'the stage has been cleared '.repeat(index % 30)}${Math.sin(index)}`),
        headers: index % 3 === 0 ? HEADERS : [],
      }))
      await javaProduce(
        kafka.bootstrap,
        records.map(record => ({ ...record, topic, partition: 0 })),
        { compression, transaction: { id: topic, end: 'commit' } },
      )
      const reader = transport.openReader('codecs')
      const read = await takeExactly(reader.open({ topic, partition: 0 }, 0), 400)
      await transport.close()
      expect(read.map(plain)).toEqual(records)
    })
  })

  it('has what we write read by Java as we wrote it, large records and a committed transaction included', async () => {
    const topic = `${kafka.topicPrefix()}-ours`
    const transport = await connected(topic)
    const records = [
      { key: Buffer.from('k'), value: Buffer.from('v'), headers: HEADERS },
      { key: null, value: null, headers: [] },
      { key: Buffer.alloc(0), value: Buffer.alloc(0), headers: [] },
      { key: null, value: Buffer.alloc(1_200_000, 'compressible'), headers: [] },
    ]
    const sink = await transport.fence({ transactionalId: topic, groupId: topic })
    await sink.commit(
      records.map(record => ({ ...record, topic, partition: 0 })),
      { topic, partition: 0, next: 1 },
    )
    await transport.close()
    const read = await readCommitted(kafka.bootstrap, [topic])
    // The large one as text: equality of buffers is found byte by byte, which takes seconds.
    const written = (record: Pick<LogRecord, 'key' | 'value' | 'headers'>) => ({
      ...plain(record),
      value: record.value?.toString('latin1'),
    })
    expect(read.map(written)).toEqual(records.map(written))
  })

  it('chooses the partition that Java chooses for a key', async () => {
    const topic = `${kafka.topicPrefix()}-keys`
    const transport = createKafkaTransport(kafkaOptions(kafka.brokers, 'codecs'))
    await transport.connect()
    await transport.admin.createTopics([{ topic, partitions: 12, replicationFactor: 1, config: {} }])
    const records = Array.from({ length: 60 }, (_, index) => ({
      topic,
      key: Buffer.from(`key ${index}`),
      value: null,
      headers: [],
    }))
    const sink = await transport.fence({ transactionalId: topic, groupId: topic })
    await sink.commit(records, { topic, partition: 0, next: 1 })
    await transport.close()
    const java = await javaProduce(kafka.bootstrap, records)
    const ours = new Map<string, number>()
    for (const { partition, offset, key } of await readCommitted(kafka.bootstrap, [topic])) {
      if (!java.some(position => position.partition === partition && position.offset === offset)) {
        ours.set(String(key), partition)
      }
    }
    expect(records.map(({ key }) => ours.get(String(key)))).toEqual(java.map(({ partition }) => partition))
  })
})
