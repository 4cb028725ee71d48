/** Replicas that nobody gave a port find one each; a port that somebody named is never swapped for another. */
import { createServer, type Server } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { withFreePort } from '../../src/cli/http-port.ts'
import { readConfig } from '../../src/config.ts'
import { recordedLog } from '../support/recorded-log.ts'
import { freePort } from './executable.ts'

let taken: Server | undefined
afterEach(() => taken?.close())

/** A configuration that listens on a port which is taken already. */
async function onTakenPort(env: Record<string, string> = {}) {
  const port = Number(await freePort())
  taken = createServer()
  await new Promise<void>(resolve => taken?.listen(port, '127.0.0.1', resolve))
  const config = readConfig({ REST_PORT: String(port), ...env }, { hostname: 'box' })
  return { port, config: { ...config, http: { ...config.http, portIsDefault: true } } }
}

it('the next free port is used where nobody named one, told to the replicas and in the log', async () => {
  const { port, config } = await onTakenPort()
  const log = recordedLog()
  const { http } = await withFreePort(config, log)
  expect(http.port).toBeGreaterThan(port)
  expect(http.advertisedUrl).toBe(`http://box:${http.port}`)
  expect(log.at('warn')).toEqual([expect.stringContaining('set REST_PORT to choose')])
})

it('an address that somebody gave for this replica stays', async () => {
  const { config } = await onTakenPort({ ADVERTISED_URL: 'https://quests.example/' })
  expect((await withFreePort(config, recordedLog())).http.advertisedUrl).toBe('https://quests.example')
})

it('a port that somebody named stays, taken or not', async () => {
  const { config } = await onTakenPort()
  const named = { ...config, http: { ...config.http, portIsDefault: false } }
  expect(await withFreePort(named, recordedLog())).toBe(named)
})

it('a free port stays', async () => {
  const config = readConfig({ REST_PORT: String(await freePort()) }, { hostname: 'box' })
  const usual = { ...config, http: { ...config.http, portIsDefault: true } }
  expect(await withFreePort(usual, recordedLog())).toBe(usual)
})
