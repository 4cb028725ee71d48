/** `party-quests check` as a shell runs it: exit codes, and what is printed where. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { questFixture, stageFixture } from '../definitions/quest-fixture.ts'
import { executable } from './executable.ts'

const run = executable()
let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'check-'))
  const clearConditions = [{ type: 'item', operator: '>=', value: 1, referenceId: 1 }]
  const stages = [stageFixture(0, { clearConditions })]
  await writeFile(join(dir, 'fault.json'), JSON.stringify(questFixture({ stages, exit: 0 })))
  await writeFile(join(dir, 'warning.json'), JSON.stringify(questFixture({ stages, duration: 0 })))
  await writeFile(join(dir, 'broken.json'), '{')
})
afterAll(() => rm(dir, { recursive: true }))

describe('the exit code', () => {
  it.each([
    ['the definitions that ship, even if strict', ['definitions', '--strict'], 0],
    ['a fault', ['fault.json'], 1],
    ['a text that is no JSON', ['broken.json'], 1],
    ['a warning', ['warning.json'], 0],
    ['a warning, if strict', ['warning.json', '--strict'], 1],
    ['a path that is not there, beside a fault', ['fault.json', 'nowhere'], 2],
    ['an unknown option', ['--fast'], 2],
  ])('of %s is as it should be', async (_, args, code) => {
    const paths = args.map(arg => (arg.endsWith('.json') ? join(dir, arg) : arg))
    expect(await run({ args: ['check', ...paths] }).ended()).toBe(code)
  })

  it('is 2 for a variable that the rules are read from and that is wrong', async () => {
    const check = run({ args: ['check', 'definitions'], env: { BONUS_LIMIT_SECONDS: 'long' } })
    expect(await check.ended()).toBe(2)
    expect(check.stderr).toContain('BONUS_LIMIT_SECONDS=')
  })
})

it('the report is standard output, and without a terminal nothing else is printed', async () => {
  const check = run({ args: ['check', '--json', join(dir, 'fault.json')] })
  expect(await check.ended()).toBe(1)
  expect(check.stderr).toBe('')
  expect(JSON.parse(check.stdout).faults).toBe(1)
})
