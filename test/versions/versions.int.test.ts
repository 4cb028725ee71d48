/**
 * On a real Kafka, with replicas as processes: definitions that differ from replica to replica and from deploy to
 * deploy, and a state record that somebody else has spoilt.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { freePort } from '../../scripts/kafka-broker/free-ports.ts'
import type { CommandValue } from '../../src/cli/command-value.ts'
import { shardOfInstance } from '../../src/contract/shard-key.ts'
import { PARTITIONS, publicTopics, SHARDS, serviceEnv } from '../integrity/installation.ts'
import { describeWithKafkaAndJava } from '../support/brokers.ts'
import { eventually } from '../support/eventually.ts'
import { type JavaRecord, javaProduce, readCommitted } from '../support/kafka/independent-client.ts'
import { commandRecord, QuestClient } from '../support/quest-client.ts'
import { serviceProcesses } from '../support/service-process.ts'
import { TENANT } from '../support/tenants.ts'

const LIMIT_MS = 120_000
const WAIT = { limitMs: 40_000, pollMs: 200 }

/** Two stages, on the map given and ten further on. */
const mill = (mapId: number, exit: number, questId = 'mill_pq') => ({
  ...{ questId, name: questId, exit, registration: { type: 'individual', mode: 'instant' } },
  stages: [0, 1].map(index => ({ index, type: 'boss', mapIds: [mapId + 10 * index] })),
})

interface Event {
  readonly instanceId: string
  readonly questId: string
  readonly type: string
  readonly body: { readonly channelId?: number; readonly mapIds?: readonly number[] }
}
interface Warp {
  readonly characterId: number
  readonly body: { readonly mapId: number }
}

