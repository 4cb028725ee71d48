/** What LogReader, PartitionFeed and readToEnd promise. */
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { OffsetOutOfRangeError } from '../../../src/errors.ts'
import { eventually } from '../../support/eventually.ts'
import { append, type ContractScene, newRecord, read, readWhole, takeExactly, texts } from './contract-scene.ts'

export function readerContract(scene: ContractScene): void {
  describe('reader', () => {
    scene.closeReplicasAfterEach()

    it('feeds each partition from the offset asked for, what is there and what comes', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport, 2)
      await append(
        transport,
        ['a', 'b', 'c'].map(value => newRecord(topic, value)),
      )
      const reader = transport.openReader('contract')
      const first = reader.open({ topic, partition: 0 }, 1)
      const second = reader.open({ topic, partition: 1 }, 0)
      expect(first.position).toBe(1)

      expect(texts(await takeExactly(first, 2))).toEqual(['b', 'c'])
      await append(transport, [newRecord(topic, 'd'), newRecord(topic, 'e', { partition: 1 })])
      expect(texts(await takeExactly(first, 1))).toEqual(['d'])
      expect(texts(await takeExactly(second, 1))).toEqual(['e'])
      await reader.close()
    })

    it('takes at most what is asked for, and then nothing until more waits', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport)
      await append(
        transport,
        ['a', 'b', 'c'].map(value => newRecord(topic, value)),
      )
      const reader = transport.openReader('contract')
      const feed = reader.open({ topic, partition: 0 }, 0)
      await feed.ready()
      expect(texts(feed.take(2))).toEqual(['a', 'b'])
      expect(feed.position).toBe(2)
      expect(texts(await takeExactly(feed, 1))).toEqual(['c'])
      expect(feed.take(2)).toEqual([])
      await reader.close()
    })

    it('passes over what its sieve turns down, wakes nobody for it, and moves behind it', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport)
      const values = ['no', 'yes', 'no', 'no']
      await append(
        transport,
        values.map(value => newRecord(topic, value)),
      )
      const reader = transport.openReader('contract')
      const keep = (bytes: Buffer, start: number, end: number) => bytes.toString('latin1', start, end) === 'yes'
      const feed = reader.open({ topic, partition: 0 }, 0, keep)
      expect(texts(await takeExactly(feed, 1))).toEqual(['yes'])
      await eventually(() => expect([feed.passedOver, feed.position]).toEqual([3, 4]))
      expect(feed.take(10)).toEqual([])
      await reader.close()
    })

    it('is ready when a record comes', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport)
      const reader = transport.openReader('contract')
      const feed = reader.open({ topic, partition: 0 }, 0)
      const ready = feed.ready()
      await append(transport, [newRecord(topic, 'late')])
      await ready
      expect(texts(feed.take(10))).toEqual(['late'])
      await reader.close()
    })

    it('tells what is left: nothing when all was taken, transaction markers or not', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport)
      const place = { topic, partition: 0 }
      const sink = await transport.fence({ transactionalId: scene.name('id'), groupId: scene.name('group') })
      for (const value of ['a', 'b']) await sink.commit([newRecord(topic, value)], { ...place, next: 1 })
      await sink.close()

      const reader = transport.openReader('contract')
      const feed = reader.open(place, 0)
      await takeExactly(feed, 2)
      await eventually(async () => {
        const [range] = await transport.admin.offsets(topic)
        return feed.end === range?.end && feed.position === feed.end
      })
      await reader.close()
    })

    it('fetches ahead only so far, and holds up no other feed while nobody takes', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport, 2)
      const appender = transport.openAppender('contract')
      const value = randomBytes(1_024)
      for (let call = 0; call < 24; call += 1) {
        await appender.append(Array.from({ length: 1_000 }, (_, at) => newRecord(topic, value, { partition: at % 2 })))
      }
      await appender.close()
      const reader = transport.openReader('contract')
      const idle = reader.open({ topic, partition: 0 }, 0)
      const busy = reader.open({ topic, partition: 1 }, 0)
      await idle.ready()

      await takeExactly(busy, 12_000)

      const ahead = idle.take(12_000).length
      expect(ahead).toBeGreaterThan(0)
      expect(ahead).toBeLessThan(9_000)
      await takeExactly(idle, 12_000 - ahead)
      await reader.close()
    })

    it('fetches ahead as little as it is told to', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport, 2)
      const appender = transport.openAppender('contract')
      for (let call = 0; call < 20; call += 1) {
        const values = Array.from({ length: 100 }, () => randomBytes(1_024))
        await appender.append(values.map((value, at) => newRecord(topic, value, { partition: at % 2 })))
      }
      await appender.close()
      const reader = transport.openReader('contract', { recordsMax: 50, bytesMax: 64 << 10 })
      const idle = reader.open({ topic, partition: 0 }, 0)
      const busy = reader.open({ topic, partition: 1 }, 0)
      await takeExactly(busy, 1_000)

      const ahead = idle.take(1_000).length
      expect(ahead).toBeGreaterThan(0)
      expect(ahead).toBeLessThanOrEqual(200)
      await takeExactly(idle, 1_000 - ahead)
      await reader.close()
    })

    it('says where the log begins to a feed that asks for what was deleted, and closes it', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport)
      const place = { topic, partition: 0 }
      await append(
        transport,
        ['a', 'b', 'c'].map(value => newRecord(topic, value)),
      )
      await transport.admin.deleteRecords(place, 2)
      const reader = transport.openReader('contract')

      const ready = reader.open(place, 0).ready()
      await expect(ready).rejects.toBeInstanceOf(OffsetOutOfRangeError)
      await expect(ready).rejects.toMatchObject({ earliest: 2, end: 3 })

      expect(texts(await takeExactly(reader.open(place, 2), 1))).toEqual(['c'])
      await reader.close()
    })

    it('says where the log ends to a feed that asks for what is beyond', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport)
      await append(transport, [newRecord(topic, 'a')])
      const reader = transport.openReader('contract')
      const ready = reader.open({ topic, partition: 0 }, 1_000).ready()
      await expect(ready).rejects.toBeInstanceOf(OffsetOutOfRangeError)
      await expect(ready).rejects.toMatchObject({ earliest: 0, end: 1 })
      await reader.close()
    })

    it('lets a feed that closes wake its waiter, and the others go on', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport, 2)
      const reader = transport.openReader('contract')
      const closing = reader.open({ topic, partition: 0 }, 0)
      const staying = reader.open({ topic, partition: 1 }, 0)
      const ready = closing.ready()

      closing.close()
      await ready
      await append(transport, [newRecord(topic, 'a'), newRecord(topic, 'b', { partition: 1 })])

      expect(texts(await takeExactly(staying, 1))).toEqual(['b'])
      expect(closing.take(10)).toEqual([])
      await reader.close()
    })

    it('wakes every waiter when it closes', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport, 2)
      const reader = transport.openReader('contract')
      const waits = [0, 1].map(partition => reader.open({ topic, partition }, 0).ready())
      await reader.close()
      await Promise.all(waits)
    })

    it('opens a partition again, after it was closed, from any offset', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport)
      const place = { topic, partition: 0 }
      await append(
        transport,
        ['a', 'b'].map(value => newRecord(topic, value)),
      )
      const reader = transport.openReader('contract')
      const once = reader.open(place, 1)
      expect(texts(await takeExactly(once, 1))).toEqual(['b'])
      once.close()
      expect(texts(await takeExactly(reader.open(place, 0), 2))).toEqual(['a', 'b'])
      await reader.close()
    })
  })

  describe('readToEnd', () => {
    scene.closeReplicasAfterEach()

    it('gives every record in order, in chunks, and the offset at which it stopped', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport)
      const values = Array.from({ length: 3_000 }, (_, at) => `${at}`)
      await append(
        transport,
        values.map(value => newRecord(topic, value)),
      )
      const { records, stoppedAt } = await readWhole(transport, { topic, partition: 0 })
      expect(texts(records)).toEqual(values)
      expect(stoppedAt).toBe(3_000)
    })

    it('resolves for an empty partition', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport)
      expect(await readWhole(transport, { topic, partition: 0 })).toEqual({ records: [], stoppedAt: 0 })
    })

    it('tells the last value of each key and what was removed, compacted or not', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport, 1, { 'cleanup.policy': 'compact' })
      const place = { topic, partition: 0 }
      const sink = await transport.fence({ transactionalId: scene.name('id'), groupId: scene.name('group') })
      const put = (key: string, value: string | null) =>
        newRecord(topic, '', { key: Buffer.from(key), value: value === null ? null : Buffer.from(value) })
      await sink.commit([put('a', '1'), put('b', '1'), put('c', '1')], { ...place, next: 1 })
      await sink.commit([put('a', '2'), put('b', null)], { ...place, next: 2 })
      await sink.commit([put('a', '3'), put('d', '1')], { ...place, next: 3 })
      await sink.close()
      await read(transport, place, 7)

      const remembered = async () => {
        const { records, stoppedAt } = await readWhole(transport, place)
        const last = new Map<string | undefined, string>()
        for (const { key, value } of records) {
          if (value) last.set(key?.toString(), value.toString())
          else last.delete(key?.toString())
        }
        const offsets = records.map(({ offset }) => offset)
        expect(offsets).toEqual([...offsets].sort((a, b) => a - b))
        return { last, stoppedAt }
      }
      const before = await remembered()
      expect(before.last).toEqual(
        new Map([
          ['c', '1'],
          ['a', '3'],
          ['d', '1'],
        ]),
      )
      await scene.log.compact?.(topic)
      expect(await remembered()).toEqual(before)
      // What comes after the end that it told is all that is missing.
      await append(transport, [put('e', '1')])
      expect(texts(await read(transport, place, 1, before.stoppedAt))).toEqual(['1'])
    })

    it('stops at an open transaction', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport)
      const transactionalId = scene.name('id')
      await append(transport, [newRecord(topic, 'before')])
      await scene.log.leaveOpen(transactionalId, [newRecord(topic, 'open')])
      await append(transport, [newRecord(topic, 'after')])

      const { records, stoppedAt } = await readWhole(transport, { topic, partition: 0 })

      expect(texts(records)).toEqual(['before'])
      expect(stoppedAt).toBe(1)
      await (await transport.fence({ transactionalId, groupId: scene.name('group') })).close()
    })

    it('rejects when it is told to stop', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport)
      const stop = new AbortController()
      await append(
        transport,
        Array.from({ length: 3_000 }, (_, at) => newRecord(topic, `${at}`)),
      )
      const reading = transport.readToEnd({ topic, partition: 0 }, () => stop.abort(), stop.signal)
      await expect(reading).rejects.toThrow()
    })
  })
}
