/** The embedded log lives in memory: what it keeps, what it lets go, and that it lets the process breathe. */
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import type { NewRecord } from '../../../src/contract/log-record.ts'
import { OffsetOutOfRangeError } from '../../../src/errors.ts'
import { createMemoryLog } from '../../../src/transport/memory/memory-log.ts'
import { createMemoryTransport } from '../../../src/transport/memory/memory-transport.ts'

const PLACE = { topic: 'topic', partition: 0 }

async function given(config: Readonly<Record<string, string>> = {}, retainedRecordsMax = 100) {
  const log = createMemoryLog({ clock: systemClock, clusterId: 'bounds', retainedRecordsMax })
  const transport = createMemoryTransport(log, { name: 'a', advertisedUrl: '' })
  await transport.admin.createTopics([{ topic: 'topic', partitions: 1, replicationFactor: 1, config }])
  const appender = transport.openAppender('x')
  const whole = async () => {
    const all: [key: string | undefined, value: string | undefined, offset: number][] = []
    const stoppedAt = await transport.readToEnd(
      PLACE,
      records => {
        for (const { key, value, offset } of records) all.push([key?.toString(), value?.toString(), offset])
      },
      new AbortController().signal,
    )
    return { all, stoppedAt }
  }
  return { log, transport, appender, whole, partition: log.partition(PLACE) }
}

function put(key: string, value: string | null): NewRecord & { readonly partition: number } {
  return { ...PLACE, key: Buffer.from(key), value: value === null ? null : Buffer.from(value), headers: [] }
}

function many(count: number, from = 0): (NewRecord & { readonly partition: number })[] {
  return Array.from({ length: count }, (_, at) => put(`${from + at}`, `${from + at}`))
}

