/** What Appender promises, and that bytes and headers come out as they went in. */
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Headers } from '../../../src/contract/log-record.ts'
import { RecordTooLargeError } from '../../../src/errors.ts'
import { append, type ContractScene, newRecord, read, texts } from './contract-scene.ts'

const VALUE_BYTES = 900 * 1024

export function appenderContract(scene: ContractScene): void {
  describe('appender', () => {
    scene.closeReplicasAfterEach()

    it("keeps each partition's records in the order given, over many calls", async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport, 2)
      const appender = transport.openAppender('contract')
      const sent: string[][] = [[], []]
      for (let call = 0; call < 20; call += 1) {
        const records = Array.from({ length: 30 }, (_, at) => {
          const value = `${call}.${at}`
          sent[at % 2]?.push(value)
          return newRecord(topic, value, { partition: at % 2 })
        })
        await appender.append(records)
      }
      await appender.close()

      for (const partition of [0, 1]) {
        const records = await read(transport, { topic, partition }, 300)
        expect(texts(records)).toEqual(sent[partition])
        expect(records.every(record => record.partition === partition && record.topic === topic)).toBe(true)
        const offsets = records.map(record => record.offset)
        expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b))
      }
    })

    it('has written every record, on whatever topics, when it resolves', async () => {
      const transport = await scene.transport()
      const topics = [await scene.topic(transport), await scene.topic(transport, 3)]
      await append(
        transport,
        topics.map((topic, at) => newRecord(topic, topic, { partition: at * 2 })),
      )
      for (const [at, topic] of topics.entries()) {
        expect((await transport.admin.offsets(topic))[at * 2]).toEqual({ earliest: 0, end: 1 })
      }
    })

    const headers: Record<string, Headers> = {
      'no headers': [],
      'one name twice, with another between': [
        ['b', Buffer.from('1')],
        ['a', Buffer.from('2')],
        ['b', Buffer.from('3')],
      ],
      'names that look like numbers, not in their order': [
        ['10', Buffer.from('ten')],
        ['x', Buffer.from('x')],
        ['2', Buffer.from('two')],
      ],
      'a null value and an empty one': [
        ['null', null],
        ['empty', Buffer.alloc(0)],
      ],
      'names of an empty string, of __proto__ and of bytes above ASCII': [
        ['', Buffer.from('nameless')],
        ['__proto__', Buffer.from('p')],
        ['\u00ff\u00e9', Buffer.from([0xff, 0x00, 0xfe])],
      ],
    }
    it.each(Object.entries(headers))('gives headers back in order: %s', async (_, given) => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport)
      await append(transport, [newRecord(topic, 'value', { headers: given })])
      const [record] = await read(transport, { topic, partition: 0 }, 1)
      expect(record?.headers).toEqual(given)
    })

    it('tells null from empty in keys and values', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport)
      const empty = Buffer.alloc(0)
      const key = Buffer.from([0, 0, 0, 0])
      const pairs = [
        { key: null, value: empty },
        { key: empty, value: null },
        { key: empty, value: empty },
        { key, value: Buffer.from([0xff, 0x00]) },
        { key: null, value: null },
      ]
      await append(
        transport,
        pairs.map(pair => newRecord(topic, '', pair)),
      )
      const records = await read(transport, { topic, partition: 0 }, pairs.length)
      expect(records.map(record => ({ key: record.key, value: record.value }))).toEqual(pairs)
    })

    it('dates a record about now', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport)
      const before = Date.now()
      await append(transport, [newRecord(topic, 'dated')])
      const [record] = await read(transport, { topic, partition: 0 }, 1)
      // Another machine's clock may have stamped it.
      expect(Math.abs((record?.timestamp ?? 0) - before)).toBeLessThan(60_000)
    })

    it('carries values of 900 KiB that do not compress, several of them to one partition', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport)
      const values = [1, 2, 3].map(() => randomBytes(VALUE_BYTES))
      await append(
        transport,
        values.map(value => newRecord(topic, value)),
      )
      const records = await read(transport, { topic, partition: 0 }, values.length)
      for (const [at, value] of values.entries()) expect(records[at]?.value?.equals(value)).toBe(true)
    })

    it('names the topic that a record is too large for', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport, 1, { 'max.message.bytes': '2000' })
      const appended = append(transport, [newRecord(topic, randomBytes(5_000))])
      await expect(appended).rejects.toBeInstanceOf(RecordTooLargeError)
      await expect(appended).rejects.toMatchObject({ topic })
    })

    it('shares no bytes with its caller', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport)
      const value = Buffer.from('as it was')
      const key = Buffer.from('key')
      await append(transport, [{ topic, partition: 0, key, value, headers: [['name', value]] }])
      value.fill(0)
      key.fill(0)
      const [record] = await read(transport, { topic, partition: 0 }, 1)
      expect(record?.key?.toString()).toBe('key')
      expect(record?.value?.toString()).toBe('as it was')
      expect(record?.headers).toEqual([['name', Buffer.from('as it was')]])
    })
  })
}
