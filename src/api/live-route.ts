/**
 * `GET /api/live`: what changes, as server-sent events. Says which instances to fetch again, never what they hold.
 */
import { z } from 'zod'
import type { InstanceId } from '../contract/ids.ts'
import { type ApiOptions, viewFor } from './api-options.ts'
import { EVENT_STREAM_HEADERS } from './event-client.ts'
import { readInstanceId } from './instance-id.ts'
import { LIVE_CLIENTS_MAX, LiveFeeds } from './live-feed.ts'
import { problem } from './problem.ts'
import { getRoute, type Route } from './route.ts'
import { PAGE_SIZE_MAX } from './view.ts'

const WANTED = `must be 1 to ${PAGE_SIZE_MAX} ids of instances with a comma between them`

const instances = z
  .string()
  .transform((text, context): readonly InstanceId[] => {
    const texts = text.split(',')
    const ids = texts.flatMap(one => readInstanceId(one) ?? [])
    if (ids.length !== texts.length || ids.length > PAGE_SIZE_MAX) {
      context.addIssue({ code: 'custom', message: WANTED })
    }
    return [...new Set(ids)]
  })
  .optional()
  .describe('Only what changes in these: ids with a comma between them. Absent: everything.')

export function liveRoute(options: ApiOptions): Route {
  const { replica, writes, transport, version, clock } = options
  const feeds = new LiveFeeds({
    ...options,
    hello: () => ({ now: clock.now(), replica, writes, durable: transport.durable, version }),
  })
  return getRoute({
    path: '/api/live',
    summary: 'What changes from now on: an event `hello` {Hello}, then events `change` {Change}, at most 10 a second',
    query: { instances },
    answers: { 200: { type: 'text/event-stream' } },
    answer: (context, { instances: ids }) => {
      // Nobody would ever take from the stream.
      if (context.req.method === 'HEAD') return context.body(null, 200, EVENT_STREAM_HEADERS)
      const stream = feeds.open(viewFor(context, options), ids)
      if (stream !== undefined) return context.body(stream, 200, EVENT_STREAM_HEADERS)
      return problem(context, 503, 'Too many clients', `${LIVE_CLIENTS_MAX} watch already: close one`)
    },
  })
}
