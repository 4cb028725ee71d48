/** The monster service as a real HTTP server sees us: addresses, headers, bodies, and what we make of its answers. */
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { PendingEffect } from '../../src/contract/effect-record.ts'
import type { Effect } from '../../src/contract/effects.ts'
import type { InstanceId } from '../../src/contract/ids.ts'
import { createHttpMonsterClient } from '../../src/effects/http-monster-client.ts'
import { EffectRefusedError } from '../../src/shard/effect-runner.ts'
import { destroy, spawn } from '../support/fake-monsters.ts'
import { TENANT } from '../support/tenants.ts'

const ID = '0f8a1c2d-0000-8000-8000-0000deadbeef'
const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

interface Asked {
  readonly line: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

let server: Server
let base = ''
let asked: Asked[] = []
let status = 204

beforeAll(async () => {
  server = createServer(async (request, response) => {
    asked.push({ line: `${request.method} ${request.url}`, headers: request.headers, body: await text(request) })
    response.writeHead(status, { location: '/elsewhere' }).end(status === 204 ? undefined : '{"errors":[]}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`
})
afterAll(async () => {
  await new Promise(resolve => server.close(resolve))
})
beforeEach(() => {
  asked = []
  status = 204
})

const run = (effect: Effect, url = base) => {
  const place = { instanceId: ID as InstanceId, tenant: TENANT, worldId: 0, channelId: 1 }
  const pending: PendingEffect = { number: 1, ...place, effect, traceparent: TRACEPARENT }
  return createHttpMonsterClient(url).run(pending, AbortSignal.timeout(5000))
}
const answered = (effect: Effect, with_: number) => {
  status = with_
  return run(effect).then(
    () => 'done',
    error => (error instanceof EffectRefusedError ? 'refused' : 'again'),
  )
}
const PATH = `/api/worlds/0/channels/1/maps/103000804/instances/${ID}/monsters`

test('all monsters of a map of an instance are removed there, for its tenant as text and in its trace', async () => {
  await run(destroy(103_000_804))
  expect(asked.map(({ line, body }) => [line, body])).toEqual([[`DELETE ${PATH}`, '']])
  expect(asked[0]?.headers).toMatchObject({
    tenant_id: TENANT.id,
    region: TENANT.region,
    major_version: String(TENANT.majorVersion),
    minor_version: String(TENANT.minorVersion),
    traceparent: TRACEPARENT,
  })
  expect(asked[0]?.headers['content-type']).toBeUndefined()
})

test('a monster is spawned by a document of JSON:API', async () => {
  status = 201
  await run(spawn(103_000_804))
  expect(asked.map(({ line, body }) => [line, JSON.parse(body)])).toEqual([
    [
      `POST ${PATH}`,
      { data: { type: 'monsters', id: '0', attributes: { monsterId: 9300061, x: -7, y: 2, fh: 5, team: 0 } } },
    ],
  ])
  expect(asked[0]?.headers).toMatchObject({ 'content-type': 'application/vnd.api+json', tenant_id: TENANT.id })
})

describe('an answer', () => {
  test.each([200, 202, 204, 404])('of %i to a removal means that no monster is left', async with_ => {
    await expect(answered(destroy(1), with_)).resolves.toBe('done')
  })
  test.each([302, 404, 408, 425, 429, 500, 503])('of %i to a spawn may be another the next time', async with_ => {
    await expect(answered(spawn(1), with_)).resolves.toBe('again')
  })
  test.each([400, 401, 409, 422])('of %i would be the same the next time', async with_ => {
    await expect(answered(spawn(1), with_)).resolves.toBe('refused')
    await expect(answered(destroy(1), with_)).resolves.toBe('refused')
  })
  test('that is refused names the request and the status', async () => {
    status = 422
    await expect(run(spawn(103_000_804))).rejects.toThrow(`POST ${base.replace(/\/api\/$/, '')}${PATH} answered 422`)
  })
  test('that nobody gives may come the next time', async () => {
    await expect(run(destroy(1), 'http://127.0.0.1:1/')).rejects.not.toThrow(EffectRefusedError)
  })
})
