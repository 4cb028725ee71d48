/**
 * What is counted in a stage, as the oracle counts it: items, kills, custom data, attempts; when they are within bounds,
 * and when conditions hold. Imports nothing of what it judges.
 */
import type { ModelCondition } from './model-quest.ts'
import type { CommandMove } from './move.ts'

type Counted = Readonly<Record<string, number>>

/** What an instance knows of a stage that is played or just cleared. */
export interface StageKnowledge {
  readonly attempts: number
  readonly items: Counted
  readonly kills: Counted
  readonly data: Readonly<Record<string, string>>
}

const UINT32_MAX = 4_294_967_295
/** Different items, or monsters, of one stage. */
const DIFFERENT_IDS_MAX = 4096
/** Different keys, and the characters of all keys and texts: each key is kept with one character more. */
const DATA_CHARACTERS_MAX = 65_536

const COMPARE: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  '>=': (left, right) => left >= right,
  '<=': (left, right) => left <= right,
  '=': (left, right) => left === right,
  '>': (left, right) => left > right,
  '<': (left, right) => left < right,
}
const WORDS: Readonly<Record<string, string>> = { gte: '>=', lte: '<=', eq: '=', gt: '>', lt: '<' }

export class StageCounts {
  #attempts = 0
  #items = new Map<string, number>()
  #kills = new Map<string, number>()
  #data = new Map<string, string>()

  get knowledge(): StageKnowledge {
    return {
      attempts: this.#attempts,
      items: Object.fromEntries(this.#items),
      kills: Object.fromEntries(this.#kills),
      data: Object.fromEntries(this.#data),
    }
  }

  attempt(): void {
    this.#attempts += 1
  }

  count({ items, kills }: CommandMove & { type: 'UPDATE_STAGE_STATE' }): void {
    add(this.#items, items)
    add(this.#kills, kills)
  }

  countsStayWithinBounds(move: CommandMove & { type: 'UPDATE_STAGE_STATE' }): boolean {
    const items = new Set([...this.#items.keys(), ...Object.keys(move.items)])
    const kills = new Set([...this.#kills.keys(), ...Object.keys(move.kills)])
    return items.size <= DIFFERENT_IDS_MAX && kills.size <= DIFFERENT_IDS_MAX
  }

  setData(move: CommandMove & { type: 'UPDATE_CUSTOM_DATA' }): void {
    this.#data = this.#dataAfter(move)
  }

  dataStaysWithinBounds(move: CommandMove & { type: 'UPDATE_CUSTOM_DATA' }): boolean {
    const after = this.#dataAfter(move)
    const characters = [...after].reduce((sum, [key, text]) => sum + 1 + key.length + text.length, 0)
    return after.size <= DIFFERENT_IDS_MAX && characters <= DATA_CHARACTERS_MAX
  }

  hold({ type, operator, value, referenceId, referenceKey = '' }: ModelCondition): boolean {
    const counts = type === 'monster_kill' ? this.#kills : this.#items
    const count =
      type === 'custom_data' ? Number(this.#data.get(referenceKey) ?? 0) : (counts.get(String(referenceId)) ?? 0)
    return compare(count, operator, value)
  }

  #dataAfter({ updates, increments }: CommandMove & { type: 'UPDATE_CUSTOM_DATA' }): Map<string, string> {
    const after = new Map(this.#data)
    for (const [key, text] of Object.entries(updates)) after.set(key, text)
    for (const key of increments) after.set(key, String(Number(after.get(key) ?? 0) + 1))
    return after
  }
}

/** A party of so many, by the words of requirements. */
export function sizeHolds(size: number, { type, operator, value }: { type: string; operator: string; value: number }) {
  return type === 'party_size' && compare(size, WORDS[operator], value)
}

function compare(left: number, operator: string | undefined, right: number): boolean {
  const holds = COMPARE[operator ?? '']
  if (holds === undefined) throw new Error(`nobody knows how to compare by ${operator}`)
  return holds(left, right)
}

/** Counts are added, and saturate. */
function add(counts: Map<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [id, count] of Object.entries(more)) {
    counts.set(id, Math.min((counts.get(id) ?? 0) + count, UINT32_MAX))
  }
}
