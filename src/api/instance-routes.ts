/**
 * Instances over HTTP: the list that a search finds, one of them, and what a command would do to it. Asks a view,
 * changes nothing.
 */
import type { Context } from 'hono'
import { z } from 'zod'
import { COMMAND_TYPES } from '../contract/command-envelope.ts'
import { type InstanceId, UINT8_MAX, UINT32_MAX } from '../contract/ids.ts'
import { isObject, type JsonObject } from '../contract/json.ts'
import { parseSearch, SEARCH_LENGTH_MAX } from '../query/search.ts'
import { type ApiOptions, viewFor } from './api-options.ts'
import type { Document, Instance, InstanceSince, Silence } from './documents.ts'
import { readInstanceId } from './instance-id.ts'
import { JointWork } from './joint-work.ts'
import { journalMark } from './journal-mark.ts'
import { pageSize } from './page-size.ts'
import { problem } from './problem.ts'
import { answerDocument, getRoute, postRoute, type Route, readJson } from './route.ts'
import { silenceText } from './silence-text.ts'
import { INCLUDED, type InstanceFound } from './view.ts'

const DRY_RUN_BYTES_MAX = 64 << 10
/** Between two looks for one page of a list: many consoles that show it cost what one costs. */
const SAME_LIST_MS = 500
const INSTANCE_COMMANDS = COMMAND_TYPES.filter(type => type !== 'REGISTER' && type !== 'LEAVE')

const id = { id: 'The UUID of the instance.' }

const dryRunBody = z.strictObject({
  type: z.enum(INSTANCE_COMMANDS, `must be one of ${INSTANCE_COMMANDS.join(', ')}`),
  worldId: z.int().min(0).max(UINT8_MAX).optional().describe("Absent: the instance's."),
  characterId: z.int().min(0).max(UINT32_MAX).optional().describe('Absent: the first of the party.'),
  // Not z.record, which leaves the name `__proto__` out: the dry run is to read what the shard would.
  body: z
    .custom<JsonObject>(isObject, 'must be an object')
    .optional()
    .meta({ type: 'object', description: 'Without instanceId.' }),
})

type DryRunBody = z.output<typeof dryRunBody>

