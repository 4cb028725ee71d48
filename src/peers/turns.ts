/** Lets a number of callers at a time go on, the others in the order in which they came. Knows not what they do. */
export class Turns {
  readonly #atOnceMax: number
  #taken = 0
  /** In order of insertion. */
  readonly #waiting = new Set<() => void>()

  constructor(atOnceMax: number) {
    this.#atOnceMax = atOnceMax
  }

  /** Whether nobody has a turn or waits for one. */
  get isIdle(): boolean {
    return this.#taken === 0
  }

  /** Resolves with how to give the turn back, once; rejects with the signal's reason when it aborts first. */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    if (this.#taken < this.#atOnceMax) this.#taken += 1
    else await this.#wait(signal)
    return () => this.#giveBack()
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn = () => {
        signal.removeEventListener('abort', dropped)
        resolve()
      }
      const dropped = () => {
        this.#waiting.delete(turn)
        reject(signal.reason)
      }
      this.#waiting.add(turn)
      signal.addEventListener('abort', dropped, { once: true })
    })
  }

  /** To the one who waits longest, or to nobody. */
  #giveBack(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#taken -= 1
      return
    }
    this.#waiting.delete(next)
    next()
  }
}
