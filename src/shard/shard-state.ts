/**
 * All that a shard has committed: instances, what they claim, when they are due, the definitions that they play by,
 * registrations that wait, and the position. Changed only by `restore` (from the log) and `settle` (after a commit).
 */
import type { Rules } from '../../machines/context.ts'
import { type Instance, nextTimer } from '../actor/instance.ts'
import { decodeInstance } from '../actor/snapshot-bytes.ts'
import type { Summary } from '../actor/snapshot-scan.ts'
import type { InstanceId } from '../contract/ids.ts'
import { FIRST_POSITION, type Position } from '../contract/state-record.ts'
import type { CompiledDefinition } from '../definitions/catalogue.ts'
import { UnrestorableError } from '../errors.ts'
import { ClaimTable } from './claim-table.ts'
import { claim, claimChanged } from './claims.ts'
import { DeadlineIndex } from './deadline-index.ts'
import type { InstanceView } from './outcome.ts'
import type { Overlay } from './overlay.ts'
import { PendingRegistrations } from './pending-registrations.ts'
import { Residency, type ResidencyBudget } from './residency.ts'
import { Roster } from './roster.ts'
import type { RuleBook } from './rule-book.ts'
import type { SummaryReader } from './summary-reader.ts'

interface DefinitionInUse {
  readonly compiled: CompiledDefinition
  instances: number
}

export interface KeptRecord {
  /** Of the roster. */
  readonly number: number
  readonly id: InstanceId
  /** A view, good until the next change. */
  readonly bytes: Buffer
}

export class ShardState implements InstanceView {
  readonly #roster = new Roster()
  readonly claims = new ClaimTable(this.#roster)
  readonly deadlines = new DeadlineIndex(this.#roster)
  readonly definitions = new Map<string, DefinitionInUse>()
  readonly pending = new PendingRegistrations()
  readonly residency: Residency
  position: Position = FIRST_POSITION
  readonly #ruleBook: RuleBook

  constructor(budget: ResidencyBudget, ruleBook: RuleBook) {
    this.#ruleBook = ruleBook
    this.residency = new Residency(budget, bytes => this.decode(bytes), this.#roster)
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

  /** @throws UnrestorableError */
  decode(bytes: Buffer): Instance {
    return decodeInstance(bytes, (ref, advance) => this.#rulesOf(ref, advance))
  }

  /** The state record of an instance as the log has it so far (`null`: gone). It stays bytes until its next event. */
  keepRecord(id: InstanceId, bytes: Buffer | null): void {
    if (bytes !== null) {
      this.residency.putPassive(id, bytes)
      return
    }
    this.residency.delete(id)
    this.#roster.drop(id)
  }

  /** The instances whose records are kept, one after the other, to be taken over. */
  *kept(): Iterable<KeptRecord> {
    for (const number of this.residency.passiveNumbers()) {
      const id = this.#roster.id(number)
      const bytes = this.residency.passiveRecord(number)
      if (id !== undefined && bytes !== undefined) yield { number, id, bytes }
    }
  }

  /**
   * Takes over an instance whose last record is kept: its claims, its deadline and its use of a definition.
   * @throws UnrestorableError
   */
  adopt({ number, bytes }: KeptRecord, reader: SummaryReader): Summary {
    const summary = reader.read(bytes)
    const { registration } = this.#definition(summary.definition).definition
    this.claims.holdAs(number, reader.claim(summary, registration))
    if (summary.deadline !== undefined) this.deadlines.arm(number, summary.deadline)
    this.#use(summary.definition, 1)
    return summary
  }

  /** The overlay's changes are committed: they become the state. */
  settle(overlay: Overlay): void {
    for (const { compiled } of overlay.definitions.values()) {
      if (!this.definitions.has(compiled.ref)) this.definitions.set(compiled.ref, { compiled, instances: 0 })
    }
    for (const [id, { before, after }] of overlay.instances) {
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
    const inUse = this.definitions.get(ref)
    if (inUse === undefined) {
      throw new UnrestorableError(
        `an instance plays by ${ref}, whose record is not in the log: write it back byte for byte under the key ` +
          `"definition/${ref}", or give the instance up with a tombstone, and restart the replica`,
      )
    }
    return inUse.compiled
  }

  #use(ref: string, delta: number): void {
    const inUse = this.definitions.get(ref)
    if (inUse === undefined) return
    inUse.instances += delta
    if (inUse.instances === 0) this.definitions.delete(ref)
  }
}
