/**
 * One operation of one instance as the journal is told it: one flat object of numbers, and of references to what the
 * operation had in its hands anyway. It lives as long as its batch (entry-store.ts keeps its parts): what is kept of
 * each operation costs the collector many times what it costs to make. Documents are made only when somebody reads.
 */
import type { Deadlines, TimerName } from '../../machines/deadlines.ts'
import type { RestingState } from '../../machines/party-quest.ts'
import { contextOf, type Instance, stateOf } from '../actor/instance.ts'
import type { Command, CommandType } from '../contract/commands.ts'
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
  readonly kind: 'command' | 'lookup' | 'timer'
  /** Of the command, or of the timer. */
  readonly name: CommandType | TimerName
  /** Where the command came from; of a timer empty, 0 and 0. */
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Epoch milliseconds; of a command 0. */
  readonly dueAt: number
  /** Who the command named; of a timer 0. */
  readonly characterId: number
  /** What an UPDATE_STAGE_STATE added: how many items, then each one's id and count, then the monsters'. */
  readonly counts: readonly number[]
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
const NO_MESSAGES: readonly Message[] = []
const NO_COUNTS: readonly number[] = []

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
    kind: trigger.kind === 'timer' ? 'timer' : trigger.isAnswer ? 'lookup' : 'command',
    name: trigger.kind === 'timer' ? trigger.timer : trigger.command.type,
    topic: trigger.kind === 'timer' ? '' : trigger.origin.topic,
    partition: trigger.kind === 'timer' ? 0 : trigger.origin.partition,
    offset: trigger.kind === 'timer' ? 0 : trigger.origin.offset,
    dueAt: trigger.kind === 'timer' ? trigger.dueAt : 0,
    characterId: trigger.kind === 'timer' ? 0 : trigger.command.characterId,
    counts: trigger.kind === 'timer' ? NO_COUNTS : countsOf(trigger.command),
    from: before && stateOf(before),
    to: after && stateOf(after),
    stageIndex: run.stageIndex,
    messages: messages.length === 0 ? NO_MESSAGES : messages,
    deadlines: after === undefined ? NO_DEADLINES : run.deadlines,
    born: before === undefined ? run.members : NOBODY,
    last: after === undefined ? before : undefined,
  }
}

/** Messages and counts that weigh as much as an entry without any. */
const PARTS_PER_WEIGHT = 8

/** What an entry holds on to, in entries: 1 for an ordinary one, more for one with many messages or counts. */
export function weightOf({ messages, counts }: Pick<Entry, 'messages' | 'counts'>): number {
  return 1 + Math.floor((messages.length + (counts.length >> 1)) / PARTS_PER_WEIGHT)
}

function countsOf(command: Command): readonly number[] {
  if (command.type !== 'UPDATE_STAGE_STATE') return NO_COUNTS
  const { itemCounts, monsterKills } = command
  // Of its size at once: an array that grows takes room for sixteen more.
  const counts = new Array<number>(1 + 2 * (itemCounts.size + monsterKills.size))
  let at = 0
  counts[at++] = itemCounts.size
  for (const [item, count] of itemCounts) {
    counts[at++] = item
    counts[at++] = count
  }
  for (const [monster, count] of monsterKills) {
    counts[at++] = monster
    counts[at++] = count
  }
  return counts
}

/** The counts of an UPDATE_STAGE_STATE by id, as they came. */
export function countedIn({ counts }: Entry): { readonly items: Ids; readonly monsters: Ids } {
  const [size = 0, ...pairs] = counts
  return { items: byId(pairs.slice(0, 2 * size)), monsters: byId(pairs.slice(2 * size)) }
}

type Ids = Readonly<Record<string, number>>

function byId(pairs: readonly number[]): Ids {
  const byId: Record<string, number> = {}
  for (let at = 0; at < pairs.length; at += 2) byId[String(pairs[at])] = pairs[at + 1] ?? 0
  return byId
}
