/** The promise of the dead letters' pages on a real Kafka: across the markers of transactions every one, once. */
import { expect, it } from 'vitest'
import type { DeadLetterCursor } from '../../src/api/dead-letter-cursor.ts'
import { createDeadLetterPages, type DeadLetterPage } from '../../src/api/dead-letter-pages.ts'
import { systemClock } from '../../src/clock.ts'
import { createKafkaTransport } from '../../src/transport/kafka/kafka-transport.ts'
import { describeWithKafka } from '../support/brokers.ts'
import { kafkaOptions } from '../transport/kafka/kafka-scene.ts'

describeWithKafka('dead letters on Kafka', kafka => {
  it('are all on the pages once, each partition newest first, as they were written in transactions', async () => {
    const transport = createKafkaTransport(kafkaOptions(kafka.brokers, 'dead-letters'))
    try {
      await transport.connect()
      const topic = `${kafka.topicPrefix()}-dead-letters`
      await transport.admin.createTopics([{ topic, partitions: 2, replicationFactor: 1, config: {} }])
      const groupId = `${kafka.topicPrefix()}-dead-letters`
      const sink = await transport.fence({ transactionalId: groupId, groupId })
      const letter = (partition: number) => ({ topic, partition, key: null, value: Buffer.from('{}'), headers: [] })
      // A marker behind each: every second offset is no record.
      for (let n = 0; n < 12; n++) await sink.commit([letter(n % 2)], { topic, partition: 0, next: n + 1 })
      await sink.close()

      const pages = createDeadLetterPages({ transport, topic, clock: systemClock })
      const found: string[] = []
      let before: DeadLetterCursor | undefined
      do {
        const page: DeadLetterPage | 'busy' = await pages.page(before, 5)
        if (page === 'busy') throw new Error('nobody else reads')
        found.push(...page.letters.map(({ partition, offset }) => `${partition}.${offset}`))
        before = page.next
      } while (before !== undefined)

      for (const partition of ['0', '1']) {
        const offsets = found.filter(id => id.startsWith(`${partition}.`)).map(id => id.split('.')[1])
        expect(offsets).toEqual(['10', '8', '6', '4', '2', '0'])
      }
      expect(found).toHaveLength(12)
    } finally {
      await transport.close()
    }
  })
})
