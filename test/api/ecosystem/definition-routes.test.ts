/** The promises of `/api/party-quests/definitions`: the quests as they are played, and 501 for what would change them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { definitionId } from '../../../src/api/ecosystem/definition-id.ts'
import { ECOSYSTEM_DOCUMENTS } from '../../../src/api/ecosystem/ecosystem-documents.ts'
import { compileDefinition, makeCatalogue } from '../../../src/definitions/catalogue.ts'
import { readDefinitionDirectory } from '../../../src/definitions/loading.ts'
import { questFixture } from '../../definitions/quest-fixture.ts'
import { details, fakeApi } from '../../http/http-scene.ts'
import { apiScene, COMPILED } from '../api-scene.ts'
import { MISSING } from '../fake-view.ts'

const { definition } = COMPILED
const RESOURCE = JSON.parse(
  JSON.stringify({ type: 'definitions', id: definitionId(definition.questId), attributes: definition }),
)

describe('the id of a quest', () => {
  it('is the UUID of version 5 of its questId, the same for ever', () => {
    expect(definitionId('mill_pq')).toBe('9e77871b-d803-5a25-81fe-d2a18495d2ef')
    expect(definitionId('kerning_city_pq')).not.toBe(definitionId('mill_pq'))
  })
})

describe('definitions', () => {
  it('are told as they are played, all or one by its id or its questId', async () => {
    const { ask } = await apiScene()
    expect(await (await ask('GET', '/definitions')).json()).toEqual({ data: [RESOURCE] })
    for (const path of [`/definitions/${RESOURCE.id.toUpperCase()}`, `/definitions/quest/${definition.questId}`]) {
      expect(await (await ask('GET', path)).json()).toEqual({ data: RESOURCE })
    }
  })

  it('are told by the page where a page is asked for, and all of them where none is', async () => {
    const names = Array.from({ length: 52 }, (_, index) => `quest_${String(index).padStart(2, '0')}`)
    const catalogue = makeCatalogue(names.map(questId => questFixture({ questId })).map(compileDefinition))
    const { ask } = await apiScene({ api: { ...fakeApi(), catalogue } })
    const read = async (query: string) => {
      const response = await ask('GET', `/definitions${query}`)
      const { data, meta, links } = ECOSYSTEM_DOCUMENTS.PartyQuestDefinitions.parse(await response.json())
      return { names: data.map(({ attributes }) => attributes.questId), meta, links }
    }
    expect(await read('')).toEqual({ names, meta: undefined, links: undefined })
    expect(await read('?page[number]=2')).toMatchObject({
      names: names.slice(50),
      meta: { total: 52, page: { number: 2, size: 50, last: 2 } },
    })
    const third = await read('?page[number]=3&page[size]=2')
    expect(third.names).toEqual(names.slice(4, 6))
    expect((await read(third.links?.next ?? '')).names).toEqual(names.slice(6, 8))
    expect((await read('?page[number]=99')).names).toEqual([])
  })

  it.each([
    'page[size]=0',
    'page[size]=251',
    'page[number]=0',
    'page[number]=x',
  ])('refuse ?%s with 400', async query => {
    const { ask } = await apiScene()
    expect((await ask('GET', `/definitions?${query}`)).status).toBe(400)
  })

  it('take no notice of a query that the original did not know either', async () => {
    const { ask } = await apiScene()
    for (const path of ['/definitions', `/definitions/${RESOURCE.id}`, `/definitions/quest/${definition.questId}`]) {
      const response = await ask('GET', `${path}?fields[definitions]=name&foo=1`)
      expect([response.status, await response.json()]).toEqual([200, await (await ask('GET', path)).json()])
    }
  })

  it('are told in the form that a file may have, and come to the same quest', async () => {
    const { ask } = await apiScene()
    const told: unknown = await (await ask('GET', `/definitions/${RESOURCE.id}`)).json()
    expect(compileDefinition(told).ref).toBe(COMPILED.ref)
  })

  it.each([
    [`/definitions/${MISSING}`, 404],
    ['/definitions/quest/nobody', 404],
    ['/definitions/nonsense', 400],
    ['/definitions/seed', 400],
  ])('%s is %i', async (path, status) => {
    const { ask } = await apiScene()
    expect((await ask('GET', path)).status).toBe(status)
  })

  it.each([
    ['GET', '/definitions'],
    ['GET', `/definitions/${RESOURCE.id}`],
    ['GET', `/definitions/quest/${definition.questId}`],
    ['POST', '/definitions/validate'],
  ])('are told to nobody without a tenant: %s %s', async (method, path) => {
    const { ask } = await apiScene()
    const response = await ask(method, path, { REGION: 'GMS' })
    expect([response.status, (await details(response)).length]).toEqual([400, 3])
  })

  it.each([
    ['POST', '/definitions'],
    ['POST', '/definitions/seed'],
    ['PATCH', `/definitions/${RESOURCE.id}`],
    ['DELETE', `/definitions/${RESOURCE.id}`],
    ['GET', '/definitions/seed/status'],
  ])('are changed as files: %s %s is 501 and says so', async (method, path) => {
    const { ask } = await apiScene()
    const response = await ask(method, path, {})
    expect([response.status, await details(response)]).toEqual([501, [expect.stringContaining('DEFINITIONS_DIR')]])
  })
})

describe('POST /api/party-quests/definitions/validate', () => {
  async function validated(files: Readonly<Record<string, string>>) {
    const directory = await mkdtemp(join(tmpdir(), 'validate-'))
    onTestFinished(() => rm(directory, { recursive: true }))
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text)
    const api = {
      ...fakeApi(),
      catalogue: makeCatalogue([COMPILED]),
      definitionFiles: () => readDefinitionDirectory(directory),
    }
    const { ask } = await apiScene({ api })
    const response = await ask('POST', '/definitions/validate')
    expect(response.status).toBe(200)
    return ECOSYSTEM_DOCUMENTS.PartyQuestValidations.parse(await response.json())
  }

  it('says of each file as it is now what is wrong with it, in the order of their names', async () => {
    const [bad, good, torn] = await validated({
      'a.json': JSON.stringify(questFixture({ questId: 'river_pq', name: 'The River', exit: 'home' })),
      'b.json': JSON.stringify(questFixture()),
      'c.json': '{"questId":',
    })
    expect(bad).toMatchObject({ valid: false, questId: 'river_pq', name: 'The River', warnings: [] })
    expect(bad?.errors).toEqual([expect.stringMatching(/a\.json: \$\.exit: /)])
    expect(good).toMatchObject({ valid: true, questId: 'mill_pq', name: 'The Old Mill', errors: [] })
    expect(torn).toMatchObject({ valid: false, questId: '', name: '' })
    expect(torn?.errors).toEqual([expect.stringMatching(/c\.json: line 1/)])
  })

  it('warns of what `party-quests check` warns of', async () => {
    const [stage = {}, ...others] = questFixture().stages
    const [told] = await validated({
      'a.json': JSON.stringify(questFixture({ stages: [{ ...stage, clearConditions: [] }, ...others] })),
    })
    expect(told?.valid).toBe(true)
    expect(told?.warnings).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/a\.json: \$\.stages\[0\]\.clearConditions: there are no conditions/),
      ]),
    )
  })

  it('says that the directory is gone', async () => {
    const api = { ...fakeApi(), definitionFiles: () => readDefinitionDirectory('/nowhere/at/all') }
    const { ask } = await apiScene({ api })
    const told = ECOSYSTEM_DOCUMENTS.PartyQuestValidations.parse(
      await (await ask('POST', '/definitions/validate')).json(),
    )
    expect(told).toMatchObject([{ valid: false, questId: '', errors: [expect.stringContaining('/nowhere/at/all')] }])
  })
})
