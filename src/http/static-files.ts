/**
 * The console's built pages, `dist/console`, held in memory by their names: an address that is not such a name finds
 * nothing, whatever is in it. Builds nothing, and reads no file after it has found the pages.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { Context, Hono } from 'hono'
import { problem } from '../api/problem.ts'

interface StaticFile {
  readonly bytes: Buffer
  /** Where that is smaller. */
  readonly gzipped: Buffer | undefined
  readonly etag: string
  readonly type: string
  readonly cacheControl: string
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  json: 'application/json',
  map: 'application/json',
  txt: 'text/plain; charset=utf-8',
  png: 'image/png',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
}
const COMPRESSIBLE = /^(?:text\/|image\/svg|application\/json)/
const GZIP_BYTES_MIN = 1024
const PREFIX = '/console/'

const POLICY = "default-src 'self'; base-uri 'self'; form-action 'self'; object-src 'none'"
/** Shown in a frame by the pages of inspected apps, and all that it does is to draw what they send it. */
const FRAMED = 'inspector.html'

/** `directory`: that of the built pages. They may be built after the start. */
export function addStaticFiles(app: Hono, directory: string = builtConsole()): void {
  let files: Promise<ReadonlyMap<string, StaticFile>> | undefined
  const built = async (): Promise<ReadonlyMap<string, StaticFile>> => {
    files ??= readFiles(directory)
    const read = await files
    if (!read.has('index.html')) files = undefined
    return read
  }
  // Relative, so that it is right behind a prefix.
  app.get('/console', context => context.redirect('console/', 302))
  app.get(`${PREFIX}*`, async context => {
    const name = nameOf(context)
    const files = await built()
    if (!files.has('index.html')) {
      return problem(
        context,
        503,
        'No console',
        'the console is not built: run `npm run build`, then load this page again',
      )
    }
    const file = name === undefined ? undefined : files.get(name === '' ? 'index.html' : name)
    if (file !== undefined) return answer(context, file, name === FRAMED ? '*' : "'none'")
    return problem(context, 404, 'Not found', 'the console has no such file: its pages begin at /console/')
  })
}

/** Beside the rest of what was built: this file runs as src/http/static-files.ts and as dist/src/http/static-files.js. */
function builtConsole(): string {
  const place = import.meta.url.endsWith('.ts') ? '../../dist/console' : '../../console'
  return fileURLToPath(new URL(place, import.meta.url))
}

/** `undefined` where the address cannot be decoded. */
function nameOf(context: Context): string | undefined {
  try {
    return decodeURIComponent(new URL(context.req.url).pathname.slice(PREFIX.length))
  } catch {
    return undefined
  }
}

async function readFiles(directory: string): Promise<ReadonlyMap<string, StaticFile>> {
  const files = new Map<string, StaticFile>()
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const name = relative(directory, path).split(sep).join('/')
    files.set(name, staticFile(name, await readFile(path)))
  }
  return files
}

function staticFile(name: string, bytes: Buffer): StaticFile {
  const type = TYPES[/\.(\w+)$/.exec(name)?.[1] ?? ''] ?? 'application/octet-stream'
  const gzipped = COMPRESSIBLE.test(type) && bytes.length >= GZIP_BYTES_MIN ? gzipSync(bytes, { level: 9 }) : undefined
  return {
    bytes,
    gzipped: gzipped !== undefined && gzipped.length < bytes.length ? gzipped : undefined,
    etag: createHash('sha256').update(bytes).digest('base64url').slice(0, 22),
    type,
    // Vite puts a hash of what is in them into the names of these.
    cacheControl: name.startsWith('assets/') ? 'max-age=31536000, immutable' : 'no-cache',
  }
}

/** `ancestors`: whose pages may hold it in a frame. */
function answer(context: Context, file: StaticFile, ancestors: string): Response {
  const takesGzip = /(?:^|,)\s*gzip\s*(?:;(?!\s*q=0(?:\.0*)?\s*(?:,|$))|,|$)/i.test(
    context.req.header('accept-encoding') ?? '',
  )
  const gzipped = takesGzip ? file.gzipped : undefined
  const etag = `"${file.etag}${gzipped === undefined ? '' : '-gz'}"`
  const headers = {
    'content-security-policy': `${POLICY}; frame-ancestors ${ancestors}`,
    'referrer-policy': 'no-referrer',
    etag,
    'cache-control': file.cacheControl,
    ...(file.gzipped === undefined ? {} : { vary: 'accept-encoding' }),
  }
  const known = (context.req.header('if-none-match') ?? '').split(',').map(one => one.trim().replace(/^W\//, ''))
  if (known.includes(etag) || known.includes('*')) return context.body(null, 304, headers)
  return context.body(new Uint8Array(gzipped ?? file.bytes), 200, {
    ...headers,
    'content-type': file.type,
    ...(gzipped === undefined ? {} : { 'content-encoding': 'gzip' }),
  })
}
