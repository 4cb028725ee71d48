/**
 * Promise: on a real Kafka, each row of the ecosystem's later version does what it says, byte for byte and in order on
 * each topic: leaving, logging out, custom data, rewards, weather, friendly monsters, counted kills, a manual bonus.
 */
import { expect, it } from 'vitest'
import { describeWithKafkaAndJava } from '../support/brokers.ts'
import { eventually } from '../support/eventually.ts'
import type { JavaNewRecord } from '../support/kafka/independent-client.ts'
import { newTraceparent, tenantHeaderList } from '../support/quest-client.ts'
import { OTHER_TENANT, TENANT } from '../support/tenants.ts'
import { type Installation, installations, PARTITIONS } from './installation.ts'

const NIL = '00000000-0000-0000-0000-000000000000'
const PARTY = [1001, 1002, 1003] as const
const LIMIT_MS = 60_000
const WAIT = { limitMs: 30_000, pollMs: 100 }
const BUNNY = 9300061
const SLIME = 9300001

const MOON = {
  questId: 'moon_pq',
  name: 'Moon & Rice',
  duration: 3600,
  registration: { type: 'party', mode: 'instant' },
  startRequirements: [{ type: 'party_size', operator: 'gte', value: 3 }],
  failRequirements: [{ type: 'party_size', operator: 'lt', value: 2 }],
  exit: 900,
  advance: 'automatic',
  rewards: [
    { type: 'experience', amount: 70 },
    { type: 'experience', amount: 7 },
  ],
  bonus: { mapId: 700, duration: 300, entry: 'manual', completionMapId: 600 },
  stages: [
    {
      ...{ index: 0, name: 'Seeds', mapIds: [100, 101], type: 'reactor_trigger', warpType: 'none' },
      clearConditions: [{ type: 'custom_data', operator: '>=', value: 6, referenceKey: 'stage' }],
      rewards: [
        { type: 'experience', amount: 100 },
        { type: 'experience', amount: 0 },
      ],
      properties: { weather: { itemId: 5120016, message: 'Plant <seeds> & wait', duration: 5 } },
    },
    {
      ...{ index: 1, name: 'Bunny', mapIds: [110], type: 'item_collection' },
      clearConditions: [{ type: 'custom_data', operator: '>=', value: 3, referenceKey: 'friendlyDropCount' }],
      properties: {
        friendlyMonster: {
          ...{ monsterId: BUNNY, x: -183, y: -433, fh: 7, spawnMessage: 'Protect it!' },
          onDamaged: { hitInterval: 2, message: 'It is hurt.' },
          onDrop: { messageTemplate: 'Cake number {count}.' },
          onKilled: { action: 'fail', message: 'It is gone.' },
        },
      },
    },
    {
      ...{ index: 2, name: 'Slimes', mapIds: [120, 121], type: 'monster_killing' },
      clearConditions: [{ type: 'monster_kill', operator: '>=', value: 2, referenceId: SLIME }],
      properties: { countKills: true },
    },
  ],
}

