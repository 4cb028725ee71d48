/**
 * Which instances are held as snapshots and which as bytes. The ones touched last are resident; the idle longest
 * are passivated, and restored on their next event. One budget is shared by all shards of the process.
 */

import type { Instance } from '../actor/instance.ts'
import { encodeInstance } from '../actor/snapshot-bytes.ts'
import type { InstanceId } from '../contract/ids.ts'

/** `RESIDENT_INSTANCES` of this process, and how many of them are taken. */
export interface ResidencyBudget {
  readonly instancesMax: number
  taken: number
}

export class Residency {
  readonly #budget: ResidencyBudget
  readonly #restore: (bytes: Buffer) => Instance
  /** In the order of the last touch: a Map keeps the order of insertion. */
  readonly #residents = new Map<InstanceId, Instance>()
  readonly #passive = new Map<InstanceId, Buffer>()

  constructor(budget: ResidencyBudget, restore: (bytes: Buffer) => Instance) {
    this.#budget = budget
    this.#restore = restore
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
    return bytes === undefined ? undefined : this.#restore(bytes)
  }

  putPassive(id: InstanceId, bytes: Buffer): void {
    this.delete(id)
    this.#passive.set(id, bytes)
  }

  put(id: InstanceId, instance: Instance): void {
    this.delete(id)
    this.#residents.set(id, instance)
    this.#budget.taken++
    while (this.#budget.taken > this.#budget.instancesMax && this.#residents.size > 1) this.#passivateIdlest()
  }

  delete(id: InstanceId): void {
    if (this.#residents.delete(id)) this.#budget.taken--
    else this.#passive.delete(id)
  }

  /** Gives its part of the budget back; the shard is gone. */
  clear(): void {
    this.#budget.taken -= this.#residents.size
    this.#residents.clear()
    this.#passive.clear()
  }

  #passivateIdlest(): void {
    for (const [id, instance] of this.#residents) {
      this.putPassive(id, encodeInstance(instance))
      return
    }
  }
}
