/**
 * `npm run screenshots`: plays a scene on the built service, opens the console in a Chromium and writes what it looks
 * like to docs/screenshots, in the repository that it is run in. Ends all that it started.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { findChromium, launch, openPage } from '../test/support/browser.ts'
import { playJukebox } from './screenshots/other-app.ts'
import * as scene from './screenshots/scene.ts'
import { smallerPng } from './screenshots/smaller-png.ts'
import { channelOf, Stage, until } from './screenshots/stage.ts'

const FOLDER = 'docs/screenshots'
const BYTES_MAX = 200_000
/** Between two commands of the party that the Instance page shows, so that its stages have lengths. */
const STAR_PAUSE_MS = 2500
/** Between two commands of the others while the pictures are taken. */
const BUSTLE_PAUSE_MS = 150
const STAR_ID = 1
const ENDED_ID = 2
const FIRST_ID = 3
/** A party that is too small for its quest, for a refusal. */
const SMALL_ID = 90

const executable = findChromium()
if (executable === undefined) throw new Error('there is no Chromium: install one, or say where it is with CHROMIUM')
await mkdir(FOLDER, { recursive: true })

const parties = new Map<number, scene.Party>([
  [STAR_ID, scene.STAR],
  [ENDED_ID, scene.ENDED],
  ...scene.PARTIES.map((party, at): [number, scene.Party] => [FIRST_ID + at, party]),
])
const stage = await Stage.open({
  port: await freePort(),
  membersOf: partyId => {
    const party = parties.get(partyId)
    return party === undefined ? undefined : scene.membersOf(partyId, party)
  },
})
const curtain = new AbortController()
let browser: Browser | undefined
try {
  const star = await play()
  const bustling = bustle(curtain.signal)
  const jukebox = await playJukebox(`${stage.url.replace(/^http/, 'ws')}/inspect/receive`)
  browser = await launch(executable)
  for (const theme of ['dark', 'light'] as const) await shoot(browser, theme, star)
  await shootPhone(browser, star)
  jukebox.stop()
  curtain.abort()
  await bustling
} finally {
  curtain.abort()
  await browser?.close()
  await stage.close()
}

/** Until every party stands where it is to stand; resolves with the instance of the star. */
async function play(): Promise<string> {
  await stage.send([...parties].map(([partyId, party]) => scene.registration(partyId, party, channelOf(partyId))))
  const instances = await stage.instancesOf([...parties.keys()])
  const idOf = (partyId: number) => instances.get(partyId) ?? ''
  const star = idOf(STAR_ID)
  for (const command of scene.starCommands(star, STAR_ID)) {
    await stage.send([command])
    await sleep(STAR_PAUSE_MS)
  }
  // Late, so that their short timers are still running in the pictures.
  await stage.send([...parties].flatMap(([partyId, party]) => scene.commandsOf(idOf(partyId), partyId, party)))
  const refused = scene.refusedValues(SMALL_ID, star)
  await stage.send(refused)
  await stage.settled(refused.length)
  await until('the quest that ends', async () => {
    const rows = await stage.rows()
    return rows.every(({ attributes }) => attributes.partyId !== ENDED_ID) || undefined
  })
  return star
}

/** Something happens somewhere, as long as nobody says stop. */
async function bustle(signal: AbortSignal): Promise<void> {
  const rows = (await stage.rows()).filter(
    ({ attributes }) => attributes.state === 'active' && attributes.partyId !== STAR_ID,
  )
  for (let turn = 0; !signal.aborted; turn += 1) {
    const row = rows[(turn * 7) % rows.length]
    if (row === undefined) return
    const leader = row.attributes.partyId * 10 + 1
    await stage.send([scene.count(row.id, leader, {}, { 100100: 1 })])
    await sleep(BUSTLE_PAUSE_MS)
  }
}

async function shoot(chromium: Browser, theme: 'dark' | 'light', star: string): Promise<void> {
  const { page } = await openPage(chromium, `${stage.url}/console/`, { colorScheme: theme })
  await go(page, '#/instances')
  await page.locator('tbody tr').nth(9).waitFor()
  await save(page, `instances-${theme}`)
  await go(page, `#/instances/${star}`)
  await dryRun(page)
  await save(page, `instance-${theme}`)
  await go(page, '#/definitions')
  await save(page, `definitions-${theme}`)
  await page.getByRole('link', { name: 'The Crack in the Clock Tower' }).click()
  await page.getByRole('heading', { name: 'The Crack in the Clock Tower' }).waitFor()
  await save(page, `definition-${theme}`)
  await go(page, '#/shards')
  await save(page, `shards-${theme}`)
  await go(page, '#/dead-letters')
  await page
    .getByRole('button', { name: /QUEST_NOT_FOUND/ })
    .first()
    .click()
  await save(page, `dead-letters-${theme}`)
  await go(page, '#/inspector')
  await page.getByText('jukebox').first().waitFor()
  await save(page, `inspector-${theme}`)
  await page.context().close()
}

async function shootPhone(chromium: Browser, star: string): Promise<void> {
  const { page } = await openPage(chromium, `${stage.url}/console/`, {
    colorScheme: 'dark',
    viewport: { width: 390, height: 844 },
    isMobile: true,
    hasTouch: true,
  })
  await go(page, `#/instances/${star}`)
  await save(page, 'instance-phone')
  await page.context().close()
}

/** What a STAGE_ADVANCE would do, said by the page and done by nobody. */
async function dryRun(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'STAGE_ADVANCE' }).click()
  await page.getByRole('button', { name: 'Dry run' }).click()
  await page.locator('.send-way').waitFor()
}

async function go(page: Page, hash: string): Promise<void> {
  await page.goto(`${stage.url}/console/${hash}`)
  // The browser draws no scrollbar here, and what is kept free for it would look like a fault.
  await page.evaluate("document.documentElement.style.scrollbarGutter = 'auto'")
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  await page.getByRole('banner').getByText('live', { exact: true }).waitFor()
  await page.locator('.ghost').first().waitFor({ state: 'detached' })
}

async function save(page: Page, name: string): Promise<void> {
  // What was pressed is no longer under the pointer.
  await page.mouse.move(0, 0)
  const file = join(FOLDER, `${name}.png`)
  const png = smallerPng(await page.screenshot({ animations: 'disabled' }))
  await writeFile(file, png)
  process.stdout.write(`${file}  ${Math.round(png.length / 1000)} KB\n`)
  if (png.length > BYTES_MAX) {
    throw new Error(`${file} has ${png.length} bytes, more than the ${BYTES_MAX} that a picture may have`)
  }
}

/** Nobody listened on it a moment ago. */
function freePort(): Promise<string> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(String(typeof address === 'object' ? address?.port : address)))
    })
  })
}
