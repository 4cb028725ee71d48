/**
 * Where `send` and `tail` find the service: Kafka where BOOTSTRAP_SERVERS is set and no --url is given, else a running
 * service by HTTP. And how a service that does not answer is told of.
 */
import type { Config } from '../config.ts'
import { TransportUnavailableError } from '../errors.ts'
import { UsageError } from './usage-error.ts'

const DEFAULT_URL = 'http://127.0.0.1:8080'

export const URL_HELP = `a running service; default: Kafka if BOOTSTRAP_SERVERS is set, else ${DEFAULT_URL}`

/** Without a slash at the end; `undefined`: speak Kafka. @throws UsageError */
export function serviceUrl(config: Config, given: string | undefined): string | undefined {
  if (given === undefined) return config.log.kind === 'kafka' ? undefined : DEFAULT_URL
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol)) {
    throw new UsageError(`--url ${given}: must be a URL such as ${DEFAULT_URL}`)
  }
  return given.replace(/\/+$/, '')
}

/**
 * `token`: CONSOLE_TOKEN, shown to the service where it is set.
 * @throws TransportUnavailableError nobody answers, or with a refusal: its details.
 */
export async function askService(
  url: string,
  token: string | undefined,
  path: string,
  init: RequestInit,
): Promise<Response> {
  const headers = new Headers(init.headers)
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
  let response: Response
  try {
    response = await fetch(`${url}${path}`, { ...init, headers })
  } catch (cause) {
    if (init.signal?.aborted) throw cause
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause)
    throw new TransportUnavailableError(
      `no service answers at ${url} (${reason || 'no connection'}): start one, give --url, or set BOOTSTRAP_SERVERS`,
      { cause },
    )
  }
  if (response.ok) return response
  if (response.status === 401) {
    throw new TransportUnavailableError(`${url} asks for a token: set CONSOLE_TOKEN to the one of that service`)
  }
  throw new TransportUnavailableError(`${url}${path} answered ${response.status}: ${await response.text()}`)
}
