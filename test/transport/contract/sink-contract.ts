/** What `fence` and TransactionalSink promise: all or nothing, and one owner. */
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { RecordTooLargeError, ShardFencedError } from '../../../src/errors.ts'
import { createPartitioner } from '../../../src/transport/partitioner.ts'
import { eventually } from '../../support/eventually.ts'
import {
  append,
  type ContractScene,
  GROUP_LIMIT_MS,
  GROUP_TEST_MS,
  newRecord,
  read,
  readWhole,
  takeExactly,
  texts,
} from './contract-scene.ts'

export function sinkContract(scene: ContractScene): void {
  describe('transactional sink', () => {
    scene.closeReplicasAfterEach()

    it(
      "writes to three topics and moves the group's offset together",
      async () => {
        const transport = await scene.transport()
        const topics = [await scene.topic(transport), await scene.topic(transport, 3), await scene.topic(transport)]
        const source = { topic: await scene.topic(transport, 2), partition: 1 }
        const groupId = scene.name('group')
        const sink = await transport.fence({ transactionalId: scene.name('id'), groupId })

        await sink.commit(
          topics.map(topic => newRecord(topic, `to ${topic}`)),
          { ...source, next: 42 },
        )
        await sink.commit([], { ...source, next: 43 })

        for (const topic of topics) {
          expect(texts(await read(transport, { topic, partition: 0 }, 1))).toEqual([`to ${topic}`])
        }
        const membership = transport.joinGroup({ groupId, topics: [source.topic], onAssigned: () => undefined })
        const other = { ...source, partition: 0 }
        await eventually(
          async () => {
            expect(await membership.committed([source, other])).toEqual([43, undefined])
            return true
          },
          { limitMs: GROUP_LIMIT_MS },
        )
        await sink.close()
      },
      GROUP_TEST_MS,
    )

    it('keeps the order of each partition, in a commit and from one to the next', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport, 2)
      const sink = await transport.fence({ transactionalId: scene.name('id'), groupId: scene.name('group') })
      const sent: string[][] = [[], []]
      for (let commit = 0; commit < 10; commit += 1) {
        const records = Array.from({ length: 50 }, (_, at) => {
          sent[at % 2]?.push(`${commit}.${at}`)
          return newRecord(topic, `${commit}.${at}`, { partition: at % 2 })
        })
        await sink.commit(records, { topic, partition: 0, next: commit })
      }
      await sink.close()
      for (const partition of [0, 1]) {
        expect(texts(await read(transport, { topic, partition }, 250))).toEqual(sent[partition])
      }
    })

    it('keeps the order of a commit that is larger than one request may be', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport)
      const sink = await transport.fence({ transactionalId: scene.name('id'), groupId: scene.name('group') })
      const values = Array.from({ length: 6 }, () => randomBytes(400 * 1024))
      await sink.commit(
        values.map(value => newRecord(topic, value)),
        { topic, partition: 0, next: 1 },
      )
      await sink.close()
      const records = await read(transport, { topic, partition: 0 }, values.length)
      for (const [at, value] of values.entries()) expect(records[at]?.value?.equals(value)).toBe(true)
    })

    it('puts a record without a partition where its key belongs, and shares out those without a key', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport, 3)
      const sink = await transport.fence({ transactionalId: scene.name('id'), groupId: scene.name('group') })
      const keys = ['alpha', 'beta', 'gamma', '4294967295', ''].map(text => Buffer.from(text))
      const keyed = keys.map(key => ({ topic, key, value: key, headers: [] }))
      const keyless = Array.from({ length: 6 }, () => ({ topic, key: null, value: Buffer.from('-'), headers: [] }))

      await sink.commit([...keyed, ...keyless], { topic, partition: 0, next: 1 })
      await sink.close()

      const partitionOf = createPartitioner(0)
      for (const partition of [0, 1, 2]) {
        const mine = keys.filter(key => partitionOf({ key }, 3) === partition).map(String)
        const records = await read(transport, { topic, partition }, mine.length + 2)
        expect(texts(records.filter(record => record.key))).toEqual(mine)
      }
    })

    it('hides an open transaction and what follows it in that partition, and only there', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport, 2)
      const transactionalId = scene.name('id')
      await append(transport, [newRecord(topic, 'before')])
      const reader = transport.openReader('contract')
      const blocked = reader.open({ topic, partition: 0 }, 0)
      const free = reader.open({ topic, partition: 1 }, 0)
      expect(texts(await takeExactly(blocked, 1))).toEqual(['before'])

      await scene.log.leaveOpen(transactionalId, [newRecord(topic, 'aborted')])
      await append(transport, [newRecord(topic, 'after'), newRecord(topic, 'aside', { partition: 1 })])
      expect(texts(await takeExactly(free, 1))).toEqual(['aside'])
      expect((await readWhole(transport, { topic, partition: 0 })).stoppedAt).toBe(1)
      expect(blocked.take(10)).toEqual([])

      // The next owner of that id ends it: what follows comes out, what was open never does.
      const sink = await transport.fence({ transactionalId, groupId: scene.name('group') })
      expect(texts(await takeExactly(blocked, 1))).toEqual(['after'])
      await sink.commit([newRecord(topic, 'committed')], { topic, partition: 0, next: 1 })
      expect(texts(await takeExactly(blocked, 1))).toEqual(['committed'])
      await sink.close()
      await reader.close()
    })

    it('shows committed records beside aborted ones of another owner, in whatever order they end', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport)
      const groupId = scene.name('group')
      const [one, other, third] = [scene.name('id'), scene.name('id'), scene.name('id')]
      await scene.log.leaveOpen(one, [newRecord(topic, 'aborted 1')])
      await scene.log.leaveOpen(other, [newRecord(topic, 'aborted 2')])
      const sink = await transport.fence({ transactionalId: third, groupId })
      await sink.commit([newRecord(topic, 'committed', { key: Buffer.alloc(4) })], { topic, partition: 0, next: 1 })
      await append(transport, [newRecord(topic, 'plain')])
      // The later one ends first.
      for (const transactionalId of [other, one]) await (await transport.fence({ transactionalId, groupId })).close()
      await sink.commit([newRecord(topic, 'last')], { topic, partition: 0, next: 2 })
      await sink.close()

      expect(texts(await read(transport, { topic, partition: 0 }, 3))).toEqual(['committed', 'plain', 'last'])
      const whole = await readWhole(transport, { topic, partition: 0 })
      expect(texts(whole.records)).toEqual(['committed', 'plain', 'last'])
    })

    it('fences the older owner: it cannot commit, and nothing of its try is ever seen', async () => {
      const [older, newer] = await scene.twoTransports()
      const topics = [await scene.topic(older), await scene.topic(older)]
      const place = { topic: topics[0] ?? '', partition: 0 }
      const options = { transactionalId: scene.name('id'), groupId: scene.name('group') }
      const all = (value: string) => topics.map(topic => newRecord(topic, value))
      const first = await older.fence(options)
      await first.commit(all('first'), { ...place, next: 1 })

      const second = await newer.fence(options)
      await expect(first.commit(all('fenced'), { ...place, next: 2 })).rejects.toBeInstanceOf(ShardFencedError)
      await expect(first.commit(all('dead'), { ...place, next: 2 })).rejects.toThrow()
      await second.commit(all('second'), { ...place, next: 2 })

      for (const topic of topics) {
        expect(texts(await read(newer, { topic, partition: 0 }, 2))).toEqual(['first', 'second'])
      }
      await first.close()
      await second.close()
    })

    it('fences by transactional id only: owners of other ids go on', async () => {
      const [one, other] = await scene.twoTransports()
      const topic = await scene.topic(one)
      const groupId = scene.name('group')
      const mine = await one.fence({ transactionalId: scene.name('id'), groupId })
      const theirs = await other.fence({ transactionalId: scene.name('id'), groupId })
      await mine.commit([newRecord(topic, 'mine')], { topic, partition: 0, next: 1 })
      await theirs.commit([newRecord(topic, 'theirs')], { topic, partition: 0, next: 1 })
      await mine.commit([newRecord(topic, 'mine again')], { topic, partition: 0, next: 2 })
      expect(texts(await read(one, { topic, partition: 0 }, 3))).toEqual(['mine', 'theirs', 'mine again'])
      await mine.close()
      await theirs.close()
    })

    it('lets one replica take the same id again and again', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport)
      const options = { transactionalId: scene.name('id'), groupId: scene.name('group') }
      const values = ['0', '1', '2', '3', '4']
      for (const value of values) {
        const sink = await transport.fence(options)
        await sink.commit([newRecord(topic, value)], { topic, partition: 0, next: 1 })
        await sink.close()
      }
      expect(texts(await read(transport, { topic, partition: 0 }, values.length))).toEqual(values)
    })

    it('writes nothing at all of a commit with a record that is too large, and names its topic', async () => {
      const transport = await scene.transport()
      const [topic, narrow] = [
        await scene.topic(transport),
        await scene.topic(transport, 1, { 'max.message.bytes': '2000' }),
      ]
      const options = { transactionalId: scene.name('id'), groupId: scene.name('group') }
      const sink = await transport.fence(options)
      const torn = [newRecord(topic, 'torn'), newRecord(narrow, randomBytes(5_000))]

      const commit = sink.commit(torn, { topic, partition: 0, next: 1 })
      await expect(commit).rejects.toBeInstanceOf(RecordTooLargeError)
      await expect(commit).rejects.toMatchObject({ topic: narrow })
      await sink.close()

      const next = await transport.fence(options)
      const whole = [newRecord(topic, 'whole'), newRecord(narrow, 'whole')]
      await next.commit(whole, { topic, partition: 0, next: 1 })
      await next.close()
      for (const each of [topic, narrow]) {
        expect(texts(await read(transport, { topic: each, partition: 0 }, 1))).toEqual(['whole'])
      }
    })
  })
}
