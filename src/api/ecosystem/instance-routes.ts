/**
 * Instances for the other services of the ecosystem, under `/api/party-quests`: those of one tenant, of one character,
 * and the clock that a character sees. Asks a view, changes nothing, tells nothing of another tenant.
 */
import type { Context } from 'hono'
import { UINT32_MAX } from '../../contract/ids.ts'
import { isSameTenant, type Tenant } from '../../contract/tenant.ts'
import { InvariantError } from '../../errors.ts'
import { parseSearch, type Search, tenantWord } from '../../query/search.ts'
import { type ApiOptions, viewFor } from '../api-options.ts'
import type { Silence, StageNow } from '../documents.ts'
import { readInstanceId } from '../instance-id.ts'
import { JointWork } from '../joint-work.ts'
import { pageSize } from '../page-size.ts'
import { problem } from '../problem.ts'
import { answerDocument, getRoute, type Route } from '../route.ts'
import { silenceText } from '../silence-text.ts'
import type { Row } from '../view.ts'
import { instanceResource } from './instance-resource.ts'
import { type Page, pageOf } from './numbered-page.ts'
import { pageNumber, pageWords } from './page-words.ts'
import { forTenant, TENANT_HEADERS } from './tenant-headers.ts'
import { secondsLeft } from './time-left.ts'

const BASE = '/api/party-quests/instances'
/** Between two looks for one page: many who ask for it cost what one costs. */
const SAME_PAGE_MS = 250
/** A character is in one instance of a channel at most, and in one channel at a time. */
const INSTANCES_OF_CHARACTER_MAX = 250

interface StagedRow extends Row {
  readonly stage: StageNow
}

