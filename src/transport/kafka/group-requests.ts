/**
 * The classic group protocol, as Kafka 3.9 and 4.x serve it: JoinGroup (5), SyncGroup (3), Heartbeat (3), LeaveGroup
 * (2), OffsetCommit (5), OffsetFetch (4), DescribeGroups (2). What members say of themselves is bytes here.
 */
import type { TopicPartition } from '../../contract/log-record.ts'
import type { NextOffset } from '../port.ts'
import { byTopic, CODE, check, ProtocolError, type ProtocolRequest, protocolRequest } from './protocol.ts'

const JOIN_GROUP = { name: 'JoinGroup', key: 11, version: 5 }
const SYNC_GROUP = { name: 'SyncGroup', key: 14, version: 3 }
const HEARTBEAT = { name: 'Heartbeat', key: 12, version: 3 }
const LEAVE_GROUP = { name: 'LeaveGroup', key: 13, version: 2 }
const OFFSET_COMMIT = { name: 'OffsetCommit', key: 8, version: 5 }
const OFFSET_FETCH = { name: 'OffsetFetch', key: 9, version: 4 }
const DESCRIBE_GROUPS = { name: 'DescribeGroups', key: 15, version: 2 }
const PROTOCOL_TYPE = 'consumer'
/** What the broker needs beyond its own waiting. */
const MARGIN_MS = 5000

/** A member in one generation of its group. */
export interface Seat {
  readonly groupId: string
  readonly memberId: string
  readonly generation: number
}

export interface JoinOptions {
  readonly groupId: string
  /** Empty for a new member. */
  readonly memberId: string
  readonly protocol: string
  readonly metadata: Buffer
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
}

/** `members` only for the leader, who is to assign. */
export interface Joined extends Seat {
  readonly leads: boolean
  readonly members: readonly { readonly memberId: string; readonly metadata: Buffer }[]
}

/** The broker wants a new member to come again under this id. */
export interface NewMemberId {
  readonly comeAgainAs: string
}

export function joinGroupRequest(options: JoinOptions): ProtocolRequest<Joined | NewMemberId> {
  const { groupId, rebalanceTimeoutMs } = options
  const request = protocolRequest<Joined | NewMemberId>(
    JOIN_GROUP,
    writer => {
      writer.string(groupId)
      writer.int32(options.sessionTimeoutMs)
      writer.int32(rebalanceTimeoutMs)
      writer.string(options.memberId)
      writer.string(null) // no static membership
      writer.string(PROTOCOL_TYPE)
      writer.array([options.protocol], name => {
        writer.string(name)
        writer.bytes(options.metadata)
      })
    },
    reader => {
      reader.throttle()
      const code = reader.int16()
      const generation = reader.int32()
      reader.string() // protocol
      const leader = reader.string()
      const memberId = reader.string()
      if (code === CODE.memberIdRequired) return { comeAgainAs: memberId }
      check(code, `joining group ${groupId}`)
      const members = reader.array(() => {
        const id = reader.string()
        reader.string() // static id
        return { memberId: id, metadata: reader.bytes() }
      })
      return { groupId, memberId, generation, leads: leader === memberId, members }
    },
  )
  return { ...request, timeoutMs: rebalanceTimeoutMs + MARGIN_MS }
}

/** The leader tells all assignments, the others none; answers our own. */
export function syncGroupRequest(
  { groupId, memberId, generation }: Seat,
  assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[],
  rebalanceTimeoutMs: number,
): ProtocolRequest<Buffer> {
  const request = protocolRequest(
    SYNC_GROUP,
    writer => {
      writer.string(groupId)
      writer.int32(generation)
      writer.string(memberId)
      writer.string(null)
      writer.array(assignments, ({ memberId: id, assignment }) => {
        writer.string(id)
        writer.bytes(assignment)
      })
    },
    reader => {
      reader.throttle()
      check(reader.int16(), `the assignment of group ${groupId}`)
      return reader.bytes()
    },
  )
  return { ...request, timeoutMs: rebalanceTimeoutMs + MARGIN_MS }
}

