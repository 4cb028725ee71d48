/** The promise of `send` and `tail` to a guarded service: they show CONSOLE_TOKEN, and say so where it is not the right one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askService } from '../../src/cli/service-url.ts'
import { type HttpServer, listen } from '../../src/http/http-server.ts'
import { httpScene } from '../http/http-scene.ts'

const TOKEN = 'a-token-of-24-characters'
const POST = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ records: [{ value: '{}' }] }),
}

describe('a service with CONSOLE_TOKEN', () => {
  let server: HttpServer
  beforeAll(async () => {
    const { app } = await httpScene({ consoleToken: TOKEN })
    server = await listen(app, { host: '127.0.0.1', port: 18_334 })
  })
  afterAll(() => server.close())

  it('takes what is sent with it', async () => {
    expect((await askService(server.url, TOKEN, '/api/commands', POST)).status).toBe(202)
  })

  it.each([undefined, 'another-token-that-is-long'])('asks for it where it is shown %s', async token => {
    await expect(askService(server.url, token, '/api/commands', POST)).rejects.toThrow(
      /asks for a token: set CONSOLE_TOKEN/,
    )
  })
})
