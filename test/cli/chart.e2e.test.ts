/** `party-quests chart` as it is run: three formats, a file or a questId, and a clear word where that cannot be. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { executable } from './executable.ts'

const folder = mkdtempSync(join(tmpdir(), 'chart-'))
afterAll(() => rmSync(folder, { recursive: true }))

const run = executable()

async function chart(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const running = run({ args: ['chart', ...args], env })
  const code = await running.ended()
  return { code, stdout: running.stdout, stderr: running.stderr }
}
const LUDI = 'definitions/ludi_pq.json'

test('a file and the questId in it give the same Mermaid', async () => {
  const [byFile, byId] = [await chart([LUDI]), await chart(['ludi_pq'])]
  expect(byFile.code).toBe(0)
  expect(byFile.stdout).toMatch(/^stateDiagram-v2\n {2}direction TB\n/)
  expect(byId).toEqual(byFile)
})

test('the timers that a definition leaves to the deployment have the times of the environment', async () => {
  const { stdout } = await chart(['ludi_pq'], { LOBBY_LIMIT_SECONDS: '90' })
  expect(stdout).toContain('lobby timer 1 min 30 s')
})

test('-o writes the SVG to a file, and nothing to standard output', async () => {
  const file = join(folder, 'ludi.svg')
  expect(await chart([LUDI, '--format', 'svg', '-o', file])).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(readFileSync(file, 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/)
})

test('--xstate is --format xstate: JSON, with or without a quest', async () => {
  const { stdout } = await chart([LUDI, '--xstate'])
  expect(JSON.parse(stdout)).toMatchObject({
    id: 'party-quest',
    context: { rules: { definition: { questId: 'ludi_pq' } } },
  })
  expect((await chart([LUDI, '--format', 'xstate'])).stdout).toBe(stdout)
  expect(JSON.parse((await chart(['--xstate'])).stdout)).not.toHaveProperty('context')
})

test.each([
  ['no such quest', ['nowhere_pq'], 'nowhere_pq: is neither a file nor a quest of '],
  ['no such file', ['nowhere.json'], 'nowhere.json: cannot be read'],
  ['no definition', ['package.json'], 'package.json: $.questId: is missing'],
  ['a picture of the machine that nobody draws', ['--format', 'svg'], '--format svg needs a definition'],
  ['a file that cannot be written', [LUDI, '-o', '/nowhere/ludi.svg'], '--output /nowhere/ludi.svg: cannot be written'],
  ['an unknown format', ['--format', 'png'], 'Allowed choices are mermaid, svg, xstate'],
])('%s ends with exit code 2 and says so', async (_, args, message) => {
  const { code, stdout, stderr } = await chart(args)
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain(message)
})