export function heartbeatRequest({ groupId, memberId, generation }: Seat): ProtocolRequest<void> {
  return protocolRequest(
    HEARTBEAT,
    writer => {
      writer.string(groupId)
      writer.int32(generation)
      writer.string(memberId)
      writer.string(null)
    },
    reader => {
      reader.throttle()
      check(reader.int16(), `a heartbeat to group ${groupId}`)
    },
  )
}

export function leaveGroupRequest(groupId: string, memberId: string): ProtocolRequest<void> {
  return protocolRequest(
    LEAVE_GROUP,
    writer => {
      writer.string(groupId)
      writer.string(memberId)
    },
    reader => {
      reader.throttle()
      check(reader.int16(), `taking ${memberId} out of group ${groupId}`)
    },
  )
}

export function offsetCommitRequest(
  { groupId, memberId, generation }: Seat,
  offsets: readonly NextOffset[],
): ProtocolRequest<void> {
  return protocolRequest(
    OFFSET_COMMIT,
    writer => {
      writer.string(groupId)
      writer.int32(generation)
      writer.string(memberId)
      writer.array(byTopic(offsets), ([topic, partitions]) => {
        writer.string(topic)
        writer.array(partitions, ({ partition, next, note = '' }) => {
          writer.int32(partition)
          writer.int64(next)
          writer.string(note)
        })
      })
    },
    reader => {
      reader.throttle()
      let refused: ProtocolError | undefined
      reader.array(() => {
        const topic = reader.string()
        reader.array(() => {
          const partition = reader.int32()
          const code = reader.int16()
          if (code !== 0)
            refused ??= new ProtocolError(code, `the offset of ${groupId} for ${topic}/${partition}`, topic)
        })
      })
      if (refused) throw refused
    },
  )
}

/** The committed offset of each; -1 where there is none. In no certain order. */
export function offsetFetchRequest(
  groupId: string,
  partitions: readonly TopicPartition[],
): ProtocolRequest<readonly (TopicPartition & { readonly offset: number; readonly note: string })[]> {
  return protocolRequest(
    OFFSET_FETCH,
    writer => {
      writer.string(groupId)
      writer.array(byTopic(partitions), ([topic, numbers]) => {
        writer.string(topic)
        writer.array(numbers, ({ partition }) => writer.int32(partition))
      })
    },
    reader => {
      reader.throttle()
      const offsets = reader
        .array(() => {
          const topic = reader.string()
          return reader.array(() => {
            const partition = reader.int32()
            const offset = reader.int64()
            const note = reader.string()
            check(reader.int16(), `the offset that ${groupId} committed for ${topic}/${partition}`, topic)
            return { topic, partition, offset, note }
          })
        })
        .flat()
      check(reader.int16(), `the offsets that ${groupId} committed`)
      return offsets
    },
  )
}

export interface GroupMemberDescription {
  readonly memberId: string
  readonly clientId: string
  /** The address that it connected from, as the broker saw it. */
  readonly host: string
  /** As the member said it; empty while a rebalance goes on. */
  readonly metadata: Buffer
  readonly assignment: Buffer
}

/** The members of a group; none for a group that does not exist. */
export function describeGroupRequest(groupId: string): ProtocolRequest<readonly GroupMemberDescription[]> {
  return protocolRequest(
    DESCRIBE_GROUPS,
    writer => writer.array([groupId], id => writer.string(id)),
    reader => {
      reader.throttle()
      return reader
        .array(() => {
          check(reader.int16(), `the members of ${groupId}`)
          reader.string() // id
          reader.string() // state
          reader.string() // kind of protocol
          reader.string() // protocol
          return reader.array(() => {
            const memberId = reader.string()
            const clientId = reader.string()
            const host = reader.string()
            return { memberId, clientId, host, metadata: reader.bytes(), assignment: reader.bytes() }
          })
        })
        .flat()
    },
  )
}
