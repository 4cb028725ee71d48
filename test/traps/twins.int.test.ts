/**
 * Trap: two replicas are given one REPLICA_NAME. Each takes the other for its own ghost and throws it out of the groups.
 * Promise: once for each start and not for ever; then both serve side by side, and both say what is wrong. A restart
 * after kill -9 still takes its ghost out at once (test/transport/kafka/group.int.test.ts).
 */
import { expect, it } from 'vitest'
import { createKafkaTransport } from '../../src/transport/kafka/kafka-transport.ts'
import { describeWithKafka } from '../support/brokers.ts'
import { eventually } from '../support/eventually.ts'
import { kafkaOptions } from '../transport/kafka/kafka-scene.ts'

const LIMIT_MS = 60_000
const PARTITIONS = 4

describeWithKafka('two live replicas of one name', kafka => {
  it(
    'throw each other out once, then share the partitions, and say so',
    async () => {
      const topic = `${kafka.topicPrefix()}-twins`
      const join = async (advertisedUrl: string) => {
        const notices: { message: string; other: unknown }[] = []
        const transport = createKafkaTransport(
          kafkaOptions(kafka.brokers, 'twin', {
            advertisedUrl,
            sessionTimeoutMs: 4000,
            onNotice: (_, message, fields) => void notices.push({ message, other: fields.other }),
          }),
        )
        await transport.connect()
        await transport.admin.createTopics([{ topic, partitions: PARTITIONS, replicationFactor: 1, config: {} }])
        const held = { partitions: 0 }
        transport.joinGroup({
          groupId: topic,
          topics: [topic],
          onAssigned: ({ partitions }) => Object.assign(held, { partitions: partitions.length }),
        })
        const count = (text: string) => notices.filter(({ message }) => message.includes(text)).length
        return { transport, held, notices, count }
      }
      const first = await join('http://first:8080')
      await eventually(() => first.held.partitions === PARTITIONS, { limitMs: LIMIT_MS })
      const second = await join('http://second:8080')
      const twins = [first, second]
      const shared = () => twins.every(({ held }) => held.partitions === PARTITIONS / 2)
      await eventually(shared, { limitMs: LIMIT_MS })

      for (const [twin, other] of [
        [first, 'http://second:8080'],
        [second, 'http://first:8080'],
      ] as const) {
        const told = await eventually(
          () => twin.notices.find(({ message }) => message.includes('REPLICA_NAME twin is used by two live replicas')),
          { limitMs: LIMIT_MS },
        )
        expect(told.other).toBe(other)
      }
      // Only the second found one of its name when it started; nobody was thrown out since.
      expect([first.count('took a member of our own name'), second.count('took a member of our own name')]).toEqual([
        0, 1,
      ])
      await eventually(shared, { limitMs: LIMIT_MS })
      await Promise.all(twins.map(({ transport }) => transport.close()))
    },
    3 * LIMIT_MS,
  )
})