describeWithKafkaAndJava('releases of files and of records', kafka => {
  const start = serviceProcesses()
  const endings: (() => Promise<unknown>)[] = []
  afterAll(async () => {
    for (const end of endings) await end()
  })

  async function definitionsDir(...definitions: readonly { readonly questId: string }[]): Promise<string> {
    const dir = await mkdtemp(join(tmpdir(), 'party-quests-versions-'))
    endings.push(() => rm(dir, { recursive: true }))
    for (const quest of definitions) await writeFile(join(dir, `${quest.questId}.json`), JSON.stringify(quest))
    return dir
  }

  async function installation(name: string) {
    const { bootstrap } = kafka
    const prefix = `${kafka.topicPrefix()}-${name}`
    const client = new QuestClient({ bootstrap, topics: publicTopics(prefix), prefix })
    await client.connect()
    endings.push(() => client.close())
    const state = `${prefix}.shard-state`
    const replica = async (replicaName: string, dir: string) => {
      const port = await freePort()
      const env = { ...serviceEnv(bootstrap, prefix, replicaName, port), DEFINITIONS_DIR: dir }
      return { service: start({ name: replicaName, env }), url: `http://127.0.0.1:${port}` }
    }
    const send = (commands: readonly CommandValue[]) =>
      client.send(commands.map((command, index) => commandRecord(command, TENANT, index % PARTITIONS)))
    const events = async () => (await client.readStatus()).map(({ value }): Event => JSON.parse(String(value)))
    const warps = async () => {
      const { character } = await client.read()
      return character.map(({ value }): Warp => JSON.parse(String(value)))
    }
    return { bootstrap, client, state, replica, send, events, warps }
  }

  it(
    'an instance plays by the file that it was born with, on whichever replica it runs',
    async () => {
      const { client, state, bootstrap, replica, send, events, warps } = await installation('definitions')
      const first = await definitionsDir(mill(100, 900), mill(300, 903, 'short_pq'))
      const changed = await definitionsDir(mill(200, 901))
      const registerAll = (from: number, questId = 'mill_pq') =>
        send(channels().map(channelId => register(from + channelId, channelId, questId)))
      const born = (count: number) =>
        eventually(async () => {
          const started = (await events()).filter(({ type }) => type === 'STARTED')
          expect(started).toHaveLength(count)
          return started
        }, WAIT)

      const a = await replica('a', first)
      await a.service.untilReady()
      await registerAll(1000)
      await send([register(1999, 0, 'short_pq')])
      await born(9)
      // Side by side, with different files.
      const b = await replica('b', changed)
      await b.service.untilReady()
      await send((await events()).filter(isStarted).map(({ instanceId }) => advance(instanceId)))
      await eventually(async () => {
        expect((await events()).filter(({ type }) => type === 'STAGE_ADVANCED')).toHaveLength(9)
        return true
      }, WAIT)
      expect(await a.service.terminate()).toEqual({ code: 0, signal: null })

      // Now b has all of them, and only the changed file.
      await b.service.untilReady()
      const older = new Set((await events()).filter(isStarted).map(({ instanceId }) => instanceId))
      await registerAll(2000)
      await send([register(2999, 0, 'short_pq')])
      const later = (await born(17)).filter(({ instanceId }) => !older.has(instanceId))
      expect(later.map(({ body }) => body.mapIds)).toEqual(Array(8).fill([200]))
      // The quest that b does not have must be refused by b: what it has not done when it dies is played by the first file.
      await client.untilIdle(WAIT.limitMs)
      await b.service.kill()

      // The first file returns, and b's instances are a's now.
      const again = await replica('a', first)
      await again.service.untilReady()
      await send([...older].map(advance))
      await send(later.map(({ instanceId }) => advance(instanceId)))
      await client.untilIdle(WAIT.limitMs)
      await send(later.map(({ instanceId }) => advance(instanceId)))
      await client.untilIdle(WAIT.limitMs)

      const { deadLetters } = await client.read()
      expect(
        deadLetters.map(({ headers }) => headers.find(([name]) => name === 'error-code')?.[1]?.toString()),
      ).toEqual(['QUEST_NOT_FOUND'])
      const seen = await warps()
      const journey = (characterId: number) =>
        seen.filter(warp => warp.characterId === characterId).map(({ body }) => body.mapId)
      for (const channelId of channels()) {
        expect(journey(1000 + channelId)).toEqual([100, 110, 900])
        expect(journey(2000 + channelId)).toEqual([200, 210, 901])
      }
      expect(journey(1999)).toEqual([300, 310, 903])
      expect([...(await latest(bootstrap, state)).keys()].filter(key => !key.endsWith('position'))).toEqual([])
    },
    LIMIT_MS,
  )

  it(
    'a record that is spoilt stops its shard loudly and no other, and the shard goes on once it is repaired',
    async () => {
      const { state, bootstrap, replica, send, events } = await installation('damage')
      const dir = await definitionsDir(mill(100, 900))
      const before = await replica('solo', dir)
      await before.service.untilReady()
      await send(channels().map(channelId => register(1000 + channelId, channelId)))
      const ids = await eventually(async () => {
        const started = (await events()).filter(isStarted).map(({ instanceId }) => instanceId)
        expect(started).toHaveLength(8)
        return started
      }, WAIT)
      await before.service.terminate()

      const [spoilt = ''] = ids
      const shard = shardOfInstance(spoilt, SHARDS)
      const key = `instance/${spoilt}`
      const right = (await latest(bootstrap, state)).get(`${shard}:${key}`)
      const others = ids.filter(id => shardOfInstance(id, SHARDS) !== shard)
      expect(right).toBeDefined()
      expect(others.length).toBeGreaterThan(0)
      const [position] = await javaProduce(bootstrap, [
        { topic: state, partition: shard, key, value: '{"version":1,"va' },
      ])

      const { service, url } = await replica('solo', dir)
      await send(ids.map(advance))
      await eventually(async () => {
        const missing = [expect.stringMatching(`^shard ${shard} is dead: .*${key}`)]
        expect(await service.readiness()).toEqual({ status: 503, missing })
        return true
      }, WAIT)
      expect((await fetch(`${url}/livez`)).status).toBe(503)
      expect(await (await fetch(`${url}/metrics`)).text()).toContain('party_quest_shards{phase="dead"} 1')
      const line = service.output.split('\n').find(text => text.includes('cannot be restored'))
      expect(line).toContain(
        `shard ${shard} cannot read its record \\"${key}\\" at ${state}/${shard}@${position?.offset}:`,
      )
      expect(line).toContain('instance record is not JSON')
      const advanced = async () =>
        (await events()).filter(({ type }) => type === 'STAGE_ADVANCED').map(({ instanceId }) => instanceId)
      await eventually(async () => {
        expect((await advanced()).sort()).toEqual(others.toSorted())
        return true
      }, WAIT)
      await service.terminate()

      await javaProduce(bootstrap, [{ topic: state, partition: shard, key, value: right ?? '' }])
      const repaired = await replica('solo', dir)
      await repaired.service.untilReady()
      await eventually(async () => {
        expect((await advanced()).sort()).toEqual(ids.toSorted())
        return true
      }, WAIT)
    },
    LIMIT_MS,
  )
})

const channels = () => [0, 1, 2, 3, 4, 5, 6, 7]
const isStarted = ({ type }: Event): boolean => type === 'STARTED'

function register(characterId: number, channelId: number, questId = 'mill_pq'): CommandValue {
  return { worldId: 0, characterId, type: 'REGISTER', body: { questId, partyId: 0, channelId, mapId: 0 } }
}

function advance(instanceId: string): CommandValue {
  return { worldId: 0, characterId: 1, type: 'STAGE_ADVANCE', body: { instanceId } }
}

/** What a restoring shard finds, by `partition:key`. */
async function latest(bootstrap: string, topic: string): Promise<ReadonlyMap<string, Buffer>> {
  const records: readonly JavaRecord[] = await readCommitted(bootstrap, [topic])
  const found = new Map<string, Buffer>()
  for (const { partition, key, value } of records) {
    const name = `${partition}:${key}`
    if (value === null) found.delete(name)
    else found.set(name, value)
  }
  return found
}
