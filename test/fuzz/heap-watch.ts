/**
 * What the heap holds after a full collection, measured now and then over a long run. The bound is generous: it is
 * there to catch what grows with the number of inputs, not what a run keeps once.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Compilers, caches and pools fill up meanwhile. */
const WARM_UP_MEASUREMENTS = 2
const GROWTH_BYTES_MAX = 64 << 20

export class HeapWatch {
  readonly #collect: () => void
  readonly #used: number[] = []

  constructor() {
    setFlagsFromString('--expose-gc')
    const collect: unknown = runInNewContext('gc')
    if (typeof collect !== 'function') throw new Error('this Node gives no gc')
    this.#collect = () => collect()
  }

  /** Bytes in use. */
  measure(): number {
    this.#collect()
    const { heapUsed, external } = process.memoryUsage()
    this.#used.push(heapUsed + external)
    return heapUsed + external
  }

  assertFlat(): void {
    const settled = this.#used.slice(WARM_UP_MEASUREMENTS)
    const [first] = settled
    const last = settled.at(-1)
    if (first === undefined || last === undefined || last - first <= GROWTH_BYTES_MAX) return
    const megabytes = settled.map(bytes => Math.round(bytes / (1 << 20)))
    throw new Error(`the heap grew from ${megabytes[0]} to ${megabytes.at(-1)} MiB: ${megabytes.join(', ')}`)
  }
}
