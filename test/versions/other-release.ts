/**
 * A replica of another release, for tests of what two releases do side by side: today's code, speaking that release's
 * records through a transport that translates them on their way to and from `shard-state` and `shard-commands`.
 */
import type { JsonObject } from '../../src/contract/json.ts'
import type { NewRecord } from '../../src/contract/log-record.ts'
import type { Transport } from '../../src/transport/port.ts'
import { INTERNAL } from '../support/shard-harness.ts'

/** By the first part of the key: `position`, `instance`, `definition`, `pending`; `internal`: what a shard tells itself. */
export interface Dialect {
  /** Today's record as that release writes it. */
  readonly write: (kind: string, record: JsonObject) => JsonObject
  /**
   * What is in the log as today's record, as that release understands it.
   * @throws UnrestorableError what it does not understand
   */
  readonly read: (kind: string, value: Buffer) => JsonObject
}

/** To be put between a replica and the log. */
export function otherRelease(dialect: Dialect): (transport: Transport) => Transport {
  return transport => ({
    ...transport,
    fence: async options => {
      const sink = await transport.fence(options)
      return {
        commit: (records, offset) =>
          sink.commit(
            records.map(record => written(record, dialect)),
            offset,
          ),
        close: () => sink.close(),
      }
    },
    openAppender: name => {
      const appender = transport.openAppender(name)
      return {
        append: records =>
          appender.append(records.map(record => ({ ...written(record, dialect), partition: record.partition }))),
        close: () => appender.close(),
      }
    },
    readToEnd: (partition, onRecords, signal) =>
      transport.readToEnd(
        partition,
        chunk =>
          onRecords(
            chunk.map(record => {
              const kind = kindOf(record)
              if (kind === undefined || record.value === null) return record
              return { ...record, value: Buffer.from(JSON.stringify(dialect.read(kind, record.value))) }
            }),
          ),
        signal,
      ),
  })
}

function written<Written extends NewRecord>(record: Written, { write }: Dialect): Written {
  const kind = kindOf(record)
  if (kind === undefined || record.value === null) return record
  return { ...record, value: Buffer.from(JSON.stringify(write(kind, JSON.parse(record.value.toString())))) }
}

function kindOf({ topic, key, headers }: Pick<NewRecord, 'topic' | 'key' | 'headers'>): string | undefined {
  if (topic === INTERNAL.shardState) return key?.toString().replace(/\/.*/s, '')
  return topic === INTERNAL.shardCommands && headers[0]?.[0] === 'pq-internal' ? 'internal' : undefined
}
