/**
 * A state record that cannot be read, told so that a person can find and mend it: shard, topic, partition, offset,
 * key, and what is wrong. Where the record lies is looked up only then: restoring keeps values, not places.
 */
import { REPAIR } from '../contract/record-layout.ts'
import { InvariantError, UnrestorableError } from '../errors.ts'
import type { ShardDependencies } from './shard-dependencies.ts'

/** The record under `key` is unreadable because of `cause`; it is not known where it lies. */
export class DamagedRecord extends UnrestorableError {
  readonly key: string

  constructor(key: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    // What says itself that it is unreadable says what to do as well, and need not be told twice.
    if (cause instanceof UnrestorableError) super(reason, { cause: cause.cause })
    else super(`it is damaged (${reason}); ${REPAIR}`, { cause })
    this.key = key
  }
}

/**
 * Whatever a record makes its decoder throw is that record's fault: other shards have nothing to do with it.
 * @throws DamagedRecord
 */
export function reading<Decoded>(key: string, decode: () => Decoded): Decoded {
  try {
    return decode()
  } catch (error) {
    throw error instanceof InvariantError ? error : new DamagedRecord(key, error)
  }
}

type Place = Pick<ShardDependencies, 'transport' | 'internal' | 'shard'>

/** The same error, and where the record lies. What is no damage comes back as it is. */
export async function located(error: unknown, { transport, internal, shard }: Place, signal: AbortSignal) {
  if (!(error instanceof DamagedRecord)) return error
  const partition = { topic: internal.shardState, partition: shard }
  let offset: number | undefined
  try {
    await transport.readToEnd(
      partition,
      chunk => {
        for (const record of chunk) if ((record.key?.toString() ?? '') === error.key) offset = record.offset
      },
      signal,
    )
  } catch {
    // The damage is worth telling without its offset.
  }
  const place = `${partition.topic}/${partition.partition}${offset === undefined ? '' : `@${offset}`}`
  return new UnrestorableError(`shard ${shard} cannot read its record "${error.key}" at ${place}: ${error.message}`, {
    cause: error.cause,
  })
}
