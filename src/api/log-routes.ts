/**
 * What the log and its owners look like over HTTP: the shards, and the dead letters. Moves no offset and writes
 * nothing.
 */
import { z } from 'zod'
import { type ApiOptions, viewFor } from './api-options.ts'
import { cursorText, readCursor } from './dead-letter-cursor.ts'
import { createDeadLetterPages, READERS_MAX } from './dead-letter-pages.ts'
import { pageSize } from './page-size.ts'
import { problem } from './problem.ts'
import { answerDocument, getRoute, type Route } from './route.ts'

export function logRoutes(options: ApiOptions): readonly Route[] {
  const { transport, deadLetters: topic, clock } = options
  const pages = createDeadLetterPages({ transport, topic, clock })

  const shards = getRoute({
    path: '/api/shards',
    summary: 'Every shard: its owner, its phase and how it does',
    answers: { 200: 'Shards' },
    answer: async context => {
      const found = await viewFor(context, options).shards(context.req.raw.signal)
      return answerDocument(context, 'Shards', {
        data: found.shards.map(shard => ({ type: 'shards', id: String(shard.shard), attributes: shard })),
        meta: { now: clock.now(), silent: [...found.silent] },
        links: { next: null },
      })
    },
  })

  const deadLetters = getRoute({
    path: '/api/dead-letters',
    summary: 'Refused commands, newest first; a page may be short although there is a next one',
    query: {
      'page[after]': z
        .string()
        .optional()
        .transform((text, context) => {
          const cursor = text === undefined ? undefined : readCursor(text)
          if (text !== undefined && cursor === undefined) {
            context.addIssue({ code: 'custom', message: 'is no place in the dead letters: take it from links.next' })
          }
          return cursor
        })
        .describe('Where the page begins, from links.next.'),
      'page[size]': pageSize,
    },
    answers: { 200: 'DeadLetters' },
    answer: async (context, { 'page[after]': before, 'page[size]': size }) => {
      const page = await pages.page(before, size)
      if (page === 'busy') {
        return problem(context, 503, 'Too many readers', `${READERS_MAX} read the dead letters already: try again`)
      }
      const after = page.next && cursorText(page.next)
      return answerDocument(context, 'DeadLetters', {
        data: page.letters.map(letter => ({
          type: 'dead-letters',
          id: `${letter.partition}.${letter.offset}`,
          attributes: letter,
        })),
        meta: { now: clock.now(), silent: [] },
        links: {
          next: after ? `?${new URLSearchParams({ 'page[after]': after, 'page[size]': String(size) })}` : null,
        },
      })
    },
  })

  return [shards, deadLetters]
}
