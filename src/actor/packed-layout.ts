/**
 * How a packed instance is laid out, for who writes it (record-packer.ts) and who reads it (instance-packing.ts):
 *   head          1 + 2 * place of the state in RESTING_STATES + place in ADVANCES; 0: the state record follows as it is
 *   identity      numbers of tenant and quest, world, channel, party, affinity; its id is known to who asks
 *   members       each: 1 + 2 * id, or 2 + 2 * id and the level
 *   run           stage, registeredAt, startedAt; timers, each: 1 + place in TIMER_NAMES, deadline
 *   stage         startedAt, attempts; items, then kills, each: id as a key, count; data, each: 1 + length of the key,
 *                 key, length, text
 *   definition    its number
 *   armedBy       each: 1 + place in TIMER_NAMES, a text
 * Every list ends with a 0. A text is 0 and a `traceparent`, 1 for the one before it, or 2 + its length and itself.
 * A key is 1 + 2 * number, or 2 + 2 * its length and itself, its prefix left out.
 */
import type { Rules } from '../../machines/context.ts'
import type { TenantId } from '../contract/ids.ts'
import type { Tenant } from '../contract/tenant.ts'
import { SharedValues } from './shared-values.ts'

export const RAW = 0
export const ADVANCES = ['command', 'automatic'] as const satisfies readonly Rules['advance'][]

/** How a text of `armedBy` is written. */
export const TRACE_PARENT = 0
export const SAME_AS_BEFORE = 1
export const PLAIN = 2

/** What instances of a shard have in common. */
export interface PackedTables {
  readonly tenants: SharedValues<Tenant>
  readonly quests: SharedValues<string>
  /** `questId@hash` */
  readonly definitions: SharedValues<string>
}

export function emptyTables(): PackedTables {
  return {
    tenants: new SharedValues(readTenant),
    quests: new SharedValues(text => text),
    definitions: new SharedValues(text => text),
  }
}

/** The text of a tenant in a state record. */
function readTenant(text: string): Tenant {
  const { id, region, majorVersion, minorVersion }: Tenant = JSON.parse(text)
  return { id: id as TenantId, region, majorVersion, minorVersion }
}
