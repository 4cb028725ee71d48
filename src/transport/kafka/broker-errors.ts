/**
 * The one place where what a broker or kafkajs answers becomes one of errors.ts, each of which is a reaction. Looks
 * through wrapped errors all the way down. A message says what was tried, where, and what would cure it.
 */
import {
  CommitUnknownError,
  ConfigError,
  InvariantError,
  OffsetOutOfRangeError,
  RecordTooLargeError,
  ShardFencedError,
  TransportUnavailableError,
  UnrestorableError,
} from '../../errors.ts'
import { CODE } from './protocol.ts'

/**
 * OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH (also a transaction that timed out), INVALID_TXN_STATE,
 * INVALID_PRODUCER_ID_MAPPING, TRANSACTION_COORDINATOR_FENCED, UNKNOWN_PRODUCER_ID, PRODUCER_FENCED, and what kafkajs
 * says of a code that it does not know.
 */
const FENCED: ReadonlySet<number> = new Set([45, 47, 48, 49, 52, 59, 90, -99])
const TOO_LARGE: ReadonlySet<number> = new Set([CODE.messageTooLarge, CODE.recordListTooLarge])
const FORBIDDEN: ReadonlySet<number> = new Set([29, 30, 31, 53])
const LOST = /^KafkaJS(Connection|RequestTimeout|LockTimeout)/
const CAUSES_MAX = 10

/** What was being done, for the message: `appending to shard-commands`. */
export interface Attempt {
  readonly doing: string
  readonly brokers: readonly string[]
}

/** The error of errors.ts for whatever a call of a broker threw; one of ours stays what it is. */
export function translate(error: unknown, attempt: Attempt): Error {
  if (isOurs(error)) return error
  const code = codeOf(error)
  const message = describe(error, attempt)
  if (code !== undefined && FENCED.has(code)) return new ShardFencedError(message, { cause: error })
  if (code !== undefined && TOO_LARGE.has(code)) {
    return new RecordTooLargeError(topicOf(error), message, { cause: error })
  }
  return new TransportUnavailableError(message, { cause: error })
}

/** For the request that decides a transaction: unless it was plainly refused, nobody knows. */
export function translateCommit(error: unknown, attempt: Attempt): Error {
  const translated = translate(error, attempt)
  if (!(translated instanceof TransportUnavailableError)) return translated
  return new CommitUnknownError(translated.message, { cause: error })
}

/** Kafka's error code, from the error or from what it wraps. */
export function codeOf(error: unknown): number | undefined {
  return find(error, one => ('code' in one && typeof one.code === 'number' ? one.code : undefined))
}

/** Whether the connection itself is gone or has gone silent: it must not be used again. */
export function isConnectionLost(error: unknown): boolean {
  return find(error, one => (LOST.test(one.name) ? true : undefined)) === true
}

/** A short text for a log line. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function describe(error: unknown, { doing, brokers }: Attempt): string {
  const code = codeOf(error)
  const what = `${doing} failed on Kafka at ${brokers.join(', ')}: ${reasonOf(error)}`
  if (code !== undefined && FENCED.has(code)) return `${what}; another owner has it, or its transaction timed out`
  if (code !== undefined && TOO_LARGE.has(code)) return `${what}; raise max.message.bytes of the topic, or send less`
  if (code !== undefined && FORBIDDEN.has(code)) return `${what}; give this user the right to it (kafka-acls)`
  if (code === CODE.unknownTopic) return `${what}; does the topic exist, and may this user see it?`
  if (find(error, one => (/SASL/.test(one.name) ? true : undefined))) {
    return `${what}; check the SASL mechanism, user name and password`
  }
  if (isConnectionLost(error))
    return `${what}; do the brokers run, and are BOOTSTRAP_SERVERS and the TLS settings right?`
  return what
}

function topicOf(error: unknown): string {
  return find(error, one => ('topic' in one && typeof one.topic === 'string' ? one.topic : undefined)) ?? ''
}

function find<T>(error: unknown, look: (one: Error) => T | undefined): T | undefined {
  let one = error
  for (let depth = 0; depth < CAUSES_MAX && one instanceof Error; depth += 1) {
    const found = look(one)
    if (found !== undefined) return found
    one = 'originalError' in one ? one.originalError : one.cause
  }
  return undefined
}

function isOurs(error: unknown): error is Error {
  return (
    error instanceof TransportUnavailableError ||
    error instanceof ShardFencedError ||
    error instanceof CommitUnknownError ||
    error instanceof RecordTooLargeError ||
    error instanceof OffsetOutOfRangeError ||
    error instanceof UnrestorableError ||
    error instanceof ConfigError ||
    error instanceof InvariantError
  )
}
