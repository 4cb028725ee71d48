/** Files to a catalogue: every fault of every file at once. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadDefinitions } from '../../src/definitions/loading.ts'
import { ConfigError } from '../../src/errors.ts'
import { questFixture } from './quest-fixture.ts'

let dir: string
const file = (name: string) => join(dir, name)
const write = (name: string, content: unknown) =>
  writeFile(file(name), typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content))

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'definitions-'))
})
afterEach(() => rm(dir, { recursive: true }))

async function faultsOf(directory = dir): Promise<readonly string[]> {
  const error: unknown = await loadDefinitions(directory).then(
    () => undefined,
    reason => reason,
  )
  if (!(error instanceof ConfigError)) throw error ?? new Error('it loaded')
  return error.faults
}

describe('a directory of definitions', () => {
  test('is read in the order of the names, *.json only, bare or as a JSON:API document, through symlinks', async () => {
    await mkdir(file('..data'))
    await write('..data/linked.json', questFixture({ questId: 'third' }))
    await symlink(join('..data', 'linked.json'), file('c.json'))
    await write('b.json', {
      data: { id: 'x', type: 'party-quest-definition', attributes: questFixture({ questId: 'second' }) },
    })
    await write('a.json', `\uFEFF\r\n${JSON.stringify(questFixture({ questId: 'first' }))}`)
    await write('notes.txt', 'not a definition')
    await write('._a.json', 'what another system leaves behind')
    const catalogue = await loadDefinitions(dir)
    expect(catalogue.all().map(({ definition }) => definition.questId)).toEqual(['first', 'second', 'third'])
    expect(catalogue.warnings).toEqual([])
  })

  test('gives every fault of every file in one error', async () => {
    await write('a.json', questFixture({ questId: 'a', exit: -1, advance: 'no' }))
    await write('b.json', questFixture({ questId: 'b' }))
    await write('c.json', '{"questId": "c",\n  "stages": [1,]}')
    await write('d.json', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]))
    await mkdir(file('e.json'))
    await write('f.json', '')
    expect(await faultsOf()).toEqual([
      `${file('a.json')}: $.exit: is not the map for everybody who leaves (value -1), give a whole number from 0 to 4294967295`,
      `${file('a.json')}: $.advance: is not a known way to advance (value "no"), use one of command, automatic`,
      `${file('c.json')}: line 2, column 16: is not JSON, expected a value there`,
      `${file('d.json')}: is not UTF-8, save it as UTF-8`,
      expect.stringMatching(/e\.json: cannot be read \(EISDIR.*\), make it readable or remove it$/),
      `${file('f.json')}: line 1, column 1: is not JSON, expected a value there`,
    ])
  })

  test('may define a quest once only, however wrong the second one is', async () => {
    await write('a.json', questFixture())
    await write('b.json', { data: { attributes: questFixture({ exit: -1 }) } })
    expect(await faultsOf()).toEqual([
      `${file('b.json')}: $.data.attributes.questId: is already defined in ${file('a.json')} (value "mill_pq"), give it another id or remove a file`,
      expect.stringContaining('b.json: $.data.attributes.exit: '),
    ])
  })

  test('that is not there is one fault that names the variable to set', async () => {
    const missing = file('nowhere')
    expect(await faultsOf(missing)).toEqual([
      expect.stringMatching(
        /nowhere: the directory of definitions cannot be read \(ENOENT.*\), make it or set DEFINITIONS_DIR$/,
      ),
    ])
  })

  test('that is empty loads with a warning', async () => {
    const { warnings } = await loadDefinitions(dir)
    expect(warnings).toEqual([`${dir}: holds no *.json, so no quest can be registered for`])
  })

  test('loads a quest without stages with a warning', async () => {
    await write('a.json', questFixture({ stages: [] }))
    const catalogue = await loadDefinitions(dir)
    expect(catalogue.get('mill_pq')?.definition.stages).toEqual([])
    expect(catalogue.warnings).toEqual([`${file('a.json')}: mill_pq has no stages, so it cannot be registered for`])
  })
})
