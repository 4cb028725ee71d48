/** Where a request comes from, for the log. */
import type { Context } from 'hono'
import { isObject } from '../contract/json.ts'

const LENGTH_MAX = 200

/** The address of the connection, and what a proxy says before it; `unknown` without a server. */
export function remoteOf(context: Context): string {
  const address = addressOf(context)
  const forwarded = context.req.header('x-forwarded-for')?.slice(0, LENGTH_MAX)
  return forwarded === undefined ? address : `${address} (for ${forwarded})`
}

/** Of the connection alone: what a header says of it, anybody may have written. `unknown` without a server. */
export function addressOf(context: Context): string {
  return remoteAddress(context.env) ?? 'unknown'
}

function remoteAddress(env: unknown): string | undefined {
  const incoming = isObject(env) ? env.incoming : undefined
  const socket = isObject(incoming) ? incoming.socket : undefined
  const address = isObject(socket) ? socket.remoteAddress : undefined
  return typeof address === 'string' ? address : undefined
}
