/**
 * Promise: the console is the same everywhere: behind a prefix, behind a token, in both themes, on a phone and on a
 * wall, for who reads it with a screen reader or works it by keys.
 */

import { readFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { expect, it, onTestFinished } from 'vitest'
import { describeWithBrowser, expectNoMishaps } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { watchedServices } from './watched-service.ts'

const LIMIT_MS = 90_000
const TOKEN = 'a-token-that-nobody-guesses'
const start = watchedServices()
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const PAGES = ['#/instances', '#/definitions', '#/shards', '#/dead-letters', '#/inspector']

interface AxeViolation {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly html: string }[]
}

interface AxeFound {
  readonly violations: readonly AxeViolation[]
  readonly passes: readonly { readonly id: string }[]
}

/** What axe finds serious or worse on the page as it is. */
async function seriousFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe)
  const { violations, passes } = await page.evaluate<AxeFound>(
    'axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"] })',
  )
  // Whoever looked at nothing found nothing.
  expect(passes.map(({ id }) => id)).toEqual(expect.arrayContaining(['color-contrast', 'link-name']))
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

describeWithBrowser('the console', browser => {
  it.each(['dark', 'light'] as const)('has nothing that axe finds serious in the %s theme', {
    timeout: LIMIT_MS,
  }, async colorScheme => {
    const service = await start()
    const id = await service.register(30011)
    await service.command('START', id)
    await service.send('{"type":"REGISTER","body":7}')
    const opened = await browser.open(`${service.url}/console/`, { colorScheme, bypassCSP: true })
    const { page } = opened
    for (const hash of [...PAGES, `#/instances/${id}`, '#/definitions/mill_pq@x']) {
      await page.goto(`${service.url}/console/${hash}`)
      // Reloaded: the page before it has a heading too.
      await page.reload()
      await page.getByRole('heading', { level: 1 }).first().waitFor()
      await eventually(async () => (await page.getByRole('banner').getByRole('status').innerText()) === 'live')
      expect(await seriousFaults(page), `${hash} ${colorScheme}`).toEqual([])
    }
    expectNoMishaps(opened, /404/)
  })

  it('wears the theme of the system, or the one that was chosen, for good', { timeout: LIMIT_MS }, async () => {
    const service = await start()
    const background = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const dark = await browser.open(`${service.url}/console/`, { colorScheme: 'dark' })
    const light = await browser.open(`${service.url}/console/`, { colorScheme: 'light' })
    const [onDark, onLight] = [await background(dark.page), await background(light.page)]
    expect(onDark).not.toBe(onLight)
    const theme = dark.page.getByRole('button', { name: /^Theme: / })
    await theme.click()
    await eventually(async () => (await background(dark.page)) === onLight)
    await dark.page.reload()
    await theme.waitFor()
    expect(await background(dark.page)).toBe(onLight)
    expectNoMishaps(dark)
  })

  it.each([360, 768, 2560])('fits a width of %i pixels without scrolling sideways', {
    timeout: LIMIT_MS,
  }, async width => {
    const service = await start()
    const id = await service.register(30011)
    await service.command('START', id)
    const { page } = await browser.open(`${service.url}/console/`, { viewport: { width, height: 800 } })
    for (const hash of [...PAGES, `#/instances/${id}`]) {
      await page.goto(`${service.url}/console/${hash}`)
      await page.reload()
      await page.getByRole('heading', { level: 1 }).first().waitFor()
      const overhang = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      expect(overhang, `${hash} at ${width}`).toBeLessThanOrEqual(0)
    }
  })

  it('shows all of a timeline on a screen of 1280 pixels, and the whole place to who hears it', {
    timeout: LIMIT_MS,
  }, async () => {
    const service = await start()
    const id = await service.register(30011)
    await service.command('START', id)
    await service.command('UPDATE_STAGE_STATE', id, { itemCounts: { '4001008': 4 } })
    await service.command('STAGE_CLEAR_ATTEMPT', id)
    await service.command('STAGE_ADVANCE', id)
    const viewport = { width: 1280, height: 900 }
    const { page } = await browser.open(`${service.url}/console/#/instances/${id}`, { viewport })
    const timeline = page.getByRole('region', { name: 'Operations' })
    await timeline.getByText('active · stage 2').waitFor()
    expect(await timeline.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0)
    await timeline
      .getByRole('cell', { name: /^\S+, partition \d+, offset \d+$/ })
      .first()
      .waitFor()
  })

  it('works behind a prefix, and asks for nothing beside it', { timeout: LIMIT_MS }, async () => {
    const service = await start()
    const proxy = await prefixProxy('/quests', service.url)
    const id = await service.register(30011)
    const opened = await browser.open(`${proxy.url}/quests/console/`)
    const { page } = opened
    await eventually(async () => (await page.getByRole('banner').getByRole('status').innerText()) === 'live')
    await page.locator('tbody tr', { hasText: id.slice(0, 13) }).waitFor()
    await page.goto(`${proxy.url}/quests/console/#/instances/${id}`)
    await page.getByRole('region', { name: 'Timers' }).getByText('registration').waitFor()
    expect(proxy.strays()).toEqual([])
    expectNoMishaps(opened)
  })

  it('asks for the token where one is set, takes the right one, and never shows it', {
    timeout: LIMIT_MS,
  }, async () => {
    const service = await start({ env: { CONSOLE_TOKEN: TOKEN } })
    const id = await service.register(30011)
    const opened = await browser.open(`${service.url}/console/#/instances/${id}`)
    const { page } = opened
    const token = page.locator('input[type=password]')
    await token.fill('another-token-of-nobody')
    await page.keyboard.press('Enter')
    await page
      .getByText(/not the token|wrong|does not/i)
      .first()
      .waitFor()
    await page.locator('input[type=password]').fill(TOKEN)
    await page.keyboard.press('Enter')
    await page.getByRole('navigation', { name: 'Pages' }).waitFor()
    await eventually(async () => (await page.getByRole('banner').getByRole('status').innerText()) === 'live')
    expect(page.url()).not.toContain(TOKEN)
    expect(await page.evaluate(() => document.cookie)).toBe('')
    expect(service.process.output + service.process.errors).not.toContain(TOKEN)
    expectNoMishaps(opened, /401/)
  })

  it('is worked by keys alone', { timeout: LIMIT_MS }, async () => {
    const service = await start()
    const ids = [await service.register(30011), await service.register(30012)].sort()
    const { page } = await browser.open(`${service.url}/console/`)
    for (const id of ids) await page.locator('tbody tr', { hasText: id.slice(0, 13) }).waitFor()
    await page.keyboard.press('?')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await eventually(async () => (await page.getByRole('dialog').count()) === 0)
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await eventually(() => ids.some(id => page.url().endsWith(id)))
    // Who leaves sees it; the address is there before the page.
    await page.getByText('Timeline').first().waitFor()
    await page.keyboard.press('Escape')
    await eventually(() => !ids.some(id => page.url().endsWith(id)))
  })
})

/** A reverse proxy as people put in front: it takes `prefix` away, and remembers what was asked beside it. */
async function prefixProxy(prefix: string, target: string) {
  const strays: string[] = []
  const server = createServer((incoming, answer) => {
    const url = incoming.url ?? ''
    if (!url.startsWith(`${prefix}/`)) {
      strays.push(url)
      answer.writeHead(404).end()
      return
    }
    const onward = request(`${target}${url.slice(prefix.length)}`, {
      method: incoming.method,
      headers: incoming.headers,
    })
    onward.on('response', response => {
      answer.writeHead(response.statusCode ?? 502, response.headers)
      response.pipe(answer)
    })
    onward.on('error', () => answer.destroy())
    answer.on('close', () => onward.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, strays: () => strays.filter(url => url !== '/favicon.ico') }
}
