/** Faults on demand: what a lost call did and did not do, as a simulation counts on it. */
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import type { NewRecord } from '../../../src/contract/log-record.ts'
import { CommitUnknownError, ShardFencedError, TransportUnavailableError } from '../../../src/errors.ts'
import type { Intercept, LogCall } from '../../../src/transport/memory/fault-gate.ts'
import { createMemoryLog } from '../../../src/transport/memory/memory-log.ts'
import { createMemoryTransport } from '../../../src/transport/memory/memory-transport.ts'
import { eventually } from '../../support/eventually.ts'

const PLACE = { topic: 'topic', partition: 0 }
const SHARD = { transactionalId: 'shard-0', groupId: 'shards' }

function record(value: string): NewRecord & { readonly partition: number } {
  return { ...PLACE, key: Buffer.from('key'), value: Buffer.from(value), headers: [] }
}

async function given() {
  let intercept: Intercept = () => undefined
  const log = createMemoryLog({ clock: systemClock, clusterId: 'faults', intercept: call => intercept(call) })
  const transport = createMemoryTransport(log, { name: 'a', advertisedUrl: 'http://a' })
  const other = createMemoryTransport(log, { name: 'b', advertisedUrl: 'http://b' })
  await transport.admin.createTopics([{ topic: 'topic', partitions: 1, replicationFactor: 1, config: {} }])
  const seen = async () => {
    const values: (string | undefined)[] = []
    const collect = (records: readonly { value: Buffer | null }[]) => {
      for (const { value } of records) values.push(value?.toString())
    }
    await other.readToEnd(PLACE, collect, new AbortController().signal)
    return values
  }
  return {
    log,
    transport,
    other,
    seen,
    onCall: (next: Intercept) => {
      intercept = next
    },
    lose: (operation: LogCall['operation'], phase: LogCall['phase']) => {
      intercept = call => {
        if (call.replica === 'a' && call.operation === operation && call.phase === phase) {
          throw new TransportUnavailableError('lost')
        }
      }
    },
  }
}

