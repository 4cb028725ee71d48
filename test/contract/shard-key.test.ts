/**
 * Golden vectors, computed outside this code (Python's hashlib): a difference means that a record would go to
 * another shard after a deploy, or make a second instance.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TenantId } from '../../src/contract/ids.ts'
import {
  instanceHash,
  newInstanceId,
  originHash,
  shardKeyHash,
  shardOf,
  shardOfInstance,
} from '../../src/contract/shard-key.ts'

const TENANT = '083839c6-c47c-42a6-9585-76492795d123' as TenantId
const ALL_F = 'ffffffff-ffff-ffff-ffff-ffffffffffff' as TenantId

describe('golden vectors', () => {
  test('the hash of a channel never changes', () => {
    expect(shardKeyHash(TENANT, 0, 1)).toBe(2_070_641_509)
    expect(shardKeyHash(TENANT, 255, 255)).toBe(2_754_646_543)
    expect(shardKeyHash(ALL_F, 1, 11)).toBe(1_535_971_024)
    expect(shardKeyHash(ALL_F, 11, 1)).toBe(2_924_712_875)
  })

  test('the hash of an origin never changes', () => {
    expect(originHash({ topic: 'COMMAND_TOPIC_PARTY_QUEST', partition: 3, offset: 42 })).toBe(2_385_597_201)
    expect(originHash({ topic: 'a', partition: 0, offset: 0 })).toBe(1_729_763_991)
  })

  test('the id that a REGISTER makes never changes', () => {
    const origin = { topic: 'COMMAND_TOPIC_PARTY_QUEST', partition: 3, offset: 42, timestamp: 1_764_000_000_000 }
    expect(newInstanceId('MkU3OEVBNTcwNTJENDM2Qk', origin, 2_070_641_509)).toBe('1a4afe91-5192-8b0f-a6b4-9a837b6b7b65')
    expect(newInstanceId('c', { topic: 't', partition: 0, offset: 0, timestamp: -1 }, 1)).toBe(
      '334dadec-886a-8fae-8390-714500000001',
    )
  })
})

test('an instance id is of version 8 and variant 10, and lies in the shard of its channel', () => {
  const uint32 = fc.integer({ min: 0, max: 0xffffffff })
  fc.assert(
    fc.property(
      fc.string(),
      fc.nat(),
      fc.nat(),
      uint32,
      fc.integer({ min: 1, max: 500 }),
      (topic, partition, offset, hash, shards) => {
        const id = newInstanceId('cluster', { topic, partition, offset, timestamp: 1 }, hash)
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        expect(instanceHash(id)).toBe(hash)
        expect(shardOfInstance(id, shards)).toBe(shardOf(hash, shards))
      },
    ),
  )
})

test('ids differ where any part of where and when differs', () => {
  const origin = { topic: 't', partition: 1, offset: 11, timestamp: 5 }
  const ids = [
    newInstanceId('c', origin, 7),
    newInstanceId('d', origin, 7),
    newInstanceId('c', { ...origin, topic: 'u' }, 7),
    newInstanceId('c', { ...origin, partition: 11, offset: 1 }, 7),
    newInstanceId('c', { ...origin, timestamp: 6 }, 7),
    newInstanceId('c', origin, 8),
  ]
  expect(new Set(ids).size).toBe(ids.length)
})
