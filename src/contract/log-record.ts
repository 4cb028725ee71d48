/**
 * A record of the log as the rest of the code sees it: bytes and positions, nothing of any client library.
 * Headers are an ordered list, because dead letters give them back "byte for byte and in order".
 */

/** Header names are read and written as latin1, so that any bytes survive the round trip; ours are ASCII. */
export type Header = readonly [name: string, value: Buffer | null]
export type Headers = readonly Header[]

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Offsets are safe integers: 2^53 records in one partition are out of reach. */
export interface LogRecord extends TopicPartition {
  readonly offset: number
  /** Epoch milliseconds. */
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Headers
}

/** A record to be written. Without `partition`, murmur2 of the key decides, as in every other Kafka client. */
export interface NewRecord {
  readonly topic: string
  readonly partition?: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Headers
}

/** `topic/partition`, the key of maps over partitions. */
export function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}

/** The value of the only header of that name; `undefined` where there is none or more than one. */
export function onlyHeader(headers: Headers, name: string): Buffer | null | undefined {
  let found: Buffer | null | undefined
  for (const [key, value] of headers) {
    if (key !== name) continue
    if (found !== undefined) return undefined
    found = value
  }
  return found
}

/** Of names and values. */
export function headerBytes(headers: Headers): number {
  let bytes = 0
  for (const [name, value] of headers) bytes += name.length + (value?.length ?? 0)
  return bytes
}

/** Of key, value and headers; what Kafka adds around them is not counted. */
export function recordBytes({ key, value, headers }: Pick<LogRecord, 'key' | 'value' | 'headers'>): number {
  return (key?.length ?? 0) + (value?.length ?? 0) + headerBytes(headers)
}