describe('the bounds of the memory log', () => {
  it('keeps the newest records of an ordinary topic and drops the oldest', async () => {
    const { appender, whole, transport, partition } = await given()
    for (let from = 0; from < 5_000; from += 50) await appender.append(many(50, from))
    const { all, stoppedAt } = await whole()
    expect(all.map(([key]) => Number(key))).toEqual(Array.from({ length: 100 }, (_, at) => 4_900 + at))
    expect(stoppedAt).toBe(5_000)
    expect(await transport.admin.offsets('topic')).toEqual([{ earliest: 4_900, end: 5_000 }])
    expect(partition.size).toBe(100)
  })

  it('tells a feed that fell behind what is left', async () => {
    const { appender, transport } = await given()
    await appender.append(many(500))
    const ready = transport.openReader('x').open(PLACE, 10).ready()
    await expect(ready).rejects.toBeInstanceOf(OffsetOutOfRangeError)
    await expect(ready).rejects.toMatchObject({ earliest: 400, end: 500 })
  })

  it('never drops what an open transaction holds back', async () => {
    const { appender, log, whole } = await given()
    const epoch = log.transactions.fence('id')
    const pending = { group: log.group('g'), offset: { ...PLACE, next: 1 } }
    const placed = log.place([put('held', 'held')], () => 0)
    log.transactions.write('id', epoch, placed, pending, 0)
    await appender.append(many(500))
    log.transactions.commit('id', epoch)
    const { all } = await whole()
    // The commit's own marker is one entry more, which lets the bound be applied again.
    expect(all).toHaveLength(99)
    expect(all.at(-1)?.[0]).toBe('499')
  })

  it('drops nothing of a topic with unlimited retention until it is told to', async () => {
    const { appender, whole, transport, partition } = await given({ 'retention.ms': '-1' })
    await appender.append(many(3_000))
    expect((await whole()).all).toHaveLength(3_000)
    await transport.admin.deleteRecords(PLACE, 2_990)
    expect((await whole()).all.map(([, , offset]) => offset)).toEqual([
      2_990, 2_991, 2_992, 2_993, 2_994, 2_995, 2_996, 2_997, 2_998, 2_999,
    ])
    expect(partition.size).toBe(10)
  })

  it('compacts a compacted topic by itself: at most four times its live keys, or a thousand entries', async () => {
    const { appender, whole, partition } = await given({ 'cleanup.policy': 'compact' })
    for (let round = 0; round < 100; round += 1) {
      await appender.append(Array.from({ length: 500 }, (_, at) => put(`${at}`, `${round}`)))
      expect(partition.size).toBeLessThanOrEqual(2_000)
    }
    const { all, stoppedAt } = await whole()
    expect(stoppedAt).toBe(50_000)
    const last = new Map(all.map(([key, value]) => [key, value]))
    expect(last.size).toBe(500)
    expect(new Set(last.values())).toEqual(new Set(['99']))
  })

  it('compacts on demand: the last committed value of each key at its own offset, no tombstones, no aborted', async () => {
    const { appender, log, transport, whole } = await given({ 'cleanup.policy': 'compact' })
    await appender.append([put('a', '1'), put('b', '1'), put('a', '2')])
    const aborted = log.transactions.fence('aborted')
    const pending = { group: log.group('g'), offset: { ...PLACE, next: 1 } }
    log.transactions.write(
      'aborted',
      aborted,
      log.place([put('a', 'aborted')], () => 0),
      pending,
      0,
    )
    log.transactions.fence('aborted')
    await appender.append([put('b', null), put('c', '1')])
    const open = log.transactions.fence('open')
    log.transactions.write(
      'open',
      open,
      log.place([put('c', 'open')], () => 0),
      pending,
      0,
    )
    const [before] = await transport.admin.offsets('topic')

    log.compact('topic')

    // 0 a, 1 b, 2 a, 3 aborted, 4 its marker, 5 b removed, 6 c, 7 open.
    expect(await whole()).toEqual({
      all: [
        ['a', '2', 2],
        ['c', '1', 6],
      ],
      stoppedAt: 7,
    })
    expect(await transport.admin.offsets('topic')).toEqual([before])
    log.transactions.commit('open', open)
    expect((await whole()).all.at(-1)).toEqual(['c', 'open', 7])
  })

  it('lets a feed go on across what compaction took away', async () => {
    const { appender, log, transport } = await given({ 'cleanup.policy': 'compact' })
    await appender.append([put('a', '1'), put('a', '2'), put('a', '3'), put('b', '1')])
    log.compact('topic')
    const feed = transport.openReader('x').open(PLACE, 1)
    await feed.ready()
    expect(feed.take(10).map(({ offset }) => offset)).toEqual([2, 3])
    await transport.close()
  })

  it('stops reading to the end at the chunk in which it is told to', async () => {
    const { appender, transport } = await given({ 'retention.ms': '-1' })
    await appender.append(many(5_000))
    const stop = new AbortController()
    let read = 0
    const onRecords = (records: readonly unknown[]) => {
      read += records.length
      stop.abort()
    }
    await expect(transport.readToEnd(PLACE, onRecords, stop.signal)).rejects.toThrow()
    expect(read).toBe(1_000)
  })

  it('gives transaction markers offsets, as Kafka does', async () => {
    const { transport, whole } = await given()
    const sink = await transport.fence({ transactionalId: 'id', groupId: 'g' })
    await sink.commit([put('a', '1'), put('b', '1')], { ...PLACE, next: 1 })
    await sink.commit([put('a', '2')], { ...PLACE, next: 2 })
    expect((await whole()).all.map(([, , offset]) => offset)).toEqual([0, 1, 3])
    expect((await whole()).stoppedAt).toBe(5)
  })

  it('lets timers run while a backlog is worked off without a pause', async () => {
    const { appender } = await given()
    let fired = false
    setTimeout(() => {
      fired = true
    }, 0)
    // Bounded, so that a log that never breathes fails here and does not hang.
    for (let round = 0; round < 5_000 && !fired; round += 1) await appender.append(many(1))
    expect(fired).toBe(true)
  })
})
