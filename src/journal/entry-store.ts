/**
 * Entries as columns: the numbers of each in one row of a typed array, beside it references to what its operation had
 * in its hands. An object for each would be promoted by the collector and swept again, which costs more than all else
 * that a journal does. Places are given out, given back and used again; whose an entry is, and when it goes, is the
 * rings' business.
 */
import { TIMER_NAMES } from '../../machines/deadlines.ts'
import { RESTING_STATES } from '../../machines/party-quest.ts'
import { COMMAND_TYPES } from '../contract/command-envelope.ts'
import type { InstanceId } from '../contract/ids.ts'
import { type Entry, weightOf } from './entry.ts'

const KINDS = ['command', 'lookup', 'timer'] as const
const NAMES = [...COMMAND_TYPES, ...TIMER_NAMES] as const
const STATES = [undefined, ...RESTING_STATES] as const

/** Numbers in a row. */
const ROW = 8
const FIRST_PLACES = 256

export class EntryStore {
  #numbers = new Float64Array(FIRST_PLACES * ROW)
  readonly #messages: Entry['messages'][] = []
  readonly #deadlines: Entry['deadlines'][] = []
  readonly #counts: Entry['counts'][] = []
  /** Of births and deaths only. */
  readonly #born = new Map<number, Entry['born']>()
  readonly #last = new Map<number, NonNullable<Entry['last']>>()
  /** An installation has a few. */
  readonly #topics: string[] = []
  readonly #free: number[] = []
  #used = 0

  /** Returns its place. */
  put(entry: Entry): number {
    const place = this.#free.pop() ?? this.#used++
    const at = place * ROW
    if (at === this.#numbers.length) this.#grow()
    const numbers = this.#numbers
    numbers[at] = entry.at
    numbers[at + 1] = entry.durationMs
    numbers[at + 2] = entry.offset
    numbers[at + 3] = entry.dueAt
    numbers[at + 4] = entry.characterId
    numbers[at + 5] = entry.partition
    numbers[at + 6] = entry.stageIndex
    numbers[at + 7] = this.#codeOf(entry)
    this.#messages[place] = entry.messages
    this.#deadlines[place] = entry.deadlines
    this.#counts[place] = entry.counts
    if (entry.born.length > 0) this.#born.set(place, entry.born)
    if (entry.last !== undefined) this.#last.set(place, entry.last)
    return place
  }

  read(place: number, id: InstanceId): Entry {
    const [at = 0, durationMs = 0, offset = 0, dueAt = 0, characterId = 0, partition = 0, stageIndex = 0, code = 0] =
      this.#numbers.subarray(place * ROW, (place + 1) * ROW)
    return {
      ...{ id, at, durationMs, offset, dueAt, characterId, partition, stageIndex },
      kind: KINDS[code & 3] ?? 'command',
      name: NAMES[(code >> 2) & 31] ?? 'REGISTER',
      from: STATES[(code >> 7) & 7],
      to: STATES[(code >> 10) & 7],
      topic: this.#topics[code >> 13] ?? '',
      messages: this.#messages[place] ?? [],
      deadlines: this.#deadlines[place] ?? {},
      counts: this.#counts[place] ?? [],
      born: this.#born.get(place) ?? [],
      last: this.#last.get(place),
    }
  }

  /** Epoch milliseconds of its beginning. */
  atOf(place: number): number {
    return this.#numbers[place * ROW] ?? 0
  }

  weightOf(place: number): number {
    return weightOf(this.#messages[place] ?? [], this.#counts[place] ?? [])
  }

  /** The place is another's from now on. */
  drop(place: number): void {
    this.#messages[place] = NOTHING
    this.#deadlines[place] = NONE
    this.#counts[place] = NOTHING
    this.#born.delete(place)
    this.#last.delete(place)
    this.#free.push(place)
  }

  #codeOf({ kind, name, from, to, topic }: Entry): number {
    return (
      KINDS.indexOf(kind) |
      (NAMES.indexOf(name) << 2) |
      (STATES.indexOf(from) << 7) |
      (STATES.indexOf(to) << 10) |
      (this.#topicOf(topic) << 13)
    )
  }

  #topicOf(topic: string): number {
    const known = this.#topics.indexOf(topic)
    return known >= 0 ? known : this.#topics.push(topic) - 1
  }

  #grow(): void {
    const numbers = new Float64Array(2 * this.#numbers.length)
    numbers.set(this.#numbers)
    this.#numbers = numbers
  }
}

const NOTHING: readonly never[] = []
const NONE = {}
