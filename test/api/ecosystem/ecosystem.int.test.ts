/**
 * Promise: to another service of the ecosystem every replica is the service: on a real Kafka, with two of them, each
 * answers for the instances of both by tenant, page, character and clock; and of one that is dead the other says so.
 */
import { beforeAll, expect, it } from 'vitest'
import { ECOSYSTEM_DOCUMENTS } from '../../../src/api/ecosystem/ecosystem-documents.ts'
import type { Tenant } from '../../../src/contract/tenant.ts'
import { installations } from '../../integrity/installation.ts'
import { describeWithKafka } from '../../support/brokers.ts'
import { eventually } from '../../support/eventually.ts'
import type { ServiceProcess } from '../../support/service-process.ts'
import { OTHER_TENANT, TENANT } from '../../support/tenants.ts'

const LIMIT_MS = 90_000
const WAIT = { limitMs: 45_000, pollMs: 100 }
/** One in each channel; of the other tenant half as many. */
const INSTANCES = 12
const STAGE_SECONDS = 1800

/** Begins at once, and its stage ends long after the test. */
const RACE = {
  questId: 'race_pq',
  name: 'The Race',
  duration: 3600,
  registration: { type: 'individual', mode: 'instant' },
  exit: 900,
  stages: [
    {
      ...{ index: 0, name: 'The Start', mapIds: [100], type: 'item_collection', duration: STAGE_SECONDS },
      clearConditions: [{ type: 'item', operator: '>=', value: 4, referenceId: 4001008 }],
    },
  ],
}

describeWithKafka('two replicas, asked by other services', kafka => {
  const install = installations()
  const replicas: ServiceProcess[] = []

  async function ask(replica: ServiceProcess, path: string, tenant: Tenant = TENANT): Promise<Response> {
    const headers = {
      TENANT_ID: tenant.id,
      REGION: tenant.region,
      MAJOR_VERSION: String(tenant.majorVersion),
      MINOR_VERSION: String(tenant.minorVersion),
    }
    return await fetch(`${replica.url}/api/party-quests${path}`, { headers })
  }
  async function page(replica: ServiceProcess, query: string, tenant?: Tenant) {
    const answer = await ask(replica, `/instances?${query}`, tenant)
    return ECOSYSTEM_DOCUMENTS.PartyQuestInstances.parse(await answer.json())
  }

  beforeAll(async () => {
    const { start } = await install({
      bootstrap: kafka.bootstrap,
      prefix: `${kafka.topicPrefix()}-ecosystem`,
      definitions: [RACE],
      env: { CONSOLE_WRITES: 'true', SESSION_TIMEOUT_MS: '9000' },
    })
    for (const name of ['a', 'b']) replicas.push(await start(name))
    await Promise.all(replicas.map(one => one.untilReady(WAIT.limitMs)))
    const register = (tenant: Tenant) => (_: unknown, place: number) => ({
      value: JSON.stringify({
        ...{ worldId: 0, characterId: 30_001 + place, type: 'REGISTER' },
        body: { questId: RACE.questId, partyId: 0, channelId: 1 + place, mapId: 0 },
      }),
      tenant,
    })
    const records = [
      ...Array.from({ length: INSTANCES }, register(TENANT)),
      ...Array.from({ length: INSTANCES / 2 }, register(OTHER_TENANT)),
    ]
    const sent = await fetch(`${replicas[0]?.url}/api/commands`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ records }),
    })
    expect(sent.status).toBe(202)
    await eventually(async () => {
      for (const replica of replicas) {
        expect((await page(replica, '')).meta.total).toBe(INSTANCES)
        expect((await page(replica, '', OTHER_TENANT)).meta.total).toBe(INSTANCES / 2)
      }
      return true
    }, WAIT)
  }, LIMIT_MS)

  it('each tells the same pages of a tenant, which together are its instances and no others', async () => {
    const pagesOf = async (replica: ServiceProcess) => {
      const pages = []
      for (const number of [1, 2, 3, 4]) {
        pages.push((await page(replica, `page[number]=${number}&page[size]=5`)).data)
      }
      return pages
    }
    const [one, other] = await Promise.all(replicas.map(pagesOf))
    expect(one?.map(({ length }) => length)).toEqual([5, 5, 2, 0])
    expect(other).toEqual(one)
    const ids = one?.flat().map(({ id }) => id) ?? []
    expect(ids).toEqual([...new Set(ids)].sort())
    for (const replica of replicas) {
      const others = (await page(replica, '', OTHER_TENANT)).data.map(({ id }) => id)
      expect(others.filter(id => ids.includes(id))).toEqual([])
    }
  })

  it('each finds every character, tells its clock to the second, and knows none of another tenant', async () => {
    for (const replica of replicas) {
      for (let characterId = 30_001; characterId <= 30_000 + INSTANCES; characterId++) {
        const path = `/instances/character/${characterId}`
        const { data } = ECOSYSTEM_DOCUMENTS.PartyQuestInstance.parse(await (await ask(replica, path)).json())
        expect(data.attributes.characters).toEqual([{ characterId, worldId: 0, channelId: characterId - 30_000 }])
        const before = Date.now()
        const timer = ECOSYSTEM_DOCUMENTS.PartyQuestTimer.parse(await (await ask(replica, `${path}/timer`)).json())
        const after = Date.now()
        const dueAt = Date.parse(data.attributes.stageStartedAt) + STAGE_SECONDS * 1000
        expect(timer.data.attributes.duration).toBeLessThanOrEqual(Math.ceil((dueAt - before) / 1000))
        expect(timer.data.attributes.duration).toBeGreaterThanOrEqual(Math.ceil((dueAt - after) / 1000))
        const byId = await ask(replica, `/instances/${data.id}`)
        expect(ECOSYSTEM_DOCUMENTS.PartyQuestInstance.parse(await byId.json()).data).toEqual(data)
        expect((await ask(replica, `/instances/${data.id}`, OTHER_TENANT)).status).toBe(404)
      }
      expect((await ask(replica, '/instances/character/30012', OTHER_TENANT)).status).toBe(404)
    }
  })

  it('one says so where the other is dead and owns what is asked for', { timeout: LIMIT_MS }, async () => {
    const [left, dead] = replicas
    if (left === undefined || dead === undefined) throw new Error('two replicas were started')
    await dead.kill()
    const answer = await ask(left, '/instances')
    expect(answer.status).toBe(503)
    expect(await answer.text()).toContain(`replica b at ${dead.url}`)
    // The group gives its shards to the one that is left.
    await eventually(async () => (await ask(left, '/instances')).status === 200, WAIT)
    expect((await page(left, '')).meta.total).toBe(INSTANCES)
  })
})
