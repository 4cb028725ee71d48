/**
 * One replica's life in a group: joins, hears its assignments, joins again when the group went on without it, until
 * it leaves. While the log cannot be reached the last assignment stands. Shares nothing out itself.
 */
import type { TopicPartition } from '../../contract/log-record.ts'
import { TransportUnavailableError } from '../../errors.ts'
import type { GroupMembership, GroupOptions, Member, NextOffset } from '../port.ts'
import type { GroupMember, MemoryGroup } from './memory-group.ts'
import type { MemoryLog } from './memory-log.ts'

/** Between one try to join and the next, when the log cannot be reached. */
const REJOIN_MS = 250

export interface ReplicaIdentity {
  /** `REPLICA_NAME` */
  readonly name: string
  readonly advertisedUrl: string
}

export class MemoryMembership implements GroupMembership {
  readonly #log: MemoryLog
  readonly #replica: ReplicaIdentity
  readonly #options: GroupOptions
  readonly #group: MemoryGroup
  readonly #left = new AbortController()
  /** Our id in the group while we are a member of it, as far as we know. */
  #memberId: string | undefined
  #answeredAt = 0

  constructor(log: MemoryLog, replica: ReplicaIdentity, options: GroupOptions) {
    this.#log = log
    this.#replica = replica
    this.#options = options
    this.#group = log.group(options.groupId)
    void this.#join()
  }

  /** The log in this process answers always, unless it was cut off: no need to ask it twice a second. */
  get lastHeartbeatAt(): number {
    if (this.#memberId !== undefined) this.#answered()
    return this.#answeredAt
  }

  async committed(partitions: readonly TopicPartition[]): Promise<readonly (number | undefined)[]> {
    return await this.#call('group.committed', () => this.#group.committed(partitions))
  }

  async commit(offsets: readonly NextOffset[]): Promise<void> {
    await this.#call('group.commit', () => this.#group.commit(this.#memberId, offsets))
  }

  async members(): Promise<readonly Member[]> {
    return await this.#call('group.members', () => this.#group.members())
  }

  async leave(): Promise<void> {
    if (this.#left.signal.aborted) return
    this.#answered()
    this.#left.abort()
    const id = this.#memberId
    this.#memberId = undefined
    if (id === undefined) return
    try {
      await this.#call('group.leave', () => this.#group.remove(id, 'left'))
    } catch (error) {
      if (!(error instanceof TransportUnavailableError)) throw error
      this.#log.expireAfterSession(this.#group, id)
    }
  }

  async #join(): Promise<void> {
    while (!this.#left.signal.aborted && !(await this.#tryToJoin())) {
      await this.#log.clock.sleep(REJOIN_MS, this.#left.signal)
    }
  }

  async #tryToJoin(): Promise<boolean> {
    const id = this.#log.memberId(this.#replica.name)
    try {
      await this.#call('group.join', () => this.#group.join(this.#asMember(id)))
    } catch (error) {
      if (!(error instanceof TransportUnavailableError)) throw error
      // The answer may be lost, and then the group counts on somebody who does not know: for a session, not longer.
      if (this.#group.has(id)) this.#log.expireAfterSession(this.#group, id)
      return false
    }
    if (this.#left.signal.aborted) {
      this.#group.remove(id, 'left')
      return true
    }
    if (!this.#group.has(id)) return false
    this.#memberId = id
    this.#answered()
    this.#group.tellAgain(this.#replica.name)
    return true
  }

  #asMember(id: string): GroupMember {
    return {
      ...this.#replica,
      id,
      topics: this.#options.topics,
      tell: assignment => {
        if (this.#memberId !== id || this.#log.gate.cutSince(this.#replica.name) !== undefined) return false
        this.#answered()
        this.#options.onAssigned(assignment)
        return true
      },
      evicted: () => this.#onEvicted(id),
    }
  }

  #onEvicted(id: string): void {
    if (this.#memberId !== id) return
    this.#answered()
    this.#memberId = undefined
    void this.#join()
  }

  #answered(): void {
    if (this.#memberId !== undefined) {
      this.#answeredAt = this.#log.gate.cutSince(this.#replica.name) ?? this.#log.clock.now()
    }
  }

  async #call<T>(
    operation: 'group.join' | 'group.committed' | 'group.commit' | 'group.members' | 'group.leave',
    effect: () => T,
  ): Promise<T> {
    return await this.#log.gate.call(this.#replica.name, operation, this.#options.groupId, effect)
  }
}
