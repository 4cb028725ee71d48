/**
 * Trap: a topic is deleted, and perhaps made again under its name, while the service runs or while it is stopped. Its
 * offsets then mean other records: what is new would be taken for a copy of what is old, and dropped in silence.
 * Promise: whoever rests on it stops, says so, and is neither live nor ready; nothing is dropped, nothing begins anew.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConfigError } from '../../src/errors.ts'
import { A_WHILE_MS, fatals, MemoryScene, type Replica, SHARDS } from './memory-scene.ts'

let scene: MemoryScene
beforeEach(() => {
  scene = new MemoryScene()
})
afterEach(() => scene.close())

const CURE = 'another INTERNAL_TOPIC_PREFIX'

function expectStopped(replica: Replica, topic: string): void {
  const { isLive, missing, shards } = replica.service.status()
  expect(isLive).toBe(false)
  expect(missing.join()).toContain(topic)
  expect(new Set(Object.values(shards))).toEqual(new Set(['dead']))
  expect(fatals(replica).join()).toContain(topic)
  expect(fatals(replica).join()).toContain(CURE)
  expect(replica.fatal).toEqual([])
}

/** The offset that the shard of each command has applied, by its position record. */
async function refusal(starting: Promise<Replica>): Promise<readonly string[]> {
  const error = await starting.then(
    () => undefined,
    reason => reason,
  )
  expect(error).toBeInstanceOf(ConfigError)
  return error instanceof ConfigError ? error.faults : []
}