export function ecosystemInstanceRoutes(options: ApiOptions): readonly Route[] {
  const { clock } = options
  const pages = new JointWork<Page>(clock, SAME_PAGE_MS)

  const instances = getRoute({
    path: BASE,
    summary: 'Live instances of the tenant, in the order of their ids',
    headers: TENANT_HEADERS,
    otherQuery: 'ignored',
    query: {
      'page[number]': pageNumber,
      'page[size]': pageSize,
    },
    answers: { 200: 'PartyQuestInstances' },
    answer: forTenant(async (context, tenant, { 'page[number]': number, 'page[size]': size }) => {
      const view = viewFor(context, options)
      const search = searchOf(tenantWord(tenant))
      const name = JSON.stringify([view === options.localView, search.text, number, size])
      const { rows, total, silent } = await pages.ask(name, context.req.raw.signal, signal =>
        pageOf(view, { search, number, size }, signal),
      )
      if (silent.length > 0) return unreachable(context, 'all instances', silent)
      return answerDocument(context, 'PartyQuestInstances', {
        data: rows.map(staged).flatMap(({ id, row, stage }) => instanceResource(id, row, stage) ?? []),
        ...pageWords(total, number, size),
      })
    }),
  })

  const answerById = async (context: Context, tenant: Tenant, text: string): Promise<Response> => {
    const id = readInstanceId(text)
    if (id === undefined) return notAnId(context, text)
    const found = await viewFor(context, options).instance(id, context.req.raw.signal)
    if (found.kind === 'silent') return unreachable(context, id, [found.silence])
    const none = () => problem(context, 404, 'No such instance', `no instance ${id} of this tenant is live`)
    if (found.kind === 'absent' || !isOf(tenant, found.instance.tenant)) return none()
    const data = instanceResource(id, found.instance, found.instance)
    return data === undefined ? none() : answerDocument(context, 'PartyQuestInstance', { data })
  }

  const instance = getRoute({
    path: `${BASE}/{id}`,
    params: { id: 'The UUID of the instance.' },
    headers: TENANT_HEADERS,
    otherQuery: 'ignored',
    summary: 'One live instance of the tenant',
    answers: { 200: 'PartyQuestInstance', 404: 'Errors' },
    answer: forTenant((context, tenant) => answerById(context, tenant, context.req.param('id') ?? '')),
  })

  const ofField = getRoute({
    path: `${BASE}/field/{instanceId}`,
    params: { instanceId: 'The UUID of a field instance: that of the instance whose it is.' },
    headers: TENANT_HEADERS,
    otherQuery: 'ignored',
    summary: 'The live instance that a field instance is of',
    answers: { 200: 'PartyQuestInstance', 404: 'Errors' },
    answer: forTenant((context, tenant) => answerById(context, tenant, context.req.param('instanceId') ?? '')),
  })

  /** The instance of the character in the address; the newest, should he be left in another channel's too. */
  const rowOf = async (context: Context, tenant: Tenant): Promise<StagedRow | Response> => {
    const text = context.req.param('characterId') ?? ''
    const character = /^\d{1,10}$/.test(text) ? Number(text) : UINT32_MAX + 1
    if (character > UINT32_MAX) {
      const wanted = `must be a whole number from 0 to ${UINT32_MAX}`
      return problem(context, 400, 'Not a character', `${JSON.stringify(text.slice(0, 80))}: ${wanted}`)
    }
    const { rows, silent } = await viewFor(context, options).instances(
      {
        search: searchOf(`${tenantWord(tenant)} character:${character}`),
        after: undefined,
        size: INSTANCES_OF_CHARACTER_MAX,
        include: ['stage'],
      },
      context.req.raw.signal,
    )
    const newest = rows.reduce<Row | undefined>(
      (best, one) => (best === undefined || one.row.registeredAt > best.row.registeredAt ? one : best),
      undefined,
    )
    if (newest !== undefined) return staged(newest)
    if (silent.length > 0) return unreachable(context, `character ${character}`, silent)
    return problem(context, 404, 'No instance', `character ${character} of this tenant is in no live instance`)
  }

  const character = { characterId: 'The number of the character.' }

  const ofCharacter = getRoute({
    path: `${BASE}/character/{characterId}`,
    params: character,
    headers: TENANT_HEADERS,
    otherQuery: 'ignored',
    summary: 'The live instance that a character of the tenant is in',
    answers: { 200: 'PartyQuestInstance', 404: 'Errors' },
    answer: forTenant(async (context, tenant) => {
      const row = await rowOf(context, tenant)
      if (row instanceof Response) return row
      const data = instanceResource(row.id, row.row, row.stage)
      if (data === undefined) throw new InvariantError(`instance ${row.id} has ended and was found as a live one`)
      return answerDocument(context, 'PartyQuestInstance', { data })
    }),
  })

  const timer = getRoute({
    path: `${BASE}/character/{characterId}/timer`,
    params: character,
    headers: TENANT_HEADERS,
    otherQuery: 'ignored',
    summary: 'The whole seconds that the clock of a character shows: of the bonus, the stage, else the quest',
    answers: { 200: 'PartyQuestTimer', 404: 'Errors' },
    answer: forTenant(async (context, tenant) => {
      const row = await rowOf(context, tenant)
      if (row instanceof Response) return row
      const duration = secondsLeft(row.row.state, row.stage.timers, clock.now())
      if (duration === undefined) {
        return problem(context, 404, 'No timer', `instance ${row.id} is ${row.row.state}, and has no time limit in it`)
      }
      const id = String(Number(context.req.param('characterId')))
      return answerDocument(context, 'PartyQuestTimer', { data: { type: 'timers', id, attributes: { duration } } })
    }),
  })

  return [instances, ofCharacter, timer, ofField, instance]
}

function isOf(tenant: Tenant, { id, region, majorVersion, minorVersion }: Omit<Tenant, 'id'> & { id: string }) {
  return isSameTenant(tenant, { id: id as Tenant['id'], region, majorVersion, minorVersion })
}

function searchOf(text: string): Search {
  const parsed = parseSearch(text)
  if ('search' in parsed) return parsed.search
  throw new InvariantError(`a search of our own is not understood: ${parsed.fault}`)
}

function staged({ id, row, stage }: Row): StagedRow {
  if (stage === undefined) throw new InvariantError(`the row of ${id} was asked for with its stage and came without`)
  return { id, row, stage }
}

function notAnId(context: Context, text: string): Response {
  const detail = `${JSON.stringify(text.slice(0, 80))} is no id: must be a UUID of 36 characters`
  return problem(context, 400, 'Not an id', detail)
}

function unreachable(context: Context, of: string, silent: readonly Silence[]): Response {
  const details = silent.map(silence => `nobody can tell of ${of} now: ${silenceText(silence)}; try again`)
  return problem(context, 503, 'An owner is silent', ...details)
}
