/**
 * The keys under which counts are kept (`i4001008`), made once for each number: a key that is made anew each time must
 * be looked up by its characters each time. Forgets all of them at its bound and begins again.
 */

const NAMES_MAX = 4096

export class KeyNames {
  readonly #prefix: string
  readonly #names = new Map<number, string>()

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  of(number: number): string {
    const known = this.#names.get(number)
    if (known !== undefined) return known
    if (this.#names.size === NAMES_MAX) this.#names.clear()
    const name = this.#prefix + number
    this.#names.set(number, name)
    return name
  }

  /** Of a key that is no number. */
  ofText(text: string): string {
    return this.#prefix + text
  }
}
