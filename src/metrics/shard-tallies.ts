/**
 * What is true of single shards: phase, lag, instances, registrations and effects that wait. Kept per shard,
 * so that it goes with the shard however it was lost, and summed only when somebody looks.
 */
import { type Row, Tally } from './tally.ts'

/** Shown from the start, with 0, so that a graph does not begin with the first trouble. */
const PHASES = ['fencing', 'restoring', 'running', 'draining', 'dead']

export class ShardTallies {
  readonly #phase = new Map<number, string>()
  readonly #lag = new Map<number, number>()
  readonly #pending = new Map<number, number>()
  readonly #effects = new Map<number, number>()
  readonly #instances = new Map<number, Tally>()
  /** What was ever seen falls to 0 when it is over, rather than leave the graph as it last was. */
  readonly #phasesSeen = new Set(PHASES)
  readonly #instancesSeen = new Tally('state', 'quest')

  move(shard: number, phase: string | undefined): void {
    if (phase === undefined) {
      this.#phase.delete(shard)
      return
    }
    this.#phasesSeen.add(phase)
    this.#phase.set(shard, phase)
  }

  lag(shard: number, records: number): void {
    this.#lag.set(shard, records)
  }

  pending(shard: number, registrations: number): void {
    this.#pending.set(shard, registrations)
  }

  effects(shard: number, waiting: number): void {
    this.#effects.set(shard, waiting)
  }

  count(shard: number, state: string, quest: string, delta: number): void {
    let tally = this.#instances.get(shard)
    if (tally === undefined) {
      tally = new Tally('state', 'quest')
      this.#instances.set(shard, tally)
    }
    tally.add(delta, state, quest)
    this.#instancesSeen.add(0, state, quest)
  }

  forget(shard: number): void {
    this.#phase.delete(shard)
    this.#lag.delete(shard)
    this.#pending.delete(shard)
    this.#effects.delete(shard)
    this.#instances.delete(shard)
  }

  phases(): Iterable<Row> {
    const tally = new Tally('phase')
    for (const phase of this.#phasesSeen) tally.add(0, phase)
    for (const phase of this.#phase.values()) tally.add(1, phase)
    return tally.rows()
  }

  lags(): Iterable<Row> {
    return byShard(this.#lag)
  }

  pendings(): Iterable<Row> {
    return byShard(this.#pending)
  }

  pendingEffects(): Iterable<Row> {
    return byShard(this.#effects)
  }

  instances(): Iterable<Row> {
    const total = new Tally('state', 'quest')
    total.addAll(this.#instancesSeen)
    for (const tally of this.#instances.values()) total.addAll(tally)
    return total.rows()
  }
}

function* byShard(values: ReadonlyMap<number, number>): Iterable<Row> {
  for (const [shard, value] of values) yield { labels: { shard: String(shard) }, value }
}
