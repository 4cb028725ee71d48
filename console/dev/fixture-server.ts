/**
 * Answers the API and serves the built console from made-up data: `npm run console`. For looking at pages; nothing of
 * it is part of the service. PORT (18360), INSTANCES (3000), OPERATIONS a second (40), SILENT=true for a replica that
 * does not answer, WRITES=false, PREFIX (`/some/where`) as behind a proxy.
 */
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { type ChangeEvent, DOCUMENTS, type Hello } from '../../src/api/documents.ts'
import { readDefinitionDirectory } from '../../src/definitions/loading.ts'
import { parseSearch } from '../../src/query/search.ts'
import { answersOf, rowOf } from './fixture-answers.ts'
import { createWorld, type Happened } from './fixture-world.ts'

interface Reply {
  readonly status: number
  readonly body: unknown
}

const { PORT = '18360', INSTANCES = '3000', OPERATIONS = '40', SILENT, WRITES, PREFIX = '' } = process.env
const TICK_MS = 100
const BUILT = 'dist/console'
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

const { catalogue } = await readDefinitionDirectory('definitions')
const world = createWorld(catalogue.all(), Number(INSTANCES), Date.now())
const answers = answersOf(world, SILENT === 'true')
const streams = new Set<{ readonly response: ServerResponse; readonly ids: ReadonlySet<string> | undefined }>()

setInterval(() => {
  tell(world.live(Number(OPERATIONS) * (TICK_MS / 1000), Date.now()))
}, TICK_MS)
createServer((request, response) => {
  answer(request, response)
    .catch((error: unknown) => problem(500, 'The fixture server failed', String(error)))
    .then(reply => {
      if (reply === undefined) return
      response.writeHead(reply.status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(reply.body))
    })
}).listen(Number(PORT), '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${PORT}${PREFIX}/console/ shows ${world.instances.size} made-up instances\n`)
})

/** Undefined: answered already. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<Reply | undefined> {
  const url = new URL(request.url ?? '/', 'http://fixture')
  if (!url.pathname.startsWith(`${PREFIX}/`)) return problem(404, 'Not found', 'outside of the prefix')
  const path = url.pathname.slice(PREFIX.length)
  if (path.startsWith('/console/')) return file(response, path.slice('/console/'.length) || 'index.html')
  if (path === '/api/live') {
    stream(url, response)
    return undefined
  }
  if (request.method === 'POST') return write(path, await bodyOf(request))
  const [, , resource = '', name] = path.split('/').map(decodeURIComponent)
  const size = Number(url.searchParams.get('page[size]') ?? 50)
  const after = url.searchParams.get('page[after]') ?? undefined
  switch (resource) {
    case 'instances': {
      if (name !== undefined) {
        const lived = world.instances.get(name)
        return lived === undefined
          ? problem(404, 'No such instance', `${name} has ended, or never was`)
          : document('Instance', answers.instance(lived))
      }
      const parsed = parseSearch(url.searchParams.get('search') ?? '')
      if ('fault' in parsed) return problem(400, 'The search is not understood', parsed.fault)
      return document('Instances', answers.instances(parsed.search, after, size))
    }
    case 'definitions': {
      if (name === undefined) return document('Definitions', answers.definitions())
      const found = answers.definition(name)
      return found === undefined ? problem(404, 'No such definition', name) : document('Definition', found)
    }
    case 'shards':
      return document('Shards', answers.shards())
    case 'dead-letters':
      return document('DeadLetters', answers.deadLetters(Number(after ?? 0), size))
    case 'machine':
      return document('Machine', answers.machine())
    default:
      return problem(404, 'Not found', path)
  }
}

function write(path: string, body: unknown): Reply {
  const [, , resource, id = ''] = path.split('/')
  const { type = 'FORFEIT' } = body as { type?: string }
  if (resource === 'commands') {
    if (WRITES === 'false') return problem(403, 'Writes are off', 'set CONSOLE_WRITES=true')
    return json(202, { accepted: (body as { records: unknown[] }).records.length })
  }
  const lived = world.instances.get(id)
  if (lived === undefined) return problem(404, 'No such instance', id)
  if (type === 'REGISTER') {
    const reason = 'every character of it is registered already'
    return document('DryRun', {
      data: { outcome: 'refused', code: 'ALREADY_REGISTERED', reason },
      meta: { now: Date.now() },
    })
  }
  const copy = { ...lived, journal: [] }
  const operation = world.apply(copy, type, Date.now())
  return document('DryRun', {
    data: { outcome: 'applied', operation, instance: rowOf(copy) },
    meta: { now: Date.now() },
  })
}

function stream(url: URL, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  const asked = url.searchParams.get('instances')
  const client = { response, ids: asked === null ? undefined : new Set(asked.split(',')) }
  const replica = { name: 'quest-0', url: `http://127.0.0.1:${PORT}` }
  const hello: Hello = { now: Date.now(), replica, writes: WRITES !== 'false', durable: false, version: '0.1.0' }
  send(response, 'hello', hello)
  streams.add(client)
  response.on('close', () => streams.delete(client))
}

function tell(happened: Happened): void {
  for (const { response, ids } of streams) {
    const changed = ids === undefined ? happened.ids : happened.ids.filter(id => ids.has(id))
    if (changed.length === 0) continue
    const change: ChangeEvent = {
      now: Date.now(),
      ids: [...changed],
      isMore: false,
      isPopulation: happened.isPopulation,
      operationsPerSecond: Number(OPERATIONS),
    }
    send(response, 'change', change)
  }
}

function send(response: ServerResponse, event: string, data: object): void {
  response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
}

async function file(response: ServerResponse, path: string): Promise<Reply | undefined> {
  const name = normalize(path)
  if (name.startsWith('..')) return problem(404, 'Not found', path)
  try {
    const bytes = await readFile(join(BUILT, name))
    response.writeHead(200, {
      'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
      'content-security-policy': "default-src 'self'; frame-ancestors 'none'",
    })
    response.end(bytes)
    return undefined
  } catch {
    return problem(404, 'Not found', `${path}: npm run build makes the pages`)
  }
}

/** Held against its schema: what the fixture says wrongly shows at once. */
function document<Name extends keyof typeof DOCUMENTS>(name: Name, value: unknown): Reply {
  const parsed = DOCUMENTS[name].safeParse(value)
  return parsed.success ? json(200, value) : problem(500, `The fixture is no ${name}`, parsed.error.message)
}

function problem(status: number, title: string, detail: string): Reply {
  return json(status, { errors: [{ status: `${status}`, title, detail }] })
}

function json(status: number, body: unknown): Reply {
  return { status, body }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return JSON.parse(text)
}
