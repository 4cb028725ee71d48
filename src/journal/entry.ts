/**
 * One operation of one instance as the journal is told it: one flat object of numbers, and of references to what the
 * operation had in its hands anyway. It lives as long as its batch (entry-store.ts keeps its parts): what is kept of
 * each operation costs the collector many times what it costs to make. Documents are made only when somebody reads.
 */
import type { Deadlines, TimerName } from '../../machines/deadlines.ts'
import type { MonsterHappening, PartyQuestEvent, RestingState } from '../../machines/party-quest.ts'
import { contextOf, type Instance, stateOf } from '../actor/instance.ts'
import type { Command, CommandType } from '../contract/commands.ts'
import type { InstanceId } from '../contract/ids.ts'
import type { LeaveReason, Message } from '../contract/messages.ts'
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
  /** What the game told of a character or a monster. */
  | { readonly kind: 'event'; readonly event: GameHappening; readonly origin: Origin }
  | { readonly kind: 'timer'; readonly timer: TimerName; readonly dueAt: number }

/** What the machine is sent of an event of the game. */
export type GameHappening = Extract<PartyQuestEvent, { readonly type: 'LEAVE' }> | MonsterHappening
export const GAME_HAPPENINGS = [
  'LEAVE',
  'monster.damaged',
  'monster.killed',
  'monster.drop',
] as const satisfies readonly GameHappening['type'][]

export interface Entry {
  readonly id: InstanceId
  /** Epoch milliseconds of its beginning. */
  readonly at: number
  /** From the record's bytes to the bytes of its messages. */
  readonly durationMs: number
  readonly kind: 'command' | 'lookup' | 'timer' | 'event'
  /** Of the command, of the timer, or of what the game told. */
  readonly name: CommandType | TimerName | GameHappening['type']
  /** Where the record came from; of a timer empty, 0 and 0. */
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Epoch milliseconds; of all but a timer 0. */
  readonly dueAt: number
  /** Who the command or the event named; 0: nobody. */
  readonly characterId: number
  /**
   * What an UPDATE_STAGE_STATE added: how many items, then each one's id and count, then the monsters'. Of a monster's
   * happening: its map, its id and what it dropped.
   */
  readonly counts: readonly number[]
  /** What an UPDATE_CUSTOM_DATA, a BROADCAST_MESSAGE or a LEAVE said, and where: see `saidIn`. */
  readonly texts: readonly string[]
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
const NO_TEXTS: readonly string[] = []

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
  const { topic, partition, offset } = trigger.kind === 'timer' ? NOWHERE : trigger.origin
  // One literal of all fields: this is made for each operation, and to put it together of parts costs more than it.
  return {
    id,
    at,
    durationMs,
    kind: trigger.kind === 'command' && trigger.isAnswer ? 'lookup' : trigger.kind,
    name: nameOf(trigger),
    topic,
    partition,
    offset,
    dueAt: trigger.kind === 'timer' ? trigger.dueAt : 0,
    characterId: characterOf(trigger),
    counts: countsOf(trigger),
    texts: textsOf(trigger),
    from: before && stateOf(before),
    to: after && stateOf(after),
    stageIndex: run.stageIndex,
    messages: messages.length === 0 ? NO_MESSAGES : messages,
    deadlines: after === undefined ? NO_DEADLINES : run.deadlines,
    born: before === undefined ? run.members : NOBODY,
    last: after === undefined ? before : undefined,
  }
}

const NOWHERE = { topic: '', partition: 0, offset: 0 }

function nameOf(trigger: Trigger): Entry['name'] {
  if (trigger.kind === 'timer') return trigger.timer
  return trigger.kind === 'event' ? trigger.event.type : trigger.command.type
}

function characterOf(trigger: Trigger): number {
  if (trigger.kind === 'command') return trigger.command.characterId
  return trigger.kind === 'event' && trigger.event.type === 'LEAVE' ? trigger.event.characterId : 0
}

/** Messages and counts that weigh as much as an entry without any. */
const PARTS_PER_WEIGHT = 8

const CHARACTERS_PER_PART = 32

/** What an entry holds on to, in entries: 1 for an ordinary one, more for one with much in it. */
export function weightOf({ messages, counts, texts }: Pick<Entry, 'messages' | 'counts' | 'texts'>): number {
  let characters = 0
  for (const text of texts) characters += text.length
  const parts = messages.length + (counts.length >> 1) + texts.length + characters / CHARACTERS_PER_PART
  return 1 + Math.floor(parts / PARTS_PER_WEIGHT)
}

function countsOf(trigger: Trigger): readonly number[] {
  if (trigger.kind === 'timer') return NO_COUNTS
  if (trigger.kind === 'event') {
    const { event } = trigger
    return event.type === 'LEAVE' ? NO_COUNTS : [event.mapId, event.monsterId, event.itemCount]
  }
  const { command } = trigger
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

function textsOf(trigger: Trigger): readonly string[] {
  if (trigger.kind === 'timer') return NO_TEXTS
  if (trigger.kind === 'event') return trigger.event.type === 'LEAVE' ? [trigger.event.reason] : NO_TEXTS
  const { command } = trigger
  switch (command.type) {
    case 'UPDATE_CUSTOM_DATA':
      return [String(command.updates.size), ...[...command.updates].flat(), ...command.increments]
    case 'BROADCAST_MESSAGE':
      return [command.messageType, command.message]
    case 'LEAVE':
      return VOLUNTARY
    default:
      return NO_TEXTS
  }
}

const VOLUNTARY: readonly LeaveReason[] = ['voluntary']

/** What the event of the machine held in texts, under its names there. */
export function saidIn({ name, texts }: Entry): Readonly<Record<string, unknown>> {
  switch (name) {
    case 'UPDATE_CUSTOM_DATA': {
      const [size = '0', ...rest] = texts
      const end = 2 * Number(size)
      const keys = rest.slice(0, end).flatMap((key, at, all) => (at % 2 === 0 ? [[key, all[at + 1] ?? '']] : []))
      return { updates: Object.fromEntries(keys), increments: rest.slice(end) }
    }
    case 'BROADCAST_MESSAGE':
      return { messageType: texts[0], message: texts[1] }
    case 'LEAVE':
      return { reason: texts[0] }
    default:
      return {}
  }
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