describe('the command topic, made anew', () => {
  it.each([
    ['shorter than it was', 1],
    ['longer than it was', 6],
  ])('while the service runs and %s, is refused, and not one record of it is forwarded', async (_, records) => {
    const a = await scene.replica('a')
    await scene.register(1, 2, 3)
    const before = scene.records(scene.shardCommands).length
    scene.remake(scene.topics.commands)
    await scene.register(...Array.from({ length: records }, (_, index) => 11 + index))
    await scene.clock.advance(A_WHILE_MS)
    expectStopped(a, scene.topics.commands)
    expect(scene.registered()).toEqual([1, 2, 3, ...scene.registered().filter(id => id > 10)])
    // Those of the longer one that lie behind the old end may have been forwarded before anybody could know.
    const forwarded = scene.records(scene.shardCommands).length - before
    expect(forwarded).toBeLessThanOrEqual(Math.max(0, records - 3))
  })

  it.each([
    ['shorter than it was', 1],
    ['longer than it was', 6],
  ])('while the service is stopped and %s, is refused by every shard that knows it', async (_, records) => {
    await scene.stop(await scene.replica('a'))
    const a = await scene.replica('a')
    await scene.register(1, 2, 3, 4, 5, 6, 7, 8)
    await scene.stop(a)
    scene.remake(scene.topics.commands)
    await scene.register(...Array.from({ length: records }, (_, index) => 11 + index))
    const again = await scene.replica('a')
    await scene.clock.advance(A_WHILE_MS)
    expectStopped(again, scene.topics.commands)
    expect(scene.registered()).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  it('is refused by shards that run on another replica than the ingress that is given it', async () => {
    const a = await scene.replica('a')
    const b = await scene.replica('b')
    await scene.register(1, 2, 3)
    scene.remake(scene.topics.commands)
    await scene.clock.advance(A_WHILE_MS)
    for (const replica of [a, b]) expectStopped(replica, scene.topics.commands)
    const c = await scene.replica('c')
    await scene.register(11, 12, 13)
    await scene.clock.advance(A_WHILE_MS)
    expect(c.service.status().isLive && c.service.status().missing.length === 0).toBe(false)
    expect(scene.registered()).toEqual([1, 2, 3])
  })
})

describe('the command topic, gone', () => {
  it('is waited for and told of, live but not ready; timers go on', async () => {
    const a = await scene.replica('a')
    await scene.register(1)
    scene.log.deleteTopic(scene.topics.commands)
    await scene.clock.advance(A_WHILE_MS)
    const { isLive, missing, shards } = a.service.status()
    expect(isLive).toBe(true)
    expect(missing).toContain(`topic ${scene.topics.commands} does not exist any more`)
    expect(new Set(Object.values(shards))).toEqual(new Set(['running']))
    expect(a.log.at('error').filter(line => line.includes('command topic does not exist'))).toHaveLength(1)
  })
})

describe.each([
  ['shard-commands', (s: MemoryScene) => [s.shardCommands]],
  ['shard-state', (s: MemoryScene) => [s.shardState]],
  ['both internal topics', (s: MemoryScene) => [s.shardCommands, s.shardState]],
])('%s', (_, topicsOf) => {
  it('gone while the service runs: every shard is dead, and says which topic and what to do', async () => {
    const a = await scene.replica('a')
    await scene.register(1, 2, 3)
    for (const topic of topicsOf(scene)) scene.log.deleteTopic(topic)
    await scene.clock.advance(A_WHILE_MS)
    expectStopped(a, topicsOf(scene)[0] ?? '')
    const lines = fatals(a).length
    await scene.clock.advance(10 * A_WHILE_MS)
    expect(fatals(a)).toHaveLength(lines)
  })

  it('made anew while the service runs: every shard is dead, and what comes stays where it is', async () => {
    const a = await scene.replica('a')
    await scene.register(1, 2, 3)
    for (const topic of topicsOf(scene)) scene.remake(topic)
    await scene.clock.advance(A_WHILE_MS)
    expectStopped(a, topicsOf(scene)[0] ?? '')
    await scene.register(4)
    expect(scene.registered()).toEqual([1, 2, 3])
    expect(scene.log.group('party-quest.ingress').committed([{ topic: scene.topics.commands, partition: 0 }])).toEqual([
      3,
    ])
  })

  it('gone while the service is stopped: the start refuses to make them anew', async () => {
    const a = await scene.replica('a')
    await scene.register(1, 2, 3)
    await scene.stop(a)
    for (const topic of topicsOf(scene)) scene.log.deleteTopic(topic)
    const faults = await refusal(scene.replica('a'))
    for (const topic of topicsOf(scene)) {
      expect(faults.join()).toContain(`internal topic ${topic} is gone`)
      expect(scene.log.describe(topic)).toBeUndefined()
    }
    expect(faults.join()).toContain(CURE)
  })

  it('made anew while the service is stopped: no start forgets the instances that there were', async () => {
    const a = await scene.replica('a')
    await scene.register(1, 2, 3)
    await scene.stop(a)
    for (const topic of topicsOf(scene)) scene.remake(topic)
    const again = await scene.replica('a').then(
      replica => replica,
      error => error,
    )
    if (again instanceof ConfigError) {
      expect(again.message).toContain(`${scene.shardCommands} was deleted and made again`)
      return
    }
    await scene.register(1)
    const { isLive, shards } = again.service.status()
    expect(isLive).toBe(false)
    expect(fatals(again).join()).toContain(scene.shardState)
    // A shard that had done nothing has lost nothing.
    expect(Object.values(shards)).toContain('dead')
    expect(scene.registered()).toEqual([1, 2, 3])
  })
})

describe('an offset lost', () => {
  it('of the ingress only, has all commands forwarded again, and none done twice', async () => {
    const a = await scene.replica('a')
    await scene.register(1, 2, 3)
    await scene.stop(a)
    const place = { topic: scene.topics.commands, partition: 0 }
    scene.log.group('party-quest.ingress').forgetOffsets([place])
    scene.log
      .group('party-quest.shards')
      .forgetOffsets(Array.from({ length: SHARDS }, (_, partition) => ({ topic: scene.shardCommands, partition })))
    await scene.replica('a')
    await scene.register(4)
    expect(scene.registered()).toEqual([1, 2, 3, 4])
    expect(scene.records(scene.shardCommands).length).toBeGreaterThan(4)
  })
})

describe('SHARDS', () => {
  it('changed between two starts is refused, even where the topics were changed with it', async () => {
    const a = await scene.replica('a')
    await scene.register(1, 2, 3)
    await scene.stop(a)
    expect((await refusal(scene.replica('a', { shards: SHARDS + 1 }))).join()).toContain(`Set SHARDS=${SHARDS}`)
  })

  it('rules where a record goes, whatever partitions an operator adds to a running topic; he is told', async () => {
    const a = await scene.replica('a')
    await scene.register(1, 2, 3)
    scene.log.addPartitions(scene.shardCommands, 3)
    scene.log.addPartitions(scene.shardState, 3)
    await scene.clock.advance(A_WHILE_MS)
    await scene.register(...Array.from({ length: 40 }, (_, index) => 11 + index))
    const { shards, missing } = a.service.status()
    expect([Object.keys(shards).map(Number), missing]).toEqual([[0, 1, 2, 3], []])
    expect(
      scene.log
        .partitions(scene.shardCommands)
        .slice(SHARDS)
        .map(({ end }) => end),
    ).toEqual([0, 0, 0])
    expect(scene.registered()).toHaveLength(43)
    expect(a.log.at('error').filter(line => line.includes('more partitions')).length).toBe(2)

    // The next start knows by what was handed over that its shards are the first of them.
    await a.service.close()
    const b = await scene.replica('b')
    await scene.register(101)
    expect(b.service.status()).toMatchObject({ isLive: true, missing: [] })
    expect(scene.registered()).toHaveLength(44)
    expect(b.log.at('error').filter(line => line.includes('more partitions')).length).toBe(2)
  })
})