describeWithKafkaAndJava('the later version', kafka => {
  const install = installations()

  it(
    'a whole quest with all that it may send, from REGISTER to the last one who leaves the bonus',
    async () => {
      const scene = await open('whole')
      const { id, command, monster, sent } = await scene.party(0)
      await monster('DAMAGED', 110, BUNNY)
      await command('UPDATE_CUSTOM_DATA', {
        updates: { stage: '4', mood: 'good' },
        increments: ['stage', 'stage', 'mood'],
      })
      await command('BROADCAST_MESSAGE', { messageType: 'NOTICE', message: 'Go "on"' })
      await command('STAGE_CLEAR_ATTEMPT')
      for (let hit = 0; hit < 3; hit++) await monster('DAMAGED', 110, BUNNY)
      await monster('FRIENDLY_DROP', 110, BUNNY, { itemCount: 1 })
      await monster('FRIENDLY_DROP', 110, BUNNY, { itemCount: 2 })
      await command('STAGE_CLEAR_ATTEMPT')
      for (const _ of [1, 2]) await monster('KILLED', 121, SLIME)
      await command('STAGE_CLEAR_ATTEMPT')
      await command('ENTER_BONUS')
      for (const characterId of PARTY) await scene.leave(characterId)

      const warps = (map: number) => PARTY.map(who => warp(who, map, id))
      const rewards = (amount: number) => PARTY.map(who => award(who, amount))
      const told = (type: string, message: string) => PARTY.map(who => tell(who, 0, type, message))
      const seen = await sent()
      expect(seen.status.map(({ type, body }) => [type, body]).slice(3)).toEqual([
        ['STARTED', { stageIndex: 0, mapIds: [100, 101] }],
        ['STAGE_CLEARED', { stageIndex: 0, channelId: 0, mapIds: [100, 101], fieldInstances: [id] }],
        ['STAGE_ADVANCED', { stageIndex: 1, mapIds: [110] }],
        ['STAGE_CLEARED', { stageIndex: 1, channelId: 0, mapIds: [110], fieldInstances: [id] }],
        ['STAGE_ADVANCED', { stageIndex: 2, mapIds: [120, 121] }],
        ['STAGE_CLEARED', { stageIndex: 2, channelId: 0, mapIds: [120, 121], fieldInstances: [id] }],
        ['COMPLETED', {}],
        ['BONUS_ENTERED', { mapId: 700 }],
        ...PARTY.map(who => ['CHARACTER_LEFT', { characterId: who, channelId: 0, reason: 'voluntary' }]),
        ['INSTANCE_DESTROYED', {}],
      ])
      const wanted = [
        // The first stage leaves them where they are.
        ...[...warps(100), ...rewards(100)],
        ...[...warps(120), ...rewards(70), ...rewards(7), ...warps(600), ...warps(700)],
        ...PARTY.map(who => warp(who, 900, NIL)),
      ]
      const ofOne = (all: readonly string[], who: number) => all.filter(text => text.includes(`"characterId":${who},`))
      for (const who of PARTY) expect(ofOne(seen.character, who)).toEqual(ofOne(wanted, who))
      expect(seen.character).toHaveLength(wanted.length)
      const lines = [
        ...told('NOTICE', 'Go \\"on\\"'),
        ...told('PINK_TEXT', 'Protect it!'),
        ...told('BLUE_TEXT', 'It is hurt.'),
        ...told('BLUE_TEXT', 'Cake number 1.'),
        ...told('BLUE_TEXT', 'Cake number 3.'),
      ]
      for (const who of PARTY) expect(ofOne(seen.systemMessage, who)).toEqual(ofOne(lines, who))
      expect(seen.systemMessage).toHaveLength(lines.length)
      expect(seen.map).toEqual([
        `{"transactionId":"${NIL}","worldId":0,"channelId":0,"mapId":100,"instance":"${id}","type":"WEATHER_START",` +
          `"body":{"itemId":5120016,"message":"Plant \\u003cseeds\\u003e \\u0026 wait","durationMs":5000}}`,
      ])
      expect(seen.reactor.toSorted()).toEqual([destroyed(120, 0, id), destroyed(121, 0, id)])
      expect(await scene.codes()).toEqual([])
      for (const { key, value } of seen.records) {
        const { characterId, mapId } = JSON.parse(value)
        expect([key?.readUInt32LE(0), key?.readUInt32LE(4), key?.length]).toEqual([characterId ?? mapId, 0, 8])
      }
    },
    LIMIT_MS,
  )

  it(
    'who leaves, logs out or changes the channel is out, whatever the state, and what cannot go on fails',
    async () => {
      const scene = await open('leaving')
      // Channel 1: out of the lobby, and in again; all three leave it at last.
      await scene.register(1, [1001, 1002])
      await scene.leave(1001)
      await scene.register(1, [1001])
      // Channel 2 is played: two of three are gone, and the quest does not go on with one.
      const played = await scene.party(2, [2001, 2002, 2003])
      await scene.gone('LOGOUT', 2001, { channelId: 2, mapId: 100, instance: played.id })
      await scene.gone('LOGOUT', 2002, { channelId: 3, mapId: 100, instance: NIL })
      await scene.gone('CHANNEL_CHANGED', 2002, { channelId: 7, oldChannelId: 2, mapId: 100, instance: NIL })
      // Nobody has heard of these; another tenant's.
      await scene.leave(9999)
      await scene.leave(1001, { tenant: OTHER_TENANT })
      await scene.idle()
      // Whoever sends it need not know the world.
      await scene.leave(1001, { worldId: 1 })
      await scene.leave(1002)

      const lobby = await scene.sentOn(1)
      expect(lobby.status.map(({ type, body }) => [type, body.characterId ?? body.reason])).toEqual([
        ['INSTANCE_CREATED', undefined],
        ['CHARACTER_REGISTERED', 1002],
        ['CHARACTER_LEFT', 1001],
        ['CHARACTER_REGISTERED', 1001],
        ['CHARACTER_LEFT', 1001],
        ['CHARACTER_LEFT', 1002],
        ['INSTANCE_DESTROYED', undefined],
      ])
      expect(lobby.character).toEqual([])
      const seen = await played.sent()
      expect(seen.status.map(({ type, body }) => [type, body.characterId ?? body.reason]).slice(3)).toEqual([
        ['STARTED', undefined],
        ['CHARACTER_LEFT', 2001],
        ['CHARACTER_LEFT', 2002],
        ['FAILED', 'requirements_not_met'],
        ['INSTANCE_DESTROYED', undefined],
      ])
      expect(seen.status.filter(({ type }) => type === 'CHARACTER_LEFT').map(({ body }) => body.reason)).toEqual([
        'disconnect',
        'disconnect',
      ])
      // The map service has moved the others already.
      expect(seen.character.filter(text => text.includes('"mapId":900,'))).toEqual([
        warp(2003, 900, NIL).replace('"channelId":0', '"channelId":2'),
      ])
      expect(await scene.codes()).toEqual([])
    },
    LIMIT_MS,
  )

  it(
    'a friendly monster that is killed fails the quest, and no other monster does',
    async () => {
      const scene = await open('killed')
      const { id, command, monster, sent } = await scene.party(0)
      await command('STAGE_ADVANCE')
      await monster('KILLED', 110, SLIME)
      await monster('KILLED', 999, BUNNY)
      await monster('KILLED', 110, BUNNY, {}, NIL)
      await monster('KILLED', 110, BUNNY)
      const seen = await sent()
      expect(seen.status.map(({ type, body }) => [type, body.reason]).slice(3)).toEqual([
        ['STARTED', undefined],
        ['STAGE_CLEARED', undefined],
        ['STAGE_ADVANCED', undefined],
        ['FAILED', 'friendly_monster_killed'],
        ['INSTANCE_DESTROYED', undefined],
      ])
      expect(seen.systemMessage.filter(text => text.includes('It is gone.'))).toHaveLength(3)
      expect(seen.reactor).toEqual([destroyed(110, 0, id)])
      expect(await scene.codes()).toEqual([])
    },
    LIMIT_MS,
  )

  it(
    'what a state does not take is refused, and what other services write badly is no dead letter',
    async () => {
      const scene = await open('refused')
      const { command, monster } = await scene.party(0)
      await command('ENTER_BONUS')
      await command('UPDATE_CUSTOM_DATA', { updates: { stage: 7 } })
      await command('BROADCAST_MESSAGE', { messageType: 7 })
      await scene.raw('monsterStatus', 'not JSON')
      await scene.raw('characterStatus', '{"worldId":900,"characterId":1,"type":"LOGOUT","body":{}}')
      await monster('DAMAGED', 110, BUNNY, {}, '00000000-0000-8000-8000-000000000000')
      expect((await scene.codes()).toSorted()).toEqual(['INVALID_STATE', 'MALFORMED', 'MALFORMED'])
    },
    LIMIT_MS,
  )

  async function open(name: string) {
    const installation = await install({
      ...{ bootstrap: kafka.bootstrap, prefix: `${kafka.topicPrefix()}-${name}`, definitions: [MOON] },
    })
    const replicas = [await installation.start('a'), await installation.start('b')]
    await Promise.all(replicas.map(replica => replica.untilReady()))
    return new Scene(installation)
  }
})

