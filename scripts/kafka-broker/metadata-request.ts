/**
 * Asks one broker, and no other, what it knows of the cluster: a bare Metadata request over a connection of its own.
 * (kafkajs asks any broker it has heard of, so it cannot tell whether this one is ready.) Decodes nothing else.
 */
import { connect } from 'node:net'

const METADATA_KEY = 3
/** Known to every Kafka from 0.11 on, 4.x included. */
const METADATA_VERSION = 4
const CLIENT_ID = 'kafka-launcher'

export interface BrokerView {
  /** `host:port` of the brokers that this one takes for alive. */
  readonly brokers: readonly string[]
  /** Of the topics asked for, those it knows, with the number of partitions that have a leader. */
  readonly ledPartitions: ReadonlyMap<string, number>
}

/** @throws Error nobody answers there within `limitMs`. */
export async function askMetadata(address: string, topics: readonly string[], limitMs: number): Promise<BrokerView> {
  return decode(new Cursor(await exchange(address, request(topics), limitMs)))
}

/** One request, one answer, without its size and correlation id. */
function exchange(address: string, bytes: Buffer, limitMs: number): Promise<Buffer> {
  const [host = '', port] = address.split(':')
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port) }, () => socket.write(bytes))
    let received = Buffer.alloc(0)
    const limit = setTimeout(() => socket.destroy(new Error(`${address} did not answer in ${limitMs} ms`)), limitMs)
    socket.on('data', chunk => {
      received = Buffer.concat([received, chunk])
      if (received.length < 8 || received.length < 4 + received.readInt32BE(0)) return
      resolve(received.subarray(8))
      socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => {
      clearTimeout(limit)
      reject(new Error(`${address} closed the connection without an answer`))
    })
  })
}

function request(topics: readonly string[]): Buffer {
  const correlationId = 1
  const mayCreateTopics = Buffer.from([0])
  const body = Buffer.concat([
    int16(METADATA_KEY),
    int16(METADATA_VERSION),
    int32(correlationId),
    text(CLIENT_ID),
    int32(topics.length),
    ...topics.map(text),
    mayCreateTopics,
  ])
  return Buffer.concat([int32(body.length), body])
}

function decode(cursor: Cursor): BrokerView {
  cursor.int32() // throttle time
  const brokers = cursor.array(() => {
    cursor.int32() // node id
    const address = `${cursor.text()}:${cursor.int32()}`
    cursor.text() // rack
    return address
  })
  cursor.text() // cluster id
  cursor.int32() // controller id
  const topics = cursor.array(() => {
    const error = cursor.int16()
    const name = cursor.text()
    cursor.boolean() // internal
    const partitions = cursor.array(() => {
      cursor.int16() // error
      cursor.int32() // partition
      const leader = cursor.int32()
      cursor.array(() => cursor.int32()) // replicas
      cursor.array(() => cursor.int32()) // in-sync replicas
      return leader
    })
    return { error, name, led: partitions.filter(leader => leader >= 0).length }
  })
  return {
    brokers,
    ledPartitions: new Map(topics.filter(topic => topic.error === 0).map(({ name, led }) => [name, led])),
  }
}

/** Reads Kafka's primitive types one after the other. */
class Cursor {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  boolean(): boolean {
    return this.#bytes.readInt8(this.#skip(1)) !== 0
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#skip(2))
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#skip(4))
  }

  /** Null reads as the empty string. */
  text(): string {
    const start = this.#skip(2)
    const length = Math.max(0, this.#bytes.readInt16BE(start))
    return this.#bytes.toString('utf8', this.#skip(length), this.#at)
  }

  array<Item>(item: () => Item): readonly Item[] {
    return Array.from({ length: Math.max(0, this.int32()) }, item)
  }

  #skip(length: number): number {
    const start = this.#at
    this.#at += length
    return start
  }
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([int16(bytes.length), bytes])
}
