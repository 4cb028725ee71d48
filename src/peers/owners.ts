/**
 * Who owns which shard, as the members of the shards' group tell: one question to the group at a time, its answer good
 * for a second. Never asks a replica, and never fails: while the group does not answer, what was known last stands.
 */
import type { Replica } from '../api/documents.ts'
import type { Clock } from '../clock.ts'
import type { Member } from '../transport/port.ts'

/** Where its questions go. `none`: nowhere; the reason names the cure. */
export type Reach =
  | { readonly kind: 'self' }
  /** Without a slash at the end. */
  | { readonly kind: 'http'; readonly base: string }
  | { readonly kind: 'none'; readonly reason: string }

export interface Owner {
  /** Its url is empty where it is none that may be shown or asked. */
  readonly replica: Replica
  readonly reach: Reach
  readonly shards: readonly number[]
}

export interface Ownership {
  /** Only those that own a shard. */
  readonly owners: readonly Owner[]
  readonly ownerOf: (shard: number) => Owner | undefined
  /** Why nobody could be asked who owns what; undefined: the group answered, if not just now. */
  readonly trouble: string | undefined
}

export interface OwnersOptions {
  /** Of the shards' group: GroupMembership.members. */
  readonly members: () => Promise<readonly Member[]>
  /** As this replica joined the group: REPLICA_NAME, ADVERTISED_URL. */
  readonly self: Replica
  /** `SHARDS`; what an operator added to the topic is no shard. */
  readonly shards: number
  readonly clock: Clock
}

const FRESH_MS = 1000
const ANSWER_LIMIT_MS = 1500
/** In a rebalance the group tells no assignment at all, while every shard that stays where it is goes on. */
const REBALANCE_HOLD_MS = 10_000
const URL_LENGTH_MAX = 2048
const NAME_LENGTH_MAX = 200

export class Owners {
  readonly #options: OwnersOptions
  #known: Ownership | undefined
  /** When the group was asked last, and when it last told an assignment; by Clock.elapsed. */
  #askedAt = Number.NEGATIVE_INFINITY
  #settledAt = Number.NEGATIVE_INFINITY
  #asking: Promise<void> | undefined

  constructor(options: OwnersOptions) {
    this.#options = options
  }

  /** At most about a second old, unless the group does not answer. */
  async current(): Promise<Ownership> {
    const age = this.#options.clock.elapsed() - this.#askedAt
    if (this.#known !== undefined && this.#asking === undefined && age < FRESH_MS) return this.#known
    return await this.#ask()
  }

  /** What is known now if that is not `seen` any more, else what the group says when it is asked now. */
  async newerThan(seen: Ownership): Promise<Ownership> {
    if (this.#known !== undefined && this.#known !== seen) return this.#known
    return await this.#ask()
  }

  async #ask(): Promise<Ownership> {
    const { clock } = this.#options
    if (this.#asking === undefined) {
      this.#askedAt = clock.elapsed()
      this.#asking = this.#learn()
    }
    const answered = new AbortController()
    const left = this.#askedAt + ANSWER_LIMIT_MS - clock.elapsed()
    // Beside a group that hangs, only the first to ask waits for the whole limit.
    await Promise.race([this.#asking, clock.sleep(Math.max(left, 0), answered.signal)])
    answered.abort()
    return this.#known ?? nobodyKnown(`the group of the shards did not answer within ${ANSWER_LIMIT_MS} ms`)
  }

  /** Never throws. */
  async #learn(): Promise<void> {
    const { members, clock } = this.#options
    try {
      this.#take(await members())
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (this.#known === undefined || this.#known.trouble !== undefined) {
        this.#known = nobodyKnown(`the group of the shards cannot be asked: ${reason}`)
      }
    } finally {
      this.#askedAt = clock.elapsed()
      this.#asking = undefined
    }
  }

  #take(members: readonly Member[]): void {
    const now = this.#options.clock.elapsed()
    const owners = members.map(member => this.#ownerOf(member)).filter(({ shards }) => shards.length > 0)
    if (owners.length > 0) this.#settledAt = now
    else if (members.length > 0 && now - this.#settledAt < REBALANCE_HOLD_MS) return
    const byShard = new Map(owners.flatMap(owner => owner.shards.map(shard => [shard, owner] as const)))
    this.#known = { owners, ownerOf: shard => byShard.get(shard), trouble: undefined }
  }

  #ownerOf({ name, advertisedUrl, partitions }: Member): Owner {
    const { self, shards } = this.#options
    const owned = partitions.map(({ partition }) => partition).filter(shard => shard < shards)
    // Both: another replica that was given our name by mistake owns what we do not.
    const isSelf = name === self.name && advertisedUrl === self.url
    const reach: Reach = isSelf ? { kind: 'self' } : reachOf(advertisedUrl)
    const replica = isSelf
      ? self
      : { name: name.slice(0, NAME_LENGTH_MAX), url: reach.kind === 'http' ? reach.base : '' }
    return { replica, reach, shards: owned.sort((a, b) => a - b) }
  }
}

/** Whether both are the same replica at the same address, whatever they own. */
export function isSameReplica(one: Owner, other: Owner): boolean {
  return one.replica.name === other.replica.name && one.replica.url === other.replica.url
}

function nobodyKnown(trouble: string): Ownership {
  return { owners: [], ownerOf: () => undefined, trouble }
}

/** Anybody in the cluster can join a group and tell any address: only what is plainly a web address is asked. */
function reachOf(text: string): Reach {
  if (text === '') {
    return { kind: 'none', reason: 'it tells no address: set ADVERTISED_URL there, and REST_PORT to other than 0' }
  }
  const url = text.length <= URL_LENGTH_MAX && URL.canParse(text) ? new URL(text) : undefined
  const isPlain =
    url !== undefined &&
    (url.protocol === 'http:' || url.protocol === 'https:') &&
    url.username === '' &&
    url.password === '' &&
    !/[?#\s]/.test(text)
  if (isPlain) return { kind: 'http', base: url.origin + url.pathname.replace(/\/+$/, '') }
  const reason = 'it tells an address that cannot be asked: set ADVERTISED_URL there to one like http://host:8080'
  return { kind: 'none', reason }
}
