/**
 * What HTTP answers when it cannot do what was asked: the errors of JSON:API. Decides nothing about when.
 */
import type { Context } from 'hono'

export type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 413 | 414 | 415 | 426 | 429 | 500 | 501 | 503

/** One error for each detail; a detail names the thing, the place and the cure. */
export function problem(context: Context, status: ProblemStatus, title: string, ...details: readonly string[]) {
  const errors = details.map(detail => ({ status: String(status), title, detail }))
  return context.json({ errors }, status, { 'cache-control': 'no-store' })
}
