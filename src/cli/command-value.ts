/**
 * Commands as a producer writes them: the JSON of each type, and the record that carries one. The other side of
 * contract/commands.ts, which reads them. Never decides what to send.
 */
import type { Random } from '../clock.ts'
import type { Headers } from '../contract/log-record.ts'
import { type Tenant, tenantHeaders } from '../contract/tenant.ts'
import { startTrace, traceparent } from '../contract/trace-context.ts'

export type CommandValue =
  | {
      readonly worldId: number
      readonly characterId: number
      readonly type: 'REGISTER'
      readonly body: {
        readonly questId: string
        readonly partyId: number
        readonly channelId: number
        readonly mapId: number
      }
    }
  | {
      readonly worldId: number
      readonly characterId: number
      readonly type: 'START' | 'STAGE_CLEAR_ATTEMPT' | 'STAGE_ADVANCE' | 'FORFEIT' | 'ENTER_BONUS'
      readonly body: { readonly instanceId: string }
    }
  | {
      readonly worldId: number
      readonly characterId: number
      readonly type: 'UPDATE_STAGE_STATE'
      readonly body: {
        readonly instanceId: string
        /** What to add, by item. */
        readonly itemCounts: Readonly<Record<string, number>>
        /** What to add, by monster. */
        readonly monsterKills: Readonly<Record<string, number>>
      }
    }
  | {
      readonly worldId: number
      readonly characterId: number
      readonly type: 'LEAVE'
      readonly body: Readonly<Record<string, never>>
    }
  | {
      readonly worldId: number
      readonly characterId: number
      readonly type: 'UPDATE_CUSTOM_DATA'
      readonly body: {
        readonly instanceId: string
        /** What to set, by key. */
        readonly updates: Readonly<Record<string, string>>
        /** What to add 1 to. */
        readonly increments: readonly string[]
      }
    }
  | {
      readonly worldId: number
      readonly characterId: number
      readonly type: 'BROADCAST_MESSAGE'
      readonly body: { readonly instanceId: string; readonly messageType: string; readonly message: string }
    }

/** One command on its way out, whichever road it takes. */
export interface OutgoingCommand {
  /** The value, as JSON text. */
  readonly value: string
  readonly key: string | null
  readonly tenant: Tenant
  readonly traceparent: string
}

/**
 * Keyed by what it is about, so that the commands of one instance, and the registrations of one party, are read in
 * the order in which they were sent. The service itself never looks at keys.
 */
export function commandKey(command: CommandValue): string {
  if (command.type === 'LEAVE') return `${command.worldId}/${command.characterId}`
  if (command.type !== 'REGISTER') return command.body.instanceId
  const { partyId, questId, channelId } = command.body
  return `${questId}/${command.worldId}/${channelId}/${partyId}`
}

/** Under a trace of its own. */
export function outgoing(command: CommandValue, tenant: Tenant, random: Random): OutgoingCommand {
  return {
    value: JSON.stringify(command),
    key: commandKey(command),
    tenant,
    traceparent: traceparent(startTrace(random)),
  }
}

/** The record of the command topic, without topic and partition. */
export function commandRecord(command: OutgoingCommand): { key: Buffer | null; value: Buffer; headers: Headers } {
  return {
    key: command.key === null ? null : Buffer.from(command.key),
    value: Buffer.from(command.value),
    headers: [...tenantHeaders(command.tenant), ['traceparent', Buffer.from(command.traceparent)]],
  }
}
