/** Java's own client as a judge: first it is judged itself, on the shared broker. */
import { expect, it } from 'vitest'
import { makeTopics } from '../../scripts/kafka-broker/cluster-admin.ts'
import { describeWithKafkaAndJava } from './brokers.ts'
import {
  controlBatches,
  type JavaRecord,
  javaProduce,
  readBatches,
  readCommitted,
  readUncommitted,
} from './kafka/independent-client.ts'
import { API, KafkaProxy } from './kafka-proxy.ts'

describeWithKafkaAndJava("Java's client on the shared broker", kafka => {
  const topic = async (name: string, partitions: number): Promise<string> => {
    const full = `${kafka.topicPrefix()}-${name}`
    await makeTopics(kafka.bootstrap, [{ topic: full, partitions }])
    return full
  }

  // The client asks again after its own 30 s.
  it('tells of each record the place and time that it has, also where the answer to the first write was lost', {
    timeout: 120_000,
  }, async () => {
    const records = await topic('asked-again', 1)
    const proxy = await KafkaProxy.before(kafka.brokers[0] ?? '')
    let writes = 0
    proxy.fateOf = api => (api === API.produce && ++writes === 1 ? 'lose-answer' : 'pass')
    const value = 'x'.repeat(20)
    const told = await javaProduce(
      proxy.address,
      Array.from({ length: 3000 }, () => ({ topic: records, partition: 0, value })),
    )
    await proxy.close()
    expect(writes).toBeGreaterThan(1)
    const read = await readCommitted(kafka.bootstrap, [records])
    const place = ({ offset, timestamp }: Pick<JavaRecord, 'offset' | 'timestamp'>) => ({ offset, timestamp })
    expect(told.map(place)).toEqual(read.map(place))
  })

  it('reads each record as it was written: order, bytes, nulls, time, and headers with their order and doubles', async () => {
    const records = await topic('records', 2)
    const headers = [
      ['b', 'second letter'],
      ['a', Buffer.from([0, 255])],
      ['b', ''],
      ['none', null],
    ] as const
    await javaProduce(kafka.bootstrap, [
      {
        topic: records,
        partition: 1,
        timestamp: 1_700_000_000_123,
        key: Buffer.from([255, 0]),
        value: 'first',
        headers,
      },
      { topic: records, partition: 1, timestamp: 1_700_000_000_000, value: null },
      { topic: records, partition: 0, timestamp: 5, key: '', value: '' },
    ])

    const read = await readCommitted(kafka.bootstrap, [records])

    expect(read.filter(record => record.partition === 1)).toEqual([
      {
        topic: records,
        partition: 1,
        offset: 0,
        timestamp: 1_700_000_000_123,
        key: Buffer.from([255, 0]),
        value: Buffer.from('first'),
        headers: headers.map(([name, value]) => [name, value === null ? null : Buffer.from(value)]),
      },
      { topic: records, partition: 1, offset: 1, timestamp: 1_700_000_000_000, key: null, value: null, headers: [] },
    ])
    const empty = Buffer.alloc(0)
    expect(read.filter(record => record.partition === 0)).toEqual([
      { topic: records, partition: 0, offset: 0, timestamp: 5, key: empty, value: empty, headers: [] },
    ])
  })

  it.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('writes batches that are compressed by %s', async compression => {
    const compressed = await topic(compression, 1)
    const values = Array.from({ length: 20 }, (_, index) => `${index} `.repeat(100))
    await javaProduce(
      kafka.bootstrap,
      values.map(value => ({ topic: compressed, partition: 0, value })),
      { compression },
    )

    expect(texts(await readCommitted(kafka.bootstrap, [compressed]))).toEqual(values)
    expect(await readBatches(kafka.bootstrap, [compressed])).toEqual([
      expect.objectContaining({ baseOffset: 0, lastOffset: 19, count: 20, compression, control: null }),
    ])
  })

  it('tells committed from aborted and open transactions, and counts their markers', async () => {
    const ledger = await topic('ledger', 1)
    const write = (value: string, end: 'commit' | 'abort' | 'leave-open') =>
      javaProduce(kafka.bootstrap, [{ topic: ledger, partition: 0, value }], {
        transaction: { id: `${kafka.topicPrefix()}-${value}`, end },
      })
    await write('kept', 'commit')
    await write('dropped', 'abort')
    await write('kept too', 'commit')
    await write('open', 'leave-open')

    expect(texts(await readCommitted(kafka.bootstrap, [ledger]))).toEqual(['kept', 'kept too'])
    expect(texts(await readUncommitted(kafka.bootstrap, [ledger]))).toEqual(['kept', 'dropped', 'kept too', 'open'])
    const markers = await controlBatches(kafka.bootstrap, [ledger])
    expect(markers.map(({ control, baseOffset }) => [control, baseOffset])).toEqual([
      ['COMMIT', 1],
      ['ABORT', 3],
      ['COMMIT', 5],
    ])
    const data = (await readBatches(kafka.bootstrap, [ledger])).filter(batch => batch.control === null)
    expect(data.map(batch => batch.transactional)).toEqual([true, true, true, true])
    expect(data.slice(0, 3).map(batch => batch.producerId)).toEqual(markers.map(marker => marker.producerId))
  })

  it('fails with the reason where the topic does not exist', async () => {
    const nowhere = `${kafka.topicPrefix()}-nowhere`
    await expect(readCommitted(kafka.bootstrap, [nowhere])).rejects.toThrow(`no such topic: ${nowhere}`)
  })
})

function texts(records: readonly JavaRecord[]): readonly string[] {
  return records.map(record => String(record.value))
}
