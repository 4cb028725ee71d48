/**
 * The real browser of a test file: the machine's own Chromium, driven by playwright-core, which fetches none. One
 * process a file, a fresh profile for each page. A page that asks for anything outside of the service fails its test.
 */
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished } from 'vitest'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Path of a Chromium; null where there is none. */
    browser: { readonly executable: string | null }
  }
}

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const START_LIMIT_MS = 60_000
const ACTION_LIMIT_MS = 15_000

/** CHROMIUM names another one. `undefined`: the machine has none. */
export function findChromium(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env.CHROMIUM ? env.CHROMIUM : PLACES.find(existsSync)
}

export interface BrowserUnderTest {
  /** A page in a profile of its own, closed with the test. Fails the test for errors on it and requests elsewhere. */
  open(url: string, options?: BrowserContextOptions): Promise<OpenPage>
}

export interface OpenPage {
  readonly page: Page
  /** What went wrong on it so far: errors that nobody caught, messages of level error, requests to other hosts. */
  readonly mishaps: readonly string[]
}

/** `describe` where the machine has a Chromium; global-setup.ts says so once where it has none. */
export function describeWithBrowser(name: string, suite: (browser: BrowserUnderTest) => void): void {
  const { executable } = inject('browser')
  describe.skipIf(executable === null)(name, () => {
    let browser: Browser | undefined
    beforeAll(async () => {
      browser = await launch(executable ?? '')
    }, START_LIMIT_MS)
    afterAll(() => browser?.close())
    suite({
      open: async (url, options) => {
        if (browser === undefined) throw new Error('pages are opened in tests only')
        const opened = await openPage(browser, url, options)
        onTestFinished(() => opened.page.context().close())
        return opened
      },
    })
  })
}

export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    // As root it has no sandbox; and it is to look for nothing that is not there.
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(ACTION_LIMIT_MS)
  const { host } = new URL(url)
  const mishaps: string[] = []
  page.on('pageerror', error => mishaps.push(`error: ${error.message}`))
  page.on('request', request => {
    const asked = new URL(request.url())
    if (asked.protocol !== 'data:' && asked.protocol !== 'blob:' && asked.host !== host) {
      mishaps.push(`asked ${asked.href}`)
    }
  })
  page.on('console', message => {
    if (message.type() === 'error') mishaps.push(`console: ${message.text()}`)
  })
  await page.goto(url)
  return { page, mishaps }
}

/** Nothing went wrong on the page but what `expected` matches. */
export function expectNoMishaps({ mishaps }: OpenPage, expected?: RegExp): void {
  expect(mishaps.filter(mishap => expected === undefined || !expected.test(mishap))).toEqual([])
}
