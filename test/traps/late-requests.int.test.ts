/**
 * Trap: a request of a transaction is torn, its answer is lost, or it reaches the broker long after everybody has given
 * up on it: in the middle of the next transaction. A producer that aborts and goes on then loses what it is told was
 * stored, or commits what it gave up. Promise: after any doubt the sink is dead, and under a new epoch nothing of the
 * old one counts: each transaction is there whole or not at all, once, and never later than its successor.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type KafkaCluster, startCluster } from '../../scripts/kafka-broker/cluster.ts'
import { DEFAULT_KAFKA_VERSION, KAFKA_VERSIONS } from '../../scripts/kafka-broker/jars.ts'
import { CommitUnknownError, TransportUnavailableError } from '../../src/errors.ts'
import { createKafkaTransport } from '../../src/transport/kafka/kafka-transport.ts'
import type { Transport } from '../../src/transport/port.ts'
import { describeWithJava } from '../support/brokers.ts'
import { eventually } from '../support/eventually.ts'
import { API, type Fate, KafkaProxy } from '../support/kafka-proxy.ts'
import { newRecord, readWhole, texts } from '../transport/contract/contract-scene.ts'
import { kafkaOptions } from '../transport/kafka/kafka-scene.ts'

/** How long the victim waits for an answer that does not come. */
const IMPATIENCE_MS = 400
const LIMIT_MS = 60_000
const PARTITIONS = [0, 1]

const REQUESTS = Object.entries(API)
const FATES: readonly Exclude<Fate, 'pass'>[] = ['hold', 'lose-answer', 'tear']

describeWithJava('a transaction whose request or answer is late or lost', () => {
  describe.each(KAFKA_VERSIONS)('on Kafka %s', version => {
    let cluster: KafkaCluster
    let proxy: KafkaProxy
    let victim: Transport
    let successor: Transport
    beforeAll(async () => {
      cluster = await startCluster({ version })
      proxy = await KafkaProxy.before(cluster.bootstrap)
      victim = createKafkaTransport(kafkaOptions([proxy.address], 'victim', { requestTimeoutMs: IMPATIENCE_MS }))
      successor = createKafkaTransport(kafkaOptions([proxy.address], 'successor'))
      // The first of everything takes its time on a young broker: the patient one goes first.
      await successor.connect()
      await eventually(() => victim.connect().then(() => true), { limitMs: LIMIT_MS })
    }, 300_000)
    afterAll(async () => {
      await Promise.all([victim.close(), successor.close()])
      await proxy.close()
      await cluster.close()
    })

    // What differs between brokers is what they make of those who come late.
    const fates = version === DEFAULT_KAFKA_VERSION ? FATES : FATES.slice(0, 1)
    it.each(REQUESTS.flatMap(([name, api]) => fates.map(fate => [name, fate, api] as const)))(
      'is whole or not there, and its successor is neither lost nor mixed with it: %s, %s',
      async (name, fate, api) => {
        const topic = `${name}-${fate}`
        const source = { topic, partition: 0 }
        const ids = { transactionalId: topic, groupId: `group-${topic}` }
        await successor.admin.createTopics([{ topic, partitions: PARTITIONS.length, replicationFactor: 1, config: {} }])
        const records = (value: string) => PARTITIONS.map(partition => newRecord(topic, value, { partition }))
        const whole = () =>
          Promise.all(
            PARTITIONS.map(async partition => texts((await readWhole(successor, { topic, partition })).records)),
          )
        const offset = async () => (await successor.admin.committed(ids.groupId, [source]))[0]?.next

        const first = await eventually(() => successor.fence(ids), { limitMs: LIMIT_MS })
        await first.commit(records('a'), { ...source, next: 1 })
        await first.close()

        const doubtful = await eventually(() => victim.fence(ids), { limitMs: LIMIT_MS })
        let isDone = false
        proxy.fateOf = asked => {
          if (asked !== api || isDone) return 'pass'
          isDone = true
          return fate
        }
        const commit = doubtful.commit(records('b'), { ...source, next: 2 })
        const error = await commit.catch(reason => reason)
        expect([TransportUnavailableError, CommitUnknownError]).toContain(error?.constructor)
        expect(isDone).toBe(true)
        await expect(doubtful.commit(records('never'), { ...source, next: 9 })).rejects.toThrow('fence anew')

        const next = await eventually(() => successor.fence(ids), { limitMs: LIMIT_MS })
        const before = await whole()
        const kept = before[0]?.length ?? 0
        expect([['a'], ['a', 'b']]).toContainEqual(before[0])
        expect([before[1], await offset()]).toEqual([before[0], kept])

        // The late ones arrive in the middle of the next transaction, whose own end waits for them.
        const late = proxy.held.splice(0)
        proxy.fateOf = asked => (asked === API.endTxn ? 'hold' : 'pass')
        const committing = next.commit(records('c'), { ...source, next: kept + 1 })
        const end = await eventually(() => proxy.held[0], { limitMs: LIMIT_MS })
        for (const request of late) await request.release()
        proxy.fateOf = () => 'pass'
        await end.release()
        proxy.held.splice(0)
        await committing
        await next.commit(records('d'), { ...source, next: kept + 2 })

        // A commit is answered before its markers are written.
        const after = await eventually(
          async () => {
            const read = await whole()
            return read.every(values => values.includes('d')) && read
          },
          { limitMs: LIMIT_MS },
        )
        expect(after).toEqual(PARTITIONS.map(() => [...(before[0] ?? []), 'c', 'd']))
        expect(await offset()).toBe(kept + 2)
      },
      LIMIT_MS,
    )
  })
})
