/**
 * A small number for each instance of a shard, so that what is kept of a million of them can lie in typed arrays
 * instead of maps by id. Numbers are dense and used again; whoever drops an id has let go of everything under its number.
 */
import type { InstanceId } from '../contract/ids.ts'

export class Roster {
  readonly #numbers = new Map<InstanceId, number>()
  readonly #ids: (InstanceId | undefined)[] = []
  readonly #free: number[] = []

  /** Every number that was ever given is below. */
  get end(): number {
    return this.#ids.length
  }

  find(id: InstanceId): number | undefined {
    return this.#numbers.get(id)
  }

  /** Its number, a new one if it has none. */
  add(id: InstanceId): number {
    const known = this.#numbers.get(id)
    if (known !== undefined) return known
    const number = this.#free.pop() ?? this.#ids.length
    this.#numbers.set(id, number)
    this.#ids[number] = id
    return number
  }

  /** Who has the number; `undefined` when nobody does. */
  id(number: number): InstanceId | undefined {
    return this.#ids[number]
  }

  drop(id: InstanceId): void {
    const number = this.#numbers.get(id)
    if (number === undefined) return
    this.#numbers.delete(id)
    this.#ids[number] = undefined
    this.#free.push(number)
  }
}
