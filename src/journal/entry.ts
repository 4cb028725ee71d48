/**
 * One operation of one instance as the journal keeps it: references to what the operation had in its hands anyway, and
 * no copy of anything. Made once an operation; what people read is made of it only when somebody reads.
 */
import type { Deadlines, TimerName } from '../../machines/deadlines.ts'
import type { RestingState } from '../../machines/party-quest.ts'
import { contextOf, type Instance, stateOf } from '../actor/instance.ts'
import type { Command } from '../contract/commands.ts'
import type { InstanceId } from '../contract/ids.ts'
import type { Message } from '../contract/messages.ts'
import type { Origin } from '../contract/origin.ts'

/** What set the operation off. */
export type Trigger =
  | {
      readonly kind: 'command'
      readonly command: Command
      readonly origin: Origin
      /** A REGISTER that waited for the answer of a service, which has come. */
      readonly isAnswer: boolean
    }
  /** `dueAt`: epoch milliseconds. */
  | { readonly kind: 'timer'; readonly timer: TimerName; readonly dueAt: number }

export interface Entry {
  readonly id: InstanceId
  /** Epoch milliseconds of its beginning. */
  readonly at: number
  /** From the record's bytes to the bytes of its messages. */
  readonly durationMs: number
  readonly trigger: Trigger
  readonly from: RestingState | undefined
  /** `undefined`: it ended. */
  readonly to: RestingState | undefined
  readonly stageIndex: number
  readonly messages: readonly Message[]
  readonly deadlines: Deadlines
  /** Who was in it as it was born; of an operation on one that was there already: nobody. */
  readonly born: readonly { readonly characterId: number; readonly level?: number }[]
  /** Of one that ended: what it was before its last operation. */
  readonly last: Instance | undefined
}

const NO_DEADLINES: Deadlines = {}
const NOBODY: Entry['born'] = []

export interface Change {
  readonly before: Instance | undefined
  readonly after: Instance | undefined
  readonly messages: readonly Message[]
}

/** `undefined` for what was born and ended at once: no operation does that. */
export function entryOf(
  id: InstanceId,
  { before, after, messages }: Change,
  trigger: Trigger,
  at: number,
  durationMs: number,
): Entry | undefined {
  const present = after ?? before
  if (present === undefined) return undefined
  const { run } = contextOf(present)
  return {
    id,
    at,
    durationMs,
    trigger,
    from: before && stateOf(before),
    to: after && stateOf(after),
    stageIndex: run.stageIndex,
    messages,
    deadlines: after === undefined ? NO_DEADLINES : run.deadlines,
    born: before === undefined ? run.members : NOBODY,
    last: after === undefined ? before : undefined,
  }
}

/** Messages and counts that weigh as much as an entry without any. */
const PARTS_PER_WEIGHT = 8

/** What an entry holds on to, in entries: 1 for an ordinary one, more for one with many messages or counts. */
export function weightOf({ messages, trigger }: Entry): number {
  let parts = messages.length
  if (trigger.kind === 'command' && trigger.command.type === 'UPDATE_STAGE_STATE') {
    parts += trigger.command.itemCounts.size + trigger.command.monsterKills.size
  }
  return 1 + Math.floor(parts / PARTS_PER_WEIGHT)
}
