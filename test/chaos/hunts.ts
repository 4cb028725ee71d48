/**
 * What the game tells during a run: of monsters in hunts, of visitors who leave, and of much that is nobody's business.
 * Topics have no order among themselves, so that nobody could say what must come of an event beside a command to its
 * instance; here every instance has started before anything is told of it, and gets no command before all is told.
 */
import { seededRandom } from '../../src/cli/seeded-random.ts'
import type { Random } from '../../src/clock.ts'
import type { TenantId } from '../../src/contract/ids.ts'
import type { Tenant } from '../../src/contract/tenant.ts'
import { instanceIdAt } from '../support/instance-id.ts'
import type { JavaNewRecord } from '../support/kafka/independent-client.ts'
import { newTraceparent, type QuestClient, tenantHeaderList } from '../support/quest-client.ts'
import { OTHER_TENANT, TENANT } from '../support/tenants.ts'
import { FOE, FRIENDLY, HUNT, HUNT_MAPS, HUNT_WORLD, KILLS_TO_CLEAR, VISIT } from './quests.ts'

/** Nobody of the load is called so. */
const FIRST_CHARACTER = 1_000_000_000
const CHANNELS = 6
const HITS = 6
const DROPS = 4
const NOISE_SHARE = 0.3
const NIL = '00000000-0000-0000-0000-000000000000'
const TENANTS: readonly Tenant[] = [
  TENANT,
  OTHER_TENANT,
  { ...TENANT, id: '7a1f6c1e-0d7b-4b43-8f52-3f5f3cf0b6a1' as TenantId, region: 'JMS', majorVersion: 185 },
]

type NewRecord = Omit<JavaNewRecord, 'topic'>
type Topic = 'characterStatus' | 'monsterStatus'

/** One instance, and what is still to be told of it, in order. */
interface Told {
  readonly tenant: Tenant
  readonly characterId: number
  readonly channelId: number
  readonly questId: string
  /** Of commands and events alike. */
  readonly partition: number
  readonly topic: Topic
  instanceId: string
  script: NewRecord[]
  /** Length of its script at first. */
  events: number
}

export interface HuntsOptions {
  readonly seed: number
  readonly client: QuestClient
  readonly partitions: number
  /** As many visitors come. */
  readonly hunts: number
}

export class Hunts {
  readonly #client: QuestClient
  readonly #random: Random
  readonly #all: readonly Told[]
  #sent = 0

