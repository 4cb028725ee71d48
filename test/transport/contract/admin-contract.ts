/** What LogAdmin promises, and the name of the log. */
import { describe, expect, it } from 'vitest'
import { eventually } from '../../support/eventually.ts'
import { append, type ContractScene, newRecord, readWhole, texts } from './contract-scene.ts'

export function adminContract(scene: ContractScene): void {
  describe('admin', () => {
    scene.closeReplicasAfterEach()

    it('names the log alike to every replica', async () => {
      const [one, other] = await scene.twoTransports()
      expect(one.clusterId).not.toBe('')
      expect(other.clusterId).toBe(one.clusterId)
    })

    it('counts at least one broker', async () => {
      const { admin } = await scene.transport()
      expect(await admin.brokerCount()).toBeGreaterThanOrEqual(1)
    })

    it('describes a topic as it was made, and says of a missing one that it is not there', async () => {
      const transport = await scene.transport()
      const config = { 'cleanup.policy': 'compact', 'max.message.bytes': '123456' }
      const made = await scene.topic(transport, 3, config)
      const missing = scene.name('missing')

      const described = await transport.admin.describeTopics([made, missing])

      expect(described.get(made)).toEqual({
        id: expect.stringMatching(/./),
        partitions: 3,
        replicationFactor: 1,
        cleanupPolicy: 'compact',
        recordBytesMax: 123_456,
      })
      expect(described.get(missing)).toBeUndefined()
    })

    it('describes an ordinary topic as one that deletes', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport)
      expect((await transport.admin.describeTopics([topic])).get(topic)?.cleanupPolicy).toBe('delete')
    })

    it('gives every topic an id of its own, alike to every replica', async () => {
      const [one, other] = await scene.twoTransports()
      const topics = [await scene.topic(one), await scene.topic(one)]
      const idsOf = async ({ admin }: typeof one) => [...(await admin.describeTopics(topics)).values()].map(t => t?.id)
      const ids = await idsOf(one)
      expect(new Set(ids).size).toBe(2)
      expect(await eventually(() => idsOf(other))).toEqual(ids)
    })

    it('takes a topic that is there already for no error, and leaves it as it is', async () => {
      const [one, other] = await scene.twoTransports()
      const topic = await scene.topic(one, 2)
      await append(one, [newRecord(topic, 'kept')])
      const fresh = scene.name('topic')
      const spec = { partitions: 5, replicationFactor: 1, config: {} }

      await other.admin.createTopics([
        { topic, ...spec },
        { topic: fresh, ...spec },
      ])

      const described = await eventually(async () => {
        const answer = await other.admin.describeTopics([topic, fresh])
        return answer.get(fresh) && answer
      })
      expect(described.get(topic)?.partitions).toBe(2)
      expect(described.get(fresh)?.partitions).toBe(5)
      expect(texts((await readWhole(other, { topic, partition: 0 })).records)).toEqual(['kept'])
    })

    it('lets two replicas make the same topic at the same time', async () => {
      const transports = await scene.twoTransports()
      const topic = scene.name('topic')
      const spec = { topic, partitions: 2, replicationFactor: 1, config: {} }
      await Promise.all(transports.map(({ admin }) => admin.createTopics([spec])))
      for (const { admin } of transports) {
        const described = await eventually(async () => (await admin.describeTopics([topic])).get(topic))
        expect(described.partitions).toBe(2)
      }
    })

    it('tells the first and the next offset of each partition, by partition number', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport, 3)
      await append(transport, [newRecord(topic, 'a', { partition: 1 }), newRecord(topic, 'b', { partition: 1 })])
      expect(await transport.admin.offsets(topic)).toEqual([
        { earliest: 0, end: 0 },
        { earliest: 0, end: 2 },
        { earliest: 0, end: 0 },
      ])
    })

    it('deletes the records below an offset, and no others', async () => {
      const transport = await scene.transport()
      const topic = await scene.topic(transport, 2)
      const values = ['a', 'b', 'c', 'd']
      await append(
        transport,
        [0, 1].flatMap(partition => values.map(value => newRecord(topic, value, { partition }))),
      )

      await transport.admin.deleteRecords({ topic, partition: 1 }, 3)

      await eventually(async () => (await transport.admin.offsets(topic))[1]?.earliest === 3)
      expect((await transport.admin.offsets(topic))[0]).toEqual({ earliest: 0, end: 4 })
      expect(texts((await readWhole(transport, { topic, partition: 0 })).records)).toEqual(values)
      expect(texts((await readWhole(transport, { topic, partition: 1 })).records)).toEqual(['d'])
    })
  })
}
