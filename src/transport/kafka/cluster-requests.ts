/**
 * The requests that tell where things are: Metadata (10), FindCoordinator (2), ListOffsets (3). Unlike kafkajs's, one
 * missing topic does not spoil the answer about the others, and a topic made anew can be told from the old one.
 */
import type { TopicPartition } from '../../contract/log-record.ts'
import { byTopic, check, type ProtocolRequest, protocolRequest, type ResponseReader } from './protocol.ts'

const METADATA = { name: 'Metadata', key: 3, version: 10 }
const FIND_COORDINATOR = { name: 'FindCoordinator', key: 10, version: 2 }
const LIST_OFFSETS = { name: 'ListOffsets', key: 2, version: 3 }
const CONSUMER = -1
const NO_TOPIC_ID = '0'.repeat(32)

export interface ClusterMetadata {
  readonly clusterId: string
  readonly controllerId: number
  /** `host:port` by node id. */
  readonly addresses: ReadonlyMap<number, string>
  readonly topics: ReadonlyMap<string, TopicMetadata>
}

export interface TopicMetadata {
  readonly code: number
  /** Another one for a topic made anew; empty where there is none. */
  readonly id: string
  /** Leader by partition number; -1 where there is none. */
  readonly leaders: ReadonlyMap<number, number>
  readonly replicationFactor: number
}

export function metadataRequest(topics: readonly string[]): ProtocolRequest<ClusterMetadata> {
  return protocolRequest(
    METADATA,
    writer => {
      writer.noTags()
      writer.compactArray(topics, topic => {
        writer.int64(0) // by its name, not by
        writer.int64(0) // its id
        writer.compactString(topic)
        writer.noTags()
      })
      writer.int8(0) // never make a topic by asking for it
      writer.int8(0) // we do not ask what we may do, with the cluster
      writer.int8(0) // or with a topic
      writer.noTags()
    },
    reader => {
      reader.skipTags()
      reader.throttle()
      const addresses = new Map<number, string>()
      reader.compactArray(() => {
        const id = reader.int32()
        addresses.set(id, `${reader.compactString()}:${reader.int32()}`)
        reader.compactString() // rack
        reader.skipTags()
      })
      const clusterId = reader.compactString()
      const controllerId = reader.int32()
      const known = new Map<string, TopicMetadata>()
      reader.compactArray(() => {
        const code = reader.int16()
        const topic = reader.compactString()
        known.set(topic, { code, ...readTopic(reader) })
      })
      return { clusterId, controllerId, addresses, topics: known }
    },
  )
}

function readTopic(reader: ResponseReader): Omit<TopicMetadata, 'code'> {
  const id = reader.uuid()
  reader.boolean() // internal
  const leaders = new Map<number, number>()
  let replicationFactor = 0
  reader.compactArray(() => {
    reader.int16() // the partition's error shows as leader -1
    const partition = reader.int32()
    leaders.set(partition, reader.int32())
    reader.int32() // epoch of the leader
    replicationFactor = reader.compactArray(() => reader.int32()).length
    reader.compactArray(() => reader.int32()) // in sync
    reader.compactArray(() => reader.int32()) // offline
    reader.skipTags()
  })
  reader.int32() // what we may do
  reader.skipTags()
  return { id: id === NO_TOPIC_ID ? '' : id, leaders, replicationFactor }
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
