/**
 * A load that can be told again from its seed: parties of several tenants that register and play beside one another,
 * and odd records between their commands. All commands of a party lie in one partition in order, so the oracle knows
 * what must come of them; partitions and shards see many parties interleaved.
 */
import { seededRandom } from '../../src/cli/seeded-random.ts'
import type { Random } from '../../src/clock.ts'
import type { TenantId } from '../../src/contract/ids.ts'
import type { Tenant } from '../../src/contract/tenant.ts'
import { instanceIdAt } from '../support/instance-id.ts'
import type { JavaNewRecord } from '../support/kafka/independent-client.ts'
import type { OracleQuest } from '../support/oracle.ts'
import { newTraceparent, type QuestClient, tenantHeaderList } from '../support/quest-client.ts'
import { OTHER_TENANT, TENANT } from '../support/tenants.ts'
import { type Command, type Party, register, scriptOf } from './load-party.ts'
import { LOAD_QUESTS, partySize } from './load-quests.ts'
import { ODD_RECORDS } from './odd-records.ts'

const TENANTS: readonly Tenant[] = [
  TENANT,
  OTHER_TENANT,
  { ...TENANT, id: '7a1f6c1e-0d7b-4b43-8f52-3f5f3cf0b6a1' as TenantId, region: 'JMS', majorVersion: 185 },
]
const WORLDS = 2
const CHANNELS = 6
const ODD_SHARE = 0.06

type NewRecord = Omit<JavaNewRecord, 'topic'>

interface Playing {
  readonly party: Party
  readonly instanceId: string
  /** What is left of its script. */
  readonly script: Command[]
}

export interface LoadOptions {
  readonly seed: number
  readonly client: QuestClient
  readonly partitions: number
  /** Default: LOAD_QUESTS. */
  readonly quests?: readonly OracleQuest[]
}

export class Load {
  readonly #client: QuestClient
  readonly #partitions: number
  readonly #quests: readonly OracleQuest[]
  readonly #random: Random
  #playing: Playing[] = []
  #parties = 0
  #oddKind = 0
  #sent = 0

  constructor({ seed, client, partitions, quests = LOAD_QUESTS }: LoadOptions) {
    this.#client = client
    this.#partitions = partitions
    this.#quests = quests
    this.#random = seededRandom(seed)
  }

  /** Records that lie in the command topic by now. */
  get sent(): number {
    return this.#sent
  }

  get parties(): number {
    return this.#parties
  }

  /** So many parties come; they and all others go on with a part of their scripts. */
  async advance(newParties: number): Promise<void> {
    await this.#begin(newParties)
    await this.#send(this.#slice(() => 2 + this.#below(9)))
  }

  /** Advances again and again until that has happened. @throws what it rejects with. */
  async until(happened: Promise<unknown>, newParties: number): Promise<void> {
    let pending = true
    const done = happened.finally(() => {
      pending = false
    })
    done.catch(() => {})
    while (pending) await this.advance(newParties)
    await done
  }

  /** Everybody plays to the end. */
  async finish(): Promise<void> {
    await this.#send(this.#slice(() => Number.POSITIVE_INFINITY))
  }

  /** The place of its first REGISTER names a party's instance. */
  async #begin(newParties: number): Promise<void> {
    const parties = Array.from({ length: newParties }, () => this.#newParty())
    const places = await this.#send(
      parties.map(party => this.#record(party, register(party, party.characters[0] ?? 0))),
    )
    for (const [index, party] of parties.entries()) {
      const place = places[index]
      if (place === undefined) throw new Error(`no place for party ${party.partyId}`)
      const { tenant, worldId, channelId } = party
      const instanceId = instanceIdAt(this.#client.clusterId, place, { tenantId: tenant.id, worldId, channelId })
      this.#playing.push({ party, instanceId, script: scriptOf(party, instanceId, this.#random) })
    }
  }

  /** Each tenant in its turn has a party of the same number, characters, world and channel. */
  #newParty(): Party {
    const turn = this.#parties++
    const tenant = TENANTS[turn % TENANTS.length]
    if (tenant === undefined) throw new Error('no tenant to play')
    const number = 1 + Math.floor(turn / TENANTS.length)
    const [worldId, channelId] = [number % WORLDS, Math.floor(number / WORLDS) % CHANNELS]
    const quest = this.#pick(this.#quests)
    const characters = Array.from({ length: partySize(quest) }, (_, member) => 10 * number + member)
    const partition = this.#below(this.#partitions)
    return { quest, tenant, worldId, channelId, partyId: number, characters, partition }
  }

  /** The next part of each script, interleaved, with odd records in between. */
  #slice(lengthOf: () => number): NewRecord[] {
    const heads = this.#playing.map(playing => ({ playing, left: Math.min(lengthOf(), playing.script.length) }))
    const records: NewRecord[] = []
    for (let going = heads.filter(({ left }) => left > 0); going.length > 0; ) {
      const head = this.#pick(going)
      const command = head.playing.script.shift()
      if (command !== undefined) records.push(this.#record(head.playing.party, command))
      if (this.#random.fraction() < ODD_SHARE) records.push(this.#oddRecord(head.playing))
      if (--head.left === 0) going = going.filter(({ left }) => left > 0)
    }
    this.#playing = this.#playing.filter(({ script }) => script.length > 0)
    return records
  }

  /** Each kind in its turn. */
  #oddRecord({ party, instanceId }: Playing): NewRecord {
    const kinds = Object.values(ODD_RECORDS)
    const make = kinds[this.#oddKind++ % kinds.length]
    const other = TENANTS[(TENANTS.indexOf(party.tenant) + 1) % TENANTS.length]
    if (make === undefined || other === undefined) throw new Error('no kind of odd record, or no other tenant')
    return make({
      partition: this.#below(this.#partitions),
      instanceId,
      tenant: tenantHeaderList(party.tenant),
      otherTenant: tenantHeaderList(other),
    })
  }

  #record({ tenant, worldId, partition }: Party, command: Command): NewRecord {
    const trace = this.#pick<NonNullable<NewRecord['headers']>>([
      [['traceparent', newTraceparent()]],
      [['traceparent', newTraceparent()]],
      [
        ['traceparent', `${newTraceparent().slice(0, -1)}0`],
        ['baggage', 'a=1'],
        ['tracestate', 'v=2'],
      ],
      [
        ['traceparent', 'none'],
        ['tracestate', 'dropped=1'],
        ['baggage', 'b=2'],
        ['x-other', 'not ours'],
      ],
      [],
    ])
    return {
      partition,
      key: this.#pick([null, 'k', '\u0000']),
      value: JSON.stringify({ worldId, ...command }),
      headers: [...tenantHeaderList(tenant), ...trace],
    }
  }

  async #send(records: readonly NewRecord[]) {
    const places = records.length === 0 ? [] : await this.#client.send(records)
    this.#sent += records.length
    return places
  }

  #below(count: number): number {
    return Math.floor(this.#random.fraction() * count)
  }

  #pick<Item>(items: readonly Item[]): Item {
    const item = items[this.#below(items.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }
}
