/**
 * All that a shard has committed: instances, what they claim, when they are due, the definitions that they play by,
 * registrations and effects that wait, and the position. Changed only by `restore` (from the log) and `settle` (after a commit).
 */
import type { Rules } from '../../machines/context.ts'
import { RESTING_STATES, type RestingState } from '../../machines/party-quest.ts'
import { type Instance, nextTimer, stateOf } from '../actor/instance.ts'
import { InstancePacking } from '../actor/instance-packing.ts'
import type { Summary } from '../actor/summary.ts'
import type { InstanceId } from '../contract/ids.ts'
import { FIRST_POSITION, type Position } from '../contract/state-record.ts'
import type { CompiledDefinition } from '../definitions/catalogue.ts'
import { UnrestorableError } from '../errors.ts'
import { ClaimTable } from './claim-table.ts'
import { claim, claimChanged } from './claims.ts'
import { DeadlineIndex } from './deadline-index.ts'
import type { InstanceView } from './outcome.ts'
import type { Overlay } from './overlay.ts'
import { PendingEffects } from './pending-effects.ts'
import { PendingRegistrations } from './pending-registrations.ts'
import { Residency, type ResidencyBudget } from './residency.ts'
import { Roster } from './roster.ts'
import type { RuleBook } from './rule-book.ts'
import type { SummaryReader } from './summary-reader.ts'

interface DefinitionInUse {
  readonly compiled: CompiledDefinition
  instances: number
  /** By the place of their state in RESTING_STATES. */
  readonly states: number[]
}

/** An instance as it is kept: a snapshot, or packed (a view, good until the next change). */
export interface Present {
  readonly id: InstanceId
  readonly kept: Instance | Buffer
}

export interface KeptRecord {
  /** Of the roster. */
  readonly number: number
  readonly id: InstanceId
  /** A view, good until the next change. */
  readonly packed: Buffer
}

