/** Promise: the pill in the console's head says how much is going on now, and that it is nothing when it is over. */
import { expect, it } from 'vitest'
import { describeWithBrowser, expectNoMishaps } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import { watchedServices } from './watched-service.ts'

const start = watchedServices()

describeWithBrowser('the live pill', browser => {
  it('counts the operations of now, and goes back to none by itself', { timeout: 60_000 }, async () => {
    const service = await start()
    const opened = await browser.open(`${service.url}/console/`)
    const rate = opened.page.getByRole('banner').getByText(/ op\/s$/)
    await eventually(async () => (await rate.innerText()) === '0 op/s')
    const seen: string[] = []
    const id = await service.register(30011)
    await service.command('START', id)
    await eventually(async () => {
      seen.push(await rate.innerText())
      return seen.at(-1) !== '0 op/s'
    })
    // Nothing is sent of a time in which nothing happens: the page must know that by itself.
    await eventually(async () => (await rate.innerText()) === '0 op/s')
    expect(seen.at(-1)).toMatch(/^[12] op\/s$/)
    expectNoMishaps(opened)
  })
})
