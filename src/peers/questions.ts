/**
 * What one replica asks of another, as paths of `/api`, and how the answers become what a View gives. Believes nothing
 * that the schema does not allow. Sends nothing: peer-client.ts does.
 */
import { z } from 'zod'
import { DOCUMENTS, type DryRun, type Instance, type InstanceSince } from '../api/documents.ts'
import { journalMarkText } from '../api/journal-mark.ts'
import {
  type Counts,
  type DryRunAsked,
  type InstancesAsked,
  type InstancesFound,
  type JournalMark,
  type Row,
  type Shards,
  SPREAD_PLACES,
} from '../api/view.ts'
import type { InstanceId } from '../contract/ids.ts'
import { UUID_OUT } from '../contract/uuid-text.ts'

export interface Question<Answer> {
  /** Behind the base address of a replica, with a slash before it. */
  readonly path: string
  /** JSON text for a POST; undefined: GET. */
  readonly body?: string
  readonly answer: z.ZodType<Answer>
  /** Whether 404 is an answer too: of the thing, not of the path. */
  readonly mayBeAbsent: boolean
}

export function instancesQuestion({ search, after, size, include = [] }: InstancesAsked): Question<InstancesFound> {
  const query = new URLSearchParams({ search: search.text, 'page[size]': String(size) })
  if (after !== undefined) query.set('page[after]', after)
  if (include.length > 0) query.set('include', include.join(','))
  const answer = DOCUMENTS.Instances.refine(({ data }) => data.length <= size, `more than ${size} rows`).transform(
    ({ data, meta: { total, states, silent, spread }, links }, context): InstancesFound => {
      const rows = data.map(({ id, attributes: { stage, ...row } }): Row => {
        if (!UUID_OUT.test(id)) context.addIssue({ code: 'custom', message: 'the id of a row is no UUID' })
        if (stage === undefined && include.includes('stage')) {
          context.addIssue({ code: 'custom', message: 'a row is without its stage' })
        }
        return { id: id as InstanceId, row, ...(stage === undefined ? {} : { stage }) }
      })
      if (include.includes('spread') && spread?.length !== SPREAD_PLACES) {
        context.addIssue({ code: 'custom', message: `the spread has not ${SPREAD_PLACES} places` })
      }
      const found = { rows, hasMore: links.next !== null, total, states, silent }
      return spread === undefined ? found : { ...found, spread }
    },
  )
  return { path: `/api/instances?${query}`, answer, mayBeAbsent: false }
}

export function instanceQuestion(id: InstanceId): Question<Instance> {
  const answer = instanceAnswer(id).transform((attributes, context) => {
    if (attributes.isWhole) return attributes
    context.addIssue({ code: 'custom', message: 'the instance is not whole' })
    return z.NEVER
  })
  return { path: `/api/instances/${id}`, answer, mayBeAbsent: true }
}

export function instanceSinceQuestion(id: InstanceId, mark: JournalMark): Question<Instance | InstanceSince> {
  const query = new URLSearchParams({ 'journal[after]': journalMarkText(mark) })
  return { path: `/api/instances/${id}?${query}`, answer: instanceAnswer(id), mayBeAbsent: true }
}

function instanceAnswer(id: InstanceId) {
  return DOCUMENTS.Instance.refine(({ data }) => data.id === id, 'another instance').transform(
    ({ data }) => data.attributes,
  )
}

export function dryRunQuestion({ id, value }: DryRunAsked): Question<DryRun> {
  const answer = DOCUMENTS.DryRun.transform(({ data }) => data)
  return { path: `/api/instances/${id}/dry-run`, body: value, answer, mayBeAbsent: true }
}

export function countsQuestion(): Question<Counts> {
  const answer = DOCUMENTS.Definitions.transform(
    ({ data, meta }): Counts => ({
      quests: data.map(({ attributes: { definition, quest, instances } }) => ({
        definition,
        quest,
        states: instances,
      })),
      silent: meta.silent,
    }),
  )
  return { path: '/api/definitions', answer, mayBeAbsent: false }
}

export function shardsQuestion(): Question<Shards> {
  const answer = DOCUMENTS.Shards.transform(
    ({ data, meta }): Shards => ({ shards: data.map(({ attributes }) => attributes), silent: meta.silent }),
  )
  return { path: '/api/shards', answer, mayBeAbsent: false }
}
