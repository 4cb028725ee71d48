/**
 * Promise: whichever replica a browser came to, it sees the quests of all, live; and one that stands still costs the
 * page what that one holds, for as long as it does, and nothing else.
 */
import type { Page } from 'playwright-core'
import { expect, it, onTestFinished } from 'vitest'
import { DOCUMENTS, type Document } from '../../src/api/documents.ts'
import { installations } from '../integrity/installation.ts'
import { describeWithKafka } from '../support/brokers.ts'
import { describeWithBrowser, expectNoMishaps } from '../support/browser.ts'
import { eventually } from '../support/eventually.ts'
import type { ServiceProcess } from '../support/service-process.ts'
import { TENANT } from '../support/tenants.ts'

const LIMIT_MS = 150_000
const WAIT = { limitMs: 45_000, pollMs: 100 }
const INSTANCES = 12
const MILL = {
  questId: 'mill_pq',
  name: 'The Old Mill',
  registration: { type: 'individual', mode: 'timed', duration: 3600 },
  exit: 900,
  stages: [{ index: 0, name: 'The Gate', mapIds: [100], type: 'boss' }],
}

type Row = Document<'Instances'>['data'][number]

async function list({ url }: ServiceProcess): Promise<Document<'Instances'>> {
  return DOCUMENTS.Instances.parse(await (await fetch(`${url}/api/instances`)).json())
}

async function send({ url }: ServiceProcess, ...commands: readonly object[]): Promise<void> {
  const records = commands.map(command => ({ value: JSON.stringify({ worldId: 0, ...command }), tenant: TENANT }))
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${url}/api/commands`, { method: 'POST', headers, body: JSON.stringify({ records }) })
  expect(answer.status).toBeLessThan(300)
}

function startOf({ id, attributes }: Row): object {
  return { type: 'START', characterId: attributes.characters[0]?.characterId ?? 0, body: { instanceId: id } }
}

const note = (page: Page) => page.getByRole('status').filter({ hasText: 'b does not answer' })

describeWithKafka('on two replicas', kafka => {
  const install = installations()

  describeWithBrowser('the console', browser => {
    it(
      'shows at one what the other owns, as it happens, and says so while that one is silent',
      async () => {
        const { start } = await install({
          bootstrap: kafka.bootstrap,
          prefix: `${kafka.topicPrefix()}-console`,
          definitions: [MILL],
          // Its shards stay its own for as long as it stands still here.
          env: { CONSOLE_WRITES: 'true', SESSION_TIMEOUT_MS: '60000' },
        })
        const [a, b] = [await start('a'), await start('b')]
        await Promise.all([a, b].map(one => one.untilReady(WAIT.limitMs)))
        const registers = Array.from({ length: INSTANCES }, (_, place) => ({
          ...{ characterId: 30_001 + place, type: 'REGISTER' },
          body: { questId: 'mill_pq', partyId: 0, channelId: 1 + place, mapId: 0 },
        }))
        await send(a, ...registers)
        const { data } = await eventually(async () => {
          const all = await list(a)
          expect(all.meta).toMatchObject({ total: INSTANCES, silent: [] })
          return all
        }, WAIT)
        const { data: shards } = DOCUMENTS.Shards.parse(await (await fetch(`${a.url}/api/shards`)).json())
        const ofB = shards.flatMap(({ attributes: { shard, owner } }) => (owner?.name === 'b' ? [shard] : []))
        const [one, other] = data.filter(({ attributes: { shard } }) => ofB.includes(shard))
        const mine = data.find(({ attributes: { shard } }) => !ofB.includes(shard))
        if (one === undefined || other === undefined || mine === undefined) throw new Error(`all is in shards ${ofB}`)

        const opened = await browser.open(`${a.url}/console/`)
        const page = await openedAt(`#/instances/${one.id}`)
        const rowOf = ({ id }: Row) => opened.page.locator('tbody tr', { hasText: id.slice(0, 13) })
        await rowOf(one).waitFor()
        await send(b, startOf(one))
        await eventually(async () => (await rowOf(one).innerText()).includes('active'), WAIT)
        await page.getByRole('region', { name: 'Timeline' }).getByText('START', { exact: true }).waitFor()

        b.pause()
        onTestFinished(() => b.resume())
        await note(opened.page).waitFor()
        await opened.page.reload()
        await note(opened.page).waitFor()
        await rowOf(mine).waitFor()
        expect(await rowOf(other).count()).toBe(0)
        const late = await openedAt(`#/instances/${other.id}`)
        await late.getByText('Its owner does not answer').waitFor()
        await late.getByText(`replica b at ${b.url}`).waitFor()
        expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain('The Old Mill')

        b.resume()
        // By themselves, all of them.
        await late.getByRole('region', { name: 'Timers' }).getByText('registration').waitFor()
        await eventually(async () => (await note(opened.page).count()) === 0, WAIT)
        await rowOf(other).waitFor()
        expectNoMishaps(opened)

        async function openedAt(hash: string): Promise<Page> {
          return (await browser.open(`${a.url}/console/${hash}`)).page
        }
      },
      LIMIT_MS,
    )
  })
})
