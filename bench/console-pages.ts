/**
 * Fifty pages of the console without a browser, for console.ts: each follows /api/live, and asks again for what it shows
 * when it is told of a change, as often as a page does where more happens than is named: a list at most every two
 * seconds, an instance twice a second. Does what each line of its standard input says, and answers with one: `open` when
 * all show what they are to, `close`, and `counts`, what they were told and asked since the last time, as JSON. Ends with
 * its input.
 *   node console-pages.js URL INSTANCE…
 */
import { type ClientRequest, request } from 'node:http'
import { createInterface } from 'node:readline'

const LISTS = 25
const LIST = '/api/instances?page%5Bsize%5D=100'
/** As where more than a thousand operations are done a second. */
const LIST_EVERY_MS = 2000
/** The same: changes are not named. */
const INSTANCE_EVERY_MS = 500

const [url = '', ...instances] = process.argv.slice(2)
let counts = { events: 0, requests: 0 }

/** One that is open: what it shows, how often it asks. */
class Page {
  readonly #shows: string
  readonly #everyMs: number
  readonly #stream: ClientRequest
  readonly #onShown: () => void
  #askedAt = Number.NEGATIVE_INFINITY
  #isAsking = false
  #address: string
  /** Whole for the first time: a page that is opened is not one that is live. */
  #isShown = false
  #isClosed = false

  constructor(shows: string, everyMs: number, onShown: () => void) {
    this.#shows = shows
    this.#everyMs = everyMs
    this.#address = shows
    this.#onShown = onShown
    this.#stream = request(`${url}/api/live`, response => {
      response.setEncoding('utf8')
      response.on('error', error => this.#fail(error))
      response.on('data', (text: string) => {
        if (text.includes('event: hello')) this.#ask()
        if (!text.includes('event: change')) return
        counts.events += 1
        this.#ask()
      })
    })
    this.#stream.on('error', error => this.#fail(error))
    this.#stream.end()
  }

  close(): void {
    this.#isClosed = true
    this.#stream.destroy()
  }

  #ask(): void {
    if (this.#isAsking || this.#isClosed || performance.now() - this.#askedAt < this.#everyMs) return
    this.#isAsking = true
    this.#askedAt = performance.now()
    counts.requests += 1
    get(this.#address, text => {
      this.#isAsking = false
      if (!this.#isShown) this.#onShown()
      this.#isShown = true
      // A page that shows an instance asks for what happened behind the last operation that it was told of.
      const last = JSON.parse(text).data.attributes?.journal.at(-1)
      if (last !== undefined) this.#address = `${this.#shows}?journal%5Bafter%5D=${last.sequence}@${last.at}`
    })
  }

  #fail(error: Error): void {
    if (!this.#isClosed) fail(error)
  }
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
  // The replica ends a connection that idled for some seconds, perhaps just as it is used again.
  asked.on('error', error => (asked.reusedSocket ? get(path, done) : fail(error)))
  asked.end()
}

function fail(error: Error): void {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

let open: readonly Page[] = []

function openAll(): void {
  const wanted = [
    ...Array.from({ length: LISTS }, () => [LIST, LIST_EVERY_MS] as const),
    ...instances.map(id => [`/api/instances/${id}`, INSTANCE_EVERY_MS] as const),
  ]
  // The second of two pairs finds them open already.
  if (open.length > 0) {
    say('open')
    return
  }
  let shown = 0
  const onShown = () => {
    if (++shown === wanted.length) say('open')
  }
  open = wanted.map(([shows, everyMs]) => new Page(shows, everyMs, onShown))
}

createInterface(process.stdin)
  .on('line', line => {
    if (line === 'open') openAll()
    if (line === 'close') {
      for (const page of open) page.close()
      open = []
      say('closed')
    }
    if (line === 'counts') {
      say(JSON.stringify(counts))
      counts = { events: 0, requests: 0 }
    }
  })
  .on('close', () => process.exit(0))
