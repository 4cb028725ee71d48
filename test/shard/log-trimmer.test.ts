/** What a shard has committed is deleted from `shard-commands`, and never anything else. */
import { afterEach, expect, test } from 'vitest'
import { TransportUnavailableError } from '../../src/errors.ts'
import { quest } from '../support/definitions.ts'
import { INTERNAL, ShardHarness } from '../support/shard-harness.ts'

let harness: ShardHarness | undefined
afterEach(() => harness?.stop())
async function start(): Promise<ShardHarness> {
  harness = await ShardHarness.start({ definitions: [quest({ startRequirements: [] })] })
  return harness
}
const commands = (h: ShardHarness) => h.log.partition({ topic: INTERNAL.shardCommands, partition: 0 })

test('the records that are done with go after a while, from an idle shard too, and only those', async () => {
  const h = await start()
  await h.register(1001)
  expect(commands(h).earliest).toBe(0)
  await h.clock.advance(31_000)
  await h.register(1002)
  expect([commands(h).earliest, commands(h).end]).toEqual([1, 2])
  await h.clock.advance(61_000)
  expect([commands(h).earliest, commands(h).end]).toEqual([2, 2])
  await h.restart()
  await h.register(1003)
  expect(h.seen().events.filter(line => line.includes('CREATED'))).toHaveLength(3)
})

test('a deletion that fails is tried again with a later commit', async () => {
  const h = await start()
  let failures = 0
  h.intercept(({ operation, phase }) => {
    if (operation !== 'admin.deleteRecords' || phase !== 'before' || failures > 0) return
    failures++
    throw new TransportUnavailableError('away')
  })
  for (const character of [1001, 1002, 1003]) {
    await h.clock.advance(31_000)
    await h.register(character)
  }
  expect(failures).toBe(1)
  expect(commands(h).earliest).toBeGreaterThanOrEqual(2)
})
