/** A shard changes hands: who had it, asleep, late or killed, writes nothing more, and loses nothing for anybody. */
import { afterEach, describe, expect, test } from 'vitest'
import { FOUR_PASSES, quest, stage } from '../support/definitions.ts'
import { INTERNAL, ShardHarness } from '../support/shard-harness.ts'

const NOTHING = { events: [], warps: [], refused: [] }
const stages = [stage(0, { clearConditions: [FOUR_PASSES] }), stage(1)]
const solo = () => quest({ startRequirements: [], stages })

let harness: ShardHarness | undefined
afterEach(() => harness?.stop())

describe('a shard that another owner took', () => {
  test('flushes nothing any more, and comes back only after a newer sign of the group', async () => {
    harness = ShardHarness.withoutReplica({ definitions: [solo()] })
    const h = harness
    const first = await h.takeOver()
    await h.register(1001)
    h.seen()
    const second = await h.takeOver()
    await h.command('STAGE_ADVANCE', 1)
    await h.clock.advance(60_000)
    expect(h.seen().events).toEqual(['#1 STAGE_ADVANCED {"stageIndex":1,"mapIds":[110]}'])
    expect([first.shards.phases().get(0), second.shards.phases().get(0)]).toEqual(['closed', 'running'])
    expect(first.log.at('warn')).toEqual(['shard fenced: another owner took it'])

    await second.shards.close()
    first.heartbeatAt = h.clock.now()
    await h.clock.advance(1_000)
    expect(first.shards.phases().get(0)).toBe('running')
    await h.command('STAGE_CLEAR_ATTEMPT', 1)
    expect(h.seen().events).toHaveLength(1)
    expect([first.fatal, second.fatal]).toEqual([[], []])
  })

  test('does not take it back by a sign that is older than the fence', async () => {
    harness = ShardHarness.withoutReplica({ definitions: [solo()] })
    const h = harness
    const first = await h.takeOver()
    first.heartbeatAt = h.clock.now()
    await h.takeOver()
    await h.register(1001)
    await h.clock.advance(60_000)
    expect(first.shards.phases().get(0)).toBe('closed')
  })

  test('loses a commit that is under way whole: the new owner does the work', async () => {
    harness = await ShardHarness.start({ definitions: [solo()] })
    const h = harness
    await h.register(1001)
    h.seen()
    h.intercept(({ operation, phase, target }) => {
      if (operation !== 'sink.end' || phase !== 'before') return
      h.intercept(() => {})
      h.log.expireTransaction(target)
    })
    await h.command('STAGE_ADVANCE', 1)
    expect(h.seen()).toEqual(NOTHING)
    await h.restart()
    expect(h.seen().events).toEqual(['#1 STAGE_ADVANCED {"stageIndex":1,"mapIds":[110]}'])
  })

  test('and was killed on the way is taken over with all that it had committed', async () => {
    harness = ShardHarness.withoutReplica({ definitions: [solo()] })
    const h = harness
    const first = await h.takeOver()
    await h.register(1001)
    h.seen()
    first.kill()
    await h.command('STAGE_ADVANCE', 1)
    expect(h.seen()).toEqual(NOTHING)
    await h.takeOver()
    expect(h.seen().events).toEqual(['#1 STAGE_ADVANCED {"stageIndex":1,"mapIds":[110]}'])
  })

  test('and wakes to a log that was trimmed without it takes that for no loss', async () => {
    harness = ShardHarness.withoutReplica({ definitions: [solo()] })
    const h = harness
    const first = await h.takeOver()
    await h.register(1001)
    h.seen()
    let wake = () => {}
    const asleep = new Promise<void>(resolve => {
      wake = resolve
    })
    h.intercept(({ replica, operation }) =>
      replica === first.name && operation === 'reader.fetch' ? asleep : undefined,
    )
    await h.command('STAGE_ADVANCE', 1)
    const second = await h.takeOver()
    h.log.partition({ topic: INTERNAL.shardCommands, partition: 0 }).deleteBefore(2)
    h.seen()

    wake()
    await h.clock.settle()
    expect(first.log.at('fatal')).toEqual([])
    expect(first.shards.phases().get(0)).toBe('running')
    await second.shards.close()
    await h.command('STAGE_ADVANCE', 1)
    expect(h.seen().events).toEqual(['#1 COMPLETED {}', '#1 INSTANCE_DESTROYED {}'])
  })
})
