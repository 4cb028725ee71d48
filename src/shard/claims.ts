/**
 * Who is where in a channel: which instance holds a character, and which lobby takes the next one.
 * A shard has every instance of its channels, so these answers are exact without asking anybody.
 */
import { contextOf, type Instance, stateOf } from '../actor/instance.ts'
import { type Summary, summaryOf } from '../actor/summary.ts'
import type { QuestDefinition } from '../contract/definition.ts'
import type { CharacterId, InstanceId } from '../contract/ids.ts'
import { type Tenant, tenantKey } from '../contract/tenant.ts'

export interface ClaimReader {
  instanceOf(channel: string, character: CharacterId): InstanceId | undefined
  lobby(channel: string, lobby: string): InstanceId | undefined
  /** The instances that hold a tenant's character in any channel: one, unless nobody told that he changed channels. */
  inTenant(tenant: string, character: CharacterId): readonly InstanceId[]
}

/** What one instance holds. */
export interface Claim {
  readonly channel: string
  readonly characters: readonly CharacterId[]
  /** Set while the instance takes registrations that join it. */
  readonly lobby: string | undefined
}

/** Names a channel of a tenant, for maps. */
export function channelName(tenant: Tenant, worldId: number, channelId: number): string {
  return `${tenantKey(tenant)}/${worldId}/${channelId}`
}

/** The `tenantKey` of the tenant that the channel of this name is of. */
export function tenantOf(channel: string): string {
  return channel.slice(0, channel.lastIndexOf('/', channel.lastIndexOf('/') - 1))
}

/** Names the lobby that a REGISTER joins; `undefined` where none can match it. */
export function lobbyName(type: 'party' | 'individual', questId: string, partyId: number, affinity: number) {
  if (type === 'individual') return `individual/${questId}/${affinity}`
  return partyId > 0 ? `party/${questId}/${partyId}` : undefined
}

export function claim(instance: Instance): Claim {
  const summary = summaryOf(instance)
  const { tenant, worldId, channelId } = summary
  const { registration } = contextOf(instance).rules.definition
  return claimIn(channelName(tenant, worldId, channelId), summary, registration)
}

/** The same of what is known of an instance before it is decoded; `channel` is the name of its channel. */
export function claimIn(channel: string, summary: Summary, { type }: QuestDefinition['registration']): Claim {
  const { state, questId, partyId, affinity, characters } = summary
  const lobby = state === 'registering' ? lobbyName(type, questId, partyId, affinity) : undefined
  return { channel, characters, lobby }
}

/** Whether an operation touched what an instance claims: most do not, and skip the index. */
export function claimChanged(before: Instance, after: Instance | undefined): boolean {
  return (
    after === undefined ||
    contextOf(before).run.members !== contextOf(after).run.members ||
    (stateOf(before) === 'registering') !== (stateOf(after) === 'registering')
  )
}

interface Channel {
  readonly characters: Map<CharacterId, InstanceId>
  readonly lobbies: Map<string, InstanceId>
}

/** Some claims in maps: those of an open batch. */
export class Claims implements ClaimReader {
  readonly #channels = new Map<string, Channel>()

  instanceOf(channel: string, character: CharacterId): InstanceId | undefined {
    return this.#channels.get(channel)?.characters.get(character)
  }

  lobby(channel: string, lobby: string): InstanceId | undefined {
    return this.#channels.get(channel)?.lobbies.get(lobby)
  }

  inTenant(tenant: string, character: CharacterId): readonly InstanceId[] {
    const found: InstanceId[] = []
    for (const [name, { characters }] of this.#channels) {
      const id = characters.get(character)
      if (id !== undefined && tenantOf(name) === tenant) found.push(id)
    }
    return found
  }

  hold(id: InstanceId, claim: Claim): void {
    let channel = this.#channels.get(claim.channel)
    if (channel === undefined) {
      channel = { characters: new Map(), lobbies: new Map() }
      this.#channels.set(claim.channel, channel)
    }
    for (const character of claim.characters) channel.characters.set(character, id)
    if (claim.lobby !== undefined) channel.lobbies.set(claim.lobby, id)
  }

  /** Lets go of what `id` still holds of the claim. */
  release(id: InstanceId, claim: Claim): void {
    const channel = this.#channels.get(claim.channel)
    if (channel === undefined) return
    for (const character of claim.characters) {
      if (channel.characters.get(character) === id) channel.characters.delete(character)
    }
    if (claim.lobby !== undefined && channel.lobbies.get(claim.lobby) === id) channel.lobbies.delete(claim.lobby)
    if (channel.characters.size === 0 && channel.lobbies.size === 0) this.#channels.delete(claim.channel)
  }
}

/** The claims as the operations of an open batch have changed them; the committed ones stay as they are. */
export class ClaimOverlay implements ClaimReader {
  readonly #committed: ClaimReader
  readonly #held = new Claims()
  readonly #released = new Set<string>()

  constructor(committed: ClaimReader) {
    this.#committed = committed
  }

  instanceOf(channel: string, character: CharacterId): InstanceId | undefined {
    return (
      this.#held.instanceOf(channel, character) ?? this.#unlessReleased(this.#committed.instanceOf(channel, character))
    )
  }

  lobby(channel: string, lobby: string): InstanceId | undefined {
    return this.#held.lobby(channel, lobby) ?? this.#unlessReleased(this.#committed.lobby(channel, lobby))
  }

  inTenant(tenant: string, character: CharacterId): readonly InstanceId[] {
    const held = this.#held.inTenant(tenant, character)
    const committed = this.#committed.inTenant(tenant, character).filter(id => !this.#released.has(id))
    return held.length === 0 ? committed : [...held, ...committed]
  }

  change(id: InstanceId, before: Claim | undefined, after: Claim | undefined): void {
    if (before !== undefined) this.#held.release(id, before)
    if (after !== undefined) this.#held.hold(id, after)
    // Whatever the committed claims say of an instance that was changed is out of date.
    this.#released.add(id)
  }

  #unlessReleased(id: InstanceId | undefined): InstanceId | undefined {
    return id !== undefined && this.#released.has(id) ? undefined : id
  }
}
