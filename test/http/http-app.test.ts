/** The promises of HTTP: health tells the truth, and nobody writes who must not. No server, no port. */
import { describe, expect, it } from 'vitest'
import { RecordTooLargeError, TransportUnavailableError } from '../../src/errors.ts'
import { details, httpScene } from './http-scene.ts'

const VALUE = {
  worldId: 0,
  characterId: 1,
  type: 'START',
  body: { instanceId: '0a0b0c0d-0000-8000-8000-000000000001' },
}
const TENANT = { id: '00000000-0000-4000-8000-000000000001', region: 'GMS', majorVersion: 83, minorVersion: 1 }

describe('health', () => {
  it('is ready with the phases of the shards when nothing is missing', async () => {
    const { app } = await httpScene()
    const response = await app.request('/readyz')
    expect([response.status, await response.json()]).toEqual([200, { ready: true, shards: { '0': 'running' } }])
  })

  it('is not ready, and live, while something is missing, and says what', async () => {
    const { app, setStatus } = await httpScene()
    setStatus({ isLive: true, missing: ['no broker has let us in yet'], shards: {} })
    const response = await app.request('/readyz')
    expect([response.status, await response.json()]).toEqual([
      503,
      { ready: false, missing: ['no broker has let us in yet'], shards: {} },
    ])
    expect((await app.request('/livez')).status).toBe(200)
  })

  it('is not live when a shard is dead for good', async () => {
    const { app, setStatus } = await httpScene()
    setStatus({ isLive: false, missing: ['shard 3 is dead'], shards: { '3': 'dead' } })
    expect((await app.request('/livez')).status).toBe(503)
  })

  it('gives metrics as Prometheus reads them', async () => {
    const { app } = await httpScene()
    const response = await app.request('/metrics')
    expect([response.headers.get('content-type'), await response.text()]).toEqual([
      'text/plain; version=0.0.4',
      'up 1\n',
    ])
  })

  it('says in JSON what is there, and what is not', async () => {
    const { app } = await httpScene()
    expect(await (await app.request('/')).json()).toMatchObject({ service: 'party-quests' })
    const response = await app.request('/nope')
    expect([response.status, await details(response)]).toEqual([404, ['there is no GET /nope']])
  })
})

