/**
 * What one life of a shard did in the last minute, second by second, for people who look: commits, records, and how
 * long things took as counts by size. Costs the same few additions at each commit, whoever looks; decides nothing.
 */
import type { Clock } from '../clock.ts'

const SECONDS = 60
/** Sizes from 1/16 to 2^20, eight steps to a doubling: a percentile is right to within 5 %. */
const STEPS = 8
const EXPONENT_MIN = -4
const BINS = STEPS * (20 - EXPONENT_MIN)

export interface Percentiles {
  readonly p50: number
  readonly p99: number
}

export interface Reading {
  readonly commitsPerSecond: number
  readonly recordsPerSecond: number
  /** Records of each second, oldest first; the last one is still running. */
  readonly history: readonly number[]
  /** `undefined`: there was none. */
  readonly commitMs: Percentiles | undefined
  readonly batchRecords: Percentiles | undefined
  readonly timerLatenessMs: Percentiles | undefined
  /** Records that wait. */
  readonly lag: number
}

export class ShardMeter {
  readonly #clock: Clock
  readonly #since: number
  readonly #commits = new Uint32Array(SECONDS)
  readonly #records = new Uint32Array(SECONDS)
  readonly #commitMs = new SizeCounts()
  readonly #batchRecords = new SizeCounts()
  readonly #latenessMs = new SizeCounts()
  #second: number
  #lag: () => number = () => 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#since = clock.elapsed()
    this.#second = this.#now()
  }

  /** From now on `lag` tells how many records wait. */
  measureLag(lag: () => number): void {
    this.#lag = lag
  }

  committed(commitMs: number, records: number, latenessSeconds: readonly number[]): void {
    const slot = this.#turn() % SECONDS
    this.#commits[slot] = (this.#commits[slot] ?? 0) + 1
    this.#records[slot] = (this.#records[slot] ?? 0) + records
    this.#commitMs.count(slot, commitMs)
    this.#batchRecords.count(slot, records)
    for (const seconds of latenessSeconds) this.#latenessMs.count(slot, seconds * 1000)
  }

  read(): Reading {
    const second = this.#turn()
    const history = Array.from(this.#records, (_, at) => this.#records[(second + 1 + at) % SECONDS] ?? 0)
    const seconds = Math.min(SECONDS, Math.max(1, (this.#clock.elapsed() - this.#since) / 1000))
    return {
      commitsPerSecond: sum(this.#commits) / seconds,
      recordsPerSecond: sum(this.#records) / seconds,
      history,
      commitMs: this.#commitMs.percentiles(),
      batchRecords: this.#batchRecords.percentiles(),
      timerLatenessMs: this.#latenessMs.percentiles(),
      lag: this.#lag(),
    }
  }

  #now(): number {
    return Math.floor(this.#clock.elapsed() / 1000)
  }

  /** Empties the seconds that are older than a minute; returns the one that runs. */
  #turn(): number {
    const now = this.#now()
    for (let second = Math.max(this.#second + 1, now - SECONDS + 1); second <= now; second += 1) {
      const slot = second % SECONDS
      this.#commits[slot] = 0
      this.#records[slot] = 0
      for (const counts of [this.#commitMs, this.#batchRecords, this.#latenessMs]) counts.empty(slot)
    }
    this.#second = now
    return now
  }
}

/** How many there were of each size, in each second. */
class SizeCounts {
  readonly #counts = new Uint32Array(SECONDS * BINS)

  count(slot: number, size: number): void {
    const step = Math.floor((Math.log2(Math.max(size, Number.MIN_VALUE)) - EXPONENT_MIN) * STEPS)
    const at = slot * BINS + Math.min(BINS - 1, Math.max(0, step))
    this.#counts[at] = (this.#counts[at] ?? 0) + 1
  }

  empty(slot: number): void {
    this.#counts.fill(0, slot * BINS, (slot + 1) * BINS)
  }

  percentiles(): Percentiles | undefined {
    const bins = new Array<number>(BINS).fill(0)
    let total = 0
    for (let at = 0; at < this.#counts.length; at += 1) {
      const count = this.#counts[at] ?? 0
      if (count === 0) continue
      bins[at % BINS] = (bins[at % BINS] ?? 0) + count
      total += count
    }
    return total === 0 ? undefined : { p50: sizeAt(bins, total * 0.5), p99: sizeAt(bins, total * 0.99) }
  }
}

/** The middle of the bin that the `rank`-th is in; what is below all bins counts as 0. */
function sizeAt(bins: readonly number[], rank: number): number {
  let seen = 0
  const bin = bins.findIndex(count => {
    seen += count
    return seen >= rank
  })
  return bin <= 0 ? 0 : 2 ** ((bin + 0.5) / STEPS + EXPONENT_MIN)
}

function sum(counts: Iterable<number>): number {
  let total = 0
  for (const count of counts) total += count
  return total
}
