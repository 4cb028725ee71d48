/**
 * Who sends commands in a simulated world: characters of several tenants with the same ids, who mostly play, and now and
 * then send what nobody should. Some send in transactions, and some of those are aborted. Keeps no count of what must
 * come of it: the judge reads the topic.
 */
import { type Tenant, tenantHeaders } from '../../src/contract/tenant.ts'
import type { MemoryLog } from '../../src/transport/memory/memory-log.ts'
import type { RecordBytes } from '../../src/transport/memory/record-bytes.ts'
import { OTHER_TENANT, TENANT } from '../support/tenants.ts'
import type { Dice } from './dice.ts'
import { channelOf } from './fake-services.ts'
import { FRIEND, ITEM, MONSTER, SIM_QUESTS, SOLO_MAP } from './sim-quests.ts'
import type { SimulatedTime } from './simulated-time.ts'

const TENANTS: readonly Tenant[] = [TENANT, OTHER_TENANT]
const PARTIES = 5
const QUEST_IDS = SIM_QUESTS.map(({ definition }) => definition.questId)
const NOBODY = '00000000-0000-8000-8000-000000000000'
/** The first command of a transaction waits for its end for as long. */
const TRANSACTION_MS_MAX = 1500

export interface LiveInstance {
  readonly id: string
  readonly tenant: Tenant
}

export interface PlayersOptions {
  readonly log: MemoryLog
  readonly topic: string
  readonly characterEvents: string
  readonly monsterEvents: string
  readonly partitions: number
  readonly time: SimulatedTime
  readonly dice: Dice
  /** Whom commands can be for. */
  readonly live: () => readonly LiveInstance[]
}

export class Players {
  readonly #options: PlayersOptions
  #transactions = 0

  constructor(options: PlayersOptions) {
    this.#options = options
  }

  /** One command, whatever it may be. */
  act(): void {
    const { dice, live } = this.#options
    const known = live()
    const instance = known.length > 0 && dice.chance(0.97) ? dice.pick(known) : undefined
    const kind = dice.weighted([
      ['register', known.length < 12 ? 10 : 3],
      ['play', instance ? 20 : 1],
      ['forfeit', instance && known.length > 6 ? 2 : 0],
      ['odd', 1],
      ['leave', 2],
      ['gone', 2],
      ['monster', 3],
    ] as const)
    if (kind === 'register') this.#send(this.#register())
    else if (kind === 'play') this.#send(this.#command(this.#move(), instance))
    else if (kind === 'forfeit') this.#send(this.#command('FORFEIT', instance))
    else if (kind === 'leave') this.#send(this.#leave())
    else if (kind === 'gone') this.#tell(this.#options.characterEvents, this.#gone())
    else if (kind === 'monster') this.#tell(this.#options.monsterEvents, this.#monster(instance), instance?.tenant)
    else this.#send(this.#odd(instance))
  }

  /** For exactly that one. */
  command(type: string, instance: LiveInstance): void {
    this.#send(this.#command(type, instance))
  }

  /** Commands that lie in the log and never happened; or that happen later, all at once. */
  actInTransaction(): void {
    const { log, topic, time, dice, partitions } = this.#options
    const id = `players-${++this.#transactions}`
    const epoch = log.transactions.fence(id)
    const places = new Map(
      Array.from({ length: partitions }, (_, partition) => [
        log.partition({ topic, partition }),
        Array.from({ length: dice.int(0, 2) }, () => this.#register()),
      ]),
    )
    const nowhere = { group: log.group(id), offset: { topic, partition: 0, next: 0 } }
    log.transactions.write(id, epoch, places, nowhere, Math.floor(time.now))
    time.after(dice.between(1, TRANSACTION_MS_MAX), () => {
      if (dice.chance(0.3)) log.transactions.commit(id, epoch)
      else log.transactions.fence(id)
    })
  }

  #send(record: RecordBytes): void {
    const { log, topic, partitions, time, dice } = this.#options
    log.partition({ topic, partition: dice.int(0, partitions - 1) }).append([record], Math.floor(time.now))
  }

