/**
 * Fetch, version 11: one long poll over any partitions of one leader. An error of one partition stays with that
 * partition; kafkajs's own request throws the whole answer away for it.
 */
import { partitionName, type TopicPartition } from '../../contract/log-record.ts'
import { byTopic, check, type ProtocolRequest, protocolRequest } from './protocol.ts'
import type { AbortedTransaction } from './read-committed.ts'

const FETCH = { name: 'Fetch', key: 1, version: 11 }
const CONSUMER = -1
const READ_COMMITTED = 1
const NO_SESSION = 0
const NO_SESSION_EPOCH = -1
const ANY_LEADER_EPOCH = -1
const NO_LOG_START = -1

export interface FetchPartition extends TopicPartition {
  readonly from: number
}

export interface FetchBounds {
  /** How long the broker waits for `bytesMin`, milliseconds. */
  readonly maxWaitMs: number
  readonly bytesMin: number
  /** Of the whole answer. The first batch comes whole even where it is larger. */
  readonly responseBytesMax: number
  readonly partitionBytesMax: number
}

export interface FetchedPartition {
  readonly code: number
  /** Offset behind the last replicated record. */
  readonly highWatermark: number
  readonly aborted: readonly AbortedTransaction[]
  readonly batches: Buffer
}

/** Answers by partition name. */
export function fetchRequest(
  partitions: readonly FetchPartition[],
  { maxWaitMs, bytesMin, responseBytesMax, partitionBytesMax }: FetchBounds,
): ProtocolRequest<ReadonlyMap<string, FetchedPartition>> {
  return protocolRequest(
    FETCH,
    writer => {
      writer.int32(CONSUMER)
      writer.int32(maxWaitMs)
      writer.int32(bytesMin)
      writer.int32(responseBytesMax)
      writer.int8(READ_COMMITTED)
      writer.int32(NO_SESSION)
      writer.int32(NO_SESSION_EPOCH)
      writer.array(byTopic(partitions), ([topic, asked]) => {
        writer.string(topic)
        writer.array(asked, ({ partition, from }) => {
          writer.int32(partition)
          writer.int32(ANY_LEADER_EPOCH)
          writer.int64(from)
          writer.int64(NO_LOG_START)
          writer.int32(partitionBytesMax)
        })
      })
      writer.int32(0) // topics to forget
      writer.string('') // rack
    },
    reader => {
      reader.throttle()
      check(reader.int16(), 'a fetch')
      reader.int32() // session
      const fetched = new Map<string, FetchedPartition>()
      reader.array(() => {
        const topic = reader.string()
        reader.array(() => {
          const partition = reader.int32()
          const code = reader.int16()
          const highWatermark = reader.int64()
          reader.int64() // last stable offset
          reader.int64() // log start
          const aborted = reader.array(() => ({ producerId: reader.int64(), firstOffset: reader.int64() }))
          reader.int32() // preferred replica
          fetched.set(partitionName({ topic, partition }), { code, highWatermark, aborted, batches: reader.bytes() })
        })
      })
      return fetched
    },
  )
}
