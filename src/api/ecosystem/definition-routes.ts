/**
 * Quests for the other services of the ecosystem, under `/api/party-quests`: those that new instances are made from,
 * the same for every tenant. They change as files, so what would change them over HTTP is refused and says so.
 */
import type { Context } from 'hono'
import { isDashedUuid } from '../../contract/uuid-text.ts'
import type { CompiledDefinition } from '../../definitions/catalogue.ts'
import type { ApiOptions } from '../api-options.ts'
import { JointWork } from '../joint-work.ts'
import { pageSize } from '../page-size.ts'
import { problem } from '../problem.ts'
import { answerDocument, bareRoute, getRoute, type Route } from '../route.ts'
import { definitionId } from './definition-id.ts'
import type { Validation } from './ecosystem-documents.ts'
import { pageNumber, pageWords } from './page-words.ts'
import { forTenant, TENANT_HEADERS } from './tenant-headers.ts'
import { validateFiles } from './validation.ts'

const BASE = '/api/party-quests/definitions'
/** Between two readings of all files. */
const SAME_FILES_MS = 1000
const AS_FILES = 'quests are files: change them in DEFINITIONS_DIR and start the replicas again'

export function ecosystemDefinitionRoutes(options: ApiOptions): readonly Route[] {
  const { catalogue, clock } = options
  const validations = new JointWork<readonly Validation[]>(clock, SAME_FILES_MS)
  const byId = new Map(catalogue.all().map(compiled => [definitionId(compiled.definition.questId), compiled]))

  const definitions = getRoute({
    path: BASE,
    headers: TENANT_HEADERS,
    otherQuery: 'ignored',
    summary: 'Quests that can be registered for: all of them, or a page where one is asked for',
    query: { 'page[number]': pageNumber, 'page[size]': pageSize },
    answers: { 200: 'PartyQuestDefinitions' },
    answer: forTenant((context, _tenant, { 'page[number]': number, 'page[size]': size }) => {
      const all = catalogue.all()
      // Whoever does not page must not miss the fifty-first.
      const isPaged = context.req.query('page[number]') !== undefined || context.req.query('page[size]') !== undefined
      if (!isPaged) return answerDocument(context, 'PartyQuestDefinitions', { data: all.map(resource) })
      const data = all.slice((number - 1) * size, number * size).map(resource)
      return answerDocument(context, 'PartyQuestDefinitions', { data, ...pageWords(all.length, number, size) })
    }),
  })

  const answerOne = (context: Context, name: string, compiled: CompiledDefinition | undefined): Response => {
    if (compiled !== undefined) return answerDocument(context, 'PartyQuestDefinition', { data: resource(compiled) })
    const detail = `there is no quest ${JSON.stringify(name.slice(0, 200))}: GET ${BASE} lists all`
    return problem(context, 404, 'No such definition', detail)
  }

  const definition = getRoute({
    path: `${BASE}/{id}`,
    params: { id: 'Of the quest: a UUID of version 5 of its questId.' },
    headers: TENANT_HEADERS,
    otherQuery: 'ignored',
    summary: 'One quest by its id',
    answers: { 200: 'PartyQuestDefinition', 404: 'Errors' },
    answer: forTenant(context => {
      const id = context.req.param('id') ?? ''
      if (isDashedUuid(id)) return answerOne(context, id, byId.get(id.toLowerCase()))
      const detail = `${JSON.stringify(id.slice(0, 80))} is no id: must be a UUID of 36 characters`
      return problem(context, 400, 'Not an id', detail)
    }),
  })

  const ofQuest = getRoute({
    path: `${BASE}/quest/{questId}`,
    params: { questId: 'As commands name it.' },
    headers: TENANT_HEADERS,
    otherQuery: 'ignored',
    summary: 'One quest by its questId',
    answers: { 200: 'PartyQuestDefinition', 404: 'Errors' },
    answer: forTenant(context => {
      const questId = context.req.param('questId') ?? ''
      return answerOne(context, questId, catalogue.get(questId))
    }),
  })

  const validate = bareRoute({
    method: 'post',
    path: `${BASE}/validate`,
    headers: TENANT_HEADERS,
    summary: 'Reads the files of all quests anew and says what is wrong with each; none of them is loaded',
    answers: { 200: 'PartyQuestValidations' },
    answer: forTenant(async context => {
      const all = await validations.ask('all', context.req.raw.signal, signal => validateFiles(options, signal))
      return answerDocument(context, 'PartyQuestValidations', [...all])
    }),
  })

  const refused = ([method, path]: (typeof CHANGES)[number]) =>
    bareRoute({
      method,
      path: `${BASE}${path}`,
      ...(path === '/{id}' ? { params: { id: 'Of the quest.' } } : {}),
      summary: 'Is not done over HTTP',
      answers: { 501: 'Errors' },
      answer: context =>
        problem(context, 501, 'Not done over HTTP', `${method.toUpperCase()} ${BASE}${path} is not: ${AS_FILES}`),
    })

  return [definitions, ofQuest, validate, ...CHANGES.map(refused), definition]
}

const CHANGES = [
  ['post', ''],
  ['post', '/seed'],
  ['get', '/seed/status'],
  ['patch', '/{id}'],
  ['delete', '/{id}'],
] as const

function resource({ definition }: CompiledDefinition) {
  const attributes = { ...definition }
  return { type: 'definitions' as const, id: definitionId(definition.questId), attributes }
}
