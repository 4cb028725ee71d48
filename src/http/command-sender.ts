/**
 * Puts records on the command topic as any producer would: by key, and in turn where there is none. At least once:
 * after a failure any of a batch may be there. Never looks into a record.
 */
import { existingTopic } from '../api/existing-topics.ts'
import type { Random } from '../clock.ts'
import type { Headers } from '../contract/log-record.ts'
import { createPartitioner } from '../transport/partitioner.ts'
import type { Appender, Transport } from '../transport/port.ts'

export interface CommandRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Headers
}

export interface CommandSender {
  /**
   * Resolves when all are acknowledged. One batch at a time, in the order of the calls.
   * @throws TransportUnavailableError, RecordTooLargeError
   */
  send(records: readonly CommandRecord[]): Promise<void>
  close(): Promise<void>
}

/** Opens its connections with the first batch. */
export function createCommandSender(options: {
  readonly transport: Pick<Transport, 'admin' | 'openAppender'>
  readonly topic: string
  readonly random: Random
}): CommandSender {
  const { transport, topic, random } = options
  const partitioner = createPartitioner(Math.floor(random.fraction() * 1000))
  let appender: Appender | undefined
  let partitions: number | undefined
  let previous: Promise<void> = Promise.resolve()

  const sendNow = async (records: readonly CommandRecord[]): Promise<void> => {
    partitions ??= (await existingTopic(transport.admin, topic)).partitions
    const count = partitions
    appender ??= transport.openAppender('commands')
    await appender.append(records.map(record => ({ ...record, topic, partition: partitioner(record, count) })))
  }

  return {
    send(records) {
      const sent = previous.then(() => sendNow(records))
      previous = sent.catch(() => {})
      return sent
    },
    async close() {
      await previous
      await appender?.close()
    },
  }
}
