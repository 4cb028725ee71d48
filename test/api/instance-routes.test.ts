/** The promises of the instances' paths: pages that lead on, clear refusals, dry runs that reach the right view. */
import { describe, expect, it } from 'vitest'
import { DOCUMENTS } from '../../src/api/documents.ts'
import type { DryRunFound } from '../../src/api/view.ts'
import { details } from '../http/http-scene.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { recordedLog } from '../support/recorded-log.ts'
import { apiScene } from './api-scene.ts'
import { FIRST, INSTANCE, MISSING, ROW, SECOND, SILENCE, SILENT, STAGE } from './fake-view.ts'

const LOCAL = { 'x-party-quest-replica': 'local' }

describe('GET /api/instances', () => {
  it('answers a page, what there is in all, who is silent, and where the next page is', async () => {
    const { get, view } = await apiScene()
    const response = await get('/api/instances?search=state:active%20quest:mill&page[size]=1')
    const { data, meta, links } = DOCUMENTS.Instances.parse(await response.json())
    expect(data).toEqual([{ type: 'instances', id: FIRST, attributes: ROW }])
    expect(meta).toMatchObject({ total: 2, states: { active: 2 }, silent: [SILENCE] })
    const next = DOCUMENTS.Instances.parse(await (await get(`/api/instances${links.next}`)).json())
    expect([next.data.map(({ id }) => id), next.links.next]).toEqual([[SECOND], null])
    expect(view.asked.map(({ search, after, size }) => [search.text, search.terms.length, after, size])).toEqual([
      ['state:active quest:mill', 2, undefined, 1],
      ['state:active quest:mill', 2, FIRST, 1],
    ])
  })

  it('looks once for all who ask for the same page at once, and anew for any other', async () => {
    const { get, view } = await apiScene()
    const same = await Promise.all(Array.from({ length: 20 }, () => get('/api/instances?search=quest:mill')))
    expect(new Set(same.map(({ status }) => status))).toEqual(new Set([200]))
    expect(view.asked.length).toBe(1)
    await Promise.all([get('/api/instances'), get('/api/instances?page[size]=2'), get('/api/instances', LOCAL)])
    expect(view.asked.length).toBe(3)
  })

  it('tells the stages and the spread of the ids where it is asked to, and on the pages that follow', async () => {
    const { get } = await apiScene()
    const response = await get('/api/instances?page[size]=1&include=stage,spread')
    const { data, meta, links } = DOCUMENTS.Instances.parse(await response.json())
    expect(data.map(({ attributes }) => attributes)).toEqual([{ ...ROW, stage: STAGE }])
    expect(meta.spread?.[0x0a0]).toBe(2)
    expect(new URLSearchParams(links.next ?? '').get('include')).toBe('stage,spread')
  })

  it('looks for a character at once, however often he is asked for', async () => {
    const { get, view } = await apiScene({}, new ManualClock())
    for (let times = 1; times <= 3; times++) {
      expect((await get('/api/instances?search=character:1001')).status).toBe(200)
      expect(view.asked.length).toBe(times)
    }
  })

  it('has 50 rows a page unless told, and nobody keeps it', async () => {
    const { get, view } = await apiScene()
    const response = await get('/api/instances')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(view.asked).toMatchObject([{ size: 50, after: undefined }])
  })

  it.each([
    ['search=state:sleepy', /state:sleepy/],
    ['include=journal', /^include.*: must be stage or spread/],
    [`search=${'x'.repeat(600)}`, /^search: .*512/],
    ['page[size]=0', /^page\[size\]: .*1 to 250/],
    ['page[size]=251', /^page\[size\]: .*1 to 250/],
    ['page[size]=5&page[size]=6', /^page\[size\] is there 2 times/],
    ['page[after]=nonsense', /^page\[after\]: .*links\.next/],
    ['sort=id', /^sort: no such query parameter; .*search/],
    ['%5F%5Fproto%5F%5F=1', /^__proto__: no such query parameter/],
  ])('refuses ?%s with 400 and says why', async (query, reason) => {
    const { get, view } = await apiScene()
    const response = await get(`/api/instances?${query}`)
    expect([response.status, await details(response)]).toEqual([400, [expect.stringMatching(reason)]])
    expect(view.asked).toEqual([])
  })

  it('refuses an address of more than 12 KiB with 414', async () => {
    const { get } = await apiScene()
    expect((await get(`/api/instances?search=${'x'.repeat(13_000)}`)).status).toBe(414)
  })

  it('stops asking when its client leaves, which is no fault of ours', async () => {
    const log = recordedLog()
    const { app, view } = await apiScene({ log })
    const leaving = new AbortController()
    view.instances = (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    const asked = app.request(new Request('http://quests/api/instances', { signal: leaving.signal }))
    leaving.abort()
    expect((await asked).status).toBe(503)
    expect(log.lines).toEqual([])
  })

  it('is answered for the own shards alone, and says by whom, where another replica asks', async () => {
    const { get, view, localView } = await apiScene()
    const response = await get('/api/instances', LOCAL)
    expect([view.asked.length, localView.asked.length]).toEqual([0, 1])
    expect(response.headers.get('x-party-quest-replica')).toBe('cluster/prefix/a')
    const refused = await get('/api/instances?sort=id', LOCAL)
    expect([refused.status, refused.headers.get('x-party-quest-replica')]).toEqual([400, 'cluster/prefix/a'])
    expect((await get('/api/instances')).headers.get('x-party-quest-replica')).toBeNull()
  })
})

describe('GET /api/instances/{id}', () => {
  it('asks for the operations behind the one that is known, and refuses what names none', async () => {
    const { get, view } = await apiScene()
    await get(`/api/instances/${FIRST}?journal[after]=12@1764000000000`)
    expect(view.marks).toEqual([{ sequence: 12, at: 1764000000000 }])
    const refused = await get(`/api/instances/${FIRST}?journal[after]=12`)
    expect([refused.status, await details(refused)]).toEqual([400, [expect.stringMatching(/^journal\[after\]: .*12@/)]])
    expect(view.marks).toHaveLength(1)
  })

  it('answers the instance, in whatever case its id is asked', async () => {
    const { get } = await apiScene()
    const response = await get(`/api/instances/${FIRST.toUpperCase()}`)
    const { data } = DOCUMENTS.Instance.parse(await response.json())
    expect(data).toEqual({ type: 'instances', id: FIRST, attributes: INSTANCE })
  })

  it.each([
    ['an instance that is not there', MISSING, 404, /there is no instance .*dead/],
    ['what is no id', '..%2Fetc', 404, /UUID/],
    ['one whose owner is silent', SILENT, 503, /replica b at http:\/\/b:8080, the owner of shards 3, 7: no answer/],
  ])('of %s says so', async (_, id, status, reason) => {
    const { get } = await apiScene()
    const response = await get(`/api/instances/${id}`)
    expect([response.status, await details(response)]).toEqual([status, [expect.stringMatching(reason)]])
  })
})

describe('POST /api/instances/{id}/dry-run', () => {
  it('fills in what the address says, keeps what the command says, and needs no CONSOLE_WRITES', async () => {
    const { dryRun, view, written } = await apiScene({ consoleWrites: false })
    const response = await dryRun(FIRST, { type: 'START' })
    expect(response.status).toBe(200)
    await dryRun(FIRST, '{"type":"UPDATE_STAGE_STATE","characterId":9,"body":{"itemCounts":{"1":2},"__proto__":{}}}')
    expect(view.dryRuns.map(({ id, value }) => [id, JSON.parse(value)])).toEqual([
      [FIRST, { worldId: 2, characterId: 1001, type: 'START', body: { instanceId: FIRST } }],
      [
        FIRST,
        {
          worldId: 2,
          characterId: 9,
          type: 'UPDATE_STAGE_STATE',
          body: JSON.parse(`{"itemCounts":{"1":2},"__proto__":{},"instanceId":"${FIRST}"}`),
        },
      ],
    ])
    expect(written('C')).toEqual([])
  })

  it('takes what it made for another replica: the whole value, for its own shards', async () => {
    const { dryRun, view, localView } = await apiScene()
    await dryRun(FIRST, { type: 'START' })
    const { value } = view.dryRuns[0] ?? { value: '' }
    expect((await dryRun(FIRST, value, LOCAL)).status).toBe(200)
    expect(localView.dryRuns).toEqual(view.dryRuns)
  })

  it('asks for the instance only where the command leaves open who sends it', async () => {
    const { dryRun, view } = await apiScene()
    const asksFor = async (command: object) => {
      const before = view.instanceAsks
      expect((await dryRun(FIRST, { type: 'START', ...command })).status).toBe(200)
      return view.instanceAsks - before
    }
    expect(await asksFor({ worldId: 0, characterId: 0 })).toBe(0)
    expect(await asksFor({ worldId: 0 })).toBe(1)
    expect(await asksFor({ characterId: 9 })).toBe(1)
  })

  it.each<[string, DryRunFound, number, RegExp]>([
    ['is not there', { kind: 'absent' }, 404, /^there is no instance /],
    ['has a silent owner', { kind: 'silent', silence: SILENCE }, 503, /replica b/],
  ])('on an instance that %s says so, asked once', async (_, found, status, reason) => {
    const { dryRun, view } = await apiScene()
    view.dryRunFound = found
    const response = await dryRun(FIRST, { type: 'START', worldId: 0, characterId: 9 })
    expect([response.status, await details(response)]).toEqual([status, [expect.stringMatching(reason)]])
    expect(view.instanceAsks).toBe(0)
  })

  it('is of no instance where the address has no id, whatever is asked', async () => {
    const { dryRun } = await apiScene()
    const response = await dryRun('elsewhere', { type: 'START', worldId: 0, characterId: 9 })
    expect([response.status, await details(response)]).toEqual([404, [expect.stringContaining('a UUID')]])
  })

  it('answers a refusal as what the run came to', async () => {
    const { dryRun, view } = await apiScene()
    view.dryRunFound = { kind: 'ran', result: { outcome: 'refused', code: 'INVALID_STATE', reason: 'not now' } }
    const response = await dryRun(FIRST, { type: 'START' })
    const { data } = DOCUMENTS.DryRun.parse(await response.json())
    expect([response.status, data]).toEqual([200, { outcome: 'refused', code: 'INVALID_STATE', reason: 'not now' }])
  })

  it.each([
    ['no JSON', FIRST, '{', {}, 400, /not JSON/],
    ['no type', FIRST, {}, {}, 400, /^type: must be one of START/],
    ['a REGISTER', FIRST, { type: 'REGISTER' }, {}, 400, /^type: must be one of START/],
    ['another instance', FIRST, { type: 'START', body: { instanceId: SECOND } }, {}, 400, /^body\.instanceId: /],
    ['a body that is a list', FIRST, { type: 'START', body: [] }, {}, 400, /^body: must be an object/],
    ['a body nested too deep', FIRST, `{"type":"START","body":${nested(8000)}}`, {}, 400, /^body: is nested too deep/],
    ['a character that cannot be', FIRST, { type: 'START', characterId: -1 }, {}, 400, /^characterId: /],
    ['an unknown field', FIRST, { type: 'START', worldid: 1 }, {}, 400, /worldid/],
    ['a silent owner', SILENT, { type: 'START' }, {}, 503, /replica b/],
    ['a form', FIRST, { type: 'START' }, { 'content-type': 'text/plain' }, 415, /application\/json/],
    ['another site', FIRST, { type: 'START' }, { 'sec-fetch-site': 'cross-site' }, 403, /another site/],
  ])('of %s is refused, and nothing runs', async (_, id, body, headers, status, reason) => {
    const { dryRun, view } = await apiScene()
    const response = await dryRun(id, body, headers)
    expect([response.status, await details(response)]).toEqual([status, [expect.stringMatching(reason)]])
    expect(view.dryRuns).toEqual([])
  })
})

/** An object in an object, so many times. */
function nested(depth: number): string {
  return `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
}
