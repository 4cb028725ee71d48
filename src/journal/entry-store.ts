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
import { type Entry, GAME_HAPPENINGS, weightOf } from './entry.ts'

const KINDS = ['command', 'lookup', 'timer', 'event'] as const
const NAMES = [...new Set([...COMMAND_TYPES, ...TIMER_NAMES, ...GAME_HAPPENINGS])] as const
const STATES = [undefined, ...RESTING_STATES] as const

/** Numbers in a row, two cache lines; and references. */
const ROW = 16
/** Where a row holds how many counts there are, and behind it the counts, if they are so few: nearly always. */
const COUNTS = 8
const COUNTS_MAX = ROW - COUNTS - 1
const REFERENCES = 3
const FIRST_PLACES = 256

export class EntryStore {
  #numbers = new Float64Array(FIRST_PLACES * ROW)
  /** Messages, deadlines and counts of each place in turn. */
  readonly #references: (Entry['messages'] | Entry['deadlines'] | Entry['counts'])[] = []
  /** Of births and deaths only. */
  readonly #born = new Map<number, Entry['born']>()
  readonly #last = new Map<number, NonNullable<Entry['last']>>()
  /** Of the few that brought texts. */
  readonly #texts = new Map<number, Entry['texts']>()
  /** An installation has a few. */
  readonly #topics: string[] = []
  readonly #free: number[] = []
  #used = 0

  /** Returns its place. */
  add(entry: Entry): number {
    const place = this.#free.pop() ?? this.#used++
    if (place * ROW === this.#numbers.length) this.#grow()
    this.#write(place, entry)
    return place
  }

  /** In place of the one that is there. */
  replace(place: number, entry: Entry): void {
    this.#forget(place)
    this.#write(place, entry)
  }

  read(place: number, id: InstanceId): Entry {
    const [at = 0, durationMs = 0, moment = 0, characterId = 0, partition = 0, stageIndex = 0, code = 0] =
      this.#numbers.subarray(place * ROW, (place + 1) * ROW)
    const kind = KINDS[code & 3] ?? 'command'
    const [messages, deadlines, counts] = this.#references.slice(place * REFERENCES, (place + 1) * REFERENCES)
    return {
      ...{ id, at, durationMs, characterId, partition, stageIndex, kind },
      offset: kind === 'timer' ? 0 : moment,
      dueAt: kind === 'timer' ? moment : 0,
      name: NAMES[(code >> 2) & 63] ?? 'REGISTER',
      from: STATES[(code >> 8) & 7],
      to: STATES[(code >> 11) & 7],
      topic: this.#topics[code >> 14] ?? '',
      // As they were written: each third reference is of one kind.
      messages: messages as Entry['messages'],
      deadlines: deadlines as Entry['deadlines'],
      counts: this.#countsOf(place) ?? (counts as Entry['counts']),
      texts: this.#texts.get(place) ?? [],
      born: this.#born.get(place) ?? [],
      last: this.#last.get(place),
    }
  }

  /** Epoch milliseconds of its beginning. */
  atOf(place: number): number {
    return this.#numbers[place * ROW] ?? 0
  }

  weightOf(place: number): number {
    return this.#numbers[place * ROW + 7] ?? 0
  }

  /** The place is another's from now on. */
  drop(place: number): void {
    this.#forget(place)
    const at = place * REFERENCES
    this.#references[at] = NOTHING
    this.#references[at + 1] = NONE
    this.#references[at + 2] = NOTHING
    this.#free.push(place)
  }

  #write(place: number, entry: Entry): void {
    const { kind, texts, born, last } = entry
    const numbers = this.#numbers
    const row = place * ROW
    numbers[row] = entry.at
    numbers[row + 1] = entry.durationMs
    // Whatever set it off has one or the other.
    numbers[row + 2] = kind === 'timer' ? entry.dueAt : entry.offset
    numbers[row + 3] = entry.characterId
    numbers[row + 4] = entry.partition
    numbers[row + 5] = entry.stageIndex
    numbers[row + 6] = this.#codeOf(entry)
    numbers[row + 7] = weightOf(entry)
    const at = place * REFERENCES
    this.#references[at] = entry.messages
    this.#references[at + 1] = entry.deadlines
    this.#references[at + 2] = this.#keepCounts(row, entry.counts) ? NOTHING : entry.counts
    if (texts.length > 0) this.#texts.set(place, texts)
    if (born.length > 0) this.#born.set(place, born)
    if (last !== undefined) this.#last.set(place, last)
  }

  /** False: they are too many for the row. */
  #keepCounts(row: number, counts: Entry['counts']): boolean {
    const { length } = counts
    this.#numbers[row + COUNTS] = length
    if (length > COUNTS_MAX) return false
    for (let at = 0; at < length; at += 1) this.#numbers[row + COUNTS + 1 + at] = counts[at] ?? 0
    return true
  }

  #countsOf(place: number): Entry['counts'] | undefined {
    const first = place * ROW + COUNTS + 1
    const length = this.#numbers[first - 1] ?? 0
    return length > COUNTS_MAX ? undefined : [...this.#numbers.subarray(first, first + length)]
  }

  #forget(place: number): void {
    if (this.#texts.size > 0) this.#texts.delete(place)
    if (this.#born.size > 0) this.#born.delete(place)
    if (this.#last.size > 0) this.#last.delete(place)
  }

  #codeOf({ kind, name, from, to, topic }: Entry): number {
    return (
      KINDS.indexOf(kind) |
      (NAMES.indexOf(name) << 2) |
      (STATES.indexOf(from) << 8) |
      (STATES.indexOf(to) << 11) |
      (this.#topicOf(topic) << 14)
    )
  }

  #topicOf(topic: string): number {
    for (let known = 0; known < this.#topics.length; known += 1) if (this.#topics[known] === topic) return known
    return this.#topics.push(topic) - 1
  }

  #grow(): void {
    const numbers = new Float64Array(2 * this.#numbers.length)
    numbers.set(this.#numbers)
    this.#numbers = numbers
  }
}

const NOTHING: readonly never[] = []
const NONE = {}
