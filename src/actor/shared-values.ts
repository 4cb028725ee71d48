/**
 * What many records have in common, kept once and named by a small number: bytes in, value out. At its bound it takes no
 * more, so that records which have nothing in common cannot fill the memory by way of it. Forgets nothing.
 */

/** Tenants, quests or definitions of one shard: a few. */
export const SHARED_VALUES_MAX = 4096

export class SharedValues<Value> {
  readonly #numbers = new Map<string, number>()
  /** By number: one character a byte. */
  readonly #names: string[] = []
  readonly #values: Value[] = []
  readonly #make: (text: string) => Value
  #last = 0

  /** `make`: the value of a text. */
  constructor(make: (text: string) => Value) {
    this.#make = make
  }

  /** Its number, a new one for bytes that were never seen; -1 at the bound. Most records have what the last one had. */
  numberOf(bytes: Buffer, start: number, end: number): number {
    const last = this.#names[this.#last]
    if (last !== undefined && isNamed(last, bytes, start, end)) return this.#last
    const name = bytes.toString('latin1', start, end)
    const number = this.#numbers.get(name) ?? this.#add(name, bytes.toString('utf8', start, end))
    if (number >= 0) this.#last = number
    return number
  }

  /** @throws RangeError nobody was given this number */
  at(number: number): Value {
    const value = this.#values[number]
    if (value === undefined) throw new RangeError(`no shared value has the number ${number}`)
    return value
  }

  #add(name: string, text: string): number {
    const number = this.#names.length
    if (number >= SHARED_VALUES_MAX) return -1
    this.#numbers.set(name, number)
    this.#names.push(name)
    this.#values.push(this.#make(text))
    return number
  }
}

function isNamed(name: string, bytes: Buffer, start: number, end: number): boolean {
  if (name.length !== end - start) return false
  for (let at = start; at < end; at += 1) if (name.charCodeAt(at - start) !== bytes[at]) return false
  return true
}
