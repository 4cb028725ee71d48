/** The promises of CONSOLE_TOKEN: nobody gets in without it, it is never shown, and sessions are known to all replicas. */
import { describe, expect, it } from 'vitest'
import { systemRandom } from '../../src/clock.ts'
import { createAccess } from '../../src/http/access.ts'
import { apiScene } from '../api/api-scene.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { recordedLog } from '../support/recorded-log.ts'
import { details } from './http-scene.ts'

const TOKEN = 'a-token-of-24-characters'
const OTHER = 'b-token-of-24-characters'

async function guarded(token = TOKEN) {
  const clock = new ManualClock()
  const log = recordedLog()
  const { lines } = log
  const scene = await apiScene({ consoleToken: token, log }, clock)
  const login = (shown: string, headers: Record<string, string> = {}) =>
    scene.app.request('/console/login', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams({ token: shown }).toString(),
    })
  return { ...scene, clock, lines, login }
}

/** `name=value` of the cookie that an answer sets. */
function cookieOf(response: Response): string {
  return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}

describe('with CONSOLE_TOKEN', () => {
  it.each([
    ['/api/instances', {}],
    ['/api/openapi.json', {}],
    ['/api/live', {}],
    ['/console', {}],
    ['/console/', {}],
    ['/console/assets/x.js', {}],
    ['/inspect', {}],
    ['/inspect/receive', {}],
    ['/api/instances', { authorization: `Bearer ${OTHER}` }],
    ['/api/instances', { authorization: `Bearer ${TOKEN}x` }],
    ['/api/instances', { authorization: `Basic ${TOKEN}` }],
    ['/api/instances', { authorization: 'Bearer' }],
    ['/api/instances', { cookie: `party-quests=${TOKEN}` }],
    [`/api/instances?token=${TOKEN}`, {}],
  ])('%s is 401 with %o', async (path, headers) => {
    const { get } = await guarded()
    const response = await get(path, headers)
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="party-quests"'])
    expect(await details(response)).toEqual([expect.stringContaining('authorization: Bearer')])
  })

  it('a POST without it writes nothing', async () => {
    const { post, written } = await guarded()
    expect((await post({ records: [{ value: '{}' }] })).status).toBe(401)
    expect(written('C')).toEqual([])
    expect((await post({ records: [{ value: '{}' }] }, { authorization: `Bearer ${TOKEN}` })).status).toBe(202)
  })

  it.each(['/livez', '/readyz', '/metrics', '/'])('%s stays open', async path => {
    const { get } = await guarded()
    expect((await get(path)).status).toBe(200)
  })

  it('the bearer of it is let in', async () => {
    const { get, app } = await guarded()
    expect((await get('/api/instances', { authorization: `Bearer ${TOKEN}` })).status).toBe(200)
    const header = (name: string) => (name === 'authorization' ? `bearer ${TOKEN}` : undefined)
    expect([app.access.admits(header), app.access.admits(() => undefined)]).toEqual([true, false])
  })

  it('a browser is led to the login page, and from there back to where it wanted to go', async () => {
    const { get, login } = await guarded()
    const led = await get('/console/', { accept: 'text/html,*/*' })
    // Relative: it is right behind a prefix, and a browser takes along what stands behind #.
    expect([led.status, led.headers.get('location')]).toEqual([303, 'login'])
    const page = await get('/console/login', { accept: 'text/html,*/*' })
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8'])
    const html = await page.text()
    expect(html).toContain('<form method="post">')
    expect(html).not.toContain('<script')
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/)
    const done = await login(TOKEN)
    expect([done.status, done.headers.get('location')]).toEqual([303, './'])
    expect(done.headers.get('set-cookie')).toMatch(/; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/)
    expect(done.headers.get('set-cookie')).not.toContain(TOKEN)
    expect((await get('/api/instances', { cookie: `a=b; ${cookieOf(done)}; c=d` })).status).toBe(200)
  })

  it('the cookie is for TLS alone where the page came by TLS', async () => {
    const { login } = await guarded()
    const done = await login(TOKEN, { origin: 'https://quests.example', host: 'quests.example' })
    expect(done.headers.get('set-cookie')).toContain('; Secure')
  })

  it('a session is known to every replica of the same token, and to none of another', async () => {
    const cookie = cookieOf(await (await guarded()).login(TOKEN))
    expect((await (await guarded()).get('/api/shards', { cookie })).status).toBe(200)
    expect((await (await guarded(OTHER)).get('/api/shards', { cookie })).status).toBe(401)
    const renamed = `${cookieOf(await (await guarded(OTHER)).login(OTHER)).split('=')[0]}=${cookie.split('=')[1]}`
    expect((await (await guarded(OTHER)).get('/api/shards', { cookie: renamed })).status).toBe(401)
  })

  it('a session ends after 12 hours, and one that was changed never began', async () => {
    const { get, login, clock } = await guarded()
    const cookie = cookieOf(await login(TOKEN))
    const [name = '', value = ''] = cookie.split('=')
    const [expires = '', id = '', signature = ''] = value.split('.')
    for (const forged of [
      `${(Number.parseInt(expires, 36) + 1000).toString(36)}.${id}.${signature}`,
      `${expires}.${id.replace(/^./, digit => (digit === '0' ? '1' : '0'))}.${signature}`,
      `${expires}.${id}.${'A'.repeat(43)}`,
      `${expires}.${id}.`,
      '',
    ]) {
      expect((await get('/api/shards', { cookie: `${name}=${forged}` })).status).toBe(401)
    }
    clock.skip(12 * 3_600_000 - 1)
    expect((await get('/api/shards', { cookie })).status).toBe(200)
    clock.skip(1)
    expect((await get('/api/shards', { cookie })).status).toBe(401)
  })

  it('a wrong token is told on the same page, and after ten of them a minute none is looked at', async () => {
    const { login, clock } = await guarded()
    const wrong = await login('<b>wrong</b>')
    expect(wrong.status).toBe(401)
    const html = await wrong.text()
    expect([html.includes('role="alert"'), html.includes('<b>')]).toEqual([true, false])
    for (let n = 0; n < 9; n++) expect((await login('wrong')).status).toBe(401)
    const limited = await login(TOKEN)
    expect([limited.status, limited.headers.get('retry-after'), limited.headers.get('set-cookie')]).toEqual([
      429,
      '60',
      null,
    ])
    clock.skip(60_000)
    expect((await login(TOKEN)).status).toBe(303)
  })

  it('who guesses from one address does not keep the others out', () => {
    const clock = new ManualClock()
    const access = createAccess({ token: TOKEN, clock, random: systemRandom })
    for (let n = 0; n < 10; n++) expect(access.login('wrong', '192.0.2.1')).toBe('wrong')
    expect(access.login(TOKEN, '192.0.2.1')).toBe('limited')
    expect(access.login(TOKEN, '192.0.2.2')).toHaveProperty('session')
    // Nor does one with many addresses, which are not remembered without end.
    for (let n = 0; n < 1000; n++) expect(access.login('wrong', `10.0.${n >> 8}.${n & 255}`)).toBe('wrong')
    expect(access.login(TOKEN, '192.0.2.1')).toHaveProperty('session')
  })

  it('the login form is refused from another site, and beyond 4 KiB', async () => {
    const { login } = await guarded()
    expect((await login(TOKEN, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await login(TOKEN, { origin: 'http://evil.example', host: 'quests' })).status).toBe(403)
    expect((await login('x'.repeat(5000))).status).toBe(413)
  })

  it('logging out takes the cookie away, but not for another site', async () => {
    const { app, login } = await guarded()
    const cookie = cookieOf(await login(TOKEN))
    const logout = (headers = {}) => app.request('/console/logout', { method: 'POST', headers: { cookie, ...headers } })
    const foreign = await logout({ 'sec-fetch-site': 'cross-site' })
    expect([foreign.status, foreign.headers.get('set-cookie')]).toEqual([403, null])
    const done = await logout()
    expect([done.status, done.headers.get('set-cookie')]).toEqual([303, expect.stringContaining('Max-Age=0')])
  })

  it('it is in no line of the log', async () => {
    const { login, get, post, lines } = await guarded()
    await login(TOKEN)
    await login('some-wrong-token')
    await get('/api/instances', { authorization: `Bearer ${TOKEN}` })
    await post({ records: [{ value: '{}' }] }, { authorization: `Bearer ${TOKEN}` })
    expect(lines.length).toBeGreaterThanOrEqual(3)
    expect(JSON.stringify(lines)).not.toMatch(new RegExp(`${TOKEN}|some-wrong-token`))
  })
})

