/**
 * What an open batch has changed, laid over the committed state: settled when the transaction is committed, dropped
 * when it is not. Operations are added whole, so one that threw leaves no trace in it.
 */

import type { Instance } from '../actor/instance.ts'
import { encodeInstance } from '../actor/snapshot-bytes.ts'
import {
  type EffectSettled,
  effectName,
  effectRecordKey,
  encodePendingEffect,
  type PendingEffect,
} from '../contract/effect-record.ts'
import type { Effect } from '../contract/effects.ts'
import type { InstanceId } from '../contract/ids.ts'
import { partitionName, recordBytes } from '../contract/log-record.ts'
import type { InstanceIdentity } from '../contract/messages.ts'
import { type Origin, originName } from '../contract/origin.ts'
import {
  definitionRecordKey,
  encodePending,
  encodePosition,
  instanceRecordKey,
  type PendingRegistration,
  POSITION_KEY,
  type Position,
  pendingRecordKey,
} from '../contract/state-record.ts'
import type { CompiledDefinition } from '../definitions/catalogue.ts'
import { ClaimOverlay, claim, claimChanged } from './claims.ts'
import type { InstanceView, Outcome } from './outcome.ts'
import { PENDING_EFFECTS_MAX } from './pending-effects.ts'
import { mayWait } from './pending-registrations.ts'
import type { ShardState } from './shard-state.ts'

/** Before is what is committed; `undefined` on either side: there is none. */
export interface InstanceChange {
  readonly before: Instance | undefined
  readonly after: Instance | undefined
}

/** A state record without its topic; a null value is a tombstone. */
export interface StateRecord {
  readonly key: Buffer
  readonly value: Buffer | null
}

export class Overlay implements InstanceView {
  readonly claims: ClaimOverlay
  readonly instances = new Map<InstanceId, InstanceChange>()
  readonly definitions = new Map<string, { readonly compiled: CompiledDefinition; delta: number }>()
  /** `undefined`: it waits no more. */
  readonly pending = new Map<string, PendingRegistration | undefined>()
  /** By name, in the order in which they were decided. `undefined`: it waits no more. */
  readonly effects = new Map<string, PendingEffect | undefined>()
  readonly #state: ShardState
  readonly #watermarks = new Map<string, number>()
  #next: number
  #waiting: number
  #waitingBytes: number
  #waitingEffects: number
  #lastEffect: number

  constructor(state: ShardState) {
    this.#state = state
    this.#next = state.position.next
    this.#waiting = state.pending.size
    this.#waitingBytes = state.pending.bytes
    this.#waitingEffects = state.effects.size
    this.#lastEffect = state.effects.lastNumber
    this.claims = new ClaimOverlay(state.claims)
  }

  /** Nothing was read and nothing changed: there is nothing to commit. */
  get isUntouched(): boolean {
    return this.instances.size === 0 && this.pending.size === 0 && this.#next === this.#state.position.next
  }

  instance(id: InstanceId): Instance | undefined {
    const change = this.instances.get(id)
    return change === undefined ? this.#state.instance(id) : change.after
  }

  pendingRegistration(name: string): PendingRegistration | undefined {
    return this.pending.has(name) ? this.pending.get(name) : this.#state.pending.get(name)
  }

  /** Whether the record of that origin was applied before: every copy after the first changes nothing. */
  isApplied(origin: Origin): boolean {
    const name = partitionName(origin)
    const watermark = this.#watermarks.get(name) ?? this.#state.position.watermarks.get(name) ?? -1
    return origin.offset <= watermark
  }

  markApplied(origin: Origin): void {
    this.#watermarks.set(partitionName(origin), origin.offset)
  }

  /** The record before `next` of `shard-commands` has been dealt with. */
  moveTo(next: number): void {
    this.#next = next
  }

  position(): Position {
    const { watermarks, topicIds } = this.#state.position
    return {
      topicIds,
      next: this.#next,
      watermarks: this.#watermarks.size === 0 ? watermarks : new Map([...watermarks, ...this.#watermarks]),
    }
  }

