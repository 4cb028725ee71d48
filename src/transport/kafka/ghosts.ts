/**
 * Takes this replica's own dead predecessors out of a group: after a kill -9 and a restart, the group would wait for
 * them until their session runs out. Only when the process starts, and never again: two replicas with one name would
 * throw each other out for ever.
 */
import { reasonOf } from './broker-errors.ts'
import type { Connections } from './connections.ts'
import { describeGroupRequest, leaveGroupRequest } from './group-requests.ts'
import type { KafkaOptions } from './kafka-options.ts'

/** Best effort: where it fails the session runs out, as it would have. */
export async function leaveForTheDead(connections: Connections, options: KafkaOptions, groupId: string): Promise<void> {
  try {
    const coordinator = await connections.coordinator('group', groupId)
    const members = await coordinator.send(describeGroupRequest(groupId))
    for (const { memberId, clientId } of members) {
      if (clientId !== options.clientId) continue
      await coordinator.send(leaveGroupRequest(groupId, memberId))
      options.onNotice('warn', `took a dead member of our own name out of group ${groupId}`, { memberId, clientId })
    }
  } catch (error) {
    const message = `could not look for dead members of our own name in group ${groupId}`
    options.onNotice('debug', message, { reason: reasonOf(error) })
  }
}
