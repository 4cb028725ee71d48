/**
 * Offsets of partitions, asked of their leaders. One try; a leader that has moved is forgotten, so that the next
 * try finds the new one.
 */
import { partitionName, type TopicPartition } from '../../contract/log-record.ts'
import { listOffsetsRequest, type OffsetKind } from './cluster-requests.ts'
import type { Connections } from './connections.ts'
import type { Leaders } from './produce-legs.ts'

/** In the order of `partitions`. @throws ProtocolError, or of kafkajs */
export async function offsetsOf(
  connections: Leaders & Pick<Connections, 'leader'>,
  partitions: readonly TopicPartition[],
  kind: OffsetKind,
): Promise<readonly number[]> {
  const byLeader = new Map<number, TopicPartition[]>()
  for (const partition of partitions) {
    const leader = await connections.leader(partition)
    byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition])
  }
  try {
    const answers = await Promise.all(
      [...byLeader].map(async ([leader, led]) => {
        const node = await connections.node(leader)
        return node.send(listOffsetsRequest(led, kind))
      }),
    )
    const offsets = new Map(answers.flat().map(answer => [partitionName(answer), answer.offset]))
    return partitions.map(partition => offsets.get(partitionName(partition)) ?? 0)
  } catch (error) {
    for (const { topic } of partitions) connections.forget(topic)
    throw error
  }
}
