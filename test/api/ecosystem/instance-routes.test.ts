/** The promises of `/api/party-quests/instances`: the contract's bytes, one tenant alone, and clear refusals. */
import { describe, expect, it } from 'vitest'
import type { InstanceRow, State } from '../../../src/api/documents.ts'
import { ECOSYSTEM_DOCUMENTS } from '../../../src/api/ecosystem/ecosystem-documents.ts'
import type { InstanceId } from '../../../src/contract/ids.ts'
import { details } from '../../http/http-scene.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { apiScene, TENANT_HEADERS } from '../api-scene.ts'
import { FIRST, INSTANCE, MISSING, NOW, ROW, SECOND, SILENCE, SILENT, STAGE } from '../fake-view.ts'

/** Of INSTANCE. */
const RESOURCE =
  `{"type":"instances","id":"${FIRST}","attributes":{"definitionId":"9e77871b-d803-5a25-81fe-d2a18495d2ef",` +
  '"questId":"mill_pq","state":"active","worldId":2,"channelId":1,"partyId":7,' +
  '"characters":[{"characterId":1001,"worldId":2,"channelId":1},{"characterId":1002,"worldId":2,"channelId":1}],' +
  '"currentStageIndex":0,"startedAt":"2025-06-15T15:06:38Z","stageStartedAt":"2025-06-15T15:06:38Z",' +
  `"registeredAt":"2025-06-15T15:06:35Z","fieldInstances":["${FIRST}"],` +
  '"stageState":{"itemCounts":{"4001008":2},"monsterKills":{},"combination":[],"attempts":0,"customData":{}}}}'
/** All that a tenant is, but one. */
const OTHERS: readonly (readonly [string, Record<string, string>])[] = [
  ['id', { ...TENANT_HEADERS, TENANT_ID: '00000000-0000-4000-8000-000000000002' }],
  ['region', { ...TENANT_HEADERS, REGION: 'gms' }],
  ['major version', { ...TENANT_HEADERS, MAJOR_VERSION: '84' }],
  ['minor version', { ...TENANT_HEADERS, MINOR_VERSION: '2' }],
]
const PATHS = [
  '/instances',
  `/instances/${FIRST}`,
  '/instances/character/1001',
  '/instances/character/1001/timer',
  `/instances/field/${FIRST}`,
]

/** Nobody is silent. */
async function wholeScene(
  rows?: readonly (readonly [InstanceId, Partial<InstanceRow>])[],
  clock = new ManualClock(NOW),
) {
  const scene = await apiScene({}, clock)
  scene.view.silent = []
  if (rows !== undefined) {
    scene.view.rows = rows.map(([id, more]) => ({ id, row: { ...ROW, ...more }, stage: STAGE }))
  }
  return scene
}

describe('an instance', () => {
  it('is told in the bytes of the contract, by its id, its field or a character', async () => {
    const { ask } = await wholeScene()
    for (const path of [
      `/instances/${FIRST.toUpperCase()}`,
      `/instances/field/${FIRST}`,
      '/instances/character/1001',
    ]) {
      const response = await ask('GET', path)
      expect([response.status, await response.text()]).toEqual([200, `{"data":${RESOURCE}}`])
      expect(response.headers.get('cache-control')).toBe('no-store')
    }
  })

  it('is `clearing` where a stage is cleared, and else what it is', async () => {
    for (const [state, told] of [
      ['registering', 'registering'],
      ['active', 'active'],
      ['cleared', 'clearing'],
      ['completed', 'completed'],
      ['bonus', 'bonus'],
    ] as const satisfies readonly (readonly [State, string])[]) {
      const { ask } = await wholeScene([[FIRST, { state }]])
      const { data } = ECOSYSTEM_DOCUMENTS.PartyQuestInstance.parse(
        await (await ask('GET', '/instances/character/1001')).json(),
      )
      expect(data.attributes.state).toBe(told)
    }
  })

  it('has the zero time of Go for what has not begun, and the fraction of a second where there is one', async () => {
    const { ask } = await wholeScene([[FIRST, { state: 'registering', startedAt: null, registeredAt: NOW + 120 }]])
    const { data } = ECOSYSTEM_DOCUMENTS.PartyQuestInstance.parse(
      await (await ask('GET', '/instances/character/1002')).json(),
    )
    expect(data.attributes).toMatchObject({
      startedAt: '0001-01-01T00:00:00Z',
      stageStartedAt: '0001-01-01T00:00:00Z',
      registeredAt: '2025-06-15T15:06:40.12Z',
    })
  })

  it('is not there any more when it has ended', async () => {
    const { ask, view } = await wholeScene()
    view.instance = async () => ({ kind: 'found', instance: { ...INSTANCE, state: 'destroyed' } })
    expect((await ask('GET', `/instances/${FIRST}`)).status).toBe(404)
  })

  it('of a character who is left in an old one is the newest', async () => {
    const { ask } = await wholeScene([
      [FIRST, { registeredAt: NOW - 9000 }],
      [SECOND, { registeredAt: NOW - 1000 }],
    ])
    expect(await (await ask('GET', '/instances/character/1001')).json()).toMatchObject({ data: { id: SECOND } })
  })
})

