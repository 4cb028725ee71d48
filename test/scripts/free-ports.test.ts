/** Ports for brokers and services that start at the same time, in any number of processes. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { freePorts } from '../../scripts/kafka-broker/free-ports.ts'

const MODULE = new URL('../../dist/scripts/kafka-broker/free-ports.js', import.meta.url)
/** Of 9,000: whoever gives one out twice does it seven times in these. */
const MANY = 600
const ASK = (count: number) =>
  `import(${JSON.stringify(MODULE.href)}).then(async m => console.log(JSON.stringify(await m.freePorts(${count}))))`

it('no port is given out twice while the process lives that asked for it', async () => {
  const mine = await freePorts(50)
  const other = spawn(process.execPath, ['-e', `${ASK(50)}; setInterval(() => {}, 1000)`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = once(other, 'exit')
  const [text] = await once(other.stdout, 'data')
  const theirs: readonly number[] = JSON.parse(String(text))
  const third: readonly number[] = JSON.parse(execFileSync(process.execPath, ['-e', ASK(MANY)], { encoding: 'utf8' }))
  const all = [...mine, ...theirs, ...third]
  expect(new Set(all).size).toBe(50 + 50 + MANY)
  other.kill()
  await exit
})
