/**
 * Which instances are held as snapshots and which as bytes. The ones touched last are resident; the idle longest
 * are passivated, and restored on their next event. One budget is shared by all shards of the process.
 */

import type { Instance } from '../actor/instance.ts'
import { encodeInstance } from '../actor/snapshot-bytes.ts'
import type { InstanceId } from '../contract/ids.ts'

/** `RESIDENT_INSTANCES` of this process, shared by its shards: at the bound the one with the most gives one up. */
export class ResidencyBudget {
  readonly instancesMax: number
  readonly #holders = new Set<Residency>()
  #taken = 0

  constructor(instancesMax: number) {
    this.instancesMax = instancesMax
  }

  get taken(): number {
    return this.#taken
  }

  join(holder: Residency): void {
    this.#holders.add(holder)
  }

  leave(holder: Residency): void {
    this.#holders.delete(holder)
  }

  give(count: number): void {
    this.#taken -= count
  }

  take(): void {
    this.#taken++
    while (this.#taken > this.instancesMax && this.#largest()?.passivateIdlest()) {}
  }

  /** A few dozen shards at the most, and asked only at the bound. */
  #largest(): Residency | undefined {
    let largest: Residency | undefined
    for (const holder of this.#holders) if (holder.residents > (largest?.residents ?? 0)) largest = holder
    return largest
  }
}

export class Residency {
  readonly #budget: ResidencyBudget
  readonly #restore: (bytes: Buffer) => Instance
  /** In the order of the last touch: a Map keeps the order of insertion. */
  readonly #residents = new Map<InstanceId, Instance>()
  /** Their bytes, one a character: a string is kept in the heap as it is, while a small Buffer pins a whole pool. */
  readonly #passive = new Map<InstanceId, string>()

  constructor(budget: ResidencyBudget, restore: (bytes: Buffer) => Instance) {
    this.#budget = budget
    this.#restore = restore
    budget.join(this)
  }

  get size(): number {
    return this.#residents.size + this.#passive.size
  }

  get residents(): number {
    return this.#residents.size
  }

  ids(): readonly InstanceId[] {
    return [...this.#residents.keys(), ...this.#passive.keys()]
  }

  /** Reads without making the instance resident: what a batch reads becomes resident when it is settled. */
  get(id: InstanceId): Instance | undefined {
    const resident = this.#residents.get(id)
    if (resident !== undefined) return resident
    const bytes = this.#passive.get(id)
    return bytes === undefined ? undefined : this.#restore(Buffer.from(bytes, 'latin1'))
  }

  putPassive(id: InstanceId, bytes: Buffer): void {
    this.delete(id)
    this.#passive.set(id, bytes.toString('latin1'))
  }

  put(id: InstanceId, instance: Instance): void {
    this.delete(id)
    this.#residents.set(id, instance)
    this.#budget.take()
  }

  delete(id: InstanceId): void {
    if (this.#residents.delete(id)) this.#budget.give(1)
    else this.#passive.delete(id)
  }

  /** Gives its part of the budget back; the shard is gone. */
  clear(): void {
    this.#budget.give(this.#residents.size)
    this.#budget.leave(this)
    this.#residents.clear()
    this.#passive.clear()
  }

  /** Whether there was one to passivate. */
  passivateIdlest(): boolean {
    for (const [id, instance] of this.#residents) {
      this.putPassive(id, encodeInstance(instance))
      return true
    }
    return false
  }
}
