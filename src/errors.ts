/**
 * Errors are reactions: each class is one thing that its catcher does, and is caught in one place
 * (table in docs/architecture.md). A message names the thing, the place and the cure.
 * A refusal of a command is not an error: it is a value (contract/refusal.ts).
 */

/** Bad environment, topics or definitions. Reaction: do not start, list every fault, exit 2. Caught in main.ts. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(faults.join('\n'))
    this.faults = faults
  }
}

/** Another owner took the shard. Reaction: drop the shard, flush nothing. Caught in shard/shard-set.ts. */
export class ShardFencedError extends Error {
  override readonly name = 'ShardFencedError'
}

/** Nobody knows whether the transaction was committed. Reaction: rebuild the shard from fencing on. */
export class CommitUnknownError extends Error {
  override readonly name = 'CommitUnknownError'
}

/** The broker is away or did not answer. Reaction: back off, bounded and jittered, and try again or rebuild. */
export class TransportUnavailableError extends Error {
  override readonly name = 'TransportUnavailableError'
}

/** A record is larger than its topic takes. Reaction: rebuild, and write that dead letter without its value. */
export class RecordTooLargeError extends Error {
  override readonly name = 'RecordTooLargeError'
  readonly topic: string

  constructor(topic: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.topic = topic
  }
}

/** The position asked for is not in the log any more, or not yet. Reaction: the reader decides where to go on. */
export class OffsetOutOfRangeError extends Error {
  override readonly name = 'OffsetOutOfRangeError'
  readonly earliest: number
  readonly end: number

  constructor(earliest: number, end: number, message: string) {
    super(message)
    this.earliest = earliest
    this.end = end
  }
}

/** A state record that cannot be read. Reaction: that shard stops, the others go on; not ready; loud. */
export class UnrestorableError extends Error {
  override readonly name = 'UnrestorableError'
}

/** A promise of our own was broken. Reaction: crash. Caught in main.ts. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

/** For `switch` over a union: the compiler proves that it is never reached. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable: ${JSON.stringify(value)}`)
}
