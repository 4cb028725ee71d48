/**
 * Promise: who opens the console sees what the quests do, as it happens, and acts on them as on the command topic. The
 * built service, real pages in a real Chromium.
 */
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { describeWithBrowser, expectNoMishaps } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { MILL_NAME, watchedServices } from './watched-service.ts'

const LIMIT_MS = 60_000
const start = watchedServices()

const textOf = (page: Page, selector: string) => page.locator(selector).first().innerText()
/** Waits for it: what cannot be seen is an error that names it. */
const see = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor()

describeWithBrowser('the console', browser => {
  it('lists a quest as soon as it begins, follows it, and finds it by words', { timeout: LIMIT_MS }, async () => {
    const service = await start()
    const opened = await browser.open(`${service.url}/console/`)
    const { page } = opened
    await see(page, 'live')
    const id = await service.register(30011)
    const row = page.locator('tbody tr', { hasText: id.slice(0, 13) })
    await row.waitFor()
    expect(await row.innerText()).toMatch(/The <img src=x/)
    await eventually(async () => (await row.innerText()).includes('registering'))
    await service.command('START', id)
    await eventually(async () => (await row.innerText()).includes('active'))

    const other = page.locator('tbody tr', { hasText: (await service.register(30012)).slice(0, 13) })
    await other.waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('state:active character:30011')
    await page.keyboard.press('Enter')
    await eventually(async () => (await other.count()) === 0)
    expect(decodeURIComponent(new URL(page.url()).hash)).toContain('state:active')
    await row.waitFor()
    await row.getByRole('link').first().click()
    await eventually(() => new URL(page.url()).hash === `#/instances/${id}`)
    await eventually(async () => (await page.title()).includes('Mill'))
    expectNoMishaps(opened)
  })

  it('shows why an instance is where it is: stage, timers that count down, and each operation as it comes', {
    timeout: LIMIT_MS,
  }, async () => {
    const service = await start()
    const id = await service.register(30011)
    const opened = await browser.open(`${service.url}/console/#/instances/${id}`)
    const { page } = opened
    const timers = page.getByRole('region', { name: 'Timers' })
    const timeline = page.getByRole('region', { name: 'Timeline' })
    await timers.getByText('registration').waitFor()
    const left = await timers.innerText()
    await eventually(async () => (await timers.innerText()) !== left)
    await service.command('START', id)
    await timers.getByText('stage', { exact: true }).waitFor()
    await service.command('UPDATE_STAGE_STATE', id, { itemCounts: { 4001008: 3 } })
    await timeline.getByText('UPDATE_STAGE_STATE').waitFor()
    await service.command('UPDATE_STAGE_STATE', id, { itemCounts: { 4001008: 1 } })
    await service.command('STAGE_CLEAR_ATTEMPT', id)
    await eventually(async () => /cleared/.test(await textOf(page, 'h1 >> xpath=ancestor::header')))
    expect(await page.getByRole('region', { name: 'Statechart' }).getByRole('img').getAttribute('aria-label')).toMatch(
      /cleared/,
    )
    await service.command('STAGE_ADVANCE', id)
    await service.command('STAGE_ADVANCE', id)
    await see(page, /ended|over|destroyed/i)
    await timeline.getByText('destroyed').first().waitFor()
    expectNoMishaps(opened)
  })

  it('tries a command before it sends it: the trial changes nothing, the sending does', {
    timeout: LIMIT_MS,
  }, async () => {
    const service = await start()
    const id = await service.register(30011)
    const opened = await browser.open(`${service.url}/console/#/instances/${id}`)
    const { page } = opened
    const card = page.getByRole('region', { name: 'Send command' })
    await card.getByRole('button', { name: 'START', exact: true }).click()
    await card.getByRole('button', { name: 'Dry run' }).click()
    await eventually(async () => (await card.innerText()).includes('active'))
    const stateNow = async () =>
      (await (await fetch(`${service.url}/api/instances/${id}`)).json()).data.attributes.state
    expect(await stateNow()).toBe('registering')
    await card.getByRole('button', { name: 'Send', exact: true }).click()
    await eventually(async () => (await stateNow()) === 'active')
    await page.getByRole('region', { name: 'Timeline' }).getByText('START', { exact: true }).waitFor()
    expectNoMishaps(opened)
  })

  it('is read only where writes are off: the page says so, and the server refuses what a page would send', {
    timeout: LIMIT_MS,
  }, async () => {
    const service = await start({ env: { CONSOLE_WRITES: 'false' } })
    const opened = await browser.open(`${service.url}/console/`)
    await see(opened.page, 'read only')
    const status = await opened.page.evaluate(async () => {
      const body = JSON.stringify({ records: [{ value: '{}' }] })
      const headers = { 'content-type': 'application/json' }
      return (await fetch('../api/commands', { method: 'POST', headers, body })).status
    })
    expect(status).toBe(403)
    expectNoMishaps(opened, /403/)
  })

  it('shows a refused command with its reason, and sends it again when it is mended', {
    timeout: LIMIT_MS,
  }, async () => {
    const service = await start()
    await service.send(
      JSON.stringify({ worldId: 0, characterId: 30011, type: 'REGISTER', body: { questId: 'mil_pq', channelId: 1 } }),
    )
    const opened = await browser.open(`${service.url}/console/#/dead-letters`)
    const { page } = opened
    await see(page, 'QUEST_NOT_FOUND')
    await page
      .getByRole('button', { name: /QUEST_NOT_FOUND/ })
      .first()
      .click()
    await page
      .getByRole('button', { name: /copy as command/i })
      .first()
      .click()
    const editor = page.getByRole('textbox', { name: 'The record as JSON' })
    await editor.fill((await editor.inputValue()).replace('mil_pq', 'mill_pq'))
    await page.getByRole('button', { name: /^send/i }).last().click()
    await eventually(async () => {
      const { data } = await (await fetch(`${service.url}/api/instances?search=character:30011`)).json()
      return data.length === 1
    })
    expectNoMishaps(opened)
  })

  it('shows definitions, with what is wrong with them, and the shards', { timeout: LIMIT_MS }, async () => {
    const service = await start()
    const opened = await browser.open(`${service.url}/console/#/definitions`)
    const { page } = opened
    await see(page, MILL_NAME)
    await page.getByRole('link', { name: MILL_NAME }).click()
    await see(page, 'The <b>Gate</b>')
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Shards' }).click()
    await eventually(async () => (await page.getByText('running', { exact: true }).count()) === 12)
    expectNoMishaps(opened)
  })

  it('says that it lost the service, and goes on by itself when that is back', { timeout: LIMIT_MS }, async () => {
    const service = await start()
    const id = await service.register(30011)
    const opened = await browser.open(`${service.url}/console/#/instances/${id}`)
    const { page } = opened
    const pill = page.getByRole('banner').getByRole('status')
    await eventually(async () => (await pill.innerText()) === 'live')
    await service.process.kill()
    await eventually(async () => (await pill.innerText()) === 'reconnecting')
    // The embedded log is gone with its process: the page is to say that there is no such instance any more.
    const again = await start({ port: service.port })
    await eventually(async () => (await pill.innerText()) === 'live', { limitMs: 30_000 })
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Instances' }).click()
    const other = await again.register(30099)
    await page.locator('tbody tr', { hasText: other.slice(0, 13) }).waitFor()
    expectNoMishaps(opened, /Failed to load|ERR_|404|503/)
  })

  it('says in words that there is no such instance, and that a search is not understood', {
    timeout: LIMIT_MS,
  }, async () => {
    const service = await start()
    const nobody = '00000000-0000-8000-8000-000000000009'
    const opened = await browser.open(`${service.url}/console/#/instances/${nobody}`)
    await see(opened.page, /no (such )?instance/i)
    await opened.page.goto(`${service.url}/console/#/instances?search=state:dancing`)
    await see(opened.page, /dancing/)
    expectNoMishaps(opened, /404|400/)
  })
})
