/** The ingress on the memory log: every record forwarded to its shard, at least once, in order, whatever fails. */
import { afterEach, describe, expect, test } from 'vitest'
import { routeOf } from '../../src/contract/routing.ts'
import { TransportUnavailableError } from '../../src/errors.ts'

import { PARTITIONS, Scene, SHARDS } from './ingress-scene.ts'

const start = (worldId: number) =>
  JSON.stringify({ worldId, characterId: 1, type: 'REGISTER', body: { questId: 'mill_pq', channelId: 1 } })

let scene: Scene
afterEach(() => scene.close())

test('an offset that the group has lost is committed again, though nothing new has come', async () => {
  scene = new Scene()
  await scene.ingress('a')
  await scene.publish(start(0))
  await scene.publish(start(1), 2)
  await scene.clock.advance(1000)
  expect(scene.committed()).toEqual([1, undefined, 1, undefined])
  scene.forgetOffsets()
  await scene.clock.advance(1000)
  expect(scene.committed()).toEqual([1, undefined, 1, undefined])
})

describe('a record', () => {
  test('goes to the shard that its bytes name, as it is, with its origin', async () => {
    scene = new Scene()
    const { fatal } = await scene.ingress('a')
    for (let worldId = 0; worldId < 12; worldId++) await scene.publish(start(worldId))
    const expected: string[][] = Array.from({ length: SHARDS }, () => [])
    for (const record of scene.public().read(0, 100).records) {
      const route = routeOf(record, SHARDS)
      if (route.kind === 'shard') expected[route.shard]?.push(`0@${record.offset}`)
    }
    expect(scene.forwarded()).toEqual(expected)
    expect(expected.every(shard => shard.length > 0)).toBe(true)
    expect(fatal).toEqual([])
  })

  test('that is malformed is forwarded too: its shard writes the dead letter', async () => {
    scene = new Scene()
    await scene.ingress('a')
    await scene.publish('{')
    await scene.publish('', 1, [])
    expect(scene.all()).toEqual(['0@0', '1@0'])
  })

  test('of a type that is not ours is skipped and counted, and its offset is committed', async () => {
    scene = new Scene()
    const { told } = await scene.ingress('a')
    await scene.publish('{"type":"WARP_WHOLE_WORLD","worldId":"not looked at"}')
    await scene.clock.advance(1000)
    expect([scene.all(), told, scene.committed()[0]]).toEqual([[], ['WARP_WHOLE_WORLD skipped', '1 records'], 1])
  })

  test('that was there before the group was is forwarded', async () => {
    scene = new Scene()
    await scene.publish(start(0))
    await scene.ingress('a')
    expect(scene.all()).toEqual(['0@0'])
  })
})

describe('an append that fails', () => {
  test.each(['before', 'after'] as const)('%s it took effect sends the same batch again, in order', async phase => {
    scene = new Scene()
    const { log } = await scene.ingress('a')
    let failures = 2
    scene.intercept(call => {
      if (call.replica !== 'a' || call.operation !== 'appender.append' || call.phase !== phase) return
      if (failures-- > 0) throw new TransportUnavailableError('away')
    })
    for (const partition of [0, 1]) {
      await scene.publish('{"type":"START"}', partition)
      await scene.publish('{"type":"FORFEIT"}', partition)
    }
    await scene.clock.advance(5000)
    const once = ['0@0', '0@1', '1@0', '1@1']
    expect([...new Set(scene.all())]).toEqual(once)
    // The first copy of a record never comes before the first copy of the one before it.
    for (const shard of scene.forwarded()) {
      const firsts = [...new Set(shard)].filter(name => name.startsWith('0@'))
      expect(firsts).toEqual([...firsts].sort())
    }
    expect(scene.all().length > once.length).toBe(phase === 'after')
    // Said at once, and not again with each try.
    expect(log.at('warn')).toEqual(['ingress cannot append, sending the same batch again'])
  })

  test('because one record does not fit is sent without the bytes of that one, and the others whole', async () => {
    scene = new Scene({ shardRecordBytesMax: 4000 })
    const { log } = await scene.ingress('a')
    await scene.publish('{"type":"START"}')
    await scene.publish(`{"type":"START","filler":"${'x'.repeat(5000)}"}`)
    await scene.publish('{"type":"FORFEIT"}')
    await scene.clock.advance(60_000)
    expect(scene.all()).toEqual(['0@0', '0@2', 'oversized'])
    expect(scene.committed()[0]).toBe(3)
    expect(new Set(log.at('error'))).toEqual(
      new Set(['a record does not fit shard-commands: raise its max.message.bytes']),
    )
  })

  test('commits no offset until it is acknowledged', async () => {
    scene = new Scene()
    await scene.ingress('a')
    scene.intercept(({ operation, replica }) => {
      if (operation === 'appender.append' && replica === 'a') throw new TransportUnavailableError('away')
    })
    await scene.publish(start(0))
    await scene.clock.advance(10_000)
    expect([scene.committed()[0], scene.all()]).toEqual([undefined, []])
    scene.intercept(() => {})
    await scene.clock.advance(5000)
    expect([scene.committed()[0], scene.all()]).toEqual([1, ['0@0']])
  })

  test('is left to the next one by an ingress that is closed meanwhile', async () => {
    scene = new Scene()
    const { ingress } = await scene.ingress('a')
    scene.intercept(({ operation, replica }) => {
      if (operation === 'appender.append' && replica === 'a') throw new TransportUnavailableError('away')
    })
    await scene.publish(start(0))
    await ingress.close()
    expect(scene.committed()[0]).toBeUndefined()
    await scene.ingress('b')
    expect(scene.all()).toEqual(['0@0'])
  })
})

