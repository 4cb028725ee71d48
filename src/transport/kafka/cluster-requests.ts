/**
 * The requests that tell where things are: Metadata (6), FindCoordinator (2), ListOffsets (3). Unlike kafkajs's, one
 * missing topic does not spoil the answer about the others.
 */
import type { TopicPartition } from '../../contract/log-record.ts'
import { byTopic, check, type ProtocolRequest, protocolRequest } from './protocol.ts'

const METADATA = { name: 'Metadata', key: 3, version: 6 }
const FIND_COORDINATOR = { name: 'FindCoordinator', key: 10, version: 2 }
const LIST_OFFSETS = { name: 'ListOffsets', key: 2, version: 3 }
const CONSUMER = -1

export interface ClusterMetadata {
  readonly clusterId: string
  readonly controllerId: number
  /** `host:port` by node id. */
  readonly addresses: ReadonlyMap<number, string>
  readonly topics: ReadonlyMap<string, TopicMetadata>
}

export interface TopicMetadata {
  readonly code: number
  /** Leader by partition number; -1 where there is none. */
  readonly leaders: ReadonlyMap<number, number>
  readonly replicationFactor: number
}

export function metadataRequest(topics: readonly string[]): ProtocolRequest<ClusterMetadata> {
  return protocolRequest(
    METADATA,
    writer => {
      writer.array(topics, topic => writer.string(topic))
      writer.int8(0) // never make a topic by asking for it
    },
    reader => {
      reader.throttle()
      const addresses = new Map<number, string>()
      reader.array(() => {
        const id = reader.int32()
        addresses.set(id, `${reader.string()}:${reader.int32()}`)
        reader.string() // rack
      })
      const clusterId = reader.string()
      const controllerId = reader.int32()
      const known = new Map<string, TopicMetadata>()
      reader.array(() => {
        const code = reader.int16()
        const topic = reader.string()
        reader.boolean() // internal
        const leaders = new Map<number, number>()
        let replicationFactor = 0
        reader.array(() => {
          reader.int16() // the partition's error shows as leader -1
          const partition = reader.int32()
          leaders.set(partition, reader.int32())
          replicationFactor = reader.array(() => reader.int32()).length
          reader.array(() => reader.int32()) // in sync
          reader.array(() => reader.int32()) // offline
        })
        known.set(topic, { code, leaders, replicationFactor })
      })
      return { clusterId, controllerId, addresses, topics: known }
    },
  )
}

export type CoordinatorKind = 'group' | 'transaction'

/** Answers the coordinator's `host:port`. */
export function findCoordinatorRequest(kind: CoordinatorKind, key: string): ProtocolRequest<string> {
  return protocolRequest(
    FIND_COORDINATOR,
    writer => {
      writer.string(key)
      writer.int8(kind === 'group' ? 0 : 1)
    },
    reader => {
      reader.throttle()
      const code = reader.int16()
      reader.string() // message
      check(code, `the coordinator of ${kind} ${key}`)
      reader.int32() // node id
      return `${reader.string()}:${reader.int32()}`
    },
  )
}

/** `earliest`: the first offset kept. `end`: behind the last record. `stable`: behind the last that is decided. */
export type OffsetKind = 'earliest' | 'end' | 'stable'

/** One offset for each partition, which all have one leader; in the order asked for. */
export function listOffsetsRequest(
  partitions: readonly TopicPartition[],
  kind: OffsetKind,
): ProtocolRequest<readonly (TopicPartition & { readonly offset: number })[]> {
  return protocolRequest(
    LIST_OFFSETS,
    writer => {
      writer.int32(CONSUMER)
      writer.int8(kind === 'stable' ? 1 : 0)
      writer.array(byTopic(partitions), ([topic, asked]) => {
        writer.string(topic)
        writer.array(asked, ({ partition }) => {
          writer.int32(partition)
          writer.int64(kind === 'earliest' ? -2 : -1)
        })
      })
    },
    reader => {
      reader.throttle()
      return reader
        .array(() => {
          const topic = reader.string()
          return reader.array(() => {
            const partition = reader.int32()
            check(reader.int16(), `the ${kind} offset of ${topic}/${partition}`, topic)
            reader.int64() // timestamp
            return { topic, partition, offset: reader.int64() }
          })
        })
        .flat()
    },
  )
}