interface StatusEvent {
  readonly instanceId: string
  readonly type: string
  readonly body: { readonly [name: string]: unknown; readonly channelId?: number; readonly reason?: string }
}

class Scene {
  readonly #installation: Installation

  constructor(installation: Installation) {
    this.#installation = installation
  }

  async idle(): Promise<void> {
    await this.#installation.client.untilIdle()
  }

  async register(channelId: number, characters: readonly number[]): Promise<void> {
    for (const characterId of characters) {
      const body = { questId: MOON.questId, partyId: 88, channelId, mapId: 0 }
      await this.#send({ worldId: 0, characterId, type: 'REGISTER', body })
    }
  }

  async leave(characterId: number, { tenant = TENANT, worldId = 0 } = {}): Promise<void> {
    await this.#send({ worldId, characterId, type: 'LEAVE', body: {} }, tenant)
  }

  async gone(type: string, characterId: number, body: object): Promise<void> {
    await this.raw('characterStatus', JSON.stringify({ worldId: 0, characterId, type, body }))
  }

  async raw(topic: 'characterStatus' | 'monsterStatus', value: string): Promise<void> {
    const { client } = this.#installation
    await client.sendElsewhere(topic, [{ partition: 0, key: 'any', value, headers: headersOf(TENANT) }])
    await client.untilIdle()
  }

