/**
 * The few bytes of Kafka's protocol that we write and read ourselves; kafkajs's connections carry them (wire.ts). The
 * older versions where they will do, "flexible" ones (compact fields, tags) where they tell more; Kafka 3.9 and 4.x serve
 * both. An error code is thrown by whoever reads it.
 */
import type { RequestWriter } from './request-writer.ts'

export interface ProtocolRequest<T> {
  readonly api: Api
  /** About how long its body gets, so that a large one is not copied while it grows. */
  readonly bytes: number
  write(writer: RequestWriter): void
  /** Of an answer, behind its correlation id. @throws ProtocolError */
  read(reader: ResponseReader): T
  /** Where the answer may take longer than usual, milliseconds. */
  readonly timeoutMs?: number
}

export interface Api {
  readonly name: string
  readonly key: number
  readonly version: number
}

const BODY_BYTES = 512

export function protocolRequest<T>(
  api: Api,
  write: (writer: RequestWriter) => void,
  read: (reader: ResponseReader) => T,
  bytes = BODY_BYTES,
): ProtocolRequest<T> {
  return { api, bytes, write, read }
}

/** A broker's answer was an error code. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  readonly code: number
  /** The topic it is about, where there is one. */
  readonly topic: string | undefined

  constructor(code: number, about: string, topic?: string) {
    super(`${codeName(code)} for ${about}`)
    this.code = code
    this.topic = topic
  }
}

/** @throws ProtocolError where `code` is one. */
export function check(code: number, about: string, topic?: string): void {
  if (code !== 0) throw new ProtocolError(code, about, topic)
}

export const CODE = {
  offsetOutOfRange: 1,
  unknownTopic: 3,
  leaderNotAvailable: 5,
  notLeader: 6,
  messageTooLarge: 10,
  coordinatorLoading: 14,
  coordinatorNotAvailable: 15,
  notCoordinator: 16,
  recordListTooLarge: 18,
  illegalGeneration: 22,
  unknownMember: 25,
  rebalanceInProgress: 27,
  topicExists: 36,
  concurrentTransactions: 51,
  operationNotAttempted: 55,
  memberIdRequired: 79,
} as const

// Those that an operator meets; the number says it of the others.
const NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'OFFSET_OUT_OF_RANGE'],
  [3, 'UNKNOWN_TOPIC_OR_PARTITION'],
  [5, 'LEADER_NOT_AVAILABLE'],
  [6, 'NOT_LEADER_OR_FOLLOWER'],
  [7, 'REQUEST_TIMED_OUT'],
  [10, 'MESSAGE_TOO_LARGE'],
  [14, 'COORDINATOR_LOAD_IN_PROGRESS'],
  [15, 'COORDINATOR_NOT_AVAILABLE'],
  [16, 'NOT_COORDINATOR'],
  [18, 'RECORD_LIST_TOO_LARGE'],
  [19, 'NOT_ENOUGH_REPLICAS'],
  [20, 'NOT_ENOUGH_REPLICAS_AFTER_APPEND'],
  [22, 'ILLEGAL_GENERATION'],
  [25, 'UNKNOWN_MEMBER_ID'],
  [27, 'REBALANCE_IN_PROGRESS'],
  [29, 'TOPIC_AUTHORIZATION_FAILED'],
  [30, 'GROUP_AUTHORIZATION_FAILED'],
  [31, 'CLUSTER_AUTHORIZATION_FAILED'],
  [36, 'TOPIC_ALREADY_EXISTS'],
  [38, 'INVALID_REPLICATION_FACTOR'],
  [41, 'NOT_CONTROLLER'],
  [44, 'POLICY_VIOLATION'],
  [45, 'OUT_OF_ORDER_SEQUENCE_NUMBER'],
  [47, 'INVALID_PRODUCER_EPOCH'],
  [48, 'INVALID_TXN_STATE'],
  [49, 'INVALID_PRODUCER_ID_MAPPING'],
  [50, 'INVALID_TRANSACTION_TIMEOUT'],
  [51, 'CONCURRENT_TRANSACTIONS'],
  [53, 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'],
  [55, 'OPERATION_NOT_ATTEMPTED'],
  [59, 'UNKNOWN_PRODUCER_ID'],
  [87, 'INVALID_RECORD'],
  [90, 'PRODUCER_FENCED'],
])

function codeName(code: number): string {
  return NAMES.get(code) ?? `error code ${code}`
}

export class ResponseReader {
  readonly #bytes: Buffer
  #at = 0
  throttleMs = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  throttle(): void {
    this.throttleMs = this.int32()
  }

  boolean(): boolean {
    return this.int8() !== 0
  }

  int8(): number {
    return this.#bytes.readInt8(this.#advance(1))
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#advance(2))
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#advance(4))
  }

  /** Offsets, ids and times: all are safe integers. */
  int64(): number {
    return Number(this.#bytes.readBigInt64BE(this.#advance(8)))
  }

  /** Null is read as empty: no field that we read tells the two apart. */
  string(): string {
    const length = this.int16()
    if (length < 0) return ''
    const start = this.#advance(length)
    return this.#bytes.toString('utf8', start, this.#at)
  }

  /** A view; null is read as empty. */
  bytes(): Buffer {
    const length = this.int32()
    if (length < 0) return this.#bytes.subarray(this.#at, this.#at)
    const start = this.#advance(length)
    return this.#bytes.subarray(start, this.#at)
  }

  /** Null is read as empty. */
  array<E>(read: () => E): readonly E[] {
    const count = this.int32()
    const elements: E[] = []
    for (let index = 0; index < count; index += 1) elements.push(read())
    return elements
  }

  /** Of flexible versions; null is read as empty. */
  compactString(): string {
    const length = this.uvarint() - 1
    if (length < 0) return ''
    const start = this.#advance(length)
    return this.#bytes.toString('utf8', start, this.#at)
  }

  /** Of flexible versions; null is read as empty. */
  compactArray<E>(read: () => E): readonly E[] {
    const count = this.uvarint() - 1
    const elements: E[] = []
    for (let index = 0; index < count; index += 1) elements.push(read())
    return elements
  }

  /** Of flexible versions: fields that we know nothing of. */
  skipTags(): void {
    for (let left = this.uvarint(); left > 0; left -= 1) {
      this.uvarint() // number
      this.#advance(this.uvarint())
    }
  }

  /** 16 bytes, in hexadecimal. */
  uuid(): string {
    const start = this.#advance(16)
    return this.#bytes.toString('hex', start, this.#at)
  }

  uvarint(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.int8()
      value |= (byte & 0x7f) << shift
      if (byte >= 0) return value
    }
  }

  #advance(bytes: number): number {
    const start = this.#at
    this.#at += bytes
    return start
  }
}

/** Groups by topic, the shape in which most requests name partitions. */
export function byTopic<P extends { readonly topic: string }>(partitions: readonly P[]): readonly [string, P[]][] {
  const topics = new Map<string, P[]>()
  for (const partition of partitions) {
    const known = topics.get(partition.topic)
    if (known) known.push(partition)
    else topics.set(partition.topic, [partition])
  }
  return [...topics]
}
