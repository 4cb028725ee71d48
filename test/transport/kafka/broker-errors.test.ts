/** Each answer of a broker becomes the one error that its catcher reacts to, however deep it is wrapped. */
import { KafkaJSConnectionError, KafkaJSNonRetriableError, KafkaJSRequestTimeoutError } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import {
  CommitUnknownError,
  RecordTooLargeError,
  ShardFencedError,
  TransportUnavailableError,
} from '../../../src/errors.ts'
import { translate, translateCommit } from '../../../src/transport/kafka/broker-errors.ts'
import { ProtocolError } from '../../../src/transport/kafka/protocol.ts'

const ATTEMPT = { doing: 'committing quests-3', brokers: ['kafka-1:9092', 'kafka-2:9092'] }
const coded = (code: number) => new ProtocolError(code, 'a request', 'status-events')

describe('what a broker answers', () => {
  it.each([45, 47, 48, 49, 52, 59, 90, -99])('is a fence where its code is %i', code => {
    expect(translate(coded(code), ATTEMPT)).toBeInstanceOf(ShardFencedError)
    expect(translateCommit(coded(code), ATTEMPT)).toBeInstanceOf(ShardFencedError)
  })

  it.each([10, 18])('is a record too large, of that topic, where its code is %i', code => {
    const error = translate(coded(code), ATTEMPT)
    expect(error).toBeInstanceOf(RecordTooLargeError)
    expect(error).toMatchObject({ topic: 'status-events' })
    expect(error.message).toContain('max.message.bytes')
  })

  it('is found however deep it is wrapped', () => {
    const wrapped = new Error('outer', {
      cause: Object.assign(new KafkaJSNonRetriableError('middle'), { cause: coded(47) }),
    })
    expect(translate(wrapped, ATTEMPT)).toBeInstanceOf(ShardFencedError)
  })

  it.each([
    [
      'a time-out',
      new KafkaJSRequestTimeoutError('timed out', {
        broker: 'b',
        correlationId: 1,
        clientId: 'c',
        createdAt: 0,
        sentAt: 0,
        pendingDuration: 0,
      }),
    ],
    ['a lost connection', new KafkaJSConnectionError('lost', { broker: 'b', code: 'ECONNRESET' })],
    ['not the coordinator any more', coded(16)],
    ['the last transaction not done', coded(51)],
  ])('leaves a commit unknown where it is %s, and anything else unavailable', (_, error) => {
    expect(translateCommit(error, ATTEMPT)).toBeInstanceOf(CommitUnknownError)
    expect(translate(error, ATTEMPT)).toBeInstanceOf(TransportUnavailableError)
  })

  it('is told with what was tried, where, and the cure', () => {
    const lost = translate(new KafkaJSConnectionError('ECONNREFUSED', { broker: 'b', code: 'ECONNREFUSED' }), ATTEMPT)
    expect(lost.message).toContain('committing quests-3')
    expect(lost.message).toContain('kafka-1:9092, kafka-2:9092')
    expect(lost.message).toContain('BOOTSTRAP_SERVERS')
    expect(translate(coded(3), ATTEMPT).message).toContain('does the topic exist')
    expect(translate(coded(29), ATTEMPT).message).toContain('kafka-acls')
    expect(lost.cause).toBeInstanceOf(KafkaJSConnectionError)
  })

  it('stays what it is when it is one of our own errors', () => {
    const own = new ShardFencedError('own')
    expect(translate(own, ATTEMPT)).toBe(own)
    expect(translateCommit(own, ATTEMPT)).toBe(own)
  })
})
