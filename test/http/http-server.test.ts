/** The promises of the port: it answers, a port that is taken is a fault of the configuration, it closes at once. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { text as readAll } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../src/errors.ts'
import { listen } from '../../src/http/http-server.ts'
import { freePort } from '../cli/executable.ts'
import { details, httpScene } from './http-scene.ts'

describe('the HTTP server', () => {
  it('answers on its port, and ends open streams when it closes', async () => {
    const { app, closing } = await httpScene()
    const server = await listen(app, { host: '127.0.0.1', port: Number(await freePort()) })
    expect((await fetch(`${server.url}/livez`)).status).toBe(200)
    const stream = await fetch(`${server.url}/api/messages`)
    closing.abort()
    await server.close()
    await stream.text().catch(() => 'cut off')
    await expect(fetch(`${server.url}/livez`)).rejects.toThrow()
  })

  it.each([
    ['its headers', 'GET /livez HTTP/1.1\r\nhost: localhost\r\nx: '],
    [
      'its body',
      'POST /api/commands HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{',
    ],
  ])('lets a client go that does not bring %s in time', async (_, text) => {
    const { app } = await httpScene()
    const port = Number(await freePort())
    const arrival = { headersTimeout: 50, requestTimeout: 50, connectionsCheckingInterval: 20 }
    const server = await listen(app, { host: '127.0.0.1', port }, undefined, arrival)
    const slow = connect(port, '127.0.0.1')
    slow.write(text)
    expect(await readAll(slow)).toMatch(/^HTTP\/1\.1 408 /)
    await server.close()
  })

  it.each([
    ['/inspect?instance=x', '/inspect sends instances'],
    ['/inspect/receive', '/inspect/receive takes the frames'],
  ])('answers who asks for %s as for a page that it is a WebSocket', async (path, text) => {
    const { app } = await httpScene()
    const upgraded: string[] = []
    const server = await listen(app, { host: '127.0.0.1', port: Number(await freePort()) }, ({ url }, socket) => {
      upgraded.push(url ?? '')
      socket.destroy()
    })
    const response = await fetch(server.url + path)
    const { headers } = response
    expect([response.status, headers.get('upgrade'), headers.get('connection')]).toEqual([426, 'websocket', 'upgrade'])
    expect(await details(response)).toEqual([expect.stringContaining(text)])
    expect(upgraded).toEqual([])
    await server.close()
  })

  it.each(['h2c', 'TLS/1.2, websockets'])('answers who offers %s as if it offered nothing', async offer => {
    const { app } = await httpScene()
    const port = Number(await freePort())
    const server = await listen(app, { host: '127.0.0.1', port }, (_, socket) => socket.destroy())
    const offers = `connection: Upgrade, HTTP2-Settings\r\nupgrade: ${offer}\r\nhttp2-settings: AAMAAABk\r\n`
    const body = JSON.stringify({ records: [] })
    const get = (headers: string) => `GET /livez HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n`
    const json = `content-type: application/json\r\ncontent-length: ${body.length}\r\n`
    const client = connect(port, '127.0.0.1')
    const statuses: string[] = []
    // One behind the other's answer on one connection, and a body that comes in two pieces.
    for (const [first, second = ''] of [
      [get(offers)],
      [`POST /api/commands HTTP/1.1\r\nhost: localhost\r\n${json}${offers}\r\n${body.slice(0, 5)}`, body.slice(5)],
      [get('')],
    ]) {
      client.write(first ?? '')
      client.write(second)
      const [answer] = await once(client, 'data')
      statuses.push(String(answer).split('\r\n')[0] ?? '')
    }
    expect(statuses).toEqual(['HTTP/1.1 200 OK', 'HTTP/1.1 400 Bad Request', 'HTTP/1.1 200 OK'])
    client.destroy()
    await server.close()
  })

  it('names REST_PORT when its port is taken', async () => {
    const { app } = await httpScene()
    const port = Number(await freePort())
    const server = await listen(app, { host: '127.0.0.1', port })
    const second = listen(app, { host: '127.0.0.1', port })
    await expect(second).rejects.toThrow(ConfigError)
    await expect(second).rejects.toThrow(new RegExp(`^REST_PORT=${port}: is in use`))
    await server.close()
  })

  it('names REST_HOST when it is no address of this machine', async () => {
    const { app } = await httpScene()
    const listening = listen(app, { host: '192.0.2.1', port: Number(await freePort()) })
    await expect(listening).rejects.toThrow(/^REST_HOST=192\.0\.2\.1: /)
  })
})
