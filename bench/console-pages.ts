/**
 * Fifty pages of the console without a browser, for console.ts: each follows /api/live, and asks again for what it shows
 * when it is told of a change, a list at most every two seconds and an instance seven times a second. Says `open` when all follow;
 * when its standard input ends, what they were told and asked a second, as JSON.
 *   node console-pages.js URL INSTANCE…
 */
import { request } from 'node:http'

const LISTS = 25
const LIST = '/api/instances?page%5Bsize%5D=100'
/** As where more than a thousand operations are done a second. */
const LIST_EVERY_MS = 2000
const INSTANCE_EVERY_MS = 150

const [url = '', ...instances] = process.argv.slice(2)
const pages = [
  ...Array.from({ length: LISTS }, () => ({ shows: LIST, everyMs: LIST_EVERY_MS })),
  ...instances.map(id => ({ shows: `/api/instances/${id}`, everyMs: INSTANCE_EVERY_MS })),
]
let [events, requests, open] = [0, 0, 0]
let since = performance.now()

for (const page of pages) follow(page)
process.stdin.resume()
process.stdin.on('end', () => {
  const seconds = (performance.now() - since) / 1000
  process.stdout.write(JSON.stringify({ events: events / seconds, requests: requests / seconds }))
  process.exit(0)
})

function follow({ shows, everyMs }: { readonly shows: string; readonly everyMs: number }): void {
  let askedAt = Number.NEGATIVE_INFINITY
  let isAsking = false
  let address = shows
  /** Whole for the first time: a page that is opened is not one that is live. */
  let isShown = false
  const ask = () => {
    if (isAsking || performance.now() - askedAt < everyMs) return
    isAsking = true
    askedAt = performance.now()
    requests += 1
    get(address, text => {
      isAsking = false
      if (!isShown) show()
      // A page that shows an instance asks for what happened behind the last operation that it was told of.
      const last = JSON.parse(text).data.attributes?.journal.at(-1)
      if (last !== undefined) address = `${shows}?journal%5Bafter%5D=${last.sequence}@${last.at}`
    })
  }
  const show = () => {
    isShown = true
    if (++open < pages.length) return
    events = 0
    requests = 0
    since = performance.now()
    process.stdout.write('open\n')
  }
  const stream = request(`${url}/api/live`, response => {
    response.setEncoding('utf8')
    response.on('data', (text: string) => {
      if (text.includes('event: hello')) ask()
      if (!text.includes('event: change')) return
      events += 1
      ask()
    })
  })
  stream.on('error', fail)
  stream.end()
}

function get(path: string, done: (text: string) => void): void {
  const asked = request(`${url}${path}`, response => {
    if (response.statusCode !== 200) fail(new Error(`${path}: ${response.statusCode}`))
    // What a browser does with it is done elsewhere; here it would take the CPU of what is measured.
    if (path === LIST) {
      response.resume()
      response.on('end', () => done('{"data":{}}'))
      return
    }
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (part: string) => {
      text += part
    })
    response.on('end', () => done(text))
  })
  asked.on('error', fail)
  asked.end()
}

function fail(error: Error): void {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
}
