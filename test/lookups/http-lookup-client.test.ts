/** The party and guild services as a real HTTP server sees us: addresses, headers, answers good and bad. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Header } from '../../src/contract/log-record.ts'
import type { Lookup } from '../../src/contract/lookup.ts'
import { tenantHeaders } from '../../src/contract/tenant.ts'
import { createHttpLookupClient } from '../../src/lookups/http-lookup-client.ts'
import { LookupNotFoundError } from '../../src/shard/lookup-runner.ts'
import { character, TENANT } from '../support/tenants.ts'

let server: Server
let base = ''
let asked: IncomingMessage[] = []
let answer: { status: number; body: string }

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request)
    response.writeHead(answer.status, { 'content-type': 'application/vnd.api+json' }).end(answer.body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`
})
afterAll(async () => {
  await new Promise(resolve => server.close(resolve))
})
beforeEach(() => {
  asked = []
})

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const header = (name: string, value: string): Header => [name, Buffer.from(value, 'latin1')]
const HEADERS = [...tenantHeaders(TENANT), header('traceparent', TRACEPARENT)]

const ask = (lookup: Lookup, given: unknown, status = 200, headers: readonly Header[] = HEADERS) => {
  answer = { status, body: typeof given === 'string' ? given : JSON.stringify(given) }
  const client = createHttpLookupClient({ partiesServiceUrl: base, guildsServiceUrl: base })
  return client.ask(lookup, headers, AbortSignal.timeout(5000))
}

const members = { kind: 'members', partyId: 88 } as const
const guild = { kind: 'guild', characterId: character(1001) } as const

describe('the party service', () => {
  it('is asked for the members with the tenant in decimal text and the trace as it came', async () => {
    const attributes = { worldId: 0, channelId: 1, level: 25, name: 'ignored' }
    await expect(
      ask(members, {
        data: [
          { type: 'members', id: '1001', attributes },
          { type: 'members', id: '1002', attributes: { worldId: 0, channelId: 2 } },
        ],
      }),
    ).resolves.toEqual({
      type: 'MEMBERS_RESOLVED',
      members: [
        { characterId: 1001, worldId: 0, channelId: 1, level: 25 },
        { characterId: 1002, worldId: 0, channelId: 2 },
      ],
    })
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /api/parties/88/members'])
    expect(asked[0]?.headers).toMatchObject({
      tenant_id: TENANT.id,
      region: TENANT.region,
      major_version: String(TENANT.majorVersion),
      minor_version: String(TENANT.minorVersion),
      traceparent: TRACEPARENT,
    })
  })

  it('that does not know a level tells none', async () => {
    const attributes = { worldId: 0, channelId: 1, level: null }
    await expect(ask(members, { data: [{ id: 1001, attributes }] })).resolves.toEqual({
      type: 'MEMBERS_RESOLVED',
      members: [{ characterId: 1001, worldId: 0, channelId: 1 }],
    })
  })

  it('is asked for the party of a character', async () => {
    await expect(ask({ kind: 'party', characterId: character(1001) }, { data: [{ id: '88' }] })).resolves.toEqual({
      type: 'AFFINITY_RESOLVED',
      affinity: 88,
    })
    expect(asked[0]?.url).toBe('/api/parties?filter[members.id]=1001')
  })
})

describe('the guild service', () => {
  it('is asked for the guild of a character', async () => {
    await expect(ask(guild, { data: [{ id: '7', attributes: {} }] })).resolves.toEqual({
      type: 'AFFINITY_RESOLVED',
      affinity: 7,
    })
    expect(asked[0]?.url).toBe('/api/guilds?filter[members.id]=1001')
  })

  it('that knows of none gives affinity 0', async () => {
    await expect(ask(guild, { data: [] })).resolves.toEqual({ type: 'AFFINITY_RESOLVED', affinity: 0 })
  })
})

describe('a trace context', () => {
  const parent = header('traceparent', TRACEPARENT)
  const state = header('tracestate', 'a=1')
  it.each<[string, Header[], string | undefined, string | undefined]>([
    ['valid, in several headers', [parent, state, header('tracestate', 'b=2')], TRACEPARENT, 'a=1,b=2'],
    ['whose state HTTP cannot carry', [parent, header('tracestate', 'a=\0')], TRACEPARENT, undefined],
    ['whose state would add a header', [parent, header('tracestate', 'a=1\r\nregion: EMS')], TRACEPARENT, undefined],
    ['whose state is long for HTTP', [parent, header('tracestate', `a=${'1'.repeat(60_000)}`)], TRACEPARENT, undefined],
    ['whose state is null', [parent, ['tracestate', null]], TRACEPARENT, undefined],
    ['invalid', [header('traceparent', '\0'), state], undefined, undefined],
    ['there twice', [parent, parent, state], undefined, undefined],
    ['without its parent', [state], undefined, undefined],
    [
      'of a later version with bytes that HTTP cannot carry',
      [header('traceparent', `01${TRACEPARENT.slice(2)}-\0`)],
      undefined,
      undefined,
    ],
  ])('(%s) never fails a look-up, and only what is valid is sent', async (_, trace, traceparent, tracestate) => {
    await expect(ask(guild, { data: [] }, 200, [...tenantHeaders(TENANT), ...trace])).resolves.toBeDefined()
    expect(asked[0]?.headers.traceparent).toBe(traceparent)
    expect(asked[0]?.headers.tracestate).toBe(tracestate)
    expect(asked[0]?.headers.region).toBe(TENANT.region)
  })
})

describe('an answer that is none', () => {
  it('of 404 is final', async () => {
    await expect(ask(members, {}, 404)).rejects.toThrow(LookupNotFoundError)
  })

  it.each([
    ['an error of the service', { errors: [] }, 503],
    ['not JSON', '<html>', 200],
    ['no list', { data: { id: '1' } }, 200],
    ['a member without a channel', { data: [{ id: '1', attributes: { worldId: 0 } }] }, 200],
    ['a character id that is null', { data: [{ id: null, attributes: { worldId: 0, channelId: 0 } }] }, 200],
    ['a character id that is empty', { data: [{ id: '', attributes: { worldId: 0, channelId: 0 } }] }, 200],
    ['a character id that is a list', { data: [{ id: [7], attributes: { worldId: 0, channelId: 0 } }] }, 200],
    ['a character id in hexadecimal', { data: [{ id: '0x10', attributes: { worldId: 0, channelId: 0 } }] }, 200],
    ['a character id out of range', { data: [{ id: '4294967296', attributes: { worldId: 0, channelId: 0 } }] }, 200],
  ])('(%s) may be tried again', async (_, given, status) => {
    const failure = await ask(members, given, status).catch(error => error)
    expect(failure).toBeInstanceOf(Error)
    expect(failure).not.toBeInstanceOf(LookupNotFoundError)
  })
})
