/**
 * The requests of an administrator: CreateTopics (3), DescribeConfigs (2), DeleteRecords (1).
 */
import type { TopicPartition } from '../../contract/log-record.ts'
import type { TopicSpec } from '../port.ts'
import { CODE, check, ProtocolError, type ProtocolRequest, protocolRequest } from './protocol.ts'

const CREATE_TOPICS = { name: 'CreateTopics', key: 19, version: 3 }
const DESCRIBE_CONFIGS = { name: 'DescribeConfigs', key: 32, version: 2 }
const DELETE_RECORDS = { name: 'DeleteRecords', key: 21, version: 1 }
const TOPIC = 2

/** A topic that is there already is no error. */
export function createTopicsRequest(topics: readonly TopicSpec[], timeoutMs: number): ProtocolRequest<void> {
  return protocolRequest(
    CREATE_TOPICS,
    writer => {
      writer.array(topics, ({ topic, partitions, replicationFactor, config }) => {
        writer.string(topic)
        writer.int32(partitions)
        writer.int16(replicationFactor)
        writer.int32(0) // replicas by hand
        writer.array(Object.entries(config), ([name, value]) => {
          writer.string(name)
          writer.string(value)
        })
      })
      writer.int32(timeoutMs)
      writer.int8(0) // not only a trial
    },
    reader => {
      reader.throttle()
      let refused: ProtocolError | undefined
      reader.array(() => {
        const topic = reader.string()
        const code = reader.int16()
        const message = reader.string()
        if (code === 0 || code === CODE.topicExists) return
        refused ??= new ProtocolError(code, `making topic ${topic}${message ? ` (${message})` : ''}`, topic)
      })
      if (refused) throw refused
    },
  )
}

/** The named configuration entries of each topic. A topic that does not exist is left out. */
export function describeConfigsRequest(
  topics: readonly string[],
  names: readonly string[],
): ProtocolRequest<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  return protocolRequest(
    DESCRIBE_CONFIGS,
    writer => {
      writer.array(topics, topic => {
        writer.int8(TOPIC)
        writer.string(topic)
        writer.array(names, name => writer.string(name))
      })
      writer.int8(0) // no synonyms
    },
    reader => {
      reader.throttle()
      const configs = new Map<string, ReadonlyMap<string, string>>()
      reader.array(() => {
        const code = reader.int16()
        reader.string() // message
        reader.int8() // kind
        const topic = reader.string()
        const entries = new Map<string, string>()
        reader.array(() => {
          entries.set(reader.string(), reader.string())
          reader.boolean() // read-only
          reader.int8() // source
          reader.boolean() // secret
          reader.array(() => {
            reader.string()
            reader.string()
            reader.int8()
          })
        })
        if (code === CODE.unknownTopic) return
        check(code, `the configuration of topic ${topic}`, topic)
        configs.set(topic, entries)
      })
      return configs
    },
  )
}

/** Lets the records of one partition go that are below `before`. Goes to its leader. */
export function deleteRecordsRequest(
  { topic, partition }: TopicPartition,
  before: number,
  timeoutMs: number,
): ProtocolRequest<void> {
  return protocolRequest(
    DELETE_RECORDS,
    writer => {
      writer.array([topic], name => {
        writer.string(name)
        writer.array([partition], number => {
          writer.int32(number)
          writer.int64(before)
        })
      })
      writer.int32(timeoutMs)
    },
    reader => {
      reader.throttle()
      reader.array(() => {
        reader.string()
        reader.array(() => {
          reader.int32()
          reader.int64() // what is now the first offset
          check(reader.int16(), `deleting records of ${topic}/${partition} below ${before}`, topic)
        })
      })
    },
  )
}
