/**
 * Takes this replica's own dead predecessors out of a group: after a kill -9 and a restart, the group would wait for
 * them until their session runs out. Only when the process starts, and never again: two replicas with one name would
 * throw each other out for ever. Such twins live side by side after that, each a member of its own, and are told of.
 */
import { decodeMember } from './assigner.ts'
import { reasonOf } from './broker-errors.ts'
import type { Connections } from './connections.ts'
import { describeGroupRequest, type GroupMemberDescription, leaveGroupRequest } from './group-requests.ts'
import type { KafkaOptions } from './kafka-options.ts'

/** Best effort: where it fails the session runs out, as it would have. */
export async function leaveForTheDead(connections: Connections, options: KafkaOptions, groupId: string): Promise<void> {
  try {
    const coordinator = await connections.coordinator('group', groupId)
    const members = await coordinator.send(describeGroupRequest(groupId))
    for (const { memberId, clientId } of members) {
      if (clientId !== options.clientId) continue
      await coordinator.send(leaveGroupRequest(groupId, memberId))
      options.onNotice(
        'warn',
        `took a member of our own name out of group ${groupId}, as dead: if it lives, REPLICA_NAME is used twice`,
        { memberId, clientId },
      )
    }
  } catch (error) {
    const message = `could not look for dead members of our own name in group ${groupId}`
    options.onNotice('debug', message, { reason: reasonOf(error) })
  }
}

/** A ghost's session runs out; who is still a member after one and a half of them is alive. */
const SESSIONS_OF_A_GHOST = 1.5

/** Looks for a live replica that uses our name. */
export class Twins {
  readonly #connections: Connections
  readonly #options: KafkaOptions
  readonly #groupId: string
  /** Members of our name by id, and when each was seen first. */
  readonly #since = new Map<string, number>()
  readonly #told = new Set<string>()
  #lookedAt: number

  constructor(connections: Connections, options: KafkaOptions, groupId: string) {
    this.#connections = connections
    this.#options = options
    this.#groupId = groupId
    this.#lookedAt = options.clock.elapsed()
  }

  /** Once in a session time-out, however often it is called. Best effort: never throws. */
  async lookNowAndThen(ownMemberId: string): Promise<void> {
    const { clock, sessionTimeoutMs, clientId, onNotice } = this.#options
    const now = clock.elapsed()
    if (now - this.#lookedAt < sessionTimeoutMs) return
    this.#lookedAt = now
    try {
      const coordinator = await this.#connections.coordinator('group', this.#groupId)
      const members = await coordinator.send(describeGroupRequest(this.#groupId))
      const namesakes = members.filter(member => member.clientId === clientId && member.memberId !== ownMemberId)
      this.#keep(namesakes, now)
      for (const namesake of namesakes) this.#tellOf(namesake, now)
    } catch (error) {
      onNotice('debug', `could not look for others of our name in group ${this.#groupId}`, { reason: reasonOf(error) })
    }
  }

  #keep(namesakes: readonly GroupMemberDescription[], now: number): void {
    const ids = new Set(namesakes.map(({ memberId }) => memberId))
    for (const known of this.#since.keys()) if (!ids.has(known)) this.#since.delete(known)
    for (const id of ids) if (!this.#since.has(id)) this.#since.set(id, now)
  }

  #tellOf(namesake: GroupMemberDescription, now: number): void {
    const { sessionTimeoutMs, clientId, onNotice } = this.#options
    const { memberId, host } = namesake
    const seenFor = now - (this.#since.get(memberId) ?? now)
    if (this.#told.has(memberId) || seenFor < sessionTimeoutMs * SESSIONS_OF_A_GHOST) return
    this.#told.add(memberId)
    const message =
      `REPLICA_NAME ${clientId} is used by two live replicas: give each a name of its own, or each takes the other ` +
      'out of the groups whenever it starts'
    onNotice('warn', message, { groupId: this.#groupId, other: decodeMember(namesake).advertisedUrl, host })
  }
}
