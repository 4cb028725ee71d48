/** What is sent to leaders, in which order, and never twice; beside it stock kafkajs, which does send twice (fault 2). */
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { batchesOf, byPartition, type Leaders, type Leg, sendLeg } from '../../../src/transport/kafka/produce-legs.ts'
import { ProtocolError, type ProtocolRequest, ResponseReader } from '../../../src/transport/kafka/protocol.ts'
import { readBatches } from '../../../src/transport/kafka/record-batch-decoder.ts'
import { RequestWriter } from '../../../src/transport/kafka/request-writer.ts'
import { TIMESTAMP, text, written } from './batches.ts'

const load = createRequire(import.meta.url)
const PRODUCER = { producerId: 1, producerEpoch: 0, transactional: true }

/** Leaders that note the requests they got, as bytes; `refuse` says which of them are answered with an error. */
function notingLeaders(refuse: (request: number) => boolean = () => false) {
  const sent: { leader: number; bytes: Buffer }[] = []
  const forgotten: string[] = []
  const leaders: Leaders = {
    node: async leader => ({
      send: async <T>(request: ProtocolRequest<T>): Promise<T> => {
        const writer = new RequestWriter(Buffer.alloc(16))
        writer.beginFrame()
        request.write(writer)
        sent.push({ leader, bytes: Buffer.from(writer.frame()) })
        if (refuse(sent.length)) throw new ProtocolError(6, 'a write', 'topic')
        // No topics and no throttle: what a broker says that took everything.
        return request.read(new ResponseReader(Buffer.alloc(8)))
      },
    }),
    forget: topic => void forgotten.push(topic),
  }
  return { leaders, sent, forgotten }
}

function legOf(sizes: readonly number[]): Leg {
  const records = sizes.map(size => text('x'.repeat(size)))
  const encode = (partition: number) =>
    batchesOf({ topic: 'topic', partition, records }, PRODUCER, new Map(), TIMESTAMP)
  return { leader: 1, batches: [encode(0), encode(1)] }
}

describe('the records of a transaction', () => {
  it('stay together by partition, in their order', () => {
    const records = ['a', 'b', 'c', 'd'].map((value, index) => ({
      ...text(value),
      topic: index === 3 ? 'other' : 'topic',
      partition: index % 2,
    }))
    const found = byPartition(records, record => record.partition)
    expect(
      found.map(({ topic, partition, records: own }) => [topic, partition, own.map(({ value }) => `${value}`)]),
    ).toEqual([
      ['topic', 0, ['a', 'c']],
      ['topic', 1, ['b']],
      ['other', 1, ['d']],
    ])
  })

  it('are numbered on from batch to batch, and from 0 again behind the last number there is', () => {
    const sequences = new Map([['topic/0', 2 ** 31 - 1]])
    const records = [text('a'), text('b')]
    const sequenceOf = () => {
      const [batch] = batchesOf({ topic: 'topic', partition: 0, records }, PRODUCER, sequences, TIMESTAMP)
      return batch && written(batch.batch).readInt32BE(53)
    }
    expect([sequenceOf(), sequenceOf()]).toEqual([2 ** 31 - 1, 1])
  })

  it('go out in as many requests as the fullest partition has batches, each batch in one', async () => {
    const { leaders, sent } = notingLeaders()
    const leg = legOf([600_000, 600_000, 600_000])
    await sendLeg(leaders, leg, 'quests-0', 1000)
    expect(sent).toHaveLength(3)
    for (const [round, { bytes }] of sent.entries()) {
      for (const batches of leg.batches) {
        const batch = batches[round]
        expect(bytes.includes(batch === undefined ? 'missing' : written(batch.batch))).toBe(true)
      }
    }
    expect(leg.batches.flat().map(({ batch }) => readBatches(written(batch))[0]?.count)).toEqual([1, 1, 1, 1, 1, 1])
  })

  it('are never sent again after an error, and nothing is sent behind it', async () => {
    const { leaders, sent, forgotten } = notingLeaders(request => request === 2)
    await expect(sendLeg(leaders, legOf([600_000, 600_000, 600_000]), 'quests-0', 1000)).rejects.toThrow('NOT_LEADER')
    expect(sent).toHaveLength(2)
    expect(forgotten).toContain('topic')
  })
})

describe('stock kafkajs', () => {
  it('sends again to a leader that has not answered yet, when another one fails', async () => {
    const createSendMessages = load('kafkajs/src/producer/sendMessages')
    const createRetry: (options: object) => unknown = load('kafkajs/src/retry')
    const produced: number[] = []
    let failures = 1
    const broker = (nodeId: number, answer: () => Promise<unknown>) => ({
      nodeId,
      produce: () => {
        produced.push(nodeId)
        return answer()
      },
    })
    const answered = { topics: [] }
    // The slow leader answers only when it has been asked twice: that it was is what the test shows.
    let askedTwice: (answer: object) => void = () => undefined
    const slowAnswer = new Promise<object>(resolve => {
      askedTwice = resolve
    })
    const slow = broker(1, () => {
      if (produced.filter(id => id === 1).length === 2) askedTwice(answered)
      return slowAnswer
    })
    const failing = broker(2, async () => {
      if (failures-- > 0) throw Object.assign(new Error('moved'), { name: 'KafkaJSProtocolError', retriable: true })
      return answered
    })
    const send = createSendMessages({
      logger: { error: () => undefined, debug: () => undefined },
      cluster: {
        addMultipleTargetTopics: async () => undefined,
        refreshMetadata: async () => undefined,
        refreshMetadataIfNecessary: async () => undefined,
        isConnected: () => true,
        findTopicPartitionMetadata: () => [{ partitionId: 0 }, { partitionId: 1 }],
        findLeaderForPartitions: () => ({ 1: [0], 2: [1] }),
        findBroker: async ({ nodeId }: { nodeId: string }) => (nodeId === '1' ? slow : failing),
      },
      partitioner: ({ message }: { message: { partition: number } }) => message.partition,
      eosManager: {
        acquireBrokerLock: async () => undefined,
        releaseBrokerLock: async () => undefined,
        isTransactional: () => true,
        addPartitionsToTransaction: async () => undefined,
        getSequence: () => 0,
        updateSequence: () => undefined,
        getTransactionalId: () => 'quests-0',
        getProducerId: () => 1,
        getProducerEpoch: () => 0,
      },
      retrier: createRetry({ initialRetryTime: 1, retries: 2 }),
    })

    const messages = [0, 1].map(partition => ({ partition, value: 'x' }))
    await send({ acks: -1, timeout: 1000, topicMessages: [{ topic: 'topic', messages }] })

    expect(produced.filter(id => id === 1)).toHaveLength(2)
  })
})
