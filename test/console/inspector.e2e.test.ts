/**
 * Promise: the inspector's page draws quests of this installation and any XState 5 app that Stately's own adapters
 * speak for, as it goes on; and whatever comes instead of frames breaks nothing and runs nowhere.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createWebSocketInspector } from '@statelyai/inspect'
import type { FrameLocator, Page } from 'playwright-core'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import WebSocket from 'ws'
import { assign, createActor, createMachine } from 'xstate'
import { describeWithBrowser, expectNoMishaps } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { watchedServices } from './watched-service.ts'

const LIMIT_MS = 90_000
const start = watchedServices()

/** The picture says in words where its actor is. */
const drawn = (page: Page | FrameLocator, words: RegExp) => page.getByRole('img', { name: words }).waitFor()
const eventsOf = (page: Page | FrameLocator) => page.getByRole('list', { name: 'Events, the last one first' })

describeWithBrowser('the inspector', browser => {
  let app: string
  beforeAll(async () => {
    app = await bundledApp()
  }, LIMIT_MS)

  it('draws a quest as it goes on, to its end, by the link that its page gives', { timeout: LIMIT_MS }, async () => {
    const service = await start()
    const id = await service.register(30011)
    const opened = await browser.open(`${service.url}/console/#/instances/${id}`)
    const { page } = opened
    await page.getByRole('button', { name: 'Attach' }).click()
    await page.getByRole('dialog').getByRole('link', { name: 'Inspector' }).click()
    await eventually(() => new URL(page.url()).hash === `#/inspector?instance=${id}`)
    await drawn(page, /is in registering$/)
    await eventsOf(page).getByText('REGISTER', { exact: true }).waitFor()
    await service.command('START', id)
    await drawn(page, /is in active$/)
    await service.command('UPDATE_STAGE_STATE', id, { itemCounts: { 4001008: 4 } })
    await service.command('STAGE_CLEAR_ATTEMPT', id)
    await drawn(page, /is in cleared$/)
    await service.command('FORFEIT', id)
    await drawn(page, /is in destroyed$/)
    const types = (await eventsOf(page).locator('strong').allInnerTexts()).toReversed()
    expect(types).toEqual(['REGISTER', 'START', 'UPDATE_STAGE_STATE', 'STAGE_CLEAR_ATTEMPT', 'FORFEIT'])
    expect(await page.title()).not.toBe('1')
    expectNoMishaps(opened)
  })

  it('says in words that there is no such instance, or that it is no id', { timeout: LIMIT_MS }, async () => {
    const service = await start()
    const nobody = '00000000-0000-8000-8000-000000000009'
    const opened = await browser.open(`${service.url}/console/#/inspector?instance=${nobody}`)
    await opened.page.getByText(`no instance ${nobody}`).waitFor()
    await opened.page.goto(`${service.url}/console/#/inspector?instance=%3Cimg%20src=x%3E`)
    await opened.page.getByText('instance=<img src=x> in the address').waitFor()
    expectNoMishaps(opened)
  })

  it('draws an app that sends to the relay, whether it came before or after the page', {
    timeout: LIMIT_MS,
  }, async () => {
    const service = await start()
    const early = await browser.open(`${service.url}/console/#/inspector`)
    await early.page.getByRole('status').getByText('listening to the relay').waitFor()
    const inspector = createWebSocketInspector({ url: `${service.url.replace(/^http/, 'ws')}/inspect/receive` })
    onTestFinished(() => inspector.stop())
    const actor = createActor(LAMP, { inspect: inspector.inspect }).start()
    onTestFinished(() => void actor.stop())
    await drawn(early.page, /^lamp is in off$/)
    actor.send({ type: 'SWITCH' })
    await drawn(early.page, /^lamp is in on$/)
    const late = await browser.open(`${service.url}/console/#/inspector`)
    await drawn(late.page, /^lamp is in on$/)
    actor.send({ type: 'SWITCH' })
    for (const { page } of [early, late]) await drawn(page, /^lamp is in off$/)
    expect(await eventsOf(late.page).getByText('SWITCH', { exact: true }).count()).toBe(2)
    expectNoMishaps(early)
    expectNoMishaps(late)
  })

  it('draws the app of another page that opens it as its window', { timeout: LIMIT_MS }, async () => {
    const service = await start()
    const url = await serve(app)
    const inspector = encodeURIComponent(`${service.url}/console/#/inspector`)
    const opener = await browser.open(`${url}/?inspector=${inspector}`)
    const popup = opener.page.waitForEvent('popup')
    await opener.page.getByRole('button', { name: 'Inspect' }).click()
    const page = await popup
    const mishaps: string[] = []
    page.on('pageerror', error => mishaps.push(error.message))
    page.on('console', message => message.type() === 'error' && mishaps.push(message.text()))
    await drawn(page, /^toaster is in idle$/)
    await opener.page.getByRole('button', { name: 'PUSH' }).click()
    await drawn(page, /^toaster is in toasting$/)
    await page.getByText('onerror=').first().waitFor()
    expect(await page.title()).not.toBe('1')
    expect(mishaps).toEqual([])
    expectNoMishaps(opener)
  })

  it('draws the app of another page in a frame of it, and nothing that could be acted on', {
    timeout: LIMIT_MS,
  }, async () => {
    const service = await start()
    const url = await serve(app)
    const inspector = encodeURIComponent(`${service.url}/console/inspector.html`)
    const { page } = await browser.open(`${url}/?framed&inspector=${inspector}`)
    await page.getByRole('button', { name: 'Inspect' }).click()
    const frame = page.frameLocator('iframe')
    await drawn(frame, /^toaster is in idle$/)
    await page.getByRole('button', { name: 'PUSH' }).click()
    await drawn(frame, /^toaster is in toasting$/)
    expect(await frame.getByRole('link').count()).toBe(0)
  })

  it('says what it cannot read, runs none of it, and goes on with what it can', { timeout: LIMIT_MS }, async () => {
    const service = await start()
    const opened = await browser.open(`${service.url}/console/#/inspector`)
    const { page } = opened
    await page.getByRole('status').getByText('listening to the relay').waitFor()
    const relay = `${service.url.replace(/^http/, 'ws')}/inspect/receive`
    const evil = await connected(relay)
    for (const frame of HOSTILE) evil.send(frame)
    await page.getByText(`Not everything could be read (${HOSTILE.length})`).waitFor()
    await page.getByText(/The last: .*snapshot/).waitFor()

    const huge = await connected(relay)
    const closed = new Promise<number>(resolve => huge.once('close', resolve))
    huge.send('x'.repeat(300_000))
    expect(await closed).toBe(1009)

    const states = { [HTML]: { on: { [HTML]: '.nowhere' } } }
    for (const fields of [
      { type: '@xstate.actor', name: HTML, definition: JSON.stringify({ id: HTML, initial: HTML, states }) },
      { type: '@xstate.event', event: { type: HTML, html: HTML }, sourceId: HTML },
      { type: '@xstate.snapshot', event: { type: HTML } },
    ]) {
      const snapshot = { status: 'active', value: HTML, tags: [HTML], context: { [HTML]: HTML, ...nested(2_000) } }
      evil.send(JSON.stringify({ sessionId: HTML, createdAt: 'yesterday', snapshot, ...fields }))
    }
    await eventsOf(page).getByText(HTML, { exact: true }).first().waitFor()
    await drawn(page, /^<img .* is in <img/)

    const inspector = createWebSocketInspector({ url: relay })
    onTestFinished(() => inspector.stop())
    const actor = createActor(LAMP, { inspect: inspector.inspect }).start()
    onTestFinished(() => void actor.stop())
    await page.getByRole('navigation', { name: 'Actors' }).getByRole('button', { name: /^lamp/ }).click()
    await drawn(page, /^lamp is in off$/)
    expect(await page.title()).not.toBe('1')
    expect(await page.locator('main img, main script').count()).toBe(0)
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.getByText('Nothing is being inspected').waitFor()
    expect(await page.getByText('Not everything could be read').count()).toBe(0)
    expectNoMishaps(opened)
  })
})

