/**
 * Who may come in: CONSOLE_TOKEN shown as a bearer or once on the login page, and which pages may send something.
 * Asked for every request under /api, /console and /inspect; where there is no token everybody may read. Never logs
 * or answers a token, and keeps no session: a signed cookie is known to every replica of the same token.
 */
import { createHmac, scryptSync, timingSafeEqual } from 'node:crypto'
import type { HeaderOf } from '../api/header-of.ts'
import type { Clock, Random } from '../clock.ts'

export interface Access {
  /** Whether there is a token at all. */
  readonly isGuarded: boolean
  /** Whether it shows the token, or a session that has not run out; always where there is no token. */
  admits(header: HeaderOf): boolean
  /**
   * A try on the login page. `session`: the cookie's value. Wrong tries count for the address that they come from: one
   * that guesses must not keep the others out. Behind a proxy all may be one.
   * @returns 'wrong'; 'limited': not even looked at
   */
  login(token: string, address: string): { readonly session: string } | 'wrong' | 'limited'
  /** Another one for another token, so that two installations on one host do not throw each other out. */
  readonly cookieName: string
}

export const SESSION_SECONDS = 12 * 3600
export const LOGIN_TRIES_MAX = 10
export const LOGIN_WINDOW_MS = 60_000
/** Whose wrong tries are remembered; beyond, those of the address that began first are forgotten. */
const ADDRESSES_MAX = 1000

const RANDOM_BYTES = 16
const SESSION = /^([0-9a-z]{1,11})\.([0-9a-f]{32})\.([\w-]{43})$/
const BEARER = /^bearer +(\S+) *$/i

export function createAccess(options: {
  /** `undefined`: everybody may come in. */
  readonly token: string | undefined
  readonly clock: Clock
  readonly random: Random
}): Access {
  const { token, clock, random } = options
  if (token === undefined) {
    return { isGuarded: false, admits: () => true, login: () => 'wrong', cookieName: '' }
  }
  // Dear on purpose, and once: who has seen a cookie must not find the token by trying words.
  const key = scryptSync(token, 'party-quests console session', 32)
  const sign = (text: string): Buffer => createHmac('sha256', key).update(text).digest()
  const cookieName = `party-quests-${sign('cookie name').toString('hex').slice(0, 8)}`
  const expected = sign(`token ${token}`)
  /** The signatures have one length whatever was shown, so the comparison tells nothing of it. */
  const isToken = (shown: string): boolean => timingSafeEqual(sign(`token ${shown}`), expected)
  const isSession = (shown: string): boolean => {
    const [, expires, id, signature] = SESSION.exec(shown) ?? []
    if (expires === undefined || id === undefined || signature === undefined) return false
    const own = sign(`session ${expires}.${id}`)
    const given = Buffer.from(signature, 'base64url')
    return given.length === own.length && timingSafeEqual(given, own) && Number.parseInt(expires, 36) > clock.now()
  }
  /** When wrong tokens came, oldest first, by address. */
  const wrong = new Map<string, readonly number[]>()
  const remember = (address: string, times: readonly number[]): void => {
    wrong.set(address, times)
    if (wrong.size <= ADDRESSES_MAX) return
    for (const oldest of wrong.keys()) {
      wrong.delete(oldest)
      return
    }
  }

  return {
    isGuarded: true,
    cookieName,
    admits(header) {
      const [, shown] = BEARER.exec(header('authorization') ?? '') ?? []
      if (shown !== undefined) return isToken(shown)
      return cookiesNamed(cookieName, header('cookie')).some(isSession)
    },
    login(shown, address) {
      const now = clock.elapsed()
      const recent = (wrong.get(address) ?? []).filter(at => now - at < LOGIN_WINDOW_MS)
      if (recent.length >= LOGIN_TRIES_MAX) return 'limited'
      if (!isToken(shown)) {
        remember(address, [...recent, now])
        return 'wrong'
      }
      wrong.delete(address)
      const expires = (clock.now() + SESSION_SECONDS * 1000).toString(36)
      const text = `${expires}.${random.bytes(RANDOM_BYTES).toString('hex')}`
      return { session: `${text}.${sign(`session ${text}`).toString('base64url')}` }
    },
  }
}

/**
 * Why a page may not send: it is of another origin. `undefined`: it is ours, or no page asks. Browsers say it in
 * Sec-Fetch-Site, behind a proxy that changes Host too; where they do not, Origin and Host must be one.
 */
export function foreignOrigin(header: HeaderOf): string | undefined {
  const site = header('sec-fetch-site')
  if (site === 'same-origin') return undefined
  const origin = header('origin')
  const host = header('host')
  const own = origin !== undefined && URL.canParse(origin) ? new URL(origin).host : undefined
  const isForeign = site === 'cross-site' || site === 'same-site'
  if (!isForeign && (origin === undefined || (own !== undefined && own === host?.toLowerCase()))) return undefined
  const page = origin === undefined ? 'another site' : origin.slice(0, 200)
  return `a page of ${page} may not send to ${host ?? 'this host'}: use the console of this replica`
}

function cookiesNamed(name: string, header: string | undefined): readonly string[] {
  return (header ?? '').split(';').flatMap(pair => {
    const [key, value] = pair.trim().split('=', 2)
    return key === name && value !== undefined ? [value] : []
  })
}
