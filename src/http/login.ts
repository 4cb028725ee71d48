/**
 * The login page of the console: one form, made here, without a script or a file of its own. Sets and takes away the
 * session's cookie; what a token or a session is, access.ts knows.
 */
import { createHash } from 'node:crypto'
import type { Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { deleteCookie, setCookie } from 'hono/cookie'
import { problem } from '../api/problem.ts'
import type { Log } from '../log.ts'
import { type Access, foreignOrigin, LOGIN_WINDOW_MS, SESSION_SECONDS } from './access.ts'
import { headersOf, LOGIN_PATH } from './access-guards.ts'
import { addressOf, remoteOf } from './remote.ts'

const FORM_BYTES_MAX = 4 << 10
const LOGOUT_PATH = '/console/logout'

const STYLE = `:root{color-scheme:light dark;--ink:#1b2430;--dim:#5b6878;--paper:#f6f7f9;--card:#fff;--line:#d5dbe3;--blue:#1f5fd6;--red:#b3261e}
@media (prefers-color-scheme:dark){:root{--ink:#e6ebf2;--dim:#98a5b6;--paper:#0f141b;--card:#161d27;--line:#2a3442;--blue:#7aa7ff;--red:#ff8a80}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{width:min(24rem,calc(100vw - 2rem));padding:2rem;background:var(--card);border:1px solid var(--line);border-radius:10px}
h1{margin:0 0 .25rem;font-size:1.15rem}p{margin:0 0 1.25rem;color:var(--dim)}
label{display:block;margin-bottom:.35rem;font-weight:600}
input,button{width:100%;padding:.6rem .75rem;font:inherit;border-radius:6px}
input{border:1px solid var(--line);background:var(--paper);color:inherit}
button{margin-top:1rem;border:0;background:var(--blue);color:var(--card);font-weight:600;cursor:pointer}
input:focus-visible,button:focus-visible{outline:2px solid var(--blue);outline-offset:2px}
[role=alert]{margin:0 0 1rem;color:var(--red)}`

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

const PAGE_HEADERS = {
  'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  'cache-control': 'no-store',
}

export function addLogin(app: Hono, { access, log }: { readonly access: Access; readonly log: Log }): void {
  app.get(LOGIN_PATH, context => (access.isGuarded ? page(context, 200) : context.redirect('./', 303)))
  app.post(LOGIN_PATH, formLimit, async context => {
    if (!access.isGuarded) return context.redirect('./', 303)
    const foreign = foreignOrigin(headersOf(context))
    if (foreign !== undefined) return problem(context, 403, 'Another origin', foreign)
    const token = new URLSearchParams(await context.req.text()).get('token') ?? ''
    const result = access.login(token, addressOf(context))
    if (result === 'wrong') {
      log.warn({ from: remoteOf(context) }, 'a wrong console token was tried')
      return page(context, 401, 'This is not the token.')
    }
    if (result === 'limited') {
      context.header('retry-after', String(LOGIN_WINDOW_MS / 1000))
      return page(context, 429, 'Too many wrong tokens: wait a minute, then try again.')
    }
    log.info({ from: remoteOf(context) }, 'somebody logged in to the console')
    setCookie(context, access.cookieName, result.session, {
      httpOnly: true,
      sameSite: 'Strict',
      // Not by our own scheme: TLS may end before us.
      secure: (context.req.header('origin') ?? '').startsWith('https:'),
      // /api and /inspect want it too, and nobody knows behind which prefix we are.
      path: '/',
      maxAge: SESSION_SECONDS,
    })
    return context.redirect('./', 303)
  })
  app.post(LOGOUT_PATH, formLimit, context => {
    const foreign = foreignOrigin(headersOf(context))
    if (foreign !== undefined) return problem(context, 403, 'Another origin', foreign)
    if (access.isGuarded) deleteCookie(context, access.cookieName, { path: '/' })
    return context.redirect('login', 303)
  })
  for (const [path, allow] of [
    [LOGIN_PATH, 'GET, POST'],
    [LOGOUT_PATH, 'POST'],
  ] as const) {
    app.all(path, context => {
      context.header('allow', allow)
      return problem(context, 405, 'Wrong method', `${context.req.method} ${path}: use ${allow.replace(', ', ' or ')}`)
    })
  }
}

const formLimit = bodyLimit({
  maxSize: FORM_BYTES_MAX,
  onError: context => problem(context, 413, 'Too large', `the form must be at most ${FORM_BYTES_MAX} bytes`),
})

/** The form names no address: it goes to the page's own, and what stands behind its # comes back in the end. */
function page(context: Context, status: 200 | 401 | 429, message?: string) {
  const alert = message === undefined ? '' : `<p role="alert">${message}</p>`
  const described = message === undefined ? '' : ' aria-invalid="true"'
  return context.html(
    `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Log in · party-quests</title><style>${STYLE}</style></head>
<body><main><h1>party-quests</h1><p>The console of this service is guarded by a token.</p>
<form method="post">${alert}<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus${described}>
<button type="submit">Log in</button></form></main></body></html>
`,
    status,
    PAGE_HEADERS,
  )
}
