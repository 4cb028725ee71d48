/**
 * Where a public record came from. It travels with the record to its shard, is the watermark that makes effects
 * happen once, part of an InstanceId, and what a dead letter tells. Never changes on the way.
 */
import type { Headers, TopicPartition } from './log-record.ts'

export interface Origin extends TopicPartition {
  readonly offset: number
  /** Epoch milliseconds; -1 where the log kept none. */
  readonly timestamp: number
}

/** What a public record was, apart from where: a dead letter gives it back byte for byte. */
export interface OriginalRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Headers
}

/** `topic/partition@offset`, for people. */
export function originName({ topic, partition, offset }: Origin): string {
  return `${topic}/${partition}@${offset}`
}
