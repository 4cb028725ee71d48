/** `party-quests play` as it is run: it ends by itself, says each operation, and says clearly what it cannot play. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { executable } from './executable.ts'

const folder = mkdtempSync(join(tmpdir(), 'play-'))
afterAll(() => rmSync(folder, { recursive: true }))
const run = executable()

async function play(...args: readonly string[]) {
  const running = run({ args: ['play', ...args], env: { BOOTSTRAP_SERVERS: '127.0.0.1:1' } })
  const code = await running.ended()
  return { code, stdout: running.stdout, stderr: running.stderr }
}

test('the shortest way to completion is played on the embedded log, whatever cluster is configured', async () => {
  const { code, stdout, stderr } = await play('definitions/henesys_pq.json')
  expect([code, stderr]).toEqual([0, ''])
  const [title, , ...lines] = stdout.trimEnd().split('\n')
  expect(title).toMatch(
    /^Rice Cakes Under a Full Moon \(henesys_pq\): the shortest way to complete, in \d+ operations$/,
  )
  expect(lines[0]).toMatch(/^0:00:00 {2}REGISTER character 1 +active, stage 0 +INSTANCE_CREATED, /)
  expect(lines.at(-2)).toMatch(/^0:00:00 {2}ENTER_BONUS +bonus +CHANGE_MAP to 910010200, BONUS_ENTERED 910010200$/)
  expect(lines.at(-1)).toMatch(
    /^0:05:00 {2}bonus timer +destroyed +CHANGE_MAP to 910010300 \(out\), INSTANCE_DESTROYED$/,
  )
})

test('--path plays to the end that it names, --json as lines of JSON', async () => {
  const { code, stdout } = await play('henesys_pq', '--path', 'time-expired', '--json')
  const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')
  expect([code, last.atMs, last.event.type]).toEqual([0, 600_000, 'timer.quest'])
  expect(last.messages[0]).toEqual({ type: 'FAILED', reason: 'time_expired' })
})

test('the same seed plays the same way', async () => {
  const [one, again] = [await play('henesys_pq', '--seed', '3'), await play('henesys_pq', '--seed', '3')]
  expect(one.code).toBe(0)
  expect(one.stdout).toContain('INSTANCE_DESTROYED')
  expect(again).toEqual(one)
})

test('a quest that nobody can play ends with exit code 2 and says where to ask why', async () => {
  const file = join(folder, 'empty.json')
  const definition = JSON.parse(readFileSync('definitions/henesys_pq.json', 'utf8'))
  writeFileSync(file, JSON.stringify({ ...definition, stages: [] }))
  const { code, stderr } = await play(file)
  expect(code).toBe(2)
  expect(stderr).toContain('henesys_pq: nobody can play it; party-quests check says why')
})

test.each([
  [
    ['henesys_pq', '--path', 'stage_time_expired'],
    '--path stage_time_expired: henesys_pq does not end so; it has complete, ',
  ],
  [['henesys_pq', '--path', 'fail', '--seed', '1'], "cannot be used with option '--path <end>'"],
  [['henesys_pq', '--seed', 'x'], 'It must be a whole number'],
  [[], "missing required argument 'definition'"],
])('play %j is wrong usage, and exits 2', async (args, message) => {
  const { code, stderr } = await play(...args)
  expect(code).toBe(2)
  expect(stderr).toContain(message)
})
