/** What a restored position says of topics that are not what they were, beyond what a remade topic shows. */
import { afterEach, expect, test } from 'vitest'
import { ShardHarness } from '../support/shard-harness.ts'

let harness: ShardHarness | undefined
afterEach(() => harness?.stop())

test('a topic that was read once and is gone for good keeps no shard down, though an older release noted no id of it', async () => {
  harness = await ShardHarness.start()
  await harness.register(1001)
  await harness.stop()
  const { topicIds, watermarks, ...position } = JSON.parse(harness.state().get('position') ?? '')
  const older = { ...position, watermarks: { ...watermarks, 'commands-of-last-year/3': 77 } }
  await harness.plantState('position', JSON.stringify(older))
  const replica = await harness.takeOver()
  await harness.clock.advance(10_000)
  expect([...replica.shards.phases()]).toEqual([[0, 'running']])
  expect([replica.log.at('warn'), replica.log.at('error')]).toEqual([[], []])
  expect(JSON.parse(harness.state().get('position') ?? '').watermarks).toMatchObject({ 'commands-of-last-year/3': 77 })
})
