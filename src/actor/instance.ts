/**
 * One quest instance between operations: its snapshot, and which span armed each of its timers.
 * Immutable: an operation makes a new one or leaves it alone, so undoing it is forgetting it.
 */
import type { SnapshotFrom } from 'xstate'
import type { PartyQuestContext } from '../../machines/context.ts'
import { type DueTimer, earliestDeadline, TIMER_NAMES, type TimerName } from '../../machines/deadlines.ts'
import type { PartyQuestMachine, RestingState } from '../../machines/party-quest.ts'

export type InstanceSnapshot = SnapshotFrom<PartyQuestMachine>

/** The `traceparent` of the operation that armed a timer; the timer's own trace links to it. */
export type ArmedBy = { readonly [Timer in TimerName]?: string }

export interface Instance {
  readonly snapshot: InstanceSnapshot
  /** `questId@hash` of the definition that it was created with. */
  readonly definition: string
  readonly armedBy: ArmedBy
}

export function contextOf(instance: Instance): PartyQuestContext {
  return instance.snapshot.context
}

/** An instance that is kept rests in one of these; the others are passed through within an operation. */
export function stateOf(instance: Instance): RestingState {
  return instance.snapshot.value as RestingState
}

export function nextTimer(instance: Instance): DueTimer | undefined {
  return earliestDeadline(contextOf(instance).run.deadlines)
}

/** What armed which timer after an operation of the span `traceparent` took the deadlines from `before` to now. */
export function armedAfter(before: Instance | undefined, snapshot: InstanceSnapshot, traceparent: string): ArmedBy {
  const was = before === undefined ? {} : contextOf(before).run.deadlines
  const is = snapshot.context.run.deadlines
  if (before !== undefined && was === is) return before.armedBy
  const armedBy: { [Timer in TimerName]?: string } = {}
  for (const timer of TIMER_NAMES) {
    if (is[timer] === undefined) continue
    armedBy[timer] = was[timer] === is[timer] ? (before?.armedBy[timer] ?? traceparent) : traceparent
  }
  return armedBy
}
