/**
 * Holds what is asked of the monster service to what was committed: each effect is one that the model asks for too, is
 * asked for behind its commit and behind those of its instance that were decided earlier, is answered in the end, and
 * is then forgotten. Sees commits and requests alone.
 */
import { isDeepStrictEqual } from 'node:util'
import { decodePendingEffect, effectName, type PendingEffect } from '../../src/contract/effect-record.ts'
import type { Effect } from '../../src/contract/effects.ts'
import type { InstanceId } from '../../src/contract/ids.ts'
import type { LogRecord } from '../../src/contract/log-record.ts'
import { Violation } from './violation.ts'

/** What an operation asks for, of which instance. */
export interface AskedEffect {
  readonly instanceId: InstanceId
  readonly effect: Effect
}

interface Committed {
  readonly name: string
  isAnswered: boolean
}

const KIND = 'effect/'

export function isEffectKey(key: string): boolean {
  return key.startsWith(KIND)
}

export class EffectJudge {
  /** Of each instance, in the order in which they were decided. */
  readonly #committed = new Map<InstanceId, Committed[]>()
  #violation: Violation | undefined

  /** The state records of one transaction, and what the model makes of the same. @throws Violation */
  commit(records: readonly LogRecord[], asked: readonly AskedEffect[], fail: (what: string) => Violation): void {
    const wanted = byInstance(asked)
    const found = new Map<InstanceId, Effect[]>()
    for (const pending of decided(records)) {
      const { instanceId } = pending
      found.set(instanceId, [...(found.get(instanceId) ?? []), pending.effect])
      const before = this.#committed.get(instanceId) ?? []
      this.#committed.set(instanceId, [...before, { name: nameOf(pending), isAnswered: false }])
    }
    if (isDeepStrictEqual(found, wanted)) return
    throw fail(`effects ${JSON.stringify([...found])} instead of ${JSON.stringify([...wanted])}`)
  }

  /** A request has arrived. What is wrong with it is told by `check`: whoever sent it would take it for an answer. */
  asked(pending: PendingEffect): void {
    const of = this.#committed.get(pending.instanceId) ?? []
    const place = of.findIndex(({ name }) => name === nameOf(pending))
    if (place < 0) this.#violation ??= new Violation(`${nameOf(pending)} was never committed`)
    const early = of.slice(0, place).find(({ isAnswered }) => !isAnswered)
    if (early !== undefined) this.#violation ??= new Violation(`${nameOf(pending)} was asked for before ${early.name}`)
  }

  /** It is done, or refused for good: in either case nobody need ask again. */
  answered(pending: PendingEffect): void {
    const found = this.#committed.get(pending.instanceId)?.find(({ name }) => name === nameOf(pending))
    if (found !== undefined) found.isAnswered = true
  }

  /** @throws Violation */
  check(): void {
    if (this.#violation !== undefined) throw this.#violation
  }

  /** What has not been answered, and what is not forgotten of the state that is given. */
  unfinished(state: Iterable<string>): readonly string[] {
    const open = [...this.#committed.values()].flat().filter(({ isAnswered }) => !isAnswered)
    return [
      ...open.map(({ name }) => `the effect ${name} was not done`),
      ...[...state].filter(isEffectKey).map(key => `${key} is not forgotten`),
    ]
  }
}

/** The effects that a transaction made pending, in their order. */
function decided(records: readonly LogRecord[]): readonly PendingEffect[] {
  return records
    .flatMap(({ key, value }) =>
      value !== null && isEffectKey(key?.toString() ?? '') ? [decodePendingEffect(value)] : [],
    )
    .sort((one, other) => one.number - other.number)
}

/** Another one of the same number has another trace. */
function nameOf(pending: PendingEffect): string {
  return `${effectName(pending)} of ${pending.traceparent}`
}

function byInstance(asked: readonly AskedEffect[]): Map<InstanceId, Effect[]> {
  const of = new Map<InstanceId, Effect[]>()
  for (const { instanceId, effect } of asked) of.set(instanceId, [...(of.get(instanceId) ?? []), effect])
  return of
}