const LAMP = createMachine({
  id: 'lamp',
  context: { switched: 0 },
  initial: 'off',
  states: {
    off: { on: { SWITCH: { target: 'on', actions: assign({ switched: 1 }) } } },
    on: { on: { SWITCH: 'off' } },
  },
})

const HTML = '<img src=x onerror="document.title=1"><script>document.title=1</script>'

/** Each of them is told as one that cannot be read. */
const HOSTILE: readonly string[] = [
  HTML,
  '',
  '[]',
  'null',
  '{"type":"@xstate.actor"',
  JSON.stringify({ type: HTML, sessionId: 'x:0' }),
  JSON.stringify({ type: '@xstate.event', sessionId: 'x:0', event: HTML }),
  JSON.stringify({ type: '@xstate.actor', sessionId: HTML.repeat(100) }),
  JSON.stringify({ type: '@xstate.snapshot', sessionId: 'x:0', event: { type: 'GO' }, snapshot: HTML }),
]

function nested(depth: number): object {
  let inner = {}
  for (let level = 0; level < depth; level++) inner = { inner }
  return inner
}

async function connected(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url)
  onTestFinished(() => socket.terminate())
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  return socket
}

/** The script of inspected-app.ts with all that it needs. */
async function bundledApp(): Promise<string> {
  const { build } = await import('vite')
  const entry = fileURLToPath(new URL('inspected-app.ts', import.meta.url))
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    build: { write: false, lib: { entry, formats: ['es'], fileName: 'app' } },
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  const [result] = Array.isArray(built) ? built : [built]
  if (result === undefined || !('output' in result)) throw new Error('vite built nothing')
  return result.output[0].code
}

/** On a port of its own, which is another origin. */
async function serve(script: string): Promise<string> {
  const server = createServer(({ url = '' }, answer) => {
    if (url === '/app.js') answer.writeHead(200, { 'content-type': 'text/javascript' }).end(script)
    else if (url === '/favicon.ico') answer.writeHead(204).end()
    else answer.writeHead(200, { 'content-type': 'text/html' }).end('<body><script type=module src=/app.js></script>')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
