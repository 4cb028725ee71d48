/** The promise of the OpenAPI document: every path and status that it names is answered so, and nothing else is there. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { DOCUMENTS } from '../../src/api/documents.ts'
import { definitionId } from '../../src/api/ecosystem/definition-id.ts'
import { apiScene, COMPILED, TENANT_HEADERS } from './api-scene.ts'
import { FIRST, MISSING } from './fake-view.ts'

const openApi = z.object({
  openapi: z.literal('3.1.0'),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        responses: z.record(z.string(), z.object({ content: z.record(z.string(), z.object({ schema: z.json() })) })),
      }),
    ),
  ),
  components: z.object({ schemas: z.record(z.string(), z.json()) }),
})

type Scene = Awaited<ReturnType<typeof apiScene>>

const INSTANCES = '/api/party-quests/instances'
const DEFINITIONS = '/api/party-quests/definitions'
const QUEST_ID = COMPILED.definition.questId

/** Nobody is silent. */
function whole(view: Scene['view']) {
  view.silent = []
  return TENANT_HEADERS
}

/** One request for each answer that a path of its own has; the name of its document where it has one. */
const SAMPLES: readonly (readonly [string, string, number, (scene: Scene) => Promise<Response> | Response])[] = [
  ['get', '/api/instances', 200, ({ get }) => get('/api/instances?search=state:active&page[size]=1')],
  ['get', '/api/instances', 400, ({ get }) => get('/api/instances?search=state:sleepy')],
  ['get', '/api/instances/{id}', 200, ({ get }) => get(`/api/instances/${FIRST}`)],
  ['get', '/api/instances/{id}', 404, ({ get }) => get(`/api/instances/${MISSING}`)],
  ['post', '/api/instances/{id}/dry-run', 200, ({ dryRun }) => dryRun(FIRST, { type: 'START' })],
  ['post', '/api/instances/{id}/dry-run', 404, ({ dryRun }) => dryRun(MISSING, { type: 'START' })],
  ['post', '/api/instances/{id}/dry-run', 413, ({ dryRun }) => dryRun(FIRST, ' '.repeat(70_000))],
  ['get', '/api/definitions', 200, ({ get }) => get('/api/definitions')],
  ['get', '/api/definitions/{ref}', 200, ({ get }) => get(`/api/definitions/${COMPILED.ref}`)],
  ['get', '/api/definitions/{ref}', 404, ({ get }) => get('/api/definitions/nobody@0')],
  ['get', '/api/machine', 200, ({ get }) => get('/api/machine')],
  ['get', '/api/shards', 200, ({ get }) => get('/api/shards')],
  ['get', '/api/dead-letters', 200, ({ get }) => get('/api/dead-letters')],
  ['get', '/api/live', 200, ({ get }) => get('/api/live')],
  ['get', '/api/live', 400, ({ get }) => get('/api/live?instances=x')],
  ['get', '/api/messages', 200, ({ get }) => get('/api/messages')],
  ['post', '/api/commands', 202, ({ post }) => post({ records: [{ value: '{}' }] })],
  ['post', '/api/commands', 415, ({ post }) => post({}, { 'content-type': 'text/plain' })],
  ['post', '/api/commands', 403, ({ post }) => post({}, { origin: 'http://evil.example', host: 'quests' })],
  ['get', '/api/openapi.json', 200, ({ get }) => get('/api/openapi.json')],
  ['get', `${INSTANCES}`, 200, ({ ask, view }) => ask('GET', '/instances', whole(view))],
  ['get', `${INSTANCES}`, 400, ({ get }) => get(INSTANCES)],
  ['get', `${INSTANCES}/{id}`, 200, ({ ask }) => ask('GET', `/instances/${FIRST}`)],
  ['get', `${INSTANCES}/{id}`, 404, ({ ask }) => ask('GET', `/instances/${MISSING}`)],
  ['get', `${INSTANCES}/field/{instanceId}`, 200, ({ ask }) => ask('GET', `/instances/field/${FIRST}`)],
  ['get', `${INSTANCES}/field/{instanceId}`, 404, ({ ask }) => ask('GET', `/instances/field/${MISSING}`)],
  ['get', `${INSTANCES}/character/{characterId}`, 200, ({ ask }) => ask('GET', '/instances/character/1001')],
  [
    'get',
    `${INSTANCES}/character/{characterId}`,
    404,
    ({ ask, view }) => ask('GET', '/instances/character/9', whole(view)),
  ],
  [
    'get',
    `${INSTANCES}/character/{characterId}/timer`,
    200,
    ({ ask }) => ask('GET', '/instances/character/1001/timer'),
  ],
  [
    'get',
    `${INSTANCES}/character/{characterId}/timer`,
    404,
    ({ ask, view }) => ask('GET', '/instances/character/9/timer', whole(view)),
  ],
  ['get', `${DEFINITIONS}`, 200, ({ ask }) => ask('GET', '/definitions')],
  ['get', `${DEFINITIONS}/{id}`, 200, ({ ask }) => ask('GET', `/definitions/${definitionId(QUEST_ID)}`)],
  ['get', `${DEFINITIONS}/{id}`, 404, ({ ask }) => ask('GET', `/definitions/${FIRST}`)],
  ['get', `${DEFINITIONS}/quest/{questId}`, 200, ({ ask }) => ask('GET', `/definitions/quest/${QUEST_ID}`)],
  ['get', `${DEFINITIONS}/quest/{questId}`, 404, ({ ask }) => ask('GET', '/definitions/quest/nobody')],
  ['post', `${DEFINITIONS}/validate`, 200, ({ ask }) => ask('POST', '/definitions/validate')],
  ['post', `${DEFINITIONS}`, 501, ({ ask }) => ask('POST', '/definitions')],
  ['post', `${DEFINITIONS}/seed`, 501, ({ ask }) => ask('POST', '/definitions/seed')],
  ['get', `${DEFINITIONS}/seed/status`, 501, ({ ask }) => ask('GET', '/definitions/seed/status')],
  ['patch', `${DEFINITIONS}/{id}`, 501, ({ ask }) => ask('PATCH', `/definitions/${FIRST}`)],
  ['delete', `${DEFINITIONS}/{id}`, 501, ({ ask }) => ask('DELETE', `/definitions/${FIRST}`)],
]

