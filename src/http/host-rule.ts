/**
 * By which names a replica that only listens to its own machine may be called. Without a token that is what keeps other
 * sites out: a page of theirs may have its own name lead to 127.0.0.1, and is of our origin then (DNS rebinding).
 * Resolves nothing; looks at the Host header alone.
 */
import { isIP } from 'node:net'

/** Why a request with this Host is not for us; `undefined`: it is. Clients that send none are no browsers. */
export type HostRule = (host: string | undefined) => string | undefined

export interface HostRuleOptions {
  /** `REST_HOST` */
  readonly listenHost: string
  /** `ADVERTISED_URL`, perhaps empty: its name is ours too. */
  readonly advertisedUrl: string
  /** `CONSOLE_TOKEN` is set: no page of another name has the cookie. */
  readonly isGuarded: boolean
}

/** On the network any name may be right: who knows all those of a load balancer? There it takes a token. */
export function createHostRule({ listenHost, advertisedUrl, isGuarded }: HostRuleOptions): HostRule {
  const address = listenHost.includes(':') ? `[${listenHost}]` : listenHost
  if (isGuarded || !isLoopback(nameOf(address))) return () => undefined
  const advertised = URL.canParse(advertisedUrl) ? new URL(advertisedUrl).hostname : undefined
  return host => {
    if (host === undefined) return undefined
    const name = nameOf(host)
    // Nobody can have an address lead elsewhere, as they can their own name.
    if (name !== undefined && (isLoopback(name) || isAddress(name) || name === advertised)) return undefined
    const cure = 'call it localhost, or set ADVERTISED_URL to the name that it has, or CONSOLE_TOKEN'
    return `this replica listens on ${listenHost} only and does not know itself as ${host.slice(0, 200)}: ${cure}`
  }
}

function nameOf(host: string): string | undefined {
  const url = `http://${host}`
  return URL.canParse(url) ? new URL(url).hostname.replace(/\.$/, '') : undefined
}

function isAddress(name: string): boolean {
  return name.startsWith('[') || isIP(name) !== 0
}

function isLoopback(name: string | undefined): boolean {
  return (
    name === 'localhost' ||
    name === '[::1]' ||
    (name !== undefined && (name.endsWith('.localhost') || (isIP(name) === 4 && name.startsWith('127.'))))
  )
}
