/**
 * The access rules as middleware: what stands before every path that is not public, and before every POST. Decides
 * nothing itself: access.ts does.
 */
import type { Context, MiddlewareHandler } from 'hono'
import type { HeaderOf } from '../api/header-of.ts'
import { problem } from '../api/problem.ts'
import { type Access, foreignOrigin } from './access.ts'
import type { HostRule } from './host-rule.ts'

export const LOGIN_PATH = '/console/login'
const ADDRESS_LENGTH_MAX = 12 << 10

export function headersOf(context: Context): HeaderOf {
  return name => context.req.header(name)
}

/** Node cuts off at 16 KiB of headers in all, without a word of what is wrong. */
export const boundAddress: MiddlewareHandler = async (context, next) => {
  const { length } = context.req.url
  if (length <= ADDRESS_LENGTH_MAX) return next()
  return problem(context, 414, 'Address too long', `${length} characters: must be at most ${ADDRESS_LENGTH_MAX}`)
}

/** For every path: what names and numbers are in the metrics is no other site's business either. */
export function requireOwnHost(rule: HostRule): MiddlewareHandler {
  return async (context, next) => {
    const strange = rule(context.req.header('host'))
    return strange === undefined ? next() : problem(context, 403, 'Another host', strange)
  }
}

/** For /api, /console and /inspect. A person who opens a page is led to the login page, the rest gets 401. */
export function requireAccess(access: Access): MiddlewareHandler {
  return async (context, next) => {
    const { path, method } = context.req
    if (path === LOGIN_PATH || access.admits(headersOf(context))) return next()
    const isPage = method === 'GET' && (context.req.header('accept') ?? '').includes('text/html')
    // Relative, so that it is right behind a prefix. What stands behind # goes along.
    if (isPage && path === '/console/') return context.redirect('login', 303)
    context.header('www-authenticate', 'Bearer realm="party-quests"')
    const cure = 'send authorization: Bearer <CONSOLE_TOKEN>, or log in at /console/login'
    return problem(
      context,
      401,
      'Not let in',
      `${method} ${path.slice(0, 200)} needs the token of this service: ${cure}`,
    )
  }
}

/** A form of another site can send other types without asking; for JSON the browser asks us first. */
export const requireOwnJson: MiddlewareHandler = async (context, next) => {
  const foreign = foreignOrigin(headersOf(context))
  if (foreign !== undefined) return problem(context, 403, 'Another origin', foreign)
  const type = context.req.header('content-type') ?? ''
  if (/^application\/json\s*(;|$)/i.test(type)) return next()
  return problem(
    context,
    415,
    'Not JSON',
    `content-type ${JSON.stringify(type.slice(0, 200))}: must be application/json`,
  )
}
