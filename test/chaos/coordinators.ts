/**
 * Which broker leads a partition, or coordinates a group or a transactional id: what Kafka puts where, told from the
 * leaders of its own topics. Asks only.
 */
import { Kafka, logLevel } from 'kafkajs'
import { eventually } from '../support/eventually.ts'
import type { BrokerTarget } from './plan.ts'

const LEADER_LIMIT_MS = 30_000

/** Broker id. Waits for an election that is going on. */
export function brokerOf(
  bootstrap: string,
  prefix: string,
  { target, shard }: { readonly target: BrokerTarget; readonly shard: number },
): Promise<number> {
  switch (target) {
    case 'leader of shard-commands':
      return leader(bootstrap, `${prefix}.shard-commands`, () => shard)
    case 'leader of shard-state':
      return leader(bootstrap, `${prefix}.shard-state`, () => shard)
    case 'group coordinator':
      return leader(bootstrap, '__consumer_offsets', partitions => javaHash(`${prefix}.shards`) % partitions)
    case 'transaction coordinator':
      return leader(bootstrap, '__transaction_state', partitions => javaHash(`${prefix}.shard-${shard}`) % partitions)
  }
}

async function leader(bootstrap: string, topic: string, partitionOf: (count: number) => number): Promise<number> {
  const kafka = new Kafka({ clientId: 'chaos', brokers: bootstrap.split(','), logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  try {
    return await eventually(
      async () => {
        const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
        const partitions = topics[0]?.partitions ?? []
        const partition = partitionOf(partitions.length)
        const found = partitions.find(({ partitionId }) => partitionId === partition)
        if (found === undefined || found.leader < 1) throw new Error(`${topic}-${partition} has no leader`)
        return found.leader
      },
      { limitMs: LEADER_LIMIT_MS, pollMs: 100 },
    )
  } finally {
    await admin.disconnect()
  }
}

/** Java's String.hashCode without its sign, as Kafka's Utils.abs takes it. */
function javaHash(text: string): number {
  let hash = 0
  for (const character of text) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) | 0
  return Math.abs(hash)
}
