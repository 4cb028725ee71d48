/**
 * Summaries of the instances that a shard restores, and what each of them claims. Lives as long as the restore, and keeps
 * the names of channels meanwhile. Changes nothing.
 */
import type { Summary } from '../actor/summary.ts'
import type { QuestDefinition } from '../contract/definition.ts'
import type { Tenant } from '../contract/tenant.ts'
import { type Claim, channelName, claimIn } from './claims.ts'

/** Above any channel. */
const CHANNELS = 256

export class SummaryReader {
  readonly read: (packed: Buffer) => Summary
  /** Names of channels by tenant, and by world and channel in one number. */
  readonly #channels = new Map<Tenant, Map<number, string>>()

  /** `read` throws what is wrong with a record. */
  constructor(read: (packed: Buffer) => Summary) {
    this.read = read
  }

  claim(summary: Summary, registration: QuestDefinition['registration']): Claim {
    return claimIn(this.#channel(summary), summary, registration)
  }

  #channel({ tenant, worldId, channelId }: Summary): string {
    let names = this.#channels.get(tenant)
    if (names === undefined) {
      names = new Map()
      this.#channels.set(tenant, names)
    }
    const number = worldId * CHANNELS + channelId
    let name = names.get(number)
    if (name === undefined) {
      name = channelName(tenant, worldId, channelId)
      names.set(number, name)
    }
    return name
  }
}
