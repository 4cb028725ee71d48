/**
 * The five requests of a transaction besides Produce, at versions that know no group generation: the transactional id
 * alone fences. Each answers nothing, or throws ProtocolError with the code that says most.
 */
import type { TopicPartition } from '../../contract/log-record.ts'
import { byTopic, CODE, check, type ProtocolRequest, protocolRequest, type ResponseReader } from './protocol.ts'
import type { RequestWriter } from './request-writer.ts'

const INIT_PRODUCER_ID = { name: 'InitProducerId', key: 22, version: 1 }
const ADD_PARTITIONS = { name: 'AddPartitionsToTxn', key: 24, version: 1 }
const ADD_OFFSETS = { name: 'AddOffsetsToTxn', key: 25, version: 1 }
const END = { name: 'EndTxn', key: 26, version: 1 }
const OFFSET_COMMIT = { name: 'TxnOffsetCommit', key: 28, version: 1 }

/** Who writes: a transactional id in one of its epochs. */
export interface Writer {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
}

/** Makes a new epoch, and ends what an older one left open. */
export function initProducerIdRequest(transactionalId: string, transactionTimeoutMs: number): ProtocolRequest<Writer> {
  return protocolRequest(
    INIT_PRODUCER_ID,
    writer => {
      writer.string(transactionalId)
      writer.int32(transactionTimeoutMs)
    },
    reader => {
      reader.throttle()
      check(reader.int16(), `fencing ${transactionalId}`)
      return { transactionalId, producerId: reader.int64(), producerEpoch: reader.int16() }
    },
  )
}

export function addPartitionsRequest(owner: Writer, partitions: readonly TopicPartition[]): ProtocolRequest<void> {
  return protocolRequest(
    ADD_PARTITIONS,
    writer => {
      writeOwner(writer, owner)
      writer.array(byTopic(partitions), ([topic, numbers]) => {
        writer.string(topic)
        writer.array(numbers, ({ partition }) => writer.int32(partition))
      })
    },
    reader => {
      reader.throttle()
      checkPartitions(reader, `adding partitions to the transaction of ${owner.transactionalId}`)
    },
  )
}

export function addOffsetsRequest(owner: Writer, groupId: string): ProtocolRequest<void> {
  return protocolRequest(
    ADD_OFFSETS,
    writer => {
      writeOwner(writer, owner)
      writer.string(groupId)
    },
    reader => {
      reader.throttle()
      check(reader.int16(), `adding offsets of ${groupId} to the transaction of ${owner.transactionalId}`)
    },
  )
}

export function txnOffsetCommitRequest(
  owner: Writer,
  groupId: string,
  { topic, partition, next }: TopicPartition & { readonly next: number },
): ProtocolRequest<void> {
  return protocolRequest(
    OFFSET_COMMIT,
    writer => {
      writer.string(owner.transactionalId)
      writer.string(groupId)
      writer.int64(owner.producerId)
      writer.int16(owner.producerEpoch)
      writer.array([topic], name => {
        writer.string(name)
        writer.array([partition], number => {
          writer.int32(number)
          writer.int64(next)
          writer.string('') // metadata
        })
      })
    },
    reader => {
      reader.throttle()
      checkPartitions(reader, `the offset of ${groupId} in the transaction of ${owner.transactionalId}`)
    },
  )
}

export function commitRequest(owner: Writer): ProtocolRequest<void> {
  return protocolRequest(
    END,
    writer => {
      writeOwner(writer, owner)
      writer.int8(1) // commit, not abort
    },
    reader => {
      reader.throttle()
      check(reader.int16(), `committing the transaction of ${owner.transactionalId}`)
    },
  )
}

function writeOwner(writer: RequestWriter, { transactionalId, producerId, producerEpoch }: Writer): void {
  writer.string(transactionalId)
  writer.int64(producerId)
  writer.int16(producerEpoch)
}

/** "Not attempted" only says that another partition was refused: that one's code is the one to act on. */
function checkPartitions(reader: ResponseReader, about: string): void {
  let worst = 0
  let place = ''
  reader.array(() => {
    const topic = reader.string()
    reader.array(() => {
      const partition = reader.int32()
      const code = reader.int16()
      if (code === 0 || (worst !== 0 && worst !== CODE.operationNotAttempted)) return
      worst = code
      place = `${topic}/${partition}`
    })
  })
  check(worst, place === '' ? about : `${place}, ${about}`)
}
