/**
 * The journal as rows for people: newest first, what each was, where it came from and what it sent. Pure.
 */
import type { Operation } from '../../../src/api/documents.ts'
import { countdown } from '../ui/words.ts'

export type Filter = 'commands' | 'timers' | 'outbound'

export interface TimelineRow {
  readonly sequence: number
  /** Since the registration: `6:11`. */
  readonly after: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly kind: 'command' | 'timer' | 'lookup' | 'event'
  readonly event: string
  /** What else the event carried, as JSON; empty: nothing. */
  readonly payload: string
  readonly from: string
  /** Null: it stayed. */
  readonly to: string | null
  /** Stage from 1 where the operation led to another one. */
  readonly stage: number | null
  /** `STAGE_CLEARED`, `CHANGE_MAP ×4`. */
  readonly sent: readonly string[]
  readonly messages: Operation['messages']
  /** `party-quest-commands/7@1204331`, or `due +0.2s`. */
  readonly place: string
  readonly placeHint: string
}

export const ROWS_MAX = 50

export function timelineOf(
  journal: readonly Operation[],
  registeredAt: number,
  hidden: ReadonlySet<Filter>,
): readonly TimelineRow[] {
  return journal
    .map((operation, place) => rowOf(operation, journal[place - 1], registeredAt))
    .filter(row => !hidden.has(row.kind === 'timer' ? 'timers' : 'commands'))
    .slice(-ROWS_MAX)
    .toReversed()
}

function rowOf(operation: Operation, before: Operation | undefined, registeredAt: number): TimelineRow {
  const { sequence, at, cause, event, from, to, stageIndex, messages } = operation
  const { type, ...payload } = event
  const isNewStage = before !== undefined && before.stageIndex !== stageIndex
  return {
    sequence,
    after: countdown(Math.floor((at - registeredAt) / 1000) * 1000),
    at,
    kind: cause.kind,
    event: type,
    payload: payloadWords(payload),
    from: from ?? 'new',
    to: from === to && !isNewStage ? null : to,
    stage: isNewStage && to !== 'destroyed' ? stageIndex + 1 : null,
    sent: sentWords(messages),
    messages,
    ...placeOf(operation),
  }
}

const SHORT: Readonly<Record<string, string>> = { itemCounts: 'items', monsterKills: 'kills' }

/** Without quotes around names, without what is empty, and of lists their length: it is read, not parsed. */
function payloadWords(payload: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(payload).filter(([, value]) => !isEmpty(value))
  return parts
    .map(
      ([name, value]) => `${SHORT[name] ?? name} ${Array.isArray(value) ? `×${value.length}` : JSON.stringify(value)}`,
    )
    .join(' ')
    .replaceAll('"', '')
}

function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0)
}

export function sentWords(messages: Operation['messages']): readonly string[] {
  const counts = new Map<string, number>()
  for (const { type } of messages) counts.set(type, (counts.get(type) ?? 0) + 1)
  return [...counts].map(([type, count]) => (count === 1 ? type : `${type} ×${count}`))
}

function placeOf({ cause, at }: Operation): { place: string; placeHint: string } {
  if (cause.kind === 'timer') {
    const late = Math.max(0, at - cause.dueAt)
    return {
      place: `timer +${late} ms`,
      placeHint: `due ${new Date(cause.dueAt).toISOString()}, taken ${late} ms later`,
    }
  }
  const { topic, partition, offset } = cause
  return { place: `p${partition}@${offset}`, placeHint: `${topic}, partition ${partition}, offset ${offset}` }
}
