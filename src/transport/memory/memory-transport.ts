/**
 * The port on a log in this process: what one replica does with it. Used when no brokers are configured, and by tests
 * and simulations, where several replicas share a log. Nothing outlives the process.
 */
import { partitionName, type TopicPartition } from '../../contract/log-record.ts'
import { OffsetOutOfRangeError, TransportUnavailableError } from '../../errors.ts'
import { createPartitioner } from '../partitioner.ts'
import type { Appender, LogAdmin, Transport } from '../port.ts'
import type { LogCaller } from './fault-gate.ts'
import type { MemoryLog } from './memory-log.ts'
import { MemoryMembership, type ReplicaIdentity } from './memory-membership.ts'
import { MemoryReader } from './memory-reader.ts'
import { MemorySink } from './memory-sink.ts'

/** Records that `readToEnd` hands over at a time. */
const CHUNK_RECORDS_MAX = 1_000

/** `name` is the replica's: faults are asked for by it. */
export function createMemoryTransport(log: MemoryLog, replica: ReplicaIdentity): Transport {
  const memberships = new Set<MemoryMembership>()
  const readers = new Set<MemoryReader>()
  let closed = false

  function refuseClosed(): void {
    if (closed) throw new TransportUnavailableError(`the transport of ${replica.name} is closed: open a new one`)
  }

  const call: LogCaller = async (operation, target, effect, records) => {
    refuseClosed()
    return await log.gate.call(replica.name, operation, target, effect, records)
  }

  const transport: Transport = {
    clusterId: log.clusterId,
    durable: false,
    connect: () => call('connect', '', () => undefined),
    admin: memoryAdmin(log, call),

    joinGroup(options) {
      refuseClosed()
      const membership = new MemoryMembership(log, replica, options)
      memberships.add(membership)
      return membership
    },

    openReader(_name, readAhead) {
      refuseClosed()
      const reader = new MemoryReader(log, replica.name, readAhead?.recordsMax, () => readers.delete(reader))
      readers.add(reader)
      return reader
    },

    openAppender: () => memoryAppender(log, call),

    async fence(options) {
      const { transactionalId } = options
      const epoch = await call('sink.fence', transactionalId, () => log.transactions.fence(transactionalId))
      return new MemorySink(log, call, options, epoch)
    },

    async readToEnd(partition, onRecords, signal) {
      signal.throwIfAborted()
      // All at once, so that a compaction between two chunks cannot take away what overwrites the first.
      const { records, next } = await call('reader.toEnd', partitionName(partition), () => {
        const found = log.partition(partition)
        return found.read(found.earliest, Number.POSITIVE_INFINITY)
      })
      for (let at = 0; at < records.length; at += CHUNK_RECORDS_MAX) {
        signal.throwIfAborted()
        const chunk = records.slice(at, at + CHUNK_RECORDS_MAX)
        onRecords(chunk)
        await log.gate.breathe(chunk.length)
      }
      signal.throwIfAborted()
      return next
    },

    async close() {
      if (closed) return
      closed = true
      for (const reader of [...readers]) await reader.close()
      for (const membership of memberships) await membership.leave()
    },
  }
  return transport
}

function memoryAdmin(log: MemoryLog, call: LogCaller): LogAdmin {
  return {
    brokerCount: () => call('admin.brokerCount', '', () => 1),
    describeTopics: names =>
      call('admin.describeTopics', names.join(), () => new Map(names.map(name => [name, log.describe(name)] as const))),
    createTopics: topics =>
      call('admin.createTopics', topics.map(spec => spec.topic).join(), () => log.createTopics(topics)),
    offsets: topic =>
      call('admin.offsets', topic, () => log.partitions(topic).map(({ earliest, end }) => ({ earliest, end }))),
    committed: (groupId, partitions) =>
      call('admin.committed', groupId, () => log.group(groupId).committedOffsets(partitions)),
    deleteRecords: (partition, before) =>
      call('admin.deleteRecords', partitionName(partition), () => deleteRecords(log, partition, before)),
  }
}

function deleteRecords(log: MemoryLog, place: TopicPartition, before: number): void {
  const partition = log.partition(place)
  if (before > partition.end) {
    throw new OffsetOutOfRangeError(
      partition.earliest,
      partition.end,
      `cannot delete ${partitionName(place)} below ${before}: it ends at ${partition.end}`,
    )
  }
  partition.deleteBefore(before)
}

function memoryAppender(log: MemoryLog, call: LogCaller): Appender {
  const partitioner = createPartitioner(0)
  let closed = false
  return {
    async append(records) {
      if (closed) throw new TransportUnavailableError('this appender is closed: open a new one')
      const placed = log.place(records, partitioner)
      const write = () => {
        const timestamp = log.clock.now()
        for (const [partition, beside] of placed) partition.append(beside, timestamp)
      }
      await call('appender.append', [...new Set(records.map(record => record.topic))].join(), write, records.length)
    },
    async close() {
      closed = true
    },
  }
}
