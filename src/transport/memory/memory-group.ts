/**
 * One consumer group: its members by generation, its assignment, its offsets. It tells each member what is its own
 * and forgets a member only when told to: sessions are the log's business, the members' lives their own.
 */
import { partitionName, type TopicPartition } from '../../contract/log-record.ts'
import { TransportUnavailableError } from '../../errors.ts'
import type { Assignment, CommittedOffset, Member, NextOffset } from '../port.ts'
import { assignSticky } from '../sticky-assignment.ts'

/** The group's side of a member. */
export interface GroupMember {
  /** Of this one joining: a member that comes back has another. */
  readonly id: string
  readonly name: string
  readonly advertisedUrl: string
  readonly topics: readonly string[]
  /** `false` when the member could not be reached: it is told again once it can. */
  readonly tell: (assignment: Assignment) => boolean
  /** The group went on without it. */
  readonly evicted: () => void
}

interface Seat {
  readonly member: GroupMember
  assigned: Assignment
  /** Generation of the last assignment that the member was told. */
  told: number
}

export class MemoryGroup {
  readonly groupId: string
  readonly #partitionsOf: (topics: readonly string[]) => readonly TopicPartition[]
  readonly #seats = new Map<string, Seat>()
  readonly #offsets = new Map<string, CommittedOffset>()
  #generation = 0
  #rebalancing = false

  constructor(groupId: string, partitionsOf: (topics: readonly string[]) => readonly TopicPartition[]) {
    this.groupId = groupId
    this.#partitionsOf = partitionsOf
  }

  join(member: GroupMember): void {
    this.#seats.set(member.id, { member, assigned: { generation: 0, partitions: [] }, told: 0 })
    this.rebalance()
  }

  /** The member goes of its own will, or its session ran out and it is told so. */
  remove(memberId: string, reason: 'left' | 'expired'): void {
    const seat = this.#seats.get(memberId)
    if (!seat) return
    this.#seats.delete(memberId)
    this.rebalance()
    if (reason === 'expired') seat.member.evicted()
  }

  has(memberId: string): boolean {
    return this.#seats.has(memberId)
  }

  /** Shares the partitions anew, in a microtask: all who come and go at one time make one generation. */
  rebalance(): void {
    if (this.#rebalancing) return
    this.#rebalancing = true
    queueMicrotask(() => {
      this.#rebalancing = false
      this.#assign()
    })
  }

  /** Tells members of that name what they missed while they could not be reached. */
  tellAgain(name: string): void {
    for (const seat of this.membersNamed(name)) this.#tell(seat)
  }

  membersNamed(name: string): readonly Seat[] {
    return [...this.#seats.values()].filter(({ member }) => member.name === name)
  }

  wantsAny(topics: ReadonlySet<string>): boolean {
    return [...this.#seats.values()].some(({ member }) => member.topics.some(topic => topics.has(topic)))
  }

  members(): readonly Member[] {
    return [...this.#seats.values()].map(({ member: { name, advertisedUrl }, assigned }) => ({
      name,
      advertisedUrl,
      partitions: assigned.partitions,
    }))
  }

  committed(partitions: readonly TopicPartition[]): readonly (number | undefined)[] {
    return this.committedOffsets(partitions).map(offset => offset?.next)
  }

  committedOffsets(partitions: readonly TopicPartition[]): readonly (CommittedOffset | undefined)[] {
    return partitions.map(partition => this.#offsets.get(partitionName(partition)))
  }

  /** What Kafka does when a topic is deleted, and when the topic of the groups' offsets is lost. */
  forgetOffsets(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#offsets.delete(partitionName(partition))
  }

  /** @throws TransportUnavailableError the member is not of the present generation. */
  commit(memberId: string | undefined, offsets: readonly NextOffset[]): void {
    const seat = memberId === undefined ? undefined : this.#seats.get(memberId)
    if (seat?.told !== this.#generation) {
      throw new TransportUnavailableError(
        `group ${this.groupId}: ${memberId ?? 'nobody'} is not a member of generation ${this.#generation}: commit after the next assignment`,
      )
    }
    for (const offset of offsets) this.moveOffset(offset)
  }

  /** Without asking who: for transactions, which are fenced by their own epoch. */
  moveOffset(offset: NextOffset): void {
    const { next, note = '' } = offset
    this.#offsets.set(partitionName(offset), { next, note })
  }

  #assign(): void {
    this.#generation += 1
    const generation = this.#generation
    const seats = [...this.#seats.values()]
    const topics = [...new Set(seats.flatMap(({ member }) => member.topics))]
    const claims = seats.map(({ member: { id }, assigned }) => ({
      id,
      generation: assigned.generation,
      owned: assigned.partitions,
    }))
    const shares = assignSticky(this.#partitionsOf(topics), claims)
    // All seats first, then the telling: whoever is told may look at the group at once.
    for (const seat of seats) seat.assigned = { generation, partitions: shares.get(seat.member.id) ?? [] }
    for (const seat of seats) this.#tell(seat)
  }

  #tell(seat: Seat): void {
    if (seat.told < seat.assigned.generation && seat.member.tell(seat.assigned)) seat.told = seat.assigned.generation
  }
}
