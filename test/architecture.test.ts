/**
 * Who may import whom (docs/architecture.md, "The layout"): the tree is the command's path, and nothing on it looks
 * forward or sideways. Reads the imports of every file of src/ and machines/ as text.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const LINES_MAX = 400

interface Source {
  /** From the root: `src/shard/batch.ts`. */
  readonly file: string
  readonly text: string
  /** Own files from the root; packages by their name. */
  readonly imports: readonly string[]
}

const SPECIFIER = /(?:\bfrom|\bimport|\bimport\(|\brequire\(|\brequire\.resolve\()\s*['"]([^'"]+)['"]/g

function sourcesOf(folder: string): readonly Source[] {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
  return files
    .filter(name => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map(name => {
      const file = join(folder, name)
      const text = readFileSync(join(ROOT, file), 'utf8')
      const imports = [...text.matchAll(SPECIFIER)].flatMap(([, specifier = '']) => {
        if (!specifier.startsWith('.')) return [packageOf(specifier)]
        return [relative(ROOT, join(ROOT, dirname(file), specifier))]
      })
      return { file, text, imports }
    })
}

function packageOf(specifier: string): string {
  const [scope = '', name] = specifier.split('/')
  return scope.startsWith('@') && name !== undefined ? `${scope}/${name}` : scope
}

const SOURCES = [...sourcesOf('src'), ...sourcesOf('machines')]
const isOwn = (imported: string) => imported.startsWith('src/') || imported.startsWith('machines/')
/** `src/shard/` is a folder, `src/errors.ts` a file. */
const isIn = (file: string, places: readonly string[]) =>
  places.some(place => (place.endsWith('/') ? file.startsWith(place) : file === place))

/** `file imports what`, for each import of `places` that `isAllowed` refuses. */
function offences(
  places: readonly string[],
  isAllowed: (imported: string, file: string) => boolean,
): readonly string[] {
  return SOURCES.filter(({ file }) => isIn(file, places)).flatMap(({ file, imports }) =>
    imports.filter(imported => !isAllowed(imported, file)).map(imported => `${file} imports ${imported}`),
  )
}

test('the files are found, and so are their imports', () => {
  const shard = SOURCES.find(({ file }) => file === 'src/shard/shard.ts')
  expect(shard?.imports).toContain('src/shard/running.ts')
  expect(SOURCES.filter(({ imports }) => imports.includes('kafkajs')).length).toBeGreaterThan(0)
  expect(SOURCES.some(({ file }) => file === 'machines/party-quest.ts')).toBe(true)
})

describe('a folder knows only what lies before it on the path of a command', () => {
  const GROUND = ['src/errors.ts', 'src/clock.ts']
  const OBSERVERS = ['alarm', 'back-off', 'log', 'reminder', 'telemetry', 'tracing'].map(name => `src/${name}.ts`)
  const CONTRACT = 'src/contract/'
  const PORT = ['src/transport/port.ts', 'src/transport/partitioner.ts', 'src/transport/sticky-assignment.ts']

  test.each([
    ['src/contract/', GROUND],
    ['machines/', [CONTRACT, 'src/errors.ts']],
    ['src/definitions/', [CONTRACT, 'machines/', 'src/errors.ts']],
    ['src/actor/', [CONTRACT, 'machines/', 'src/definitions/', 'src/errors.ts']],
    ['src/exploration/', [CONTRACT, 'machines/', 'src/definitions/', 'src/actor/', 'src/errors.ts']],
    ['src/chart/', [CONTRACT, 'machines/', 'src/errors.ts']],
    ['src/outbox/', [CONTRACT, ...GROUND]],
    ['src/ingress/', [CONTRACT, ...GROUND, ...OBSERVERS, 'src/transport/port.ts']],
    [
      'src/shard/',
      [
        CONTRACT,
        'machines/',
        'src/definitions/',
        'src/actor/',
        'src/outbox/',
        'src/journal/',
        ...GROUND,
        ...OBSERVERS,
        'src/transport/port.ts',
      ],
    ],
    ['src/journal/', [CONTRACT, 'machines/', 'src/actor/']],
    [
      'src/query/',
      [
        CONTRACT,
        'machines/',
        'src/definitions/',
        'src/actor/',
        'src/journal/',
        'src/shard/',
        'src/api/documents.ts',
        'src/api/view.ts',
        ...GROUND,
      ],
    ],
    [
      'src/peers/',
      [
        CONTRACT,
        'src/api/',
        'src/query/search.ts',
        'src/server-sent-events.ts',
        ...GROUND,
        ...OBSERVERS,
        'src/transport/port.ts',
      ],
    ],
    [
      'src/api/',
      [
        CONTRACT,
        'machines/',
        'src/definitions/',
        'src/chart/',
        'src/exploration/',
        'src/query/search.ts',
        ...GROUND,
        'src/alarm.ts',
        'src/log.ts',
        'src/transport/port.ts',
      ],
    ],
    ['src/http/', [CONTRACT, 'src/api/', 'src/inspect/', ...GROUND, 'src/alarm.ts', 'src/log.ts', ...PORT]],
    [
      'src/inspect/',
      [
        CONTRACT,
        'machines/',
        'src/journal/',
        'src/chart/',
        'src/api/documents.ts',
        'src/api/header-of.ts',
        'src/api/view.ts',
        ...GROUND,
        'src/alarm.ts',
        'src/log.ts',
      ],
    ],
    ['src/lookups/', [CONTRACT, ...GROUND, 'src/shard/lookup-runner.ts']],
    ['src/effects/', [CONTRACT, ...GROUND, 'src/shard/effect-runner.ts']],
    ['src/transport/port.ts', [CONTRACT]],
    ['src/transport/partitioner.ts', []],
    ['src/transport/sticky-assignment.ts', [CONTRACT]],
    ['src/transport/memory/', [CONTRACT, ...GROUND, ...PORT]],
    ['src/transport/kafka/', [CONTRACT, ...GROUND, ...OBSERVERS, ...PORT, 'src/config/log-source.ts']],
    ['src/console/', [CONTRACT]],
    ['src/errors.ts', []],
    ['src/clock.ts', []],
    ['src/server-sent-events.ts', []],
  ])('%s', (place, known) => {
    expect(offences([place], imported => !isOwn(imported) || isIn(imported, [place, ...known]))).toEqual([])
  })

  test('the contract takes of the clock its types alone', () => {
    const values = SOURCES.filter(({ file }) => file.startsWith(CONTRACT)).filter(({ text }) =>
      /^import (?!type)[^'"]*from '\.\.\/clock\.ts'/m.test(text),
    )
    expect(values.map(({ file }) => file)).toEqual([])
  })
})

describe('a package is known only where it is at home', () => {
  test.each([
    ['kafkajs', ['src/transport/kafka/']],
    ['xstate', ['machines/', 'src/actor/', 'src/exploration/']],
    [
      'zod',
      [
        'src/contract/',
        'src/definitions/',
        'src/config.ts',
        'src/config/',
        'src/lookups/',
        'src/peers/',
        'src/api/',
        'src/http/',
        'src/cli/',
      ].concat('src/transport/kafka/'),
    ],
    ['hono', ['src/api/', 'src/http/']],
    ['@hono/node-server', ['src/http/']],
    ['ws', ['src/inspect/']],
    ['commander', ['src/main.ts', 'src/cli/']],
    ['pino', ['src/log.ts']],
    ['pino-pretty', ['src/log.ts']],
    ['prom-client', ['src/metrics.ts', 'src/metrics/']],
    ['@opentelemetry/api', ['src/tracing/']],
    ['@opentelemetry/exporter-trace-otlp-http', ['src/tracing/']],
    ['@opentelemetry/resources', ['src/tracing/']],
    ['@opentelemetry/sdk-trace', ['src/tracing/']],
  ])('%s', (name, homes) => {
    expect(offences(['src/', 'machines/'], (imported, file) => imported !== name || isIn(file, homes))).toEqual([])
  })
})

test('nothing imports what wires everything, but what starts the process', () => {
  const WIRING = ['src/service.ts', 'src/main.ts']
  const STARTERS = ['src/main.ts', 'src/cli/']
  const isAllowed = (imported: string, file: string) => !WIRING.includes(imported) || isIn(file, STARTERS)
  expect(offences(['src/', 'machines/'], isAllowed)).toEqual([])
})

test('no adapter of the log is known outside of it, but to what opens one', () => {
  const ADAPTERS = ['src/transport/kafka/', 'src/transport/memory/']
  const isAllowed = (imported: string, file: string) =>
    !isIn(imported, ADAPTERS) || isIn(file, [...ADAPTERS, 'src/main.ts', 'src/cli/', 'src/service.ts'])
  expect(offences(['src/', 'machines/'], isAllowed)).toEqual([])
})

test('nothing of src imports a test, a script or a bench', () => {
  const isAllowed = (imported: string) => !isIn(imported, ['test/', 'scripts/', 'bench/'])
  expect(offences(['src/', 'machines/'], isAllowed)).toEqual([])
})

describe('the core is pure', () => {
  const PURE = ['src/contract/', 'machines/', 'src/actor/', 'src/exploration/', 'src/outbox/']

  test('it reads no file, no socket and no time, and writes no log', () => {
    const allowed = ['node:crypto', 'uuid', 'xstate', 'zod']
    expect(offences(PURE, imported => isOwn(imported) || allowed.includes(imported))).toEqual([])
    expect(offences(PURE, imported => !isIn(imported, ['src/log.ts', 'src/telemetry.ts', 'src/config.ts']))).toEqual([])
  })

  test('it awaits nothing', () => {
    const awaiting = SOURCES.filter(({ file, text }) => isIn(file, PURE) && /\b(?:await|async)\s/.test(code(text)))
    expect(awaiting.map(({ file }) => file)).toEqual([])
  })
})

test('time and randomness come in through src/clock.ts alone', () => {
  const OWN = /\b(?:Date\.now|setTimeout|setInterval|Math\.random|randomBytes|randomUUID|performance\.now)\(/
  // kafkajs's own queue of throttled requests is replaced there, and it reads kafkajs's time.
  const HOMES = ['src/clock.ts', 'src/transport/kafka/wire.ts']
  const offenders = SOURCES.filter(({ file, text }) => !isIn(file, HOMES) && OWN.test(code(text)))
  expect(offenders.map(({ file }) => file)).toEqual([])
})

test(`no file is longer than ${LINES_MAX} lines`, () => {
  const long = SOURCES.map(({ file, text }) => ({ file, lines: text.split('\n').length - 1 }))
  expect(long.filter(({ lines }) => lines > LINES_MAX)).toEqual([])
})

test('every file says in its first lines what it owns', () => {
  const silent = SOURCES.filter(({ text }) => !/^(?:#!.*\n)?\/\*\*/.test(text))
  expect(silent.map(({ file }) => file)).toEqual([])
})

test('no file has a name that says nothing', () => {
  const NAMELESS = /(?:^|\/)(?:utils?|helpers?|common|manager|types)\.ts$/
  expect(SOURCES.map(({ file }) => file).filter(file => NAMELESS.test(file))).toEqual([])
})

/** The text without comments: what they say is not done. */
function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '')
}
