/** So many at once, the others in the order in which they came. Knows neither what is done nor for how long. */

export class Turns {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(atOnceMax: number) {
    this.#free = atOnceMax
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Resolves when it is one's turn; `give` ends it. */
  async take(): Promise<void> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>(resolve => this.#waiting.push(resolve))
  }

  give(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next()
  }
}
