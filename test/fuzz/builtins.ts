/**
 * The names and the values of everything on the built-in prototypes, to tell when input has reached one of them.
 * Compares, and repairs nothing.
 */

const WATCHED: Readonly<Record<string, object>> = {
  Object: Object.prototype,
  Array: Array.prototype,
  Function: Function.prototype,
  String: String.prototype,
  Number: Number.prototype,
  Boolean: Boolean.prototype,
  Map: Map.prototype,
  Set: Set.prototype,
  Error: Error.prototype,
  Promise: Promise.prototype,
  Uint8Array: Uint8Array.prototype,
  Buffer: Buffer.prototype,
  'the constructor Object': Object,
  'the constructor Array': Array,
  'the object JSON': JSON,
}

type Members = ReadonlyMap<PropertyKey, unknown>

export class Builtins {
  readonly #before = new Map(Object.entries(WATCHED).map(([name, object]) => [name, membersOf(object)]))

  assertUntouched(): void {
    for (const [name, object] of Object.entries(WATCHED)) {
      const before = this.#before.get(name) ?? new Map()
      const now = membersOf(object)
      for (const key of new Set([...before.keys(), ...now.keys()])) {
        if (before.get(key) === now.get(key) && before.has(key) === now.has(key)) continue
        throw new Error(
          `${String(key)} of ${name} was touched: ${String(before.get(key))} became ${String(now.get(key))}`,
        )
      }
    }
  }
}

/** Getters by themselves: calling one of a prototype throws. */
function membersOf(object: object): Members {
  return new Map(
    Reflect.ownKeys(object).map(key => {
      const descriptor = Reflect.getOwnPropertyDescriptor(object, key)
      return [key, descriptor?.get ?? descriptor?.value]
    }),
  )
}
