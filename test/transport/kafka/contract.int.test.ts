/** The contract suite on a real Kafka. */
import { createKafkaTransport } from '../../../src/transport/kafka/kafka-transport.ts'
import { describeWithEachKafka } from '../../support/brokers.ts'
import { transportContract } from '../contract.ts'
import { kafkaOptions, leaveOpen } from './kafka-scene.ts'

describeWithEachKafka('the Kafka adapter', kafka => {
  transportContract('Kafka', async () => {
    let made = 0
    return {
      topicPrefix: `${kafka.topicPrefix()}-contract`,
      replicas: count =>
        Promise.all(
          Array.from({ length: count }, async () => {
            made += 1
            const name = `replica-${made}`
            const options = kafkaOptions(kafka.brokers, name)
            const transport = createKafkaTransport(options)
            await transport.connect()
            return { name, advertisedUrl: options.advertisedUrl, transport }
          }),
        ),
      leaveOpen: (transactionalId, records) => leaveOpen(kafka.brokers, transactionalId, records),
      close: async () => undefined,
    }
  })
})