async function described(scene: Scene) {
  return openApi.parse(await (await scene.get('/api/openapi.json')).json())
}

/** zod resolves references within one schema only. */
function validator(schema: unknown, schemas: unknown): z.ZodType {
  const text = JSON.stringify({ ...z.looseObject({}).parse(schema), $defs: schemas })
  return z.fromJSONSchema(z.looseObject({}).parse(JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/'))))
}

describe('GET /api/openapi.json', () => {
  it('names every path that a sample asks, and no other', async () => {
    const { paths } = await described(await apiScene())
    const named = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map(m => `${m} ${path}`))
    expect(named.sort()).toEqual([...new Set(SAMPLES.map(([method, path]) => `${method} ${path}`))].sort())
  })

  it.each(SAMPLES)('says what %s %s answers with %i', async (method, path, status, ask) => {
    const scene = await apiScene()
    const { paths, components } = await described(scene)
    const content = paths[path]?.[method]?.responses[String(status)]?.content ?? {}
    const response = await ask(scene)
    expect(response.status).toBe(status)
    const [type = ''] = (response.headers.get('content-type') ?? '').split(';')
    expect(Object.keys(content)).toEqual([type])
    if (type !== 'application/json') return response.body?.cancel()
    const body: unknown = await response.json()
    expect(validator(content[type]?.schema, components.schemas).parse(body)).toEqual(body)
    expect(() => validator(content[type]?.schema, components.schemas).parse({ data: 7, errors: 7 })).toThrow()
  })

  it('holds every document that the code answers with', async () => {
    const { components } = await described(await apiScene())
    expect(Object.keys(components.schemas).sort()).toEqual([...Object.keys(DOCUMENTS), 'Change', 'Hello'].sort())
  })

  it('names the query parameters that are taken, and every other is refused by its name, but where the original took any', async () => {
    const scene = await apiScene()
    const { paths } = await described(scene)
    for (const [path, methods] of Object.entries(paths)) {
      if (methods.get === undefined || path.startsWith('/api/party-quests/')) continue
      const address = path.replace('{id}', FIRST).replace('{ref}', COMPILED.ref)
      const response = await scene.get(`${address}?surprise=1`)
      expect([path, response.status]).toEqual([path, 400])
      expect(await response.text()).toContain('surprise')
    }
  })

  it('names the methods that there are: any other is 405 and says which', async () => {
    const scene = await apiScene()
    const { paths } = await described(scene)
    for (const [path, methods] of Object.entries(paths)) {
      const address = path.replace('{id}', FIRST).replace('{ref}', COMPILED.ref)
      const response = await scene.app.request(address, { method: 'PUT' })
      const allowed = Object.keys(methods).join(', ').toUpperCase()
      expect([path, response.status, response.headers.get('allow')]).toEqual([path, 405, allowed])
    }
  })
})