describe('without CONSOLE_TOKEN', () => {
  it('everybody may read, and the login page leads to the console', async () => {
    const { get, app } = await apiScene()
    expect((await get('/api/instances')).status).toBe(200)
    expect(app.access.admits(() => undefined)).toBe(true)
    const login = await get('/console/login')
    expect([login.status, login.headers.get('location')]).toEqual([303, './'])
  })

  it('a page of another site may not send, whatever its browser says of it', async () => {
    const { post, written } = await apiScene()
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: 'http://quests', host: 'quests' },
      { 'sec-fetch-site': 'none', origin: 'http://evil.example', host: 'quests' },
      { origin: 'http://evil.example', host: 'quests' },
    ]) {
      expect((await post({ records: [{ value: '{}' }] }, headers)).status).toBe(403)
    }
    expect(written('C')).toEqual([])
    // Behind a proxy that gives us a name of its own.
    const proxied = { 'sec-fetch-site': 'same-origin', origin: 'https://quests.example', host: 'upstream:8080' }
    expect((await post({ records: [{ value: '{}' }] }, proxied)).status).toBe(202)
  })

  it('each write is logged: from where, how many, of which types, and no value', async () => {
    const log = recordedLog()
    const { lines } = log
    const { post } = await apiScene({ log })
    const value = { worldId: 0, characterId: 1, type: 'START', body: {} }
    await post({ records: [{ value }, { value }, { value: 'secret' }] }, { 'x-forwarded-for': '10.0.0.9' })
    expect(lines).toMatchObject([
      {
        level: 'info',
        fields: { from: 'unknown (for 10.0.0.9)', records: 3, types: { START: 2, other: 1 } },
        message: 'commands are sent for an HTTP client',
      },
    ])
    expect(JSON.stringify(lines)).not.toContain('secret')
  })
})