  constructor({ seed, client, partitions, hunts }: HuntsOptions) {
    this.#client = client
    this.#random = seededRandom(seed ^ 0x9e37)
    this.#all = Array.from({ length: 2 * hunts }, (_, turn) => {
      const isHunt = turn < hunts
      return {
        tenant: this.#pick(TENANTS),
        characterId: FIRST_CHARACTER + turn,
        channelId: turn % CHANNELS,
        questId: isHunt ? HUNT.questId : VISIT.questId,
        partition: this.#below(partitions),
        topic: isHunt ? 'monsterStatus' : 'characterStatus',
        ...{ instanceId: NIL, script: [], events: 0 },
      }
    })
  }

  /** Commands that lie in the command topic by now. */
  get sent(): number {
    return this.#sent
  }

  /** All of them enter. They have started once that has had its effect, and nothing may be told before. */
  async begin(): Promise<void> {
    const places = await this.#command(this.#all, ({ questId, channelId }) => ({
      type: 'REGISTER',
      body: { questId, channelId, partyId: 0, mapId: 0 },
    }))
    for (const [index, told] of this.#all.entries()) {
      const place = places[index]
      if (place === undefined) throw new Error(`no place for character ${told.characterId}`)
      const channel = { tenantId: told.tenant.id, worldId: HUNT_WORLD, channelId: told.channelId }
      told.instanceId = instanceIdAt(this.#client.clusterId, place, channel)
      told.script = told.questId === HUNT.questId ? this.#huntScript(told) : this.#visitScript(told)
      told.events = told.script.length
    }
  }

  /** Tells of each of them as much as is due, the share from 0 to 1 of all. */
  async advance(share: number): Promise<void> {
    for (const topic of ['monsterStatus', 'characterStatus'] as const) {
      const due = this.#all
        .filter(told => told.topic === topic)
        .flatMap(({ script, events }) => script.splice(0, Math.max(0, script.length - Math.ceil(events * (1 - share)))))
      if (due.length > 0) await this.#client.sendElsewhere(topic, due)
    }
  }

  /** What is counted shows now: a hunt is cleared by the right number of kills and by no other. */
  async end(): Promise<void> {
    const hunts = this.#all.filter(({ questId }) => questId === HUNT.questId)
    for (const type of ['STAGE_CLEAR_ATTEMPT', 'FORFEIT']) {
      await this.#command(hunts, ({ instanceId }) => ({ type, body: { instanceId } }))
    }
  }

  async #command(to: readonly Told[], commandOf: (told: Told) => { readonly type: string; readonly body: object }) {
    const places = await this.#client.send(
      to.map(told => {
        const { characterId, partition } = told
        return this.#record(told, partition, { worldId: HUNT_WORLD, characterId, ...commandOf(told) })
      }),
    )
    this.#sent += to.length
    return places
  }

  #huntScript(told: Told): NewRecord[] {
    const event = (type: string, monsterId: number, more: object = {}) =>
      this.#record(told, told.partition, this.#monsterEvent(told, type, { monsterId, ...more }))
    const events = [
      ...Array.from({ length: KILLS_TO_CLEAR }, () => event('KILLED', FOE)),
      ...Array.from({ length: HITS }, () => event('DAMAGED', FRIENDLY)),
      ...Array.from({ length: DROPS }, () => event('FRIENDLY_DROP', FRIENDLY, { body: { itemCount: this.#below(4) } })),
      event('KILLED', FRIENDLY),
    ]
    return this.#among(events, () => this.#monsterNoise(told))
  }

  #monsterEvent({ channelId, instanceId }: Told, type: string, more: object) {
    const place = { worldId: HUNT_WORLD, channelId, mapId: this.#pick(HUNT_MAPS), instance: instanceId }
    return { ...place, uniqueId: this.#below(1000), monsterId: FOE, type, body: {}, ...more }
  }

  /** Each looks like one of ours in all but one thing. */
  #monsterNoise(told: Told): NewRecord {
    const { partition } = told
    const record = (type: string, more: object, tenant = told.tenant) =>
      this.#record({ tenant }, partition, this.#monsterEvent(told, type, more))
    const stranger = TENANTS.find(tenant => tenant !== told.tenant) ?? told.tenant
    return this.#pick([
      () => record('KILLED', { instance: NIL }),
      () => record('CREATED', {}),
      () => record('DAMAGED', { monsterId: FOE }),
      () => record('DAMAGED', { monsterId: FRIENDLY, mapId: 1 }),
      () => record('KILLED', { monsterId: FOE + 1 }),
      () => record('KILLED', {}, stranger),
      () => ({ ...record('KILLED', {}), value: '{"instance":' }),
    ])()
  }

  /** Told once or twice: gone is gone. */
  #visitScript(told: Told): NewRecord[] {
    const { channelId, partition } = told
    const event = (type: string, body: object) => {
      const value = {
        worldId: HUNT_WORLD,
        characterId: told.characterId,
        type,
        body: { mapId: 1, instance: NIL, ...body },
      }
      return this.#record(told, partition, value)
    }
    const elsewhere = (channelId + 1) % CHANNELS
    const leave = () =>
      this.#pick([
        () => event('LOGOUT', { channelId }),
        () => event('CHANNEL_CHANGED', { channelId: elsewhere, oldChannelId: channelId }),
      ])()
    const noise = () =>
      this.#pick([
        () => event('LOGIN', { channelId }),
        () => event('LOGOUT', { channelId: elsewhere }),
        () => event('CHANNEL_CHANGED', { channelId, oldChannelId: elsewhere }),
      ])()
    return [noise(), ...this.#among(this.#random.fraction() < 0.5 ? [leave()] : [leave(), leave()], noise), noise()]
  }

  #among(events: readonly NewRecord[], noise: () => NewRecord): NewRecord[] {
    const left = [...events]
    const mixed: NewRecord[] = []
    while (left.length > 0) {
      if (this.#random.fraction() < NOISE_SHARE) mixed.push(noise())
      mixed.push(...left.splice(this.#below(left.length), 1))
    }
    return mixed
  }

  #record({ tenant }: Pick<Told, 'tenant'>, partition: number, value: object): NewRecord {
    const trace = this.#pick<NonNullable<NewRecord['headers']>>([[['traceparent', newTraceparent()]], []])
    return { partition, key: 'any', value: JSON.stringify(value), headers: [...tenantHeaderList(tenant), ...trace] }
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
