/**
 * All that a shard has committed: instances, what they claim, when they are due, the definitions that they play by,
 * registrations that wait, and the position. Changed only by `restore` (from the log) and `settle` (after a commit).
 */
import type { Rules } from '../../machines/context.ts'
import { type Instance, nextTimer } from '../actor/instance.ts'
import { decodeInstance } from '../actor/snapshot-bytes.ts'
import type { InstanceId } from '../contract/ids.ts'
import { FIRST_POSITION, type Position } from '../contract/state-record.ts'
import type { CompiledDefinition } from '../definitions/catalogue.ts'
import { UnrestorableError } from '../errors.ts'
import { Claims, claim, claimChanged } from './claims.ts'
import { DeadlineIndex } from './deadline-index.ts'
import type { InstanceView } from './outcome.ts'
import type { Overlay } from './overlay.ts'
import { PendingRegistrations } from './pending-registrations.ts'
import { Residency, type ResidencyBudget } from './residency.ts'
import type { RuleBook } from './rule-book.ts'

interface DefinitionInUse {
  readonly compiled: CompiledDefinition
  instances: number
}

export class ShardState implements InstanceView {
  readonly claims = new Claims()
  readonly deadlines = new DeadlineIndex()
  readonly definitions = new Map<string, DefinitionInUse>()
  readonly pending = new PendingRegistrations()
  readonly residency: Residency
  position: Position = FIRST_POSITION
  readonly #ruleBook: RuleBook

  constructor(budget: ResidencyBudget, ruleBook: RuleBook) {
    this.#ruleBook = ruleBook
    this.residency = new Residency(budget, bytes => this.decode(bytes))
  }

  instance(id: InstanceId): Instance | undefined {
    return this.residency.get(id)
  }

  /** @throws UnrestorableError */
  decode(bytes: Buffer): Instance {
    return decodeInstance(bytes, (ref, advance) => this.#rulesOf(ref, advance))
  }

  /** Takes over a restored instance. It stays bytes until its next event. */
  restoreInstance(id: InstanceId, bytes: Buffer): Instance {
    const instance = this.decode(bytes)
    this.residency.putPassive(id, bytes)
    this.claims.hold(id, claim(instance))
    this.deadlines.set(id, nextTimer(instance)?.at)
    this.#use(instance.definition, 1)
    return instance
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
    const inUse = this.definitions.get(ref)
    if (inUse === undefined) throw new UnrestorableError(`an instance plays by ${ref}, whose record is not in the log`)
    return this.#ruleBook.rulesOf(inUse.compiled, advance)
  }

  #use(ref: string, delta: number): void {
    const inUse = this.definitions.get(ref)
    if (inUse === undefined) return
    inUse.instances += delta
    if (inUse.instances === 0) this.definitions.delete(ref)
  }
}
