/** The contract suite on the memory adapter. */
import { systemClock } from '../../../src/clock.ts'
import { TransportUnavailableError } from '../../../src/errors.ts'
import type { LogCall } from '../../../src/transport/memory/fault-gate.ts'
import { createMemoryLog } from '../../../src/transport/memory/memory-log.ts'
import { createMemoryTransport } from '../../../src/transport/memory/memory-transport.ts'
import { transportContract } from '../contract.ts'

transportContract('memory', async () => {
  const dying = 'dies-in-its-commit'
  const intercept = ({ replica, operation }: LogCall) => {
    if (replica === dying && operation === 'sink.end') throw new TransportUnavailableError('dead')
  }
  const log = createMemoryLog({ clock: systemClock, clusterId: 'memory-contract', intercept })
  let made = 0
  return {
    topicPrefix: 'contract',
    replicas: async count =>
      Array.from({ length: count }, () => {
        made += 1
        const replica = { name: `replica-${made}`, advertisedUrl: `http://replica-${made}:8080` }
        return { ...replica, transport: createMemoryTransport(log, replica) }
      }),
    leaveOpen: async (transactionalId, records) => {
      const transport = createMemoryTransport(log, { name: dying, advertisedUrl: '' })
      const sink = await transport.fence({ transactionalId, groupId: 'of-the-dead' })
      await sink.commit(records, { topic: 'of-the-dead', partition: 0, next: 1 }).catch(() => undefined)
    },
    compact: async topic => log.compact(topic),
    close: async () => undefined,
  }
})
