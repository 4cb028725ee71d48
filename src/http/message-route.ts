/**
 * `GET /api/messages`: the public topics as server-sent events, for a bounded number of clients.
 */
import { z } from 'zod'
import { EVENT_STREAM_HEADERS } from '../api/event-client.ts'
import { problem } from '../api/problem.ts'
import { getRoute, type Route } from '../api/route.ts'
import { type MessageStreamOptions, openMessageStream } from './message-stream.ts'

/** Each holds a reader of its own on the log. */
const STREAMS_MAX = 32

export function messageRoute(options: Omit<MessageStreamOptions, 'from' | 'onClosed'>): Route {
  let streams = 0
  return getRoute({
    path: '/api/messages',
    summary: 'Every record of the public topics, decoded: an event `following`, then one event for each',
    query: {
      from: z
        .enum(['latest', 'earliest'], 'must be latest or earliest')
        .default('latest')
        .describe('latest: what is written from now on. earliest: all that is still there first.'),
    },
    answers: { 200: { type: 'text/event-stream' } },
    answer: async (context, { from }) => {
      // Nobody would ever take from the stream.
      if (context.req.method === 'HEAD') return context.body(null, 200, EVENT_STREAM_HEADERS)
      if (streams === STREAMS_MAX) {
        return problem(context, 503, 'Too many streams', `${STREAMS_MAX} clients follow already: close one`)
      }
      streams += 1
      const onClosed = () => {
        streams -= 1
      }
      return context.body(await openMessageStream({ ...options, from, onClosed }), 200, EVENT_STREAM_HEADERS)
    },
  })
}
