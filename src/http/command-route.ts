/**
 * `POST /api/commands`: puts records on the command topic like any other producer, where CONSOLE_WRITES allows it, and
 * says in the log who did. Looks into no record but for the name of its type.
 */
import type { MiddlewareHandler } from 'hono'
import { z } from 'zod'
import { problem } from '../api/problem.ts'
import { postRoute, type Route } from '../api/route.ts'
import type { Random } from '../clock.ts'
import { readEnvelope } from '../contract/command-envelope.ts'
import type { Log } from '../log.ts'
import type { Transport } from '../transport/port.ts'
import { type CommandRecord, createCommandSender } from './command-sender.ts'
import { remoteOf } from './remote.ts'
import { readSubmission, SUBMISSION_BYTES_MAX, submission } from './submission.ts'

export interface CommandRouteOptions {
  readonly transport: Pick<Transport, 'admin' | 'openAppender'>
  readonly topic: string
  /** `CONSOLE_WRITES` */
  readonly consoleWrites: boolean
  readonly random: Random
  readonly log: Log
}

/** Each may hold a body of SUBMISSION_BYTES_MAX; they are sent one after the other anyway. */
const SUBMISSIONS_AT_ONCE_MAX = 8

const accepted = z.object({ accepted: z.int().positive() })

export function commandRoute(options: CommandRouteOptions): { readonly route: Route; close(): Promise<void> } {
  const { transport, topic, consoleWrites, random, log } = options
  const sender = createCommandSender({ transport, topic, random })
  let submissions = 0

  const oneOfFew: MiddlewareHandler = async (context, next) => {
    if (submissions === SUBMISSIONS_AT_ONCE_MAX) {
      return problem(context, 503, 'Too many requests', `${SUBMISSIONS_AT_ONCE_MAX} are under way: wait for an answer`)
    }
    submissions += 1
    try {
      return await next()
    } finally {
      submissions -= 1
    }
  }
  const writesAreOn: MiddlewareHandler = async (context, next) => {
    if (consoleWrites) return next()
    const detail = 'this replica sends no commands for HTTP clients: set CONSOLE_WRITES=true, or use Kafka'
    return problem(context, 403, 'Writes are off', detail)
  }

  const route = postRoute({
    path: '/api/commands',
    summary: 'Puts records on the command topic, at least once; what becomes of them is told by messages',
    body: { schema: submission, bytesMax: SUBMISSION_BYTES_MAX },
    guards: [oneOfFew, writesAreOn],
    answers: { 202: { type: 'application/json', schema: accepted } },
    answer: async (context, text) => {
      const read = readSubmission(text)
      if ('faults' in read) return problem(context, 400, 'Not a list of records', ...read.faults)
      const written = { from: remoteOf(context), records: read.records.length, types: typesOf(read.records) }
      // Before it is known how it ends: also of a batch that failed any may be there.
      log.info(written, 'commands are sent for an HTTP client')
      await sender.send(read.records)
      return context.json({ accepted: read.records.length }, 202)
    },
  })
  return { route, close: () => sender.close() }
}

/** How many of each; what is no command of ours is `other`. */
function typesOf(records: readonly CommandRecord[]): Readonly<Record<string, number>> {
  const types: Record<string, number> = {}
  for (const { value } of records) {
    const envelope = readEnvelope(value)
    const type = envelope.kind === 'command' ? envelope.type : 'other'
    types[type] = (types[type] ?? 0) + 1
  }
  return types
}
