/**
 * Which instances are held as snapshots and which packed. The ones touched last are resident; the idle longest
 * are passivated, and restored on their next event. One budget is shared by all shards of the process.
 */
import type { Instance } from '../actor/instance.ts'
import type { InstancePacking } from '../actor/instance-packing.ts'
import { encodeInstance } from '../actor/snapshot-bytes.ts'
import type { InstanceId } from '../contract/ids.ts'
import { RecordArena } from './record-arena.ts'
import { Roster } from './roster.ts'

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
  readonly #packing: InstancePacking
  /** In the order of the last touch: a Map keeps the order of insertion. */
  readonly #residents = new Map<InstanceId, Instance>()
  readonly #roster: Roster
  readonly #passive = new RecordArena()

  constructor(budget: ResidencyBudget, packing: InstancePacking, roster = new Roster()) {
    this.#budget = budget
    this.#packing = packing
    this.#roster = roster
    budget.join(this)
  }

  get size(): number {
    return this.#residents.size + this.#passive.size
  }

  get residents(): number {
    return this.#residents.size
  }

  ids(): readonly InstanceId[] {
    const passive = Array.from(this.#passive.numbers(), number => this.#roster.id(number))
    return [...this.#residents.keys(), ...passive.filter(id => id !== undefined)]
  }

  /** Numbers of the roster, to be gone through before the next change. */
  passiveNumbers(): Iterable<number> {
    return this.#passive.numbers()
  }

  /** A snapshot, or else packed (a view, good until the next change), of the instance with this id and number. */
  peek(id: InstanceId, number: number): Instance | Buffer | undefined {
    return this.#residents.get(id) ?? this.packed(number)
  }

  /** Reads without making the instance resident: what a batch reads becomes resident when it is settled. */
  get(id: InstanceId): Instance | undefined {
    const resident = this.#residents.get(id)
    if (resident !== undefined) return resident
    const number = this.#roster.find(id)
    const packed = number === undefined ? undefined : this.packed(number)
    if (number === undefined || packed === undefined) return undefined
    // The text of the roster: another of the same would stay in memory beside it.
    return this.#packing.instance(this.#roster.id(number) ?? id, packed)
  }

  /** A passive instance by its number of the roster: a view, good until the next change. */
  packed(number: number): Buffer | undefined {
    return this.#passive.get(number)
  }

  /** `record`: its state record, of which nothing is kept. */
  putPassive(id: InstanceId, record: Buffer): void {
    if (this.#residents.delete(id)) this.#budget.give(1)
    this.#passive.put(this.#roster.add(id), this.#packing.pack(id, record))
  }

  put(id: InstanceId, instance: Instance): void {
    this.delete(id)
    this.#residents.set(id, instance)
    this.#budget.take()
  }

  delete(id: InstanceId): void {
    if (this.#residents.delete(id)) {
      this.#budget.give(1)
      return
    }
    const number = this.#roster.find(id)
    if (number !== undefined) this.#passive.delete(number)
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
