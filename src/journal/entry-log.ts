/**
 * The last operations of all instances in one log of columns: the numbers of each in a row of a typed array, beside it
 * references to what its operation had in its hands. Written one behind the other, the oldest given up at the bound: an
 * object for each would be promoted by the collector and swept again, and a place of its own for each instance's would be
 * a cold one. Each row names the one before it of the same instance, and that is all it knows of instances.
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
const WEIGHT = 7
/** Where a row holds how many counts there are, and behind it the counts, if they are so few: nearly always. */
const COUNTS = 8
const PREVIOUS = ROW - 1
const COUNTS_MAX = PREVIOUS - COUNTS - 1
const REFERENCES = 3

/** Entries are numbered from 0 on, in the order in which they came. Whoever asks for one asks for one that is held. */
export class EntryLog {
  readonly #weightMax: number
  /** Each entry weighs 1 at the least, and one too many is there before the oldest go. */
  readonly #rows: number
  readonly #numbers: Float64Array
  /** Messages, deadlines and counts of each row in turn. */
  readonly #references: (Entry['messages'] | Entry['deadlines'] | Entry['counts'])[] = []
  /** Of births and deaths only. */
  readonly #born = new Map<number, Entry['born']>()
  readonly #last = new Map<number, NonNullable<Entry['last']>>()
  /** Of the few that brought texts. */
  readonly #texts = new Map<number, Entry['texts']>()
  /** An installation has a few. */
  readonly #topics: string[] = []
  #weight = 0
  #first = 0
  #end = 0

  /** @param weightMax of all that are held (weightOf); the last one is held however much it weighs */
  constructor(weightMax: number) {
    this.#weightMax = weightMax
    this.#rows = weightMax + 1
    this.#numbers = new Float64Array(this.#rows * ROW)
  }

  /** The number of the oldest that is held. */
  get first(): number {
    return this.#first
  }

  /** How many there ever were. */
  get end(): number {
    return this.#end
  }

  /** Returns its number. `previous`: that of the one before it of its instance; -1: there is none. */
  add(entry: Entry, previous: number): number {
    const number = this.#end++
    this.#write(number % this.#rows, entry, previous)
    this.#weight += this.weightOf(number)
    while (this.#weight > this.#weightMax && this.#first < number) this.#dropFirst()
    return number
  }

  read(number: number, id: InstanceId): Entry {
    const place = number % this.#rows
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
  atOf(number: number): number {
    return this.#numbers[(number % this.#rows) * ROW] ?? 0
  }

  weightOf(number: number): number {
    return this.#numbers[(number % this.#rows) * ROW + WEIGHT] ?? 0
  }

  /** The number of the one before it of its instance, which may not be held any more. */
  previousOf(number: number): number {
    return this.#numbers[(number % this.#rows) * ROW + PREVIOUS] ?? -1
  }

  #dropFirst(): void {
    const place = this.#first % this.#rows
    this.#weight -= this.weightOf(this.#first)
    this.#first += 1
    if (this.#texts.size > 0) this.#texts.delete(place)
    if (this.#born.size > 0) this.#born.delete(place)
    if (this.#last.size > 0) this.#last.delete(place)
    const at = place * REFERENCES
    this.#references[at] = NOTHING
    this.#references[at + 1] = NONE
    this.#references[at + 2] = NOTHING
  }

  #write(place: number, entry: Entry, previous: number): void {
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
    numbers[row + WEIGHT] = weightOf(entry)
    numbers[row + PREVIOUS] = previous
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
}

const NOTHING: readonly never[] = []
const NONE = {}
