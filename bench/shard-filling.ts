/**
 * Shards' states in memory with so many instances in them, made as commits make them or as a restore does; no log, no
 * loop. Only for measurements of memory. Deterministic: the same index is the same instance in every run.
 */
import { encodeInstance } from '../src/actor/snapshot-bytes.ts'
import { createStepper } from '../src/actor/stepper.ts'
import type { InstanceId } from '../src/contract/ids.ts'
import { instanceRecordKey, readInstanceKey } from '../src/contract/state-record.ts'
import type { Outcome } from '../src/shard/outcome.ts'
import { Overlay } from '../src/shard/overlay.ts'
import type { ResidencyBudget } from '../src/shard/residency.ts'
import { inUse, ShardState } from '../src/shard/shard-state.ts'
import { SummaryReader } from '../src/shard/summary-reader.ts'
import { Population } from './population.ts'
import { compiledQuest } from './quest.ts'

/** As many as one transaction changes. */
export const FILL_BATCH = 250

export class ShardFilling {
  readonly #compiled
  readonly #population

  /** Parties of `partySize`, half played. */
  constructor(partySize: number) {
    this.#compiled = compiledQuest(partySize)
    this.#population = new Population({ compiled: this.#compiled, stepper: createStepper('bench'), partySize })
  }

  /** Bytes of the state record of one. */
  get recordBytes(): number {
    return encodeInstance(this.#population.halfPlayed(1)).length
  }

  empty(budget: ResidencyBudget): ShardState {
    const state = new ShardState(budget, this.#population.ruleBook)
    state.definitions.set(this.#compiled.ref, inUse(this.#compiled))
    return state
  }

  /** Instances `from` and on are born and played: what does not fit the budget becomes bytes at once. */
  commit(state: ShardState, from: number): void {
    const births = Array.from({ length: FILL_BATCH }, (_, at) =>
      this.#population.birth(this.#population.halfPlayed(from + at)),
    )
    this.#settle(state, births)
  }

  /** First all records, slices of large fetches, then what the shard must know of each. */
  restore(state: ShardState, from: number, count: number): void {
    for (let start = from; start < from + count; start += FILL_BATCH) this.#fetch(state, start)
    const reader = new SummaryReader(packed => state.summary(packed))
    for (const record of state.kept()) state.adopt(record, reader)
  }

  /** The next event of instances `from` and on, which the state holds: they are resident from then on. */
  touch(state: ShardState, from: number): void {
    const touched: Extract<Outcome, { kind: 'changed' }>[] = []
    for (let index = from; index < from + FILL_BATCH; index++) {
      const before = state.instance(this.#id(index))
      if (before === undefined) continue
      const { snapshot } = this.#population.stepper.deliver(before.snapshot, this.#population.counts(index))
      const { identity } = snapshot.context
      const after = { ...before, snapshot }
      touched.push({ kind: 'changed', identity, before, after, messages: [], effects: [] })
    }
    this.#settle(state, touched)
  }

  #settle(state: ShardState, outcomes: readonly Extract<Outcome, { kind: 'changed' }>[]): void {
    const overlay = new Overlay(state)
    for (const outcome of outcomes) overlay.keep(outcome, this.#compiled)
    // The records of the transaction: encoded beside what stays, as they are in a commit.
    overlay.records()
    state.settle(overlay)
  }

  #fetch(state: ShardState, from: number): void {
    const bytes = Array.from({ length: FILL_BATCH }, (_, at) => encodeInstance(this.#population.halfPlayed(from + at)))
    const fetched = Buffer.concat(bytes)
    let start = 0
    for (const [at, { length }] of bytes.entries()) {
      state.keepRecord(this.#id(from + at), fetched.subarray(start, start + length))
      start += length
    }
  }

  /** As a fetched key gives it: a text of its own. */
  #id(index: number): InstanceId {
    const { instanceId } = this.#population.identity(index)
    return readInstanceKey(instanceRecordKey(instanceId)) ?? instanceId
  }
}
