/**
 * Membership in a group that only elects: join, learn what is ours, heartbeat, join again, for ever, until `leave`.
 * Reads no records. Not kafkajs's consumer: that one heartbeats only between fetches, does not tell the generation it
 * joined, dies of what it calls not retriable, and comes back as a ghost when it is stopped in the middle of a join.
 *
 *   joining ──assigned──▶ member ──rebalance──▶ joining        trouble: the last assignment stands
 *      │  ▲                  │
 *      └──┴────trouble───────┘            leave: from anywhere, at once
 */
import { partitionName, type TopicPartition } from '../../contract/log-record.ts'
import { TransportUnavailableError } from '../../errors.ts'
import type { GroupMembership, GroupOptions, Member, NextOffset } from '../port.ts'
import { ASSIGNER_PROTOCOL, assign, decodeAssignment, decodeMember, encodeClaim } from './assigner.ts'
import { codeOf, reasonOf, translate } from './broker-errors.ts'
import type { Connections } from './connections.ts'
import { leaveForTheDead, Twins } from './ghosts.ts'
import {
  describeGroupRequest,
  heartbeatRequest,
  type Joined,
  joinGroupRequest,
  leaveGroupRequest,
  offsetCommitRequest,
  offsetFetchRequest,
  type Seat,
  syncGroupRequest,
} from './group-requests.ts'
import { HEARTBEAT_INTERVAL_MS, type KafkaOptions } from './kafka-options.ts'
import { CODE, type ProtocolRequest } from './protocol.ts'

/** Before a coordinator in trouble is asked again. */
const TROUBLE_WAIT_MS = 200
/** How often the leader looks whether a topic has got more partitions, which nobody else would tell. */
const PARTITIONS_CHECK_MS = 30_000
/** A broker that does not take our leave by then lets the session run out instead. */
const LEAVE_LIMIT_MS = 2000

/** Answers to a member that call for another join, and for nothing else. */
const JOIN_AGAIN: ReadonlySet<number> = new Set([
  CODE.rebalanceInProgress,
  CODE.illegalGeneration,
  CODE.unknownMember,
  CODE.memberIdRequired,
])

/** What every young or moving coordinator answers for a moment: nobody needs to hear of it. */
const SETTLING: ReadonlySet<number> = new Set([
  CODE.coordinatorLoading,
  CODE.coordinatorNotAvailable,
  CODE.notCoordinator,
])

export interface GroupConnections {
  /** Under the replica's own client id, and its own: a join holds up what comes behind it. */
  readonly membership: Connections
  readonly requests: Connections
}

export class KafkaGroup implements GroupMembership {
  readonly #connections: GroupConnections
  readonly #options: KafkaOptions
  readonly #group: GroupOptions
  readonly #leaving = new AbortController()
  readonly #running: Promise<void>
  readonly #twins: Twins
  #memberId = ''
  /** What we are in the present generation; `undefined` until the first assignment. */
  #seat: Seat | undefined
  #owned: readonly TopicPartition[] = []
  /** Partitions of all topics, when we assigned them; 0 where another leads. */
  #partitionsAssigned = 0
  #lastHeartbeatAt = 0
  /** What was told last of a trouble that still goes on. */
  #trouble: string | undefined

  /** @param first whether this process joins that group for the first time. */
  constructor(connections: GroupConnections, options: KafkaOptions, group: GroupOptions, first: boolean) {
    this.#connections = connections
    this.#options = options
    this.#group = group
    this.#twins = new Twins(connections.requests, options, group.groupId)
    this.#running = this.#stayMember(first)
  }

  get lastHeartbeatAt(): number {
    return this.#lastHeartbeatAt
  }

  async committed(partitions: readonly TopicPartition[]): Promise<readonly (number | undefined)[]> {
    const answers = await this.#ask('reading the offsets of', offsetFetchRequest(this.#group.groupId, partitions))
    const offsets = new Map(answers.map(answer => [partitionName(answer), answer.offset]))
    return partitions.map(partition => {
      const offset = offsets.get(partitionName(partition)) ?? -1
      return offset < 0 ? undefined : offset
    })
  }

  async commit(offsets: readonly NextOffset[]): Promise<void> {
    const seat = this.#seat
    if (!seat || this.#leaving.signal.aborted) {
      const when = seat ? 'was left' : 'is not joined yet'
      throw new TransportUnavailableError(`group ${this.#group.groupId} ${when}: only a member can commit offsets`)
    }
    if (offsets.length > 0) await this.#ask('committing offsets of', offsetCommitRequest(seat, offsets))
  }

  async members(): Promise<readonly Member[]> {
    const members = await this.#ask('reading the members of', describeGroupRequest(this.#group.groupId))
    return members.map(decodeMember)
  }

