/**
 * The custom data of a stage: texts under free keys, some of which are numbers. Pure arithmetic on what is kept; what
 * a key means is its script's business.
 */
import { DATA_PREFIX, type Texts } from './context.ts'

/** Different keys of one stage. A command that would go beyond is refused. */
export const CUSTOM_KEYS_MAX = 4096
/** Of all keys and texts of one stage together: its record must fit a topic. A command that would go beyond is refused. */
export const CUSTOM_CHARACTERS_MAX = 65_536

const DECIMAL = /^[+-]?[0-9]+$/

/** A decimal integer counts as itself, as far as a double is exact; any other text, and a missing one, as 0. */
export function numberOf(text: string | undefined): number {
  if (text === undefined || !DECIMAL.test(text)) return 0
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number(text), Number.MAX_SAFE_INTEGER))
}

export function customNumber(data: Texts, key: string): number {
  return numberOf(data[DATA_PREFIX + key])
}

/** So much more under `key`; saturates. */
export function increased(data: Texts, key: string, more: number): Texts {
  const sum = Math.min(customNumber(data, key) + more, Number.MAX_SAFE_INTEGER)
  return { ...data, [DATA_PREFIX + key]: String(sum) }
}

/** First the updates, then one more for each time that a key stands in `increments`. */
export function updated(data: Texts, updates: ReadonlyMap<string, string>, increments: readonly string[]): Texts {
  const after: Record<string, string> = { ...data }
  for (const [key, text] of updates) after[DATA_PREFIX + key] = text
  for (const key of increments) {
    const name = DATA_PREFIX + key
    after[name] = String(Math.min(numberOf(after[name]) + 1, Number.MAX_SAFE_INTEGER))
  }
  return after
}

export function isWithinBounds(data: Texts): boolean {
  let keys = 0
  let characters = 0
  for (const name in data) {
    keys += 1
    characters += name.length + (data[name]?.length ?? 0)
  }
  return keys <= CUSTOM_KEYS_MAX && characters <= CUSTOM_CHARACTERS_MAX
}
