/** The executable as its users meet it: a service in one process, `send` and `tail` in others, signals and exit codes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { executable, freePort } from '../cli/executable.ts'
import { eventually } from '../support/eventually.ts'

const run = executable()

async function startedService() {
  const REST_PORT = await freePort()
  const url = `http://127.0.0.1:${REST_PORT}`
  const service = run({ args: ['start'], env: { REST_PORT } })
  await eventually(async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.status === 200)
  return { service, url }
}

describe('party-quests start', () => {
  it('plays a quest that is sent on the command line, shows it in tail, and stops cleanly on SIGTERM', async () => {
    const { service, url } = await startedService()
    const tail = run({ args: ['tail', '--url', url] })
    await eventually(() => tail.stderr.includes('following'))

    const register = ['--quest', 'henesys_pq', '--party', '88', '--character', '1001', '--channel', '1']
    const send = run({ args: ['send', 'REGISTER', ...register, '--url', url] })
    expect(await send.ended()).toBe(0)
    expect(JSON.parse(send.stdout)).toMatchObject({ type: 'REGISTER', body: { questId: 'henesys_pq', partyId: 88 } })
    await eventually(() => /status +STARTED +\S+ +henesys_pq +stageIndex 0/.test(tail.stdout))

    const json = run({ args: ['tail', '--url', url, '--from', 'earliest', '--topic', 'status', '--json'] })
    const started = await eventually(() => json.stdout.split('\n').find(line => line.includes('"STARTED"')))
    const { instanceId }: { instanceId: string } = JSON.parse(started).value
    const body = { instanceId }
    const lines = [0, 1].map(() => JSON.stringify({ worldId: 0, characterId: 1001, type: 'STAGE_ADVANCE', body }))
    expect(await run({ args: ['send', '-', '--url', url], input: lines.join('\n') }).ended()).toBe(0)
    await eventually(() => /status +COMPLETED +\S+ +henesys_pq/.test(tail.stdout))

    tail.kill('SIGINT')
    json.kill('SIGTERM')
    expect([await tail.ended(), await json.ended()]).toEqual([0, 0])
    service.kill('SIGTERM')
    expect(await service.ended()).toBe(0)
    expect(service.stdout).toContain('EMBEDDED LOG')
    expect(service.stdout.trimEnd().split('\n').at(-1)).toContain('"msg":"stopped"')
  })

  it('shows in tail only the instance that was asked for', async () => {
    const { service, url } = await startedService()
    const tail = run({ args: ['tail', '--url', url, '--instance', '00000000'] })
    await eventually(() => tail.stderr.includes('following'))
    const nobody = '00000000-0000-8000-8000-000000000009'
    await run({ args: ['send', 'REGISTER', '--quest', 'henesys_pq', '--character', '7', '--url', url] }).ended()
    await run({ args: ['send', 'START', '--instance', nobody, '--character', '7', '--url', url] }).ended()
    await eventually(() => tail.stdout.includes('INSTANCE_NOT_FOUND'))
    expect(tail.stdout).not.toContain('INSTANCE_CREATED')
    service.kill('SIGINT')
    expect([await service.ended(), await tail.ended()]).toEqual([0, 1])
    expect(tail.stderr).toContain('the service has stopped')
  })

  it('says that it is not ready, and is live, while no broker answers, and still stops cleanly', async () => {
    const [REST_PORT, nobody] = [await freePort(), await freePort()]
    const env = { REST_PORT, REST_HOST: '127.0.0.1', BOOTSTRAP_SERVERS: `127.0.0.1:${nobody}` }
    const service = run({ args: ['start'], env })
    const url = `http://127.0.0.1:${REST_PORT}`
    const ready = await eventually(() => fetch(`${url}/readyz`).catch(() => undefined))
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { ready: false, missing: [expect.stringMatching(/^no broker has let us in yet/)], shards: {} },
    ])
    expect((await fetch(`${url}/livez`)).status).toBe(200)
    expect((await fetch(`${url}/api/messages`)).status).toBe(503)
    service.kill('SIGTERM')
    expect(await service.ended()).toBe(0)
  })

  it('tells every fault of variables and definitions together, and exits 2', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'definitions-'))
    onTestFinished(() => rmSync(dir, { recursive: true }))
    writeFileSync(join(dir, 'bad.json'), '{"questId":"x"}')
    const service = run({ args: ['start'], env: { SHARDS: '0', REST_PORT: 'x', DEFINITIONS_DIR: dir } })
    expect(await service.ended()).toBe(2)
    expect(service.stderr).toMatch(/^party-quests: \d+ faults\n/)
    for (const fault of [/^ {2}SHARDS="0": /m, /^ {2}REST_PORT="x": /m, /^ {2}.*bad\.json: \$\.name: /m]) {
      expect(service.stderr).toMatch(fault)
    }
    expect(service.stdout).toBe('')
  })

  it('exits 2 and names REST_PORT when its port is taken', async () => {
    const { service, url } = await startedService()
    const second = run({ args: ['start'], env: { REST_PORT: new URL(url).port } })
    expect(await second.ended()).toBe(2)
    expect(second.stderr).toContain('REST_PORT=')
    service.kill('SIGTERM')
    expect(await service.ended()).toBe(0)
  })
})

describe('the exit code', () => {
  it.each([
    ['an unknown command', ['dance'], 2],
    ['no command', [], 2],
    ['an unknown option', ['start', '--fast'], 2],
    ['an argument too many', ['start', 'now'], 2],
    ['a command of an unknown type', ['send', 'DANCE'], 2],
    ['a type without what it needs', ['send', 'START'], 2],
    ['an unknown topic', ['tail', '--topic', 'all'], 2],
    ['help', ['--help'], 0],
    ['help of start', ['start', '--help'], 0],
    ['help of demo', ['demo', '--help'], 0],
    ['help of send', ['send', '--help'], 0],
    ['help of tail', ['tail', '--help'], 0],
    ['help of check', ['check', '--help'], 0],
    ['the definitions that ship', ['check', 'definitions'], 0],
    ['definitions that are not there', ['check', 'nowhere'], 2],
  ])('of %s is as it should be', async (_, args, code) => {
    expect(await run({ args }).ended()).toBe(code)
  })

  it('of a line that is no command is 2, and names the line; what stood before it is sent', async () => {
    const { service, url } = await startedService()
    const input = '{"type":"OF_ANOTHER_SERVICE"}\n\nnonsense\n'
    const send = run({ args: ['send', '--url', url], input })
    expect(await send.ended()).toBe(2)
    expect(send.stdout).toBe('{"type":"OF_ANOTHER_SERVICE"}\n')
    expect(send.stderr).toContain('line 3: ')
    service.kill('SIGTERM')
    expect(await service.ended()).toBe(0)
  })

  it('is 1 where no service answers, and the message says what to do', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    for (const args of [
      ['tail', '--url', url],
      ['send', 'FORFEIT', '--character', '1', '--url', url, '--instance', '00000000-0000-8000-8000-000000000009'],
    ]) {
      const command = run({ args })
      expect(await command.ended()).toBe(1)
      expect(command.stderr).toMatch(/no service answers at .*BOOTSTRAP_SERVERS/)
    }
  })
})
