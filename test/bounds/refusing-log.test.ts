/** A log that takes reads and refuses what is written: tries get rarer, lines too, and when it is mended all goes on. */
import { afterEach, expect, test } from 'vitest'
import { TransportUnavailableError } from '../../src/errors.ts'
import type { LogOperation } from '../../src/transport/memory/fault-gate.ts'
import { quest } from '../support/definitions.ts'
import { ShardHarness } from '../support/shard-harness.ts'

let harness: ShardHarness | undefined
afterEach(() => harness?.stop())

async function scene() {
  const h = ShardHarness.withoutReplica({ definitions: [quest({ startRequirements: [] })] })
  harness = h
  const calls = new Map<LogOperation, number>()
  const refuse = (refused: LogOperation) =>
    h.intercept(({ operation, phase }) => {
      if (phase !== 'before') return
      calls.set(operation, (calls.get(operation) ?? 0) + 1)
      if (operation === refused) throw new TransportUnavailableError('too few copies')
    })
  const replica = await h.takeOver()
  return { h, replica, refuse, calls }
}

test('a shard whose commits are refused is restored less and less often, not in each moment', async () => {
  const { h, replica, refuse, calls } = await scene()
  refuse('sink.write')
  await h.register(1001)
  await h.clock.advance(60_000)
  const lives = calls.get('sink.fence') ?? 0
  // Without a back-off that lasts over such lives it were hundreds.
  expect(lives).toBeGreaterThanOrEqual(10)
  expect(lives).toBeLessThanOrEqual(60)
  expect(replica.log.at('warn').length).toBeLessThanOrEqual(lives + 1)
  expect(replica.shards.troubles().get(0)).toBe('too few copies')

  h.intercept(() => {})
  await h.clock.advance(10_000)
  expect(h.seen().events).toEqual([
    '#1 INSTANCE_CREATED {"partyId":0,"channelId":1}',
    '#1 STARTED {"stageIndex":0,"mapIds":[100]}',
  ])
  expect([replica.shards.troubles().size, replica.fatal]).toEqual([0, []])
})

test('what cannot be deleted from shard-commands is tried twice a minute and said as often, from the third time on', async () => {
  const { h, replica, refuse, calls } = await scene()
  refuse('admin.deleteRecords')
  for (let character = 0; character < 40; character++) {
    await h.clock.advance(10_000)
    await h.register(1001 + character)
  }
  const tries = calls.get('admin.deleteRecords') ?? 0
  expect(tries).toBeGreaterThanOrEqual(10)
  expect(tries).toBeLessThanOrEqual(14)
  const warnings = replica.log.at('warn')
  expect(warnings.length).toBe(tries - 2)
  expect(new Set(warnings)).toEqual(
    new Set(['what was committed of shard-commands cannot be deleted, and takes its disk: is it allowed to?']),
  )
})