  #tell(topic: string, event: object, tenant?: Tenant): void {
    const { log, time, dice } = this.#options
    const partition = dice.int(0, log.partitions(topic).length - 1)
    log.partition({ topic, partition }).append([this.#record(event, tenant)], Math.floor(time.now))
  }

  #character(): number {
    return this.#options.dice.int(1, PARTIES) * 10 + this.#options.dice.int(0, 3)
  }

  /** Of which world he is, whoever sends it need not know. */
  #leave(): RecordBytes {
    return this.#record({ worldId: this.#options.dice.int(0, 1), characterId: this.#character(), type: 'LEAVE' })
  }

  #gone(): object {
    const { dice } = this.#options
    const channelId = channelOf(dice.int(1, PARTIES))
    const body = { channelId, oldChannelId: channelId, mapId: 1, instance: NOBODY }
    return { worldId: 0, characterId: this.#character(), type: dice.pick(['LOGOUT', 'CHANNEL_CHANGED', 'LOGIN']), body }
  }

  #monster(instance: LiveInstance | undefined): object {
    const { dice } = this.#options
    return {
      ...{ worldId: 0, channelId: 1, mapId: dice.pick([100, 110]), uniqueId: 1 },
      ...{ instance: instance?.id ?? NOBODY, monsterId: dice.pick([MONSTER, FRIEND, 1]) },
      ...{ type: dice.pick(['DAMAGED', 'KILLED', 'FRIENDLY_DROP', 'CREATED']), body: { itemCount: dice.int(0, 2) } },
    }
  }

  #register(): RecordBytes {
    const { dice } = this.#options
    const partyId = dice.int(1, PARTIES)
    const body = {
      questId: dice.chance(0.97) ? dice.pick(QUEST_IDS) : 'unknown',
      partyId: dice.chance(0.9) ? partyId : 0,
      channelId: channelOf(partyId),
      mapId: dice.pick([0, SOLO_MAP, SOLO_MAP, 7]),
    }
    return this.#record({ worldId: 0, characterId: partyId * 10 + dice.int(0, 3), type: 'REGISTER', body })
  }

  #move(): string {
    return this.#options.dice.weighted([
      ['UPDATE_STAGE_STATE', 5],
      ['STAGE_CLEAR_ATTEMPT', 4],
      ['STAGE_ADVANCE', 3],
      ['START', 3],
    ])
  }

  #command(type: string, instance: LiveInstance | undefined): RecordBytes {
    const { dice } = this.#options
    const counts =
      type === 'UPDATE_STAGE_STATE'
        ? { itemCounts: { [ITEM]: dice.int(0, 2) }, monsterKills: { [MONSTER]: dice.int(0, 1) } }
        : {}
    const body = { instanceId: instance?.id ?? NOBODY, ...counts }
    return this.#record({ worldId: 0, characterId: dice.int(10, 50), type, body }, instance?.tenant)
  }

  #odd(instance: LiveInstance | undefined): RecordBytes {
    const { dice } = this.#options
    const good = this.#command('STAGE_ADVANCE', instance)
    return dice.pick<() => RecordBytes>([
      () => ({ ...good, value: Buffer.from('{"type":') }),
      () => ({ ...good, value: null }),
      () => ({ ...good, headers: good.headers.slice(1) }),
      () => this.#record({ worldId: 0, characterId: 1, type: 'WEATHER', body: {} }),
      // Somebody else's instance.
      () => this.#command('FORFEIT', instance && { ...instance, tenant: { ...TENANT, region: 'JMS' } }),
    ])()
  }

  #record(command: object, tenant = this.#options.dice.pick(TENANTS)): RecordBytes {
    return { key: null, value: Buffer.from(JSON.stringify(command)), headers: tenantHeaders(tenant) }
  }
}