describe('offsets', () => {
  test('are committed a moment after the acknowledgement, not with each record', async () => {
    scene = new Scene()
    let commits = 0
    await scene.ingress('a')
    scene.intercept(({ operation, phase }) => {
      if (operation === 'group.commit' && phase === 'before') commits++
    })
    for (let count = 0; count < 10; count++) await scene.publish(start(count))
    await scene.clock.advance(1000)
    expect([commits, scene.committed()[0]]).toEqual([1, 10])
  })

  test('are committed by close, whatever the moment', async () => {
    scene = new Scene()
    const { ingress } = await scene.ingress('a')
    await scene.publish(start(0))
    await ingress.close()
    expect(scene.committed()[0]).toBe(1)
  })

  test('that cannot be committed now are committed later', async () => {
    scene = new Scene()
    await scene.ingress('a')
    scene.intercept(({ operation }) => {
      if (operation === 'group.commit') throw new TransportUnavailableError('away')
    })
    await scene.publish(start(0))
    await scene.clock.advance(1000)
    expect(scene.committed()[0]).toBeUndefined()
    scene.intercept(() => {})
    await scene.clock.advance(1000)
    expect(scene.committed()[0]).toBe(1)
  })
})

describe('a rebalance', () => {
  const publishAll = async (from: number, to: number) => {
    for (let number = from; number < to; number++) {
      for (const partition of PARTITIONS) await scene.publish(start(number), partition)
    }
  }
  const names = (count: number) =>
    PARTITIONS.flatMap(partition => Array.from({ length: count }, (_, offset) => `${partition}@${offset}`)).sort()

  test('hands partitions over without a loss, when one joins and when one leaves', async () => {
    scene = new Scene()
    const first = await scene.ingress('a')
    await publishAll(0, 3)
    const second = await scene.ingress('b')
    await publishAll(3, 6)
    await first.ingress.close()
    await publishAll(6, 9)
    expect([...new Set(scene.all())]).toEqual(names(9))
    expect(second.told.length).toBeGreaterThan(0)
    expect([...first.fatal, ...second.fatal]).toEqual([])
  })

  test('takes over from one that died, from where it had committed', async () => {
    scene = new Scene()
    await scene.ingress('a')
    await scene.ingress('b')
    await publishAll(0, 2)
    await scene.clock.advance(1000)
    scene.disconnect('a')
    await publishAll(2, 4)
    await scene.clock.advance(20_000)
    await publishAll(4, 5)
    expect([...new Set(scene.all())]).toEqual(names(5))
    expect(scene.committed().length).toBe(PARTITIONS.length)
  })
})

test('a committed offset that is not in the log any more: on at the earliest record, and loudly', async () => {
  scene = new Scene()
  const first = await scene.ingress('a')
  await scene.publish(start(0))
  await first.ingress.close()
  for (let number = 1; number < 6; number++) await scene.publish(start(number))
  scene.public().deleteBefore(4)
  const { log, fatal, told } = await scene.ingress('b')
  await scene.clock.advance(1000)
  expect(scene.all()).toEqual(['0@0', '0@4', '0@5'])
  expect(told).toContain('3 lost of commands')
  expect(log.at('error')).toEqual([
    'the committed offset is not in the log any more: going on at the earliest record, what was between is lost to us',
  ])
  expect([fatal, scene.committed()[0]]).toEqual([[], 6])
})

test('a log that cannot be read is tried again, and nothing is lost', async () => {
  scene = new Scene()
  scene.intercept(({ operation, replica }) => {
    if (operation === 'group.committed' && replica === 'a') throw new TransportUnavailableError('away')
  })
  const { log, fatal } = await scene.ingress('a')
  await scene.publish(start(0))
  await scene.clock.advance(5000)
  expect([scene.all(), log.at('warn')[0]]).toEqual([[], 'ingress cannot read, trying again'])
  scene.intercept(() => {})
  await scene.clock.advance(5000)
  expect([scene.all(), fatal]).toEqual([['0@0'], []])
})

describe('a public topic that is not what it was', () => {
  test('because it lost its end, or was made anew shorter: nothing of it is forwarded, and it is told', async () => {
    scene = new Scene()
    const { lost, fatal } = await scene.ingress('a')
    for (let count = 0; count < 3; count++) await scene.publish(start(count))
    scene.remakePublic()
    await scene.publish(start(9))
    await scene.clock.advance(1000)
    expect(lost[0]?.message).toContain('the ingress is to go on at offset 3 of commands/0, which holds 0 to 1')
    expect([scene.all(), fatal]).toEqual([['0@0', '0@1', '0@2'], []])
  })

  test('by what a look at it tells before it is read: nothing of it is forwarded, and no offset committed', async () => {
    scene = new Scene()
    scene.onLook(ingress => ingress.refuse())
    await scene.publish(start(0))
    const { fatal } = await scene.ingress('a')
    await scene.publish(start(1))
    await scene.clock.advance(100_000)
    expect([scene.all(), scene.committed()[0], fatal]).toEqual([[], undefined, []])
  })

  test('tells so by its offsets: each has the note of where commands were handed to', async () => {
    scene = new Scene()
    await scene.ingress('a')
    await scene.publish(start(0))
    await scene.clock.advance(1000)
    expect(scene.note()).toEqual({ topicId: 'first', shards: SHARDS })
  })
})
