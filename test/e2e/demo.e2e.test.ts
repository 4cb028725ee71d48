/** `npm run demo` as somebody who sees the project for the first time: quests scroll by, and it ends when told to. */
import { describe, expect, it } from 'vitest'
import { executable, freePort } from '../cli/executable.ts'
import { eventually } from '../support/eventually.ts'

const run = executable()

describe('party-quests demo', () => {
  it('plays as many quests as it was asked to, shows how they end, and exits 0', async () => {
    const env = { REST_PORT: await freePort() }
    const demo = run({ args: ['demo', '--quests', '2', '--speed', '50', '--seed', '7'], env })
    expect(await demo.ended()).toBe(0)
    expect(demo.stdout.match(/^\S+ +status +COMPLETED +/gm)).toHaveLength(2)
    expect(demo.stdout.match(/^\S+ +status +INSTANCE_DESTROYED +/gm)).toHaveLength(2)
    expect(demo.stdout).toMatch(/^\S+ +command +REGISTER +/m)
    expect(demo.stdout).toMatch(/^\S+ +character +CHANGE_MAP +/m)
    expect(demo.stdout).not.toContain('dead-letter')
    expect(demo.stdout).not.toContain('\u001b')
  })

  it('goes on until Ctrl-C, answers HTTP meanwhile, and exits 0', async () => {
    const REST_PORT = await freePort()
    const demo = run({ args: ['demo', '--speed', '20'], env: { REST_PORT } })
    await eventually(() => demo.stdout.includes('INSTANCE_DESTROYED'), { limitMs: 15_000 })
    expect((await fetch(`http://127.0.0.1:${REST_PORT}/readyz`)).status).toBe(200)
    demo.kill('SIGINT')
    expect(await demo.ended()).toBe(0)
  })
})