describe('another tenant', () => {
  it.each(OTHERS)('by its %s alone is told of nothing', async (_, headers) => {
    const { ask } = await wholeScene()
    const list = await ask('GET', '/instances', headers)
    expect(await list.json()).toMatchObject({ data: [], meta: { total: 0 } })
    for (const path of PATHS.slice(1)) expect([path, (await ask('GET', path, headers)).status]).toEqual([path, 404])
  })

  it('is none without all four headers: 400 says which are missing, before anybody is asked', async () => {
    const { ask, view } = await wholeScene()
    for (const path of PATHS) {
      const response = await ask('GET', path, { TENANT_ID: TENANT_HEADERS.TENANT_ID, MAJOR_VERSION: '83' })
      const wanted = [/^header REGION is missing/, /^header MINOR_VERSION is missing/]
      expect([response.status, await details(response)]).toEqual([400, wanted.map(text => expect.stringMatching(text))])
    }
    expect([view.asked.length, view.instanceAsks]).toEqual([0, 0])
  })
})

describe('GET /api/party-quests/instances', () => {
  const ids = Array.from({ length: 7 }, (_, n) => `${n}a0b0c0d-0000-8000-8000-00000000000${n}` as InstanceId)

  it('answers pages in the order of the ids, with how many there are and where the others are', async () => {
    const { ask } = await wholeScene(ids.map(id => [id, {}]))
    const page = async (number: number) => {
      const response = await ask('GET', `/instances?page[number]=${number}&page[size]=3`)
      return ECOSYSTEM_DOCUMENTS.PartyQuestInstances.parse(await response.json())
    }
    const pages = [await page(1), await page(2), await page(3), await page(4)]
    expect(pages.map(({ data }) => data.map(({ id }) => id))).toEqual([
      ids.slice(0, 3),
      ids.slice(3, 6),
      ids.slice(6),
      [],
    ])
    expect(pages.map(({ meta }) => meta)).toEqual(
      [1, 2, 3, 4].map(number => ({ total: 7, page: { number, size: 3, last: 3 } })),
    )
    const to = (number: number) => `?page%5Bnumber%5D=${number}&page%5Bsize%5D=3`
    expect(pages.map(({ links }) => links)).toEqual([
      { self: to(1), first: to(1), next: to(2), last: to(3) },
      { self: to(2), first: to(1), prev: to(1), next: to(3), last: to(3) },
      { self: to(3), first: to(1), prev: to(2), last: to(3) },
      { self: to(4), first: to(1), prev: to(3), last: to(3) },
    ])
  })

  it('has one page of 50 unless told, and one page where there is nothing', async () => {
    const { ask } = await wholeScene([])
    expect(await (await ask('GET', '/instances')).json()).toMatchObject({
      data: [],
      meta: { total: 0, page: { number: 1, size: 50, last: 1 } },
    })
  })

  it.each([
    ['page[number]=0', /^page\[number\]: must be a whole number from 1/],
    ['page[number]=1e3', /^page\[number\]: /],
    ['page[size]=251', /^page\[size\]: .*1 to 250/],
    ['page[size]=0', /^page\[size\]: /],
    ['page[size]=2&page[size]=3', /^page\[size\] is there 2 times/],
  ])('refuses ?%s with 400', async (query, reason) => {
    const { ask } = await wholeScene()
    const response = await ask('GET', `/instances?${query}`)
    expect([response.status, await details(response)]).toEqual([400, [expect.stringMatching(reason)]])
  })
})

