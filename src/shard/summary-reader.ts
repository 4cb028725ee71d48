/**
 * Summaries of the instances that a shard restores: by a scan of the bytes where it takes them, else by decoding. Lives
 * as long as the restore, and keeps what many instances have in common meanwhile. Changes nothing.
 */
import type { Instance } from '../actor/instance.ts'
import { SnapshotScan, type Summary, summaryOf } from '../actor/snapshot-scan.ts'
import type { QuestDefinition } from '../contract/definition.ts'
import type { Tenant } from '../contract/tenant.ts'
import { type Claim, channelName, claimIn } from './claims.ts'

/** Above any channel. */
const CHANNELS = 256

export class SummaryReader {
  readonly #decode: (bytes: Buffer) => Instance
  readonly #scan = new SnapshotScan()
  /** Names of channels by tenant, and by world and channel in one number. */
  readonly #channels = new Map<Tenant, Map<number, string>>()

  /** `decode` throws what is wrong with a record. */
  constructor(decode: (bytes: Buffer) => Instance) {
    this.#decode = decode
  }

  read(bytes: Buffer): Summary {
    return this.#scan.read(bytes) ?? summaryOf(this.#decode(bytes))
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