  async leave(): Promise<void> {
    if (this.#leaving.signal.aborted) return this.#running
    this.#leaving.abort()
    // Over the other connection: ours may be waiting in a join, which this ends.
    if (this.#memberId !== '') await this.#takeLeave()
    this.#connections.membership.close()
    return this.#running
  }

  async #takeLeave(): Promise<void> {
    const { groupId } = this.#group
    try {
      const coordinator = await this.#connections.requests.coordinator('group', groupId)
      await coordinator.sendWithin(LEAVE_LIMIT_MS, leaveGroupRequest(groupId, this.#memberId))
    } catch (error) {
      this.#options.onNotice('debug', `group ${groupId} was left without a word`, { reason: reasonOf(error) })
    }
  }

  /** Never throws. */
  async #stayMember(first: boolean): Promise<void> {
    if (first) await leaveForTheDead(this.#connections.membership, this.#options, this.#group.groupId)
    let joined: Seat | undefined
    while (!this.#leaving.signal.aborted) {
      try {
        joined ??= await this.#join()
        await this.#heartbeatUntilRebalance(joined)
        joined = undefined
      } catch (error) {
        if (await this.#mustJoinAgain(error)) joined = undefined
      }
    }
  }

  async #join(): Promise<Seat> {
    const { membership } = this.#connections
    const { groupId, topics } = this.#group
    // Before the join: a leader that finds a topic missing after it would hold up all the others.
    for (const topic of topics) await membership.topic(topic)
    const coordinator = await membership.coordinator('group', groupId)
    const joined = await coordinator.send(this.#joinRequest())
    if ('comeAgainAs' in joined) {
      this.#memberId = joined.comeAgainAs
      return this.#join()
    }
    this.#memberId = joined.memberId
    const assignments = joined.leads ? await this.#assign(joined) : []
    const { rebalanceTimeoutMs } = this.#options
    const assignment = await coordinator.send(syncGroupRequest(joined, assignments, rebalanceTimeoutMs))
    this.#onAssigned(joined, decodeAssignment(assignment))
    return joined
  }

  #joinRequest(): ReturnType<typeof joinGroupRequest> {
    const { clientId, advertisedUrl, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options
    const claim = {
      generation: this.#seat?.generation ?? 0,
      partitions: [...this.#owned],
      name: clientId,
      advertisedUrl,
    }
    return joinGroupRequest({
      groupId: this.#group.groupId,
      memberId: this.#memberId,
      protocol: ASSIGNER_PROTOCOL,
      metadata: encodeClaim(this.#group.topics, claim),
      sessionTimeoutMs,
      rebalanceTimeoutMs,
    })
  }

  async #assign({ members }: Joined): Promise<ReturnType<typeof assign>> {
    const partitions = await this.#partitionsOfAll()
    this.#partitionsAssigned = partitions.length
    return assign(partitions, members)
  }

  async #partitionsOfAll(): Promise<readonly TopicPartition[]> {
    const { membership } = this.#connections
    const topics = this.#group.topics.map(async topic => {
      const { leaders } = await membership.topic(topic, true)
      return [...leaders.keys()].map(partition => ({ topic, partition }))
    })
    return (await Promise.all(topics)).flat()
  }

  #onAssigned(joined: Joined, partitions: readonly TopicPartition[]): void {
    if (this.#leaving.signal.aborted) return
    if (!joined.leads) this.#partitionsAssigned = 0
    this.#seat = { groupId: joined.groupId, memberId: joined.memberId, generation: joined.generation }
    this.#owned = partitions
    this.#lastHeartbeatAt = this.#options.clock.now()
    try {
      this.#group.onAssigned({ generation: joined.generation, partitions })
    } catch (error) {
      // Not a trouble of the group's: whoever was told has broken a promise, and the process must not go on.
      queueMicrotask(() => {
        throw error
      })
    }
  }

  /** Returns when all must join again. @throws what a heartbeat was answered, or that it was not. */
  async #heartbeatUntilRebalance(seat: Seat): Promise<void> {
    const { clock, heartbeatIntervalMs = HEARTBEAT_INTERVAL_MS, sessionTimeoutMs } = this.#options
    let checkedAt = clock.elapsed()
    for (;;) {
      await clock.sleep(heartbeatIntervalMs, this.#leaving.signal)
      if (this.#leaving.signal.aborted) return
      const coordinator = await this.#connections.membership.coordinator('group', seat.groupId)
      await coordinator.sendWithin(sessionTimeoutMs / 2, heartbeatRequest(seat))
      this.#lastHeartbeatAt = clock.now()
      this.#trouble = undefined
      // Beside the heartbeats: it may wait for whatever else that connection does.
      void this.#twins.lookNowAndThen(seat.memberId)
      if (this.#partitionsAssigned === 0 || clock.elapsed() - checkedAt < PARTITIONS_CHECK_MS) continue
      checkedAt = clock.elapsed()
      if ((await this.#partitionsOfAll()).length !== this.#partitionsAssigned) return
    }
  }

  /** Absorbs a trouble, with a wait where one may help; whether the present generation is over for us. */
  async #mustJoinAgain(error: unknown): Promise<boolean> {
    if (this.#leaving.signal.aborted) return true
    const code = codeOf(error)
    if (code === CODE.unknownMember) this.#memberId = ''
    if (code !== undefined && JOIN_AGAIN.has(code)) return true
    const { groupId } = this.#group
    const reason = reasonOf(error)
    const isNews = reason !== this.#trouble && (code === undefined || !SETTLING.has(code))
    const level = isNews ? 'warn' : 'debug'
    this.#trouble = reason
    this.#options.onNotice(level, `group ${groupId} is in trouble, and is asked again`, { reason })
    this.#connections.membership.forgetCoordinator('group', groupId)
    await this.#options.clock.sleep(TROUBLE_WAIT_MS, this.#leaving.signal)
    return false
  }

  async #ask<T>(doing: string, request: ProtocolRequest<T>): Promise<T> {
    const { groupId } = this.#group
    const { requests } = this.#connections
    try {
      return await (await requests.coordinator('group', groupId)).send(request)
    } catch (error) {
      requests.forgetCoordinator('group', groupId)
      throw translate(error, { doing: `${doing} group ${groupId}`, brokers: this.#options.bootstrapServers })
    }
  }
}
