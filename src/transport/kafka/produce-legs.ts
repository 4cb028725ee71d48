/**
 * Writes records to the leaders of their partitions: batches below the broker's bound, one leg a leader, the legs beside
 * each other, the requests of a leg one after the other, so that a partition's records keep their order. Nothing is
 * ever sent twice: kafkajs's retry sends again what is still on its way, and both copies are committed.
 */
import { partitionName, type TopicPartition } from '../../contract/log-record.ts'
import type { Connections } from './connections.ts'
import { type PartitionBatch, produceRequest } from './produce-request.ts'
import type { ProtocolRequest } from './protocol.ts'
import { type BatchProducer, type BatchRecord, draftRecordBatch, splitIntoBatches } from './record-batch-encoder.ts'

/** Below the broker's `socket.request.max.bytes` of 100 MiB, and small enough not to hold up what comes behind it. */
const REQUEST_BYTES_MAX = 16 * 1024 * 1024
/** `baseSequence` counts up to 2^31 - 1 and begins again at 0. */
const SEQUENCES = 2 ** 31

export interface PartitionRecords extends TopicPartition {
  readonly records: readonly BatchRecord[]
}

/** Puts the records of each partition together, in their order. */
export function byPartition<R extends BatchRecord & { readonly topic: string }>(
  records: readonly R[],
  partitionOf: (record: R) => number,
): readonly PartitionRecords[] {
  const partitions = new Map<string, Map<number, R[]>>()
  for (const record of records) {
    let ofTopic = partitions.get(record.topic)
    if (!ofTopic) {
      ofTopic = new Map()
      partitions.set(record.topic, ofTopic)
    }
    const partition = partitionOf(record)
    const known = ofTopic.get(partition)
    if (known) known.push(record)
    else ofTopic.set(partition, [record])
  }
  return [...partitions].flatMap(([topic, ofTopic]) =>
    [...ofTopic].map(([partition, ofPartition]) => ({ topic, partition, records: ofPartition })),
  )
}

/** The next sequence number of each partition, which a producer in one epoch counts. */
export type Sequences = Map<string, number>

/** The batches of one partition, to be written in this order. Moves `sequences` on. */
export function batchesOf(
  { topic, partition, records }: PartitionRecords,
  producer: Omit<BatchProducer, 'baseSequence'>,
  sequences: Sequences,
  timestamp: number,
): readonly PartitionBatch[] {
  const name = partitionName({ topic, partition })
  return splitIntoBatches(records).map(run => {
    const baseSequence = sequences.get(name) ?? 0
    sequences.set(name, (baseSequence + run.records.length) % SEQUENCES)
    return { topic, partition, batch: draftRecordBatch(run, { ...producer, baseSequence }, timestamp) }
  })
}

export interface Leg {
  readonly leader: number
  /** By partition, each in order. */
  readonly batches: readonly (readonly PartitionBatch[])[]
}

/** @throws ProtocolError a partition without a leader */
export async function legsOf(
  connections: Pick<Connections, 'knownLeader' | 'leader'>,
  partitions: readonly (readonly PartitionBatch[])[],
): Promise<readonly Leg[]> {
  const legs = new Map<number, (readonly PartitionBatch[])[]>()
  for (const batches of partitions) {
    const [first] = batches
    if (!first) continue
    const leader = connections.knownLeader(first) ?? (await connections.leader(first))
    const known = legs.get(leader)
    if (known) known.push(batches)
    else legs.set(leader, [batches])
  }
  return [...legs].map(([leader, batches]) => ({ leader, batches }))
}

/** A broker, as far as requests go. */
export interface Sender {
  send<T>(request: ProtocolRequest<T>): Promise<T>
}

/** What a leg needs of Connections. */
export interface Leaders {
  node(id: number): Promise<Sender>
  forget(topic: string): void
}

/** Sends one leg. When it throws, any of it may have been written, and what is believed of its leaders is forgotten. */
export async function sendLeg(
  leaders: Leaders,
  { leader, batches }: Leg,
  transactionalId: string | null,
  timeoutMs: number,
): Promise<void> {
  try {
    const node = await leaders.node(leader)
    for (const request of requestsOf(batches)) await node.send(produceRequest(request, transactionalId, timeoutMs))
  } catch (error) {
    for (const [first] of batches) if (first) leaders.forget(first.topic)
    throw error
  }
}

/** Never two batches of one partition in a request: the broker takes only one. */
function* requestsOf(partitions: readonly (readonly PartitionBatch[])[]): Generator<readonly PartitionBatch[]> {
  const rounds = Math.max(...partitions.map(batches => batches.length))
  for (let round = 0; round < rounds; round += 1) {
    let request: PartitionBatch[] = []
    let bytes = 0
    for (const batches of partitions) {
      const batch = batches[round]
      if (!batch) continue
      if (request.length > 0 && bytes + batch.batch.size > REQUEST_BYTES_MAX) {
        yield request
        request = []
        bytes = 0
      }
      request.push(batch)
      bytes += batch.batch.size
    }
    yield request
  }
}
