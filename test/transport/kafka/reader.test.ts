/** A reader against scripted leaders: how it takes each answer, and that no feed pays for another's trouble. */
import { describe, expect, it } from 'vitest'
import type { TopicPartition } from '../../../src/contract/log-record.ts'
import { OffsetOutOfRangeError } from '../../../src/errors.ts'
import { type ProtocolRequest, ResponseReader } from '../../../src/transport/kafka/protocol.ts'
import { Reader, type ReaderConnections } from '../../../src/transport/kafka/reader.ts'
import { eventually } from '../../support/eventually.ts'
import { texts } from '../contract/contract-scene.ts'
import { placedBatch, text } from './batches.ts'
import { kafkaOptions } from './kafka-scene.ts'

interface Answer {
  readonly partition: number
  readonly code?: number
  readonly batches?: Buffer
}

/** A Fetch answer, version 11, as a broker writes it. */
function fetched(answers: readonly Answer[]): Buffer {
  const head = Buffer.alloc(4 + 2 + 4 + 4 + 2 + 5 + 4)
  head.writeInt32BE(1, 10)
  head.writeInt16BE(5, 14)
  head.write('topic', 16)
  head.writeInt32BE(answers.length, 21)
  const partitions = answers.map(({ partition, code = 0, batches = Buffer.alloc(0) }) => {
    const fixed = Buffer.alloc(4 + 2 + 8 + 8 + 8 + 4 + 4 + 4)
    fixed.writeInt32BE(partition, 0)
    fixed.writeInt16BE(code, 4)
    fixed.writeBigInt64BE(100n, 6)
    fixed.writeInt32BE(-1, 34)
    fixed.writeInt32BE(batches.length, 38)
    return Buffer.concat([fixed, batches])
  })
  return Buffer.concat([head, ...partitions])
}

/** A ListOffsets answer, version 3, for the one partition of the topic. */
function offset(value: number): Buffer {
  const bytes = Buffer.alloc(4 + 4 + 2 + 5 + 4 + 4 + 2 + 8 + 8)
  bytes.writeInt32BE(1, 4)
  bytes.writeInt16BE(5, 8)
  bytes.write('topic', 10)
  bytes.writeInt32BE(1, 15)
  bytes.writeBigInt64BE(BigInt(value), 33)
  return bytes
}

const records = (baseOffset: number, ...values: string[]) =>
  placedBatch({ baseOffset, records: values.map(value => text(value)) })

type Reply = (leader: number, asked: number) => Promise<Buffer> | Buffer
const NOTHING = fetched([])

/** Leaders that answer each fetch by `reply`, and say which offsets there are by `offsets`. */
function given(reply: Reply, offsets: readonly number[] = []) {
  const lead = new Map<number, number>()
  const forgotten: string[] = []
  const notices: string[] = []
  const asked = new Map<number, number>()
  const left = [...offsets]
  const leaderOf = ({ partition }: TopicPartition) => lead.get(partition) ?? 1
  const connections: ReaderConnections = {
    node: async leader => ({
      send: async <T>({ api, read }: ProtocolRequest<T>): Promise<T> => {
        await new Promise(setImmediate)
        const raw = async () => {
          if (api.name === 'ListOffsets') return offset(left.shift() ?? 0)
          const times = (asked.get(leader) ?? 0) + 1
          asked.set(leader, times)
          return reply(leader, times)
        }
        return read(new ResponseReader(await raw()))
      },
    }),
    knownLeader: leaderOf,
    leader: async partition => leaderOf(partition),
    refresh: async () => ({ clusterId: '', controllerId: 1, addresses: new Map(), topics: new Map() }),
    want: () => undefined,
    forget: topic => void forgotten.push(topic),
    close: () => undefined,
  }
  const onNotice = (level: string, message: string) => void notices.push(`${level} ${message}`)
  const reader = new Reader(connections, kafkaOptions(['b:1'], 'replica', { onNotice }), () => undefined)
  return { reader, lead, forgotten, notices, asked }
}

const place = (partition: number) => ({ topic: 'topic', partition })

describe('a reader', () => {
  it('takes the records of the partitions that are well from an answer in which another is not', async () => {
    const { reader, forgotten } = given((_, times) => {
      // The first fetch went out before the second feed was open.
      const trouble = { partition: 0, code: 6 }
      return times === 2 ? fetched([trouble, { partition: 1, batches: records(0, 'a') }]) : NOTHING
    })
    reader.open(place(0), 0)
    const well = reader.open(place(1), 0)
    await well.ready()
    expect(texts(well.take(10))).toEqual(['a'])
    expect(forgotten).toEqual(['topic'])
    await reader.close()
  })

  it('passes over the late answer of a leader that was replaced', async () => {
    let answerLate: (bytes: Buffer) => void = () => undefined
    const late = new Promise<Buffer>(resolve => {
      answerLate = resolve
    })
    const { reader, lead, asked } = given((leader, times) => {
      if (leader === 1) return times === 1 ? late : NOTHING
      return times === 1 ? fetched([{ partition: 0, batches: records(0, 'a', 'b') }]) : NOTHING
    })
    const feed = reader.open(place(0), 0)
    await eventually(() => asked.get(1) === 1)
    lead.set(0, 2)
    // Whatever wakes the reader has it ask the new leader while the old one still owes an answer.
    const other = reader.open(place(1), 0)
    await feed.ready()
    answerLate(fetched([{ partition: 0, batches: records(0, 'a', 'b') }]))
    await eventually(() => (asked.get(1) ?? 0) >= 2)
    expect(texts(feed.take(10))).toEqual(['a', 'b'])
    expect(feed.position).toBe(2)
    other.close()
    await reader.close()
  })

  it('fails a feed only where the log has not got its position', async () => {
    const { reader } = given((_, times) => (times === 1 ? fetched([{ partition: 0, code: 1 }]) : NOTHING), [5, 9])
    const ready = reader.open(place(0), 2).ready()
    await expect(ready).rejects.toBeInstanceOf(OffsetOutOfRangeError)
    await expect(ready).rejects.toMatchObject({ earliest: 5, end: 9 })
    await reader.close()
  })

  it('goes on where a new leader did not know its end yet', async () => {
    const { reader } = given(
      (_, times) => fetched([times === 1 ? { partition: 0, code: 1 } : { partition: 0, batches: records(7, 'a') }]),
      [5, 9],
    )
    const feed = reader.open(place(0), 7)
    await feed.ready()
    expect(texts(feed.take(1))).toEqual(['a'])
    await reader.close()
  })

  it('stands still, loudly, before bytes that it cannot read, and skips nothing', async () => {
    const broken = records(3, 'a')
    broken.writeInt8(1, 16)
    const { reader, notices } = given(() => fetched([{ partition: 0, batches: broken }]))
    const feed = reader.open(place(0), 3)
    await eventually(() => notices.some(notice => notice.startsWith('warn topic/0 cannot be read at offset 3')))
    expect(feed.position).toBe(3)
    expect(feed.take(1)).toEqual([])
    await reader.close()
  })

  it('asks no more for a feed that nobody takes from, once its queue is full', async () => {
    const full = Array.from({ length: 1000 }, (_, index) => `${index}`)
    const { reader, asked } = given((_, times) =>
      times === 1 ? fetched([{ partition: 0, batches: records(0, ...full) }]) : NOTHING,
    )
    const feed = reader.open(place(0), 0)
    await feed.ready()
    await new Promise(setImmediate)
    expect(asked.get(1)).toBe(1)
    expect(feed.take(1)).toHaveLength(1)
    await eventually(() => (asked.get(1) ?? 0) > 1)
    await reader.close()
  })
})
