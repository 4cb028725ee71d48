/** Of many ids in no order, the first few behind a cursor: without keeping, or sorting, all of them. */
import type { InstanceId } from '../contract/ids.ts'

export class SmallestIds<Beside> {
  readonly #after: string
  readonly #count: number
  #kept: { readonly id: InstanceId; readonly beside: Beside }[] = []
  /** Whatever is not below can be passed over. */
  #bound: string | undefined

  /** The `count` smallest that are greater than `after`. */
  constructor(after: string | undefined, count: number) {
    this.#after = after ?? ''
    this.#count = count
  }

  add(id: InstanceId, beside: Beside): void {
    if (id <= this.#after || (this.#bound !== undefined && id >= this.#bound)) return
    this.#kept.push({ id, beside })
    if (this.#kept.length >= 2 * this.#count) this.#cut()
  }

  sorted(): readonly { readonly id: InstanceId; readonly beside: Beside }[] {
    this.#cut()
    return this.#kept
  }

  #cut(): void {
    this.#kept.sort((one, other) => (one.id < other.id ? -1 : 1))
    // One that was added twice is one.
    const different = this.#kept.filter(({ id }, at, all) => id !== all[at - 1]?.id)
    this.#kept = different.slice(0, this.#count)
    if (this.#kept.length === this.#count) this.#bound = this.#kept.at(-1)?.id
  }
}