describe('a query that the original did not know either', () => {
  it.each(PATHS)('changes nothing: %s', async path => {
    const plain = await (await wholeScene()).ask('GET', path)
    const other = await (await wholeScene()).ask('GET', `${path}?fields[instances]=state&include=x&a=1&a=2`)
    expect([other.status, await other.text()]).toEqual([200, await plain.text()])
  })
})

describe('a request that cannot be answered', () => {
  it.each([
    '/instances/nonsense',
    '/instances/field/1',
    '/instances/character/-1',
    '/instances/character/4294967296',
  ])('for what is no id is 400: %s', async path => {
    const { ask } = await wholeScene()
    expect((await ask('GET', path)).status).toBe(400)
  })

  it.each([
    `/instances/${MISSING}`,
    `/instances/field/${MISSING}`,
    '/instances/character/9',
    '/instances/character/9/timer',
  ])('for what is not there is 404: %s', async path => {
    const { ask } = await wholeScene()
    const response = await ask('GET', path)
    expect([response.status, await details(response)]).toEqual([404, [expect.stringContaining('of this tenant')]])
  })

  it.each([
    '/instances',
    `/instances/${SILENT}`,
    '/instances/character/9',
    '/instances/character/9/timer',
  ])('while an owner that could tell is silent is 503, and names it: %s', async path => {
    const { ask, view } = await wholeScene()
    view.silent = [SILENCE]
    const response = await ask('GET', path)
    const named = expect.stringMatching(/replica b at http:\/\/b:8080, the owner of shards 3, 7: no answer/)
    expect([response.status, await details(response)]).toEqual([503, [named]])
  })

  it('is none where somebody knows the answer, whoever else is silent', async () => {
    const { ask, view } = await wholeScene()
    view.silent = [SILENCE]
    expect((await ask('GET', '/instances/character/1001')).status).toBe(200)
    expect((await ask('GET', `/instances/${FIRST}`)).status).toBe(200)
  })
})

describe('GET /api/party-quests/instances/character/{characterId}/timer', () => {
  it('counts down by the second, in the bytes of the contract', async () => {
    const clock = new ManualClock(NOW)
    const { ask } = await wholeScene(undefined, clock)
    const told = async () => await (await ask('GET', '/instances/character/1001/timer')).text()
    const body = (duration: number) => `{"data":{"type":"timers","id":"1001","attributes":{"duration":${duration}}}}`
    expect(await told()).toBe(body(60))
    await clock.advance(1)
    expect(await told()).toBe(body(60))
    await clock.advance(999)
    expect(await told()).toBe(body(59))
    await clock.advance(120_000)
    expect(await told()).toBe(body(0))
  })

  it('is 0 in a completed quest, and 404 in a lobby', async () => {
    const { ask } = await wholeScene([[FIRST, { state: 'completed' }]])
    expect(await (await ask('GET', '/instances/character/1001/timer')).json()).toMatchObject({
      data: { attributes: { duration: 0 } },
    })
    const lobby = await wholeScene([[FIRST, { state: 'registering' }]])
    const response = await lobby.ask('GET', '/instances/character/1001/timer')
    expect([response.status, await details(response)]).toEqual([404, [expect.stringContaining('is registering')]])
  })
})

it('asks for a token where the console does', async () => {
  const { ask, app } = await apiScene({ consoleToken: 'a-token-that-is-long-enough' })
  expect((await ask('GET', `/instances/${FIRST}`)).status).toBe(401)
  const headers = { ...TENANT_HEADERS, authorization: 'Bearer a-token-that-is-long-enough' }
  expect((await app.request(`/api/party-quests/instances/${FIRST}`, { headers })).status).toBe(200)
})
