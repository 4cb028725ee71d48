/** The promise of the Host rule: a site that has its own name lead to this machine can neither read nor send. */
import { describe, expect, it } from 'vitest'
import { createHostRule } from '../../src/http/host-rule.ts'
import { details, httpScene } from './http-scene.ts'

const LOOPBACK = { listenHost: '127.0.0.1', advertisedUrl: 'http://box:8080', isGuarded: false }

describe('a replica that listens to its own machine only, without a token', () => {
  it.each([
    'localhost',
    'localhost:8080',
    'LOCALHOST.:8080',
    'quests.localhost:8080',
    '127.0.0.1:8080',
    '127.9.9.9',
    '[::1]:8080',
    '192.0.2.7:8080',
    'box:8080',
    'box',
  ])('may be called %s', host => {
    expect(createHostRule(LOOPBACK)(host)).toBeUndefined()
  })

  it.each([
    'evil.example',
    'evil.example:8080',
    'localhost.evil.example',
    'notlocalhost',
    '127.0.0.1.evil.example',
    'localhost@evil.example',
    'evil.example/localhost',
    'box.evil.example',
    '',
    'a b',
  ])('may not be called %o', host => {
    expect(createHostRule(LOOPBACK)(host)).toContain('ADVERTISED_URL')
  })

  it.each(['localhost', '::1', '127.0.0.2'])('is known by REST_HOST=%s', listenHost => {
    expect(createHostRule({ ...LOOPBACK, listenHost })('evil.example')).toContain(`listens on ${listenHost} only`)
  })

  it('answers clients that name no host', () => {
    expect(createHostRule(LOOPBACK)(undefined)).toBeUndefined()
  })

  it('answers nothing and takes nothing under the name of another site', async () => {
    const { app, post, written } = await httpScene({ hostRule: createHostRule(LOOPBACK) })
    const rebound = { host: 'evil.example:8080', origin: 'http://evil.example:8080', 'sec-fetch-site': 'same-origin' }
    const sent = await post({ records: [{ value: '{}' }] }, rebound)
    expect([sent.status, written('C')]).toEqual([403, []])
    expect(await details(sent)).toEqual([expect.stringContaining('evil.example:8080')])
    for (const path of ['/', '/metrics', '/api/messages', '/console/', '/nowhere']) {
      expect((await app.request(path, { headers: { host: 'evil.example' } })).status).toBe(403)
    }
    expect((await post({ records: [{ value: '{}' }] }, { host: 'localhost:8080' })).status).toBe(202)
  })
})

describe('any name is right', () => {
  it.each([
    ['on the network', { ...LOOPBACK, listenHost: '0.0.0.0' }],
    ['on every address of IPv6', { ...LOOPBACK, listenHost: '::' }],
    ['with a token', { ...LOOPBACK, isGuarded: true }],
  ])('%s', (_, options) => {
    expect(createHostRule(options)('quests.example')).toBeUndefined()
  })
})