export class ShardState implements InstanceView {
  readonly #roster = new Roster()
  readonly claims = new ClaimTable(this.#roster)
  readonly deadlines = new DeadlineIndex(this.#roster)
  readonly definitions = new Map<string, DefinitionInUse>()
  readonly pending = new PendingRegistrations()
  readonly effects = new PendingEffects()
  readonly residency: Residency
  position: Position = FIRST_POSITION
  readonly #ruleBook: RuleBook
  readonly #packing = new InstancePacking((ref, advance) => this.#rulesOf(ref, advance))

  constructor(budget: ResidencyBudget, ruleBook: RuleBook) {
    this.#ruleBook = ruleBook
    this.residency = new Residency(budget, this.#packing, this.#roster)
  }

  /** @throws UnrestorableError a passive one whose bytes are no record any more: nothing but a fault of ours makes such */
  instance(id: InstanceId): Instance | undefined {
    try {
      return this.residency.get(id)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new UnrestorableError(`the record "instance/${id}" was readable when it was kept: ${reason}`, { cause })
    }
  }

  /** `present` knows an instance under one number, below this, for as long as it lives; a later one may get it then. */
  get numbersEnd(): number {
    return this.#roster.end
  }

  present(number: number): Present | undefined {
    const id = this.#roster.id(number)
    const kept = id === undefined ? undefined : this.residency.peek(id, number)
    return id === undefined || kept === undefined ? undefined : { id, kept }
  }

  /** @throws UnrestorableError */
  summary(packed: Buffer): Summary {
    return this.#packing.summary(packed)
  }

  /** The state record of an instance as the log has it so far (`null`: gone). It stays packed until its next event. */
  keepRecord(id: InstanceId, record: Buffer | null): void {
    if (record !== null) {
      this.residency.putPassive(id, record)
      return
    }
    this.residency.delete(id)
    this.#roster.drop(id)
  }

  /** The instances whose records are kept, one after the other, to be taken over. */
  *kept(): Iterable<KeptRecord> {
    for (const number of this.residency.passiveNumbers()) {
      const id = this.#roster.id(number)
      const packed = this.residency.packed(number)
      if (id !== undefined && packed !== undefined) yield { number, id, packed }
    }
  }

  /**
   * Takes over an instance whose last record is kept: its claims, its deadline and its use of a definition.
   * @throws UnrestorableError
   */
  adopt({ number, packed }: KeptRecord, reader: SummaryReader): Summary {
    const summary = reader.read(packed)
    const { registration } = this.#definition(summary.definition).definition
    this.claims.holdAs(number, reader.claim(summary, registration))
    if (summary.deadline !== undefined) this.deadlines.arm(number, summary.deadline)
    this.#use(summary.definition, 1)
    this.#count(summary.definition, summary.state, 1)
    return summary
  }

  /** The overlay's changes are committed: they become the state. */
  settle(overlay: Overlay): void {
    for (const { compiled } of overlay.definitions.values()) {
      if (!this.definitions.has(compiled.ref)) this.definitions.set(compiled.ref, inUse(compiled))
    }
    for (const [id, { before, after }] of overlay.instances) {
      this.#moved(before, after)
      if (before !== undefined && claimChanged(before, after)) this.claims.release(id, claim(before))
      if (after === undefined) {
        this.residency.delete(id)
        this.deadlines.set(id, undefined)
        this.#roster.drop(id)
      } else {
        this.residency.put(id, after)
        this.deadlines.set(id, nextTimer(after)?.at)
        if (before === undefined || claimChanged(before, after)) this.claims.hold(id, claim(after))
      }
    }
    for (const [ref, { delta }] of overlay.definitions) this.#use(ref, delta)
    for (const [name, pending] of overlay.pending) {
      if (pending === undefined) this.pending.delete(name)
      else this.pending.set(name, pending)
    }
    for (const [name, effect] of overlay.effects) {
      if (effect === undefined) this.effects.delete(name)
      else this.effects.set(effect)
    }
    this.position = overlay.position()
  }

  /** A timer was taken from the index: its instance is due at `retryAt`, or when its snapshot says. */
  rearm(id: InstanceId, retryAt: number | undefined): void {
    const instance = this.instance(id)
    this.deadlines.set(id, instance && (retryAt ?? nextTimer(instance)?.at))
  }

  close(): void {
    this.residency.clear()
  }

  #rulesOf(ref: string, advance: Rules['advance']): Rules {
    return this.#ruleBook.rulesOf(this.#definition(ref), advance)
  }

  #definition(ref: string): CompiledDefinition {
    const used = this.definitions.get(ref)
    if (used === undefined) {
      throw new UnrestorableError(
        `an instance plays by ${ref}, whose record is not in the log: write it back byte for byte under the key ` +
          `"definition/${ref}", or give the instance up with a tombstone, and restart the replica`,
      )
    }
    return used.compiled
  }

  #moved(before: Instance | undefined, after: Instance | undefined): void {
    const from = before && stateOf(before)
    const to = after && stateOf(after)
    if (from === to) return
    if (before !== undefined && from !== undefined) this.#count(before.definition, from, -1)
    if (after !== undefined && to !== undefined) this.#count(after.definition, to, 1)
  }

  #count(ref: string, state: RestingState, delta: number): void {
    const states = this.definitions.get(ref)?.states
    if (states === undefined) return
    const place = RESTING_STATES.indexOf(state)
    states[place] = (states[place] ?? 0) + delta
  }

  #use(ref: string, delta: number): void {
    const used = this.definitions.get(ref)
    if (used === undefined) return
    used.instances += delta
    if (used.instances === 0) this.definitions.delete(ref)
  }
}

/** Of which there is no instance yet. */
export function inUse(compiled: CompiledDefinition): DefinitionInUse {
  return { compiled, instances: 0, states: RESTING_STATES.map(() => 0) }
}
