/** The promises of the console's files: those that were built and nothing else, kept for as long as they may be. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listen } from '../../src/http/http-server.ts'
import { details, httpScene } from './http-scene.ts'

const SCRIPT = `console.log(${JSON.stringify('x'.repeat(5000))})\n`
let directory = ''
beforeAll(() => {
  const root = mkdtempSync(join(tmpdir(), 'console-'))
  directory = join(root, 'console')
  mkdirSync(join(directory, 'assets'), { recursive: true })
  writeFileSync(join(root, 'secret.txt'), 'secret')
  writeFileSync(join(directory, 'index.html'), '<!doctype html><title>Quests</title>')
  writeFileSync(join(directory, 'inspector.html'), '<!doctype html><title>Inspector</title>')
  writeFileSync(join(directory, 'assets', 'index-1a2b.js'), SCRIPT)
})
afterAll(() => rmSync(join(directory, '..'), { recursive: true, force: true }))

async function scene() {
  const { app } = await httpScene({ consoleDirectory: directory })
  return { app, get: (path: string, headers: Record<string, string> = {}) => app.request(path, { headers }) }
}

describe('the files of the console', () => {
  it('begin with its page, which is asked for again each time and may load from here only', async () => {
    const { get } = await scene()
    const response = await get('/console/')
    expect([response.status, await response.text()]).toEqual([200, '<!doctype html><title>Quests</title>'])
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'content-security-policy': expect.stringMatching(/^default-src 'self';.*frame-ancestors 'none'/),
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
  })

  it('are shown in no frame of another page, but for the inspector that acts on nothing', async () => {
    const { get } = await scene()
    const policyOf = async (path: string) => (await get(path)).headers.get('content-security-policy')
    expect(await policyOf('/console/inspector.html')).toMatch(/^default-src 'self';.*frame-ancestors \*$/)
    for (const path of ['/console/index.html', '/console/assets/index-1a2b.js']) {
      expect(await policyOf(path)).toMatch(/frame-ancestors 'none'$/)
    }
  })

  it('are kept for ever where their names change with what is in them', async () => {
    const { get, app } = await scene()
    const response = await get('/console/assets/index-1a2b.js')
    expect([response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([
      'text/javascript; charset=utf-8',
      'max-age=31536000, immutable',
    ])
    expect(await response.text()).toBe(SCRIPT)
    const head = await app.request('/console/assets/index-1a2b.js', { method: 'HEAD' })
    expect([head.status, await head.text(), head.headers.get('etag')]).toEqual([200, '', response.headers.get('etag')])
  })

  it('are sent once: whoever has one by its etag is told so', async () => {
    const { get } = await scene()
    const etag = (await get('/console/')).headers.get('etag') ?? ''
    const again = await get('/console/', { 'if-none-match': `"other", W/${etag}` })
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', etag])
    expect((await get('/console/', { 'if-none-match': '"other"' })).status).toBe(200)
  })

  it.each([
    ['gzip', true],
    ['br, GZIP;q=0.5', true],
    ['gzip;q=0', false],
    ['gzip;q=0.0, br', false],
    ['br', false],
    ['', false],
  ])('are small for who takes "%s": %s', async (accepted, isSmall) => {
    const { get } = await scene()
    const response = await get('/console/assets/index-1a2b.js', { 'accept-encoding': accepted })
    expect(response.headers.get('vary')).toBe('accept-encoding')
    const bytes = Buffer.from(await response.arrayBuffer())
    expect(response.headers.get('content-encoding')).toBe(isSmall ? 'gzip' : null)
    expect(String(isSmall ? gunzipSync(bytes) : bytes)).toBe(SCRIPT)
    expect(bytes.length < 1000).toBe(isSmall)
  })

  it.each([
    '/console/nope.js',
    '/console/assets',
    '/console/assets/',
    '/console/%2e%2e/secret.txt',
    '/console/..%2fsecret.txt',
    '/console/%2e%2e%2fsecret.txt',
    '/console/..%5csecret.txt',
    '/console/..%252fsecret.txt',
    '/console/assets/..%2f..%2fsecret.txt',
    '/console/index.html%00.js',
    '/console/%00',
    '/console/%ff',
    '/console/%',
    '/console//index.html',
    '/console/constructor',
    '/console/__proto__',
  ])('do not reach %s', async path => {
    const { get } = await scene()
    const response = await get(path)
    expect([response.status, await response.text()]).toEqual([404, expect.not.stringContaining('"secret"')])
  })

  it('do not reach what lies beside them, however the address is written on the wire', async () => {
    const { app } = await scene()
    const server = await listen(app, { host: '127.0.0.1', port: 18_321 })
    try {
      for (const path of [
        '/console/../secret.txt',
        '/console/..\\secret.txt',
        '/console/%2e%2e/%2e%2e/secret.txt',
        '//console/../secret.txt',
      ]) {
        const status = await new Promise((resolve, reject) => {
          request({ host: '127.0.0.1', port: 18_321, path }, response => resolve(response.resume().statusCode))
            .on('error', reject)
            .end()
        })
        expect([path, [400, 404].includes(Number(status))]).toEqual([path, true])
      }
    } finally {
      await server.close()
    }
  })

  it('are found from /console and, by a browser, from /, also behind a prefix', async () => {
    const { get } = await scene()
    const redirected = await get('/console')
    expect([redirected.status, redirected.headers.get('location')]).toEqual([302, 'console/'])
    const root = await get('/', { accept: 'text/html,*/*;q=0.8' })
    expect([root.status, root.headers.get('location')]).toEqual([302, 'console/'])
    expect(await (await get('/', { accept: 'application/json' })).json()).toMatchObject({ service: 'party-quests' })
  })

  it('are missed with the cure while they are not built, and found as soon as they are', async () => {
    const later = join(directory, '..', 'later')
    const { app } = await httpScene({ consoleDirectory: later })
    const missing = await app.request('/console/')
    expect([missing.status, await details(missing)]).toEqual([503, [expect.stringContaining('npm run build')]])
    mkdirSync(later)
    writeFileSync(join(later, 'index.html'), 'built')
    expect(await (await app.request('/console/')).text()).toBe('built')
  })
})