export function instanceRoutes(options: ApiOptions): readonly Route[] {
  const { clock } = options
  const lists = new JointWork<Uint8Array<ArrayBuffer>>(clock, SAME_LIST_MS)

  const instances = getRoute({
    path: '/api/instances',
    summary: 'Live instances that a search finds, in the order of their ids',
    query: {
      search: z
        .string()
        .max(SEARCH_LENGTH_MAX, `must have at most ${SEARCH_LENGTH_MAX} characters`)
        .default('')
        .describe('Words that must all hold: state:active quest:mill character:30011 timer<60s idle>5m shard:3 …'),
      'page[after]': z
        .string()
        .refine(text => readInstanceId(text) !== undefined, 'must be the id of an instance: take it from links.next')
        .optional()
        .describe('The id after which the page begins.'),
      'page[size]': pageSize,
      include: z
        .string()
        .transform(text => text.split(','))
        .pipe(z.array(z.enum(INCLUDED, `must be ${INCLUDED.join(' or ')}, or both with a comma between them`)))
        .default([])
        .describe(
          'What to tell beside the rows: `stage` of each (timers, counts), `spread` of all (how many ids begin how).',
        ),
    },
    answers: { 200: 'Instances' },
    answer: async (context, { search: text, 'page[after]': given, 'page[size]': size, include }) => {
      const parsed = parseSearch(text)
      if ('fault' in parsed) return problem(context, 400, 'Bad search', parsed.fault)
      const after = given?.toLowerCase()
      const view = viewFor(context, options)
      const name = JSON.stringify([view === options.localView, text, after, size, include])
      const find = async (signal: AbortSignal) => {
        const found = await view.instances({ search: parsed.search, after, size, include }, signal)
        const last = found.rows.at(-1)?.id
        const next = new URLSearchParams({
          ...(text === '' ? {} : { search: text }),
          'page[after]': last ?? '',
          'page[size]': String(size),
          ...(include.length === 0 ? {} : { include: include.join(',') }),
        })
        const { total, states, spread, silent } = found
        const document: Document<'Instances'> = {
          data: found.rows.map(({ id, row, stage }) => ({
            type: 'instances',
            id,
            attributes: stage === undefined ? row : { ...row, stage },
          })),
          meta: {
            ...{ now: clock.now(), silent: [...silent], total, states },
            ...(spread === undefined ? {} : { spread: [...spread] }),
          },
          links: { next: found.hasMore && last !== undefined ? `?${next}` : null },
        }
        return new TextEncoder().encode(JSON.stringify(document))
      }
      const { signal } = context.req.raw
      // Who asks for a character asks often, must not wait, and costs next to nothing.
      const isCheap = parsed.search.terms.some(({ kind }) => kind === 'character')
      const json = isCheap ? await find(signal) : await lists.ask(name, signal, find)
      return context.body(json, 200, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    },
  })

  /** What was found of that id, or the answer that says why nothing was. */
  const seen = <Seen>(context: Context, id: InstanceId, found: InstanceFound<Seen>): Seen | Response => {
    switch (found.kind) {
      case 'found':
        return found.instance
      case 'absent':
        return absent(context, id, 'it may have ended')
      case 'silent':
        return silent(context, id, found.silence)
    }
  }

  const instance = getRoute({
    path: '/api/instances/{id}',
    params: id,
    summary: 'One instance: state, timers, members, conditions and what happened to it last',
    query: { 'journal[after]': journalMark },
    answers: { 200: 'Instance', 404: 'Errors' },
    answer: async (context, { 'journal[after]': mark }) => {
      const id = named(context)
      if (id instanceof Response) return id
      const [view, { signal }] = [viewFor(context, options), context.req.raw]
      const asked = mark === undefined ? view.instance(id, signal) : view.instanceSince(id, mark, signal)
      const found = seen<Instance | InstanceSince>(context, id, await asked)
      if (found instanceof Response) return found
      return answerDocument(context, 'Instance', {
        data: { type: 'instances', id, attributes: found },
        meta: { now: clock.now(), silent: [] },
      })
    },
  })

  /** Who sends the command; of the instance only where the command does not say, since its owner must tell. */
  const senderOf = async (
    context: Context,
    id: InstanceId,
    { worldId, characterId }: DryRunBody,
  ): Promise<Pick<DryRunBody, 'worldId' | 'characterId'> | Response> => {
    if (worldId !== undefined && characterId !== undefined) return { worldId, characterId }
    const found = seen(context, id, await viewFor(context, options).instance(id, context.req.raw.signal))
    if (found instanceof Response) return found
    return { worldId: found.worldId, characterId: found.characters[0]?.characterId ?? 0 }
  }

  const dryRun = postRoute({
    path: '/api/instances/{id}/dry-run',
    params: id,
    summary: 'What a command would do to the instance now; nothing is written',
    body: { schema: dryRunBody, bytesMax: DRY_RUN_BYTES_MAX },
    answers: { 200: 'DryRun', 404: 'Errors' },
    answer: async (context, text) => {
      const read = readJson(text, dryRunBody)
      if ('faults' in read) return problem(context, 400, 'Not a command', ...read.faults)
      const id = named(context)
      if (id instanceof Response) return id
      const given = read.value.body?.instanceId
      if (given !== undefined && given !== id) {
        return problem(context, 400, 'Not a command', `body.instanceId: must be absent, or ${id} as in the address`)
      }
      const sender = await senderOf(context, id, read.value)
      if (sender instanceof Response) return sender
      const value = commandText({ ...sender, ...read.value }, id)
      if (value === undefined) {
        return problem(context, 400, 'Not a command', 'body: is nested too deep, no command of ours has lists in lists')
      }
      const ran = await viewFor(context, options).dryRun({ id, value }, context.req.raw.signal)
      switch (ran.kind) {
        case 'ran':
          return answerDocument(context, 'DryRun', { data: ran.result, meta: { now: clock.now() } })
        case 'absent':
          return absent(context, id, 'it may have ended')
        case 'silent':
          return silent(context, id, ran.silence)
      }
    },
  })

  return [instances, instance, dryRun]
}

/** As it would stand on the command topic; `undefined`: parsed it could be, and cannot be written again. */
function commandText(asked: DryRunBody, id: InstanceId): string | undefined {
  try {
    return JSON.stringify({ ...asked, body: { ...asked.body, instanceId: id } })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** The id in the address, or the answer that says why it is none. */
function named(context: Context): InstanceId | Response {
  const text = context.req.param('id') ?? ''
  return readInstanceId(text) ?? absent(context, text, 'an id is a UUID of 36 characters')
}

function absent(context: Context, id: string, why: string): Response {
  return problem(context, 404, 'No such instance', `there is no instance ${id.slice(0, 80)}: ${why}`)
}

function silent(context: Context, id: string, silence: Silence): Response {
  return problem(
    context,
    503,
    'The owner is silent',
    `nobody can tell of ${id} now: ${silenceText(silence)}; try again`,
  )
}
