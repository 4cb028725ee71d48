/**
 * The claims of the committed instances (claims.ts), millions of them: one hash table in a typed array, each entry a
 * channel, a character and the number of who holds it, because a map entry costs three times as much. Channels and
 * lobbies are few, and kept in maps.
 */
import type { CharacterId, InstanceId } from '../contract/ids.ts'
import { type Claim, type ClaimReader, tenantOf } from './claims.ts'
import { Roster } from './roster.ts'

/** Holder's number and 1 (0: a free entry), character, channel. */
const ENTRY_WORDS = 3
const ENTRIES_MIN = 64
/** Of the table: beyond this it is made larger. */
const FULL_SHARE = 0.75
const GROWTH = 1.5
const HASHES = 2 ** 32

interface Channel {
  readonly number: number
  /** Characters and lobbies held in it: at 0 it is forgotten, and its number given to another. */
  claims: number
}

export class ClaimTable implements ClaimReader {
  readonly #roster: Roster
  readonly #channels = new Map<string, Channel>()
  /** The channels of each tenant that are known, so that one can look for a character in all of them. */
  readonly #tenants = new Map<string, Map<string, Channel>>()
  readonly #freeChannels: number[] = []
  readonly #lobbies = new Map<string, InstanceId>()
  #entries = new Uint32Array(ENTRIES_MIN * ENTRY_WORDS)
  #taken = 0

  constructor(roster = new Roster()) {
    this.#roster = roster
  }

  /** Entries, of all channels. */
  get size(): number {
    return this.#taken
  }

  instanceOf(channel: string, character: CharacterId): InstanceId | undefined {
    const known = this.#channels.get(channel)
    if (known === undefined) return undefined
    const holder = this.#entries[this.#find(known.number, character)] ?? 0
    return holder === 0 ? undefined : this.#roster.id(holder - 1)
  }

  /** The numbers, in the roster, of all that hold the character: one in a channel at most. For who only looks on. */
  holdersOf(character: CharacterId): readonly number[] {
    return [...this.#channels.values()].flatMap(({ number }) => {
      const holder = this.#entries[this.#find(number, character)] ?? 0
      return holder === 0 ? [] : [holder - 1]
    })
  }

  inTenant(tenant: string, character: CharacterId): readonly InstanceId[] {
    const found: InstanceId[] = []
    for (const { number } of this.#tenants.get(tenant)?.values() ?? []) {
      const holder = this.#entries[this.#find(number, character)] ?? 0
      const id = holder === 0 ? undefined : this.#roster.id(holder - 1)
      if (id !== undefined) found.push(id)
    }
    return found
  }

  lobby(channel: string, lobby: string): InstanceId | undefined {
    const known = this.#channels.get(channel)
    return known && this.#lobbies.get(lobbyKey(known, lobby))
  }

  hold(id: InstanceId, claim: Claim): void {
    this.holdAs(this.#roster.add(id), claim)
  }

  /** The same, for the instance with this number of the roster. */
  holdAs(number: number, { channel: name, characters, lobby }: Claim): void {
    const holder = number + 1
    if (characters.length === 0 && lobby === undefined) return
    const channel = this.#channel(name)
    for (const character of characters) {
      let at = this.#find(channel.number, character)
      if (this.#entries[at] === 0) {
        if (this.#isFull()) {
          this.#grow()
          at = this.#find(channel.number, character)
        }
        this.#entries[at + 1] = character
        this.#entries[at + 2] = channel.number
        this.#taken += 1
        channel.claims += 1
      }
      this.#entries[at] = holder
    }
    const id = this.#roster.id(number)
    if (lobby === undefined || id === undefined) return
    const key = lobbyKey(channel, lobby)
    if (!this.#lobbies.has(key)) channel.claims += 1
    this.#lobbies.set(key, id)
  }

  /** Lets go of what `id` still holds of the claim. */
  release(id: InstanceId, { channel: name, characters, lobby }: Claim): void {
    const channel = this.#channels.get(name)
    const number = this.#roster.find(id)
    if (channel === undefined || number === undefined) return
    for (const character of characters) {
      const at = this.#find(channel.number, character)
      if (this.#entries[at] !== number + 1) continue
      this.#remove(at)
      channel.claims -= 1
    }
    if (lobby !== undefined && this.#lobbies.get(lobbyKey(channel, lobby)) === id) {
      this.#lobbies.delete(lobbyKey(channel, lobby))
      channel.claims -= 1
    }
    if (channel.claims > 0) return
    this.#channels.delete(name)
    const tenant = tenantOf(name)
    const others = this.#tenants.get(tenant)
    others?.delete(name)
    if (others?.size === 0) this.#tenants.delete(tenant)
    this.#freeChannels.push(channel.number)
  }

  #channel(name: string): Channel {
    let channel = this.#channels.get(name)
    if (channel === undefined) {
      // Numbers in use and free ones are always 0 up to their count.
      channel = { number: this.#freeChannels.pop() ?? this.#channels.size, claims: 0 }
      this.#channels.set(name, channel)
      const tenant = tenantOf(name)
      const others = this.#tenants.get(tenant)
      if (others === undefined) this.#tenants.set(tenant, new Map([[name, channel]]))
      else others.set(name, channel)
    }
    return channel
  }

  #isFull(): boolean {
    return (this.#taken + 1) * ENTRY_WORDS > FULL_SHARE * this.#entries.length
  }

  /** Where the claim is, or the free entry where it belongs. */
  #find(channel: number, character: number): number {
    const entries = this.#entries
    let at = this.#home(channel, character)
    while (entries[at] !== 0 && (entries[at + 1] !== character || entries[at + 2] !== channel)) {
      at = this.#after(at)
    }
    return at
  }

  #home(channel: number, character: number): number {
    let hash = Math.imul(character, 0x9e3779b1) ^ Math.imul(channel + 1, 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35)
    hash = (hash ^ (hash >>> 13)) >>> 0
    return Math.floor((hash / HASHES) * (this.#entries.length / ENTRY_WORDS)) * ENTRY_WORDS
  }

  #after(at: number): number {
    const next = at + ENTRY_WORDS
    return next === this.#entries.length ? 0 : next
  }

  /** Moves back what was put further on because this entry was taken, so that no search ends too early. */
  #remove(removed: number): void {
    const entries = this.#entries
    let hole = removed
    for (let at = this.#after(hole); entries[at] !== 0; at = this.#after(at)) {
      const home = this.#home(entries[at + 2] ?? 0, entries[at + 1] ?? 0)
      // Whether home lies, going round, behind the hole: then its search never comes past the hole.
      const isPast = hole < at ? home > hole && home <= at : home > hole || home <= at
      if (isPast) continue
      entries.copyWithin(hole, at, at + ENTRY_WORDS)
      hole = at
    }
    entries[hole] = 0
    this.#taken -= 1
  }

  #grow(): void {
    const old = this.#entries
    const grown = new Uint32Array(Math.ceil((old.length / ENTRY_WORDS) * GROWTH) * ENTRY_WORDS)
    this.#entries = grown
    for (let from = 0; from < old.length; from += ENTRY_WORDS) {
      if (old[from] === 0) continue
      const at = this.#find(old[from + 2] ?? 0, old[from + 1] ?? 0)
      grown[at] = old[from] ?? 0
      grown[at + 1] = old[from + 1] ?? 0
      grown[at + 2] = old[from + 2] ?? 0
    }
  }
}

function lobbyKey({ number }: Channel, lobby: string): string {
  return `${number}/${lobby}`
}
