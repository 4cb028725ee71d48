/**
 * Which shard a public record goes to: a pure function of its bytes, so that two ingresses, a crash and a repeat
 * all send it to one place. Reads only the fields that name the shard, without Zod, and refuses nothing:
 * what it cannot read goes to the hash of its origin, and its shard writes the dead letter.
 */
import { type Envelope, foldBody, readEnvelope } from './command-envelope.ts'
import { decodeCommand } from './commands.ts'
import { type GameTopic, readGameEvent } from './game-events.ts'
import { UINT8_MAX } from './ids.ts'
import { fieldsOf, isObject } from './json.ts'
import type { Headers, LogRecord } from './log-record.ts'
import { readPlainCommand } from './plain-command.ts'
import { readInstanceId, readUint } from './plain-fields.ts'
import { instanceHash, originHash, shardKeyHash, shardOf, shardOfInstance } from './shard-key.ts'
import { decodeTenant, readTenantId } from './tenant.ts'

export type Route =
  | { readonly kind: 'shard'; readonly shard: number }
  /** It names neither channel nor instance, and is whole: whoever has its character acts. */
  | { readonly kind: 'every-shard' }
  /** A type that is not ours: not forwarded at all. */
  | { readonly kind: 'foreign'; readonly type: string }

/** `shards` is the number of partitions of the shard-commands topic. */
export function routeOf(record: LogRecord, shards: number): Route {
  const plain = record.value && readPlainCommand(record.value)
  if (plain) return { kind: 'shard', shard: shardOfInstance(plain.instanceId, shards) }
  const envelope = readEnvelope(record.value)
  if (envelope.kind === 'foreign') return envelope
  if (envelope.kind === 'command' && envelope.type === 'LEAVE' && isSound(record)) return { kind: 'every-shard' }
  const named = envelope.kind === 'command' ? namedHash(envelope, record.headers) : undefined
  return { kind: 'shard', shard: shardOf(named ?? originHash(record), shards) }
}

/** Whether it is not going to be refused: a dead letter is written by one shard, the one of its origin. */
function isSound({ value, headers }: LogRecord): boolean {
  return decodeCommand(value).kind === 'command' && 'tenant' in decodeTenant(headers)
}

/** Whether this is the shard of a record that names none. */
export function isShardOfOrigin(record: LogRecord, shard: number, shards: number): boolean {
  return shardOf(originHash(record), shards) === shard
}

export type EventRoute =
  | { readonly kind: 'shard'; readonly shard: number }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'malformed'; readonly reason: string }

/** The shard of the channel that a character left, or of the instance that a monster was in. */
export function eventRouteOf(game: GameTopic, { value, headers }: LogRecord, shards: number): EventRoute {
  const read = readGameEvent(game, value)
  if (read.kind !== 'event') return read
  const tenant = decodeTenant(headers)
  if ('refusal' in tenant) return { kind: 'malformed', reason: tenant.refusal.reason }
  const { event } = read
  const hash =
    event.kind === 'monster'
      ? instanceHash(event.instanceId)
      : shardKeyHash(tenant.tenant.id, event.worldId, event.channelId)
  return { kind: 'shard', shard: shardOf(hash, shards) }
}

const REGISTER_FIELDS = fieldsOf('channelId')
const INSTANCE_FIELDS = fieldsOf('instanceId')

/** The hash that the record itself names; `undefined` where a field for it cannot be read. */
function namedHash(envelope: Envelope, headers: Headers): number | undefined {
  if (envelope.type === 'LEAVE') return undefined
  const body = foldBody(envelope, envelope.type === 'REGISTER' ? REGISTER_FIELDS : INSTANCE_FIELDS) ?? {}
  if (!isObject(body)) return undefined
  if (envelope.type !== 'REGISTER') {
    const id = readInstanceId(body.instanceId)
    return id === undefined ? undefined : instanceHash(id)
  }
  const tenantId = readTenantId(headers)
  const worldId = readUint(envelope.outer.worldId, UINT8_MAX)
  const channelId = readUint(body.channelId, UINT8_MAX)
  if (tenantId === undefined || worldId === undefined || channelId === undefined) return undefined
  return shardKeyHash(tenantId, worldId, channelId)
}