  /** Three who play, in a channel of their own. */
  async party(channelId: number, characters: readonly number[] = PARTY) {
    await this.register(channelId, characters)
    const { instanceId: id } = await eventually(async () => {
      const started = (await this.#status()).find(
        ({ type, instanceId }) => type === 'STARTED' && this.#isOn(instanceId, channelId),
      )
      expect(started).toBeDefined()
      return started as StatusEvent
    }, WAIT)
    return {
      id,
      command: (type: string, body: object = {}) =>
        this.#send({ worldId: 0, characterId: characters[0] ?? 0, type, body: { instanceId: id, ...body } }),
      monster: async (type: string, mapId: number, monsterId: number, body: object = {}, instance = id) => {
        const event = { worldId: 0, channelId, mapId, instance, uniqueId: 1, monsterId, type, body }
        await this.raw('monsterStatus', JSON.stringify(event))
      },
      sent: () => this.sentOn(channelId),
    }
  }

  /** Of the instances of a channel, in the order of each topic's partitions. */
  async sentOn(channelId: number) {
    const { client, later } = this.#installation
    await client.untilIdle()
    const { status, character, elsewhere = [] } = await client.read()
    const events = status.map(({ value }): StatusEvent => JSON.parse(String(value)))
    this.#learn(events)
    const mine = (text: string) => text.includes(`"channelId":${channelId},`)
    const texts = (topic: string) =>
      elsewhere.flatMap(record => (record.topic === topic ? [String(record.value)] : [])).filter(mine)
    return {
      status: events.filter(({ instanceId }) => this.#isOn(instanceId, channelId)),
      character: character.map(({ value }) => String(value)).filter(mine),
      ...{ reactor: texts(later.reactor), systemMessage: texts(later.systemMessage), map: texts(later.map) },
      records: [...character, ...elsewhere].map(({ key, value }) => ({ key, value: String(value) })),
    }
  }

  /** Of the dead letters. */
  async codes(): Promise<readonly string[]> {
    await this.idle()
    const { deadLetters } = await this.#installation.client.read()
    return deadLetters.map(({ headers }) => String(headers.find(([name]) => name === 'error-code')?.[1]))
  }

  readonly #channels = new Map<string, number>()

  async #status(): Promise<readonly StatusEvent[]> {
    const records = await this.#installation.client.readStatus()
    const events = records.map(({ value }): StatusEvent => JSON.parse(String(value)))
    this.#learn(events)
    return events
  }

  #learn(events: readonly StatusEvent[]): void {
    for (const { type, instanceId, body } of events) {
      if (type === 'INSTANCE_CREATED') this.#channels.set(instanceId, body.channelId ?? -1)
    }
  }

  #isOn(instanceId: string, channelId: number): boolean {
    return this.#channels.get(instanceId) === channelId
  }

  /** One after the other: what is sent next comes after what this one did. */
  async #send(
    value: { readonly characterId: number } & Readonly<Record<string, unknown>>,
    tenant = TENANT,
  ): Promise<void> {
    const { client } = this.#installation
    const partition = value.characterId % PARTITIONS
    await client.send([{ partition, key: 'any', value: JSON.stringify(value), headers: headersOf(tenant) }])
    await client.untilIdle()
  }
}

function headersOf(tenant: typeof TENANT): NonNullable<JavaNewRecord['headers']> {
  return [...tenantHeaderList(tenant), ['traceparent', newTraceparent()]]
}

function warp(characterId: number, mapId: number, instance: string): string {
  return (
    `{"worldId":0,"characterId":${characterId},"type":"CHANGE_MAP","body":{"channelId":0,"mapId":${mapId},` +
    `"instance":"${instance}","portalId":0}}`
  )
}

function award(characterId: number, amount: number): string {
  return (
    `{"worldId":0,"characterId":${characterId},"type":"AWARD_EXPERIENCE","body":{"channelId":0,` +
    `"distributions":[{"experienceType":"CHAT","amount":${amount},"attr1":0}]}}`
  )
}

function tell(characterId: number, channelId: number, messageType: string, message: string): string {
  return (
    `{"transactionId":"${NIL}","worldId":0,"channelId":${channelId},"characterId":${characterId},"type":"SEND_MESSAGE",` +
    `"body":{"messageType":"${messageType}","message":"${message}"}}`
  )
}

function destroyed(mapId: number, channelId: number, instance: string): string {
  return `{"worldId":0,"channelId":${channelId},"mapId":${mapId},"instance":"${instance}","type":"DESTROY_IN_FIELD","body":{}}`
}