describe('a fault between a replica and the memory log', () => {
  it('is offered every call, before and after, with who, what and where', async () => {
    const { transport, onCall } = await given()
    const calls: LogCall[] = []
    onCall(call => void calls.push(call))
    const sink = await transport.fence(SHARD)
    await sink.commit([record('value')], { ...PLACE, next: 1 })
    const steps = (['sink.fence', 'sink.write', 'sink.end'] as const).flatMap(operation =>
      (['before', 'after'] as const).map(phase => ({ replica: 'a', operation, target: 'shard-0', phase })),
    )
    expect(calls).toEqual(steps)
  })

  it('lost before an append: nothing is written', async () => {
    const { transport, lose, seen } = await given()
    lose('appender.append', 'before')
    await expect(transport.openAppender('x').append([record('lost')])).rejects.toBeInstanceOf(TransportUnavailableError)
    expect(await seen()).toEqual([])
  })

  it('lost after an append: it is written, and nobody was told', async () => {
    const { transport, lose, seen } = await given()
    lose('appender.append', 'after')
    await expect(transport.openAppender('x').append([record('there')])).rejects.toBeInstanceOf(
      TransportUnavailableError,
    )
    expect(await seen()).toEqual(['there'])
  })

  it.each([
    ['sink.write', 'before', TransportUnavailableError, []],
    ['sink.write', 'after', TransportUnavailableError, []],
    ['sink.end', 'before', CommitUnknownError, []],
    ['sink.end', 'after', CommitUnknownError, ['value']],
  ] as const)('lost at %s, %s: the sink is dead, and the next fence tells what became of it', async (operation, phase, kind, values) => {
    const { transport, other, lose, seen } = await given()
    const sink = await transport.fence(SHARD)
    lose(operation, phase)

    await expect(sink.commit([record('value')], { ...PLACE, next: 9 })).rejects.toBeInstanceOf(kind)
    await expect(sink.commit([record('more')], { ...PLACE, next: 10 })).rejects.toBeInstanceOf(
      TransportUnavailableError,
    )
    await other.fence(SHARD)

    expect(await seen()).toEqual(values)
    const group = other.joinGroup({ groupId: SHARD.groupId, topics: [], onAssigned: () => undefined })
    expect(await group.committed([PLACE])).toEqual([values.length > 0 ? 9 : undefined])
  })

  it('lost after a fence: the older owner is fenced all the same', async () => {
    const { transport, other, lose } = await given()
    const older = await other.fence(SHARD)
    lose('sink.fence', 'after')
    await expect(transport.fence(SHARD)).rejects.toBeInstanceOf(TransportUnavailableError)
    await expect(older.commit([record('late')], { ...PLACE, next: 1 })).rejects.toBeInstanceOf(ShardFencedError)
  })

  it('delayed in the middle of a commit: the transaction is open meanwhile, and another owner may end it', async () => {
    const { transport, other, onCall, seen } = await given()
    const held = new AbortController()
    const reached = new AbortController()
    const aborted = (signal: AbortSignal) => once(signal, 'abort').then(() => undefined)
    const inTheMiddle = aborted(reached.signal)
    onCall(({ replica, operation, phase }) => {
      if (replica !== 'a' || operation !== 'sink.end' || phase !== 'before') return undefined
      reached.abort()
      return aborted(held.signal)
    })
    const slow = await transport.fence(SHARD)
    const commit = slow.commit([record('slow')], { ...PLACE, next: 1 })
    commit.catch(() => undefined)
    await inTheMiddle
    await other.openAppender('x').append([record('behind')])
    expect(await seen()).toEqual([])

    const fast = await other.fence(SHARD)
    expect(await seen()).toEqual(['behind'])
    held.abort()
    await expect(commit).rejects.toBeInstanceOf(ShardFencedError)
    await fast.commit([record('fast')], { ...PLACE, next: 1 })
    expect(await seen()).toEqual(['behind', 'fast'])
  })

  it("lets a transaction's time run out as a broker does: aborted, its owner fenced", async () => {
    const { log, transport, onCall, seen } = await given()
    onCall(({ operation, phase }) => {
      if (operation === 'sink.end' && phase === 'before') log.expireTransaction('shard-0')
    })
    const sink = await transport.fence(SHARD)
    await expect(sink.commit([record('slow')], { ...PLACE, next: 1 })).rejects.toBeInstanceOf(ShardFencedError)
    expect(await seen()).toEqual([])
  })

  it('fails every call of a replica that is disconnected, and no other, until it is reconnected', async () => {
    const { log, transport, other } = await given()
    const appender = transport.openAppender('x')
    const sink = await transport.fence(SHARD)
    const group = transport.joinGroup({ groupId: 'g', topics: ['topic'], onAssigned: () => undefined })
    await eventually(() => group.lastHeartbeatAt > 0)
    log.disconnect('a')

    const calls = [
      () => transport.connect(),
      () => transport.admin.brokerCount(),
      () => transport.admin.describeTopics(['topic']),
      () => transport.admin.createTopics([{ topic: 'new', partitions: 1, replicationFactor: 1, config: {} }]),
      () => transport.admin.offsets('topic'),
      () => transport.admin.deleteRecords(PLACE, 0),
      () => transport.readToEnd(PLACE, () => undefined, new AbortController().signal),
      () => transport.fence(SHARD),
      () => appender.append([record('lost')]),
      () => sink.commit([record('lost')], { ...PLACE, next: 1 }),
      () => group.committed([PLACE]),
      () => group.commit([{ ...PLACE, next: 1 }]),
      () => group.members(),
    ]
    for (const call of calls) await expect(call()).rejects.toBeInstanceOf(TransportUnavailableError)
    expect((await other.admin.describeTopics(['new'])).get('new')).toBeUndefined()
    expect(await other.admin.offsets('topic')).toEqual([{ earliest: 0, end: 0 }])

    log.reconnect('a')
    await transport.connect()
    await appender.append([record('back')])
    expect(await other.admin.offsets('topic')).toEqual([{ earliest: 0, end: 1 }])
    await transport.close()
  })

  it('is absorbed by a feed, which goes on where it was', async () => {
    const { log, transport, other } = await given()
    const feed = transport.openReader('x').open(PLACE, 0)
    await other.openAppender('x').append([record('1')])
    await feed.ready()
    expect(feed.take(1)).toHaveLength(1)

    log.disconnect('a')
    await other.openAppender('x').append([record('2'), record('3')])
    // Two calls of another replica later it would have come, had it not been cut off.
    await other.admin.brokerCount()
    await other.admin.brokerCount()
    expect(feed.take(10)).toEqual([])

    log.reconnect('a')
    await feed.ready()
    expect(feed.take(10).map(({ value }) => value?.toString())).toEqual(['2', '3'])
    await transport.close()
  })

  it('ends every call of a transport that was closed', async () => {
    const { transport } = await given()
    const sink = await transport.fence(SHARD)
    await transport.close()
    await expect(transport.connect()).rejects.toBeInstanceOf(TransportUnavailableError)
    await expect(sink.commit([], { ...PLACE, next: 1 })).rejects.toBeInstanceOf(TransportUnavailableError)
    expect(() => transport.openReader('x')).toThrow(TransportUnavailableError)
  })
})
