/**
 * What many records have in common, kept once and named by a small number: bytes in, value out. At its bound it takes no
 * more, so that records which have nothing in common cannot fill the memory by way of it. Forgets nothing.
 */
import { isText } from './record-cursor.ts'

/** Tenants, quests or definitions of one shard: a few. */
export const SHARED_VALUES_MAX = 4096

export class SharedValues<Value> {
  readonly #numbers = new Map<string, number>()
  readonly #texts: string[] = []
  readonly #values: Value[] = []
  readonly #make: (text: string) => Value
  #last = 0

  /** `make`: the value of a text of ASCII characters. */
  constructor(make: (text: string) => Value) {
    this.#make = make
  }

  /** Its number, a new one for bytes that were never seen; -1 at the bound. Most records have what the last one had. */
  numberOf(bytes: Buffer, start: number, end: number): number {
    const last = this.#texts[this.#last]
    if (last !== undefined && isText(last, bytes, start, end)) return this.#last
    const text = bytes.toString('latin1', start, end)
    const number = this.#numbers.get(text) ?? this.#add(text)
    if (number >= 0) this.#last = number
    return number
  }

  /** @throws RangeError nobody was given this number */
  at(number: number): Value {
    const value = this.#values[number]
    if (value === undefined) throw new RangeError(`no shared value has the number ${number}`)
    return value
  }

  #add(text: string): number {
    const number = this.#texts.length
    if (number >= SHARED_VALUES_MAX) return -1
    this.#numbers.set(text, number)
    this.#texts.push(text)
    this.#values.push(this.#make(text))
    return number
  }
}
