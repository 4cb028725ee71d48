/** The five requests of a transaction against scripted brokers: their order, what is waited out, what kills the sink. */
import { createRequire } from 'node:module'
import { KafkaJSRequestTimeoutError } from 'kafkajs'
import { describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import {
  CommitUnknownError,
  InvariantError,
  RecordTooLargeError,
  ShardFencedError,
  TransportUnavailableError,
} from '../../../src/errors.ts'
import { ProtocolError, type ProtocolRequest, ResponseReader } from '../../../src/transport/kafka/protocol.ts'
import { fence, type SinkConnections } from '../../../src/transport/kafka/transaction.ts'
import { kafkaOptions } from './kafka-scene.ts'

const load = createRequire(import.meta.url)
const OFFSET = { topic: 'shard-commands', partition: 0, next: 7 }
const RECORDS = [0, 1].map(partition => ({
  topic: 'status',
  partition,
  key: null,
  value: Buffer.from('x'),
  headers: [],
}))
const timeOut = () =>
  new KafkaJSRequestTimeoutError('timed out', {
    broker: 'b',
    clientId: 'c',
    correlationId: 1,
    createdAt: 0,
    sentAt: 0,
    pendingDuration: 0,
  })

/** Brokers that answer well, except what `script` says: for each request the errors of its first times. */
function scripted(script: Readonly<Record<string, readonly Error[]>>) {
  const asked: string[] = []
  const left = new Map(Object.entries(script).map(([name, errors]) => [name, [...errors]]))
  const answers: Readonly<Record<string, number>> = { InitProducerId: 16, EndTxn: 6, AddOffsetsToTxn: 6 }
  const sender = {
    send: async <T>({ api, read }: ProtocolRequest<T>): Promise<T> => {
      asked.push(api.name)
      await Promise.resolve()
      const error = left.get(api.name)?.shift()
      if (error) throw error
      // All zero: no throttle, no error, no more to tell; producer 0 in epoch 0.
      return read(new ResponseReader(Buffer.alloc(answers[api.name] ?? 8)))
    },
  }
  const connections: SinkConnections = {
    node: async () => sender,
    coordinator: async () => sender,
    forget: () => undefined,
    forgetCoordinator: () => void asked.push('forget'),
    knownLeader: ({ partition }) => partition,
    leader: async ({ partition }) => partition,
    topic: async () => ({ code: 0, id: '', leaders: new Map([[0, 0]]), replicationFactor: 1 }),
    want: () => undefined,
  }
  return { connections, asked }
}

async function given(script: Readonly<Record<string, readonly Error[]>> = {}) {
  const { connections, asked } = scripted(script)
  const waits: number[] = []
  const clock = { ...systemClock, sleep: async (ms: number) => void waits.push(ms) }
  const ids = { transactionalId: 'quests-0', groupId: 'shards' }
  return { sink: await fence(connections, kafkaOptions(['b:1'], 'replica', { clock }), ids), asked, waits }
}

const refusal = (code: number) => new ProtocolError(code, 'it', 'status')

describe('a transaction', () => {
  it('adds its partitions first, ends last, and writes one leg a leader between', async () => {
    const { sink, asked } = await given()
    await sink.commit(RECORDS, OFFSET)
    expect(asked.slice(0, 2)).toEqual(['InitProducerId', 'AddPartitionsToTxn'])
    expect(asked.slice(2, -1).sort()).toEqual(['AddOffsetsToTxn', 'Produce', 'Produce', 'TxnOffsetCommit'])
    expect(asked.at(-1)).toBe('EndTxn')
  })

  it('moves the offset alone where there are no records', async () => {
    const { sink, asked } = await given()
    await sink.commit([], OFFSET)
    expect(asked).toEqual(['InitProducerId', 'AddOffsetsToTxn', 'TxnOffsetCommit', 'EndTxn'])
  })

  it('waits out what says that nothing was done yet, and looks again for a coordinator that has moved', async () => {
    const { sink, asked } = await given({
      InitProducerId: [51, 14, 15].map(refusal),
      AddPartitionsToTxn: [51, 51].map(refusal),
      TxnOffsetCommit: [refusal(16)],
    })
    await sink.commit(RECORDS, OFFSET)
    const count = (name: string) => asked.filter(one => one === name).length
    expect([count('InitProducerId'), count('AddPartitionsToTxn'), count('TxnOffsetCommit'), count('EndTxn')]).toEqual([
      4, 3, 2, 1,
    ])
    expect(count('forget')).toBe(3)
  })

  it('waits a millisecond for the one before it, then longer, never more than 50; stock kafkajs 300 at once', async () => {
    const { sink, waits } = await given({ AddPartitionsToTxn: Array.from({ length: 8 }, () => refusal(51)) })
    await sink.commit(RECORDS, OFFSET)
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 50, 50])

    const timers = vi.spyOn(globalThis, 'setTimeout')
    const createRetry = load('kafkajs/src/retry')
    let refused = false
    await createRetry({ ...load('kafkajs/src/retry/defaults') })(async () => {
      const error = Object.assign(new Error('CONCURRENT_TRANSACTIONS'), { code: 51, retriable: true })
      if (!refused) {
        refused = true
        throw error
      }
    })
    expect(timers.mock.calls.map(([, ms]) => ms)[0]).toBeGreaterThanOrEqual(240)
    timers.mockRestore()
  })

  it.each([
    ['the records were not acknowledged', { Produce: [timeOut()] }, TransportUnavailableError],
    ['a leader has moved', { Produce: [refusal(6)] }, TransportUnavailableError],
    ['a record is too large', { Produce: [refusal(10)] }, RecordTooLargeError],
    ['another owner has come', { AddPartitionsToTxn: [refusal(47)] }, ShardFencedError],
    ['the offset was not acknowledged', { TxnOffsetCommit: [timeOut()] }, TransportUnavailableError],
  ])('never ends where %s, sends nothing again, and is dead', async (_, script, reaction) => {
    const { sink, asked } = await given(script)
    await expect(sink.commit(RECORDS, OFFSET)).rejects.toBeInstanceOf(reaction)
    expect(asked).not.toContain('EndTxn')
    expect(asked.filter(one => one === 'Produce').length).toBeLessThanOrEqual(2)
    const before = asked.length
    await expect(sink.commit(RECORDS, OFFSET)).rejects.toThrow('fence anew')
    expect(asked).toHaveLength(before)
  })

  it.each([
    ['no answer', timeOut(), CommitUnknownError],
    ['a coordinator that has moved', refusal(16), CommitUnknownError],
    ['a transaction that was not done', refusal(51), CommitUnknownError],
    ['another owner', refusal(90), ShardFencedError],
  ])('asks once to be committed, and never again after %s', async (_, error, reaction) => {
    const { sink, asked } = await given({ EndTxn: [error] })
    await expect(sink.commit(RECORDS, OFFSET)).rejects.toBeInstanceOf(reaction)
    await expect(sink.commit(RECORDS, OFFSET)).rejects.toThrow('fence anew')
    expect(asked.filter(one => one === 'EndTxn')).toHaveLength(1)
  })

  it('breaks a promise of ours where two are begun at once', async () => {
    const { sink } = await given()
    const first = sink.commit(RECORDS, OFFSET)
    await expect(sink.commit(RECORDS, OFFSET)).rejects.toBeInstanceOf(InvariantError)
    await first
  })
})