describe('POST /api/commands', () => {
  it('puts the records on the command topic, with the bytes of the tenant headers', async () => {
    const { post, written } = await httpScene()
    const headers = { traceparent: '00-0123456789abcdef0123456789abcdef-0123456789abcdef-01' }
    const response = await post({
      records: [{ value: VALUE, tenant: TENANT, headers, key: 'k' }, { value: 'not JSON' }],
    })
    expect([response.status, await response.json()]).toEqual([202, { accepted: 2 }])
    const records = written('C')
    expect(records.find(({ key }) => key !== null)).toMatchObject({
      key: Buffer.from('k'),
      value: Buffer.from(JSON.stringify(VALUE)),
      headers: [
        ['TENANT_ID', Buffer.from(TENANT.id)],
        ['REGION', Buffer.from('GMS')],
        ['MAJOR_VERSION', Buffer.from([0, 83])],
        ['MINOR_VERSION', Buffer.from([0, 1])],
        ['traceparent', Buffer.from(headers.traceparent)],
      ],
    })
    expect(records.find(({ key }) => key === null)).toMatchObject({ value: Buffer.from('not JSON'), headers: [] })
  })

  it('keeps records of one key on one partition, and spreads those without', async () => {
    const { post, written } = await httpScene()
    await post({ records: Array.from({ length: 6 }, () => ({ value: VALUE, key: 'same' })) })
    expect(new Set(written('C').map(({ partition }) => partition)).size).toBe(1)
    await post({ records: Array.from({ length: 6 }, () => ({ value: VALUE })) })
    expect(new Set(written('C').map(({ partition }) => partition)).size).toBe(3)
  })

  it('leaves nothing out of a value, whatever its names are', async () => {
    const { post, written } = await httpScene()
    const value = '{"type":"START","__proto__":{"a":1},"constructor":null}'
    expect((await post(`{"records":[{"value":${value}}]}`)).status).toBe(202)
    expect(written('C').map(record => String(record.value))).toEqual([value])
  })

  it('refuses a value that is nested too deep to be written, and takes it as text', async () => {
    const { post, written } = await httpScene()
    const deep = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
    const response = await post(`{"records":[{"value":${deep}}]}`)
    expect(response.status).toBe(400)
    expect(await details(response)).toEqual([expect.stringContaining('nested too deep')])
    expect(written('C')).toEqual([])
    expect((await post({ records: [{ value: deep }] })).status).toBe(202)
  })

  it('is refused without CONSOLE_WRITES=true, which it names', async () => {
    const { post, written } = await httpScene({ consoleWrites: false })
    const response = await post({ records: [{ value: VALUE }] })
    expect(response.status).toBe(403)
    expect(await details(response)).toEqual([expect.stringContaining('CONSOLE_WRITES=true')])
    expect(written('C')).toEqual([])
  })

  it.each([
    ['another site', { host: 'quests:8080', origin: 'http://evil.example' }, 403],
    ['another port', { host: 'quests:8080', origin: 'http://quests:9090' }, 403],
    ['a sandboxed page', { host: 'quests:8080', origin: 'null' }, 403],
    ['its own console', { host: 'quests:8080', origin: 'http://quests:8080' }, 202],
    ['no page at all', { host: 'quests:8080' }, 202],
  ])('from %s answers as it should', async (_, headers, status) => {
    const { post, written } = await httpScene()
    expect((await post({ records: [{ value: VALUE }] }, headers)).status).toBe(status)
    expect(written('C')).toHaveLength(status === 202 ? 1 : 0)
  })

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    '',
  ])('is refused as "%s", which forms can send', async type => {
    const { post, written } = await httpScene()
    expect((await post({ records: [{ value: VALUE }] }, { 'content-type': type })).status).toBe(415)
    expect(written('C')).toEqual([])
  })

  it.each([
    ['no JSON', '{', /not JSON/],
    ['no records', { records: [] }, /^records: /],
    ['a number for a value', { records: [{ value: 'x' }, { value: 3 }] }, /^records\.1\.value: /],
    [
      'half a tenant',
      { records: [{ value: VALUE, tenant: { ...TENANT, region: undefined } }] },
      /^records\.0\.tenant\.region: /,
    ],
    ['a tenant that is no UUID', { records: [{ value: VALUE, tenant: { ...TENANT, id: 'x' } }] }, /tenant\.id: .*UUID/],
    ['an unknown field', { records: [{ value: VALUE, tenants: 1 }] }, /^records\.0: .*tenants/],
    ['a header that cannot be', { records: [{ value: VALUE, headers: { 'a b': 'x' } }] }, /^records\.0\.headers/],
    ['too many records', { records: Array.from({ length: 1001 }, () => ({ value: 'x' })) }, /^records: .*1000/],
  ])('refuses %s, says where, and writes nothing', async (_, body, fault) => {
    const { post, written } = await httpScene()
    const response = await post(body)
    expect(response.status).toBe(400)
    expect(await details(response)).toEqual([expect.stringMatching(fault)])
    expect(written('C')).toEqual([])
  })

  it('is refused while 8 others are under way, and taken again when one of them is done', async () => {
    const { app, post } = await httpScene()
    const bodies: ReadableStreamDefaultController<Uint8Array>[] = []
    const slow = () =>
      app.request('/api/commands', {
        ...{ method: 'POST', headers: { 'content-type': 'application/json' }, duplex: 'half' },
        body: new ReadableStream<Uint8Array>({ start: controller => void bodies.push(controller) }),
      })
    const under = Array.from({ length: 8 }, slow)
    const refused = await post({ records: [{ value: '{}' }] })
    expect([refused.status, await details(refused)]).toEqual([503, ['8 are under way: wait for an answer']])
    for (const body of bodies) body.close()
    expect((await Promise.all(under)).map(({ status }) => status)).toEqual(Array(8).fill(400))
    expect((await post({ records: [{ value: '{}' }] })).status).toBe(202)
  })

  it('refuses a body above 8 MiB', async () => {
    const { post } = await httpScene()
    expect((await post({ records: [{ value: 'x'.repeat(8 << 20) }] })).status).toBe(413)
  })

  it('answers 413 for a record that its topic does not take, and 503 when the log is away', async () => {
    const failing = (error: Error) => ({
      ...sceneTransport,
      openAppender: () => ({ append: () => Promise.reject(error), close: async () => {} }),
    })
    const { transport: sceneTransport } = await httpScene()
    const large = await httpScene({ transport: failing(new RecordTooLargeError('C', 'too large for C')) })
    expect((await large.post({ records: [{ value: VALUE }] })).status).toBe(413)
    const away = await httpScene({ transport: failing(new TransportUnavailableError('no broker answers')) })
    const response = await away.post({ records: [{ value: VALUE }] })
    expect([response.status, await details(response)]).toEqual([503, ['no broker answers']])
  })
})