  keep(outcome: Extract<Outcome, { kind: 'changed' }>, compiled: CompiledDefinition | undefined): void {
    const { identity, before, after } = outcome
    const id = identity.instanceId
    const change = this.instances.get(id)
    this.instances.set(id, { before: change === undefined ? before : change.before, after })
    if (before === undefined || claimChanged(before, after)) {
      this.claims.change(id, before && claim(before), after && claim(after))
    }
    if (before === undefined && after !== undefined) this.#use(after.definition, compiled, 1)
    if (before !== undefined && after === undefined) this.#use(before.definition, compiled, -1)
  }

  /** Whether it is kept; false at the bound on registrations that wait. */
  keepPending(registration: PendingRegistration): boolean {
    const bytes = recordBytes(registration.original)
    if (!mayWait(this.#waiting, this.#waitingBytes + bytes)) return false
    this.pending.set(originName(registration.origin), registration)
    this.#waiting += 1
    this.#waitingBytes += bytes
    return true
  }

  dropPending(name: string): void {
    const dropped = this.pendingRegistration(name)
    this.pending.set(name, undefined)
    if (dropped === undefined) return
    this.#waiting -= 1
    this.#waitingBytes -= recordBytes(dropped.original)
  }

  /** What there is no room for is left out, and comes back. */
  keepEffects(effects: readonly Effect[], identity: InstanceIdentity, traceparent: string): readonly Effect[] {
    const { instanceId, tenant, worldId, channelId } = identity
    const kept = effects.slice(0, Math.max(0, PENDING_EFFECTS_MAX - this.#waitingEffects))
    for (const effect of kept) {
      const number = ++this.#lastEffect
      const pending = { number, instanceId, tenant, worldId, channelId, effect, traceparent }
      this.effects.set(effectName(pending), pending)
    }
    this.#waitingEffects += kept.length
    return effects.slice(kept.length)
  }

  /** It is settled; one that waits no more, or is another of the same name, changes nothing. */
  dropEffect({ effect: name, traceparent }: EffectSettled): void {
    const pending = this.effects.has(name) ? this.effects.get(name) : this.#state.effects.get(name)
    if (pending?.traceparent !== traceparent) return
    this.effects.set(name, undefined)
    this.#waitingEffects -= 1
  }

  /** The state records of the transaction: the last value of everything that changed, and the position. */
  records(): readonly StateRecord[] {
    const records: StateRecord[] = []
    for (const [ref, { compiled, delta }] of this.definitions) {
      const was = this.#state.definitions.get(ref)?.instances ?? 0
      if (was === 0 && was + delta > 0) records.push({ key: definitionRecordKey(ref), value: compiled.bytes })
      if (was > 0 && was + delta === 0) records.push({ key: definitionRecordKey(ref), value: null })
    }
    for (const [id, { before, after }] of this.instances) {
      // Born and gone in one batch: there is nothing to bury.
      if (before === undefined && after === undefined) continue
      records.push({ key: instanceRecordKey(id), value: after === undefined ? null : encodeInstance(after) })
    }
    for (const [name, pending] of this.pending) {
      const origin = pending?.origin ?? this.#state.pending.get(name)?.origin
      if (origin === undefined) continue
      records.push({ key: pendingRecordKey(origin), value: pending === undefined ? null : encodePending(pending) })
    }
    for (const [name, pending] of this.effects) {
      records.push({ key: effectRecordKey(name), value: pending === undefined ? null : encodePendingEffect(pending) })
    }
    records.push({ key: POSITION_KEY, value: encodePosition(this.position()) })
    return records
  }

  #use(ref: string, compiled: CompiledDefinition | undefined, delta: number): void {
    const used = this.definitions.get(ref)
    const known = compiled ?? this.#state.definitions.get(ref)?.compiled
    if (used !== undefined) used.delta += delta
    else if (known !== undefined) this.definitions.set(ref, { compiled: known, delta })
  }
}
