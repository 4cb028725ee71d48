/** Phase 1: take the shard's transactional id. From here on no older owner can commit. Next: restoring. */
import type { TransactionalSink } from '../transport/port.ts'
import type { ShardDependencies } from './shard-dependencies.ts'

export function fence({ transport, transactionalId, groupId }: ShardDependencies): Promise<TransactionalSink> {
  return transport.fence({ transactionalId, groupId })
}
