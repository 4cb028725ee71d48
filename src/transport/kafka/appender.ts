/**
 * Appends at least once: acknowledged by all in-sync replicas, never idempotent, nothing retried. One request in flight
 * a leader, so that what was appended later is never written first.
 */
import type { NewRecord } from '../../contract/log-record.ts'
import { TransportUnavailableError } from '../../errors.ts'
import type { Appender } from '../port.ts'
import { translate } from './broker-errors.ts'
import type { Connections } from './connections.ts'
import { type KafkaOptions, REQUEST_TIMEOUT_MS } from './kafka-options.ts'
import { byPartition, type Leg, legsOf, sendLeg } from './produce-legs.ts'
import { draftRecordBatch, NO_PRODUCER, splitIntoBatches } from './record-batch-encoder.ts'

export class KafkaAppender implements Appender {
  readonly #connections: Connections
  readonly #options: KafkaOptions
  /** The last leg sent to each leader; settled, never rejected. */
  readonly #last = new Map<number, Promise<void>>()
  #closed = false

  constructor(connections: Connections, options: KafkaOptions) {
    this.#connections = connections
    this.#options = options
  }

  async append(records: readonly (NewRecord & { readonly partition: number })[]): Promise<void> {
    if (this.#closed) throw new TransportUnavailableError('this appender is closed: open another')
    const topics = [...new Set(records.map(record => record.topic))]
    try {
      for (const topic of topics) this.#connections.want(topic)
      const timestamp = this.#options.clock.now()
      const batches = byPartition(records, record => record.partition).map(
        ({ topic, partition, records: ofPartition }) =>
          splitIntoBatches(ofPartition).map(run => ({
            topic,
            partition,
            batch: draftRecordBatch(run, NO_PRODUCER, timestamp),
          })),
      )
      const legs = await legsOf(this.#connections, batches)
      const sent = await Promise.allSettled(legs.map(leg => this.#inTurn(leg)))
      for (const leg of sent) if (leg.status === 'rejected') throw leg.reason
    } catch (error) {
      throw translate(error, { doing: `appending to ${topics.join(', ')}`, brokers: this.#options.bootstrapServers })
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#connections.close()
  }

  async #inTurn(leg: Leg): Promise<void> {
    const before = this.#last.get(leg.leader)
    const sending = (async () => {
      await before
      await sendLeg(this.#connections, leg, null, this.#options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS)
    })()
    this.#last.set(
      leg.leader,
      sending.catch(() => undefined),
    )
    await sending
  }
}
