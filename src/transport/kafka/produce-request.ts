/**
 * Produce, version 7: encoded batches for partitions of one leader, acknowledged by all in-sync replicas. Batches are written into the
 * request itself, by record-batch-encoder.ts.
 */
import type { TopicPartition } from '../../contract/log-record.ts'
import { byTopic, ProtocolError, type ProtocolRequest, protocolRequest } from './protocol.ts'
import type { RecordBatchDraft } from './record-batch-encoder.ts'

const PRODUCE = { name: 'Produce', key: 0, version: 7 }
const ALL_IN_SYNC = -1
const OVERHEAD_BYTES = 1024

export interface PartitionBatch extends TopicPartition {
  readonly batch: RecordBatchDraft
}

/**
 * @param timeoutMs how long the broker waits for its replicas.
 * Answers nothing; throws ProtocolError with its topic for the first partition that was refused.
 */
export function produceRequest(
  batches: readonly PartitionBatch[],
  transactionalId: string | null,
  timeoutMs: number,
): ProtocolRequest<void> {
  const bytes = batches.reduce((sum, { batch, topic }) => sum + batch.size + topic.length + 16, OVERHEAD_BYTES)
  return protocolRequest(
    PRODUCE,
    writer => {
      writer.string(transactionalId)
      writer.int16(ALL_IN_SYNC)
      writer.int32(timeoutMs)
      writer.array(byTopic(batches), ([topic, partitions]) => {
        writer.string(topic)
        writer.array(partitions, ({ partition, batch }) => {
          writer.int32(partition)
          writer.sized(batch.size, batch.writeTo)
        })
      })
    },
    reader => {
      let refused: ProtocolError | undefined
      reader.array(() => {
        const topic = reader.string()
        reader.array(() => {
          const partition = reader.int32()
          const code = reader.int16()
          reader.int64() // offset of the first record
          reader.int64() // time of the append
          reader.int64() // log start
          if (code !== 0) refused ??= new ProtocolError(code, `a write to ${topic}/${partition}`, topic)
        })
      })
      reader.throttle()
      if (refused) throw refused
    },
    bytes,
  )
}
