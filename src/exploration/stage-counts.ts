/**
 * What a stage's clear conditions ask of its counts, symbolically: per thing counted one interval, so that thousands
 * of kills cost as much as one. Counts of items and kills only grow, from 0; a number of the custom data is set to
 * anything. Knows no instance and no machine.
 */
import { ITEM_PREFIX, KILL_PREFIX, type StageState } from '../../machines/context.ts'
import { customNumber } from '../../machines/custom-data.ts'
import type { ClearCondition, Stage } from '../contract/definition.ts'
import { UINT32_MAX } from '../contract/ids.ts'
import { unreachable } from '../errors.ts'

/** All conditions of a stage on one count, taken together. */
export interface CountRange {
  readonly kind: 'items' | 'kills' | 'data'
  /** Of the item or monster; 0 for a number under a key. */
  readonly referenceId: number
  /** Of the number; empty for an item or a monster. */
  readonly referenceKey: string
  /** From here on the conditions hold; `lowest > highest`: never. */
  readonly lowest: number
  /** Up to and with here. */
  readonly highest: number
  /** Places in `clearConditions`. */
  readonly conditions: readonly number[]
}

/**
 * `always`: at once, without a single count. `clearable`: by counts of items and kills. `by-data`: not by these alone,
 * for a number of the custom data is asked for. `never`: conditions contradict each other.
 */
export type Clearing = 'always' | 'clearable' | 'by-data' | 'never'

/** In the order in which the conditions name them. */
export function countRanges(conditions: readonly ClearCondition[]): readonly CountRange[] {
  const ranges = new Map<string, CountRange>()
  for (const [place, condition] of conditions.entries()) {
    const { kind, key } = counted(condition)
    const [lowest, highest] = allowed(condition)
    const [least, most] = kind === 'data' ? [-DATA_MAX, DATA_MAX] : [0, UINT32_MAX]
    const known = ranges.get(key)
    ranges.set(key, {
      kind,
      referenceId: kind === 'data' ? 0 : condition.referenceId,
      referenceKey: kind === 'data' ? condition.referenceKey : '',
      lowest: Math.max(lowest, known?.lowest ?? least),
      highest: Math.min(highest, known?.highest ?? most),
      conditions: [...(known?.conditions ?? []), place],
    })
  }
  return [...ranges.values()]
}

/** Of a number in the custom data, either way. */
const DATA_MAX = Number.MAX_SAFE_INTEGER

export function clearingOf({ clearConditions }: Stage): Clearing {
  const ranges = countRanges(clearConditions)
  if (ranges.some(isImpossible)) return 'never'
  if (ranges.some(range => range.kind === 'data' && !isMetBy(range, 0))) return 'by-data'
  return ranges.every(range => isMetBy(range, 0)) ? 'always' : 'clearable'
}

export function isMetBy({ lowest, highest }: CountRange, count: number): boolean {
  return lowest <= count && count <= highest
}

export function isImpossible({ lowest, highest }: CountRange): boolean {
  return lowest > highest
}

/** Whether a count can grow beyond what is asked for, and then never comes back. */
export function canOvershoot(range: CountRange): boolean {
  return range.kind !== 'data' && !isImpossible(range) && range.highest < UINT32_MAX
}

/** What the machine reads of it in a stage's state. */
export function countIn(stage: StageState, { kind, referenceId, referenceKey }: CountRange): number {
  if (kind === 'data') return customNumber(stage.data, referenceKey)
  return (kind === 'items' ? stage.items[ITEM_PREFIX + referenceId] : stage.kills[KILL_PREFIX + referenceId]) ?? 0
}

function counted(condition: ClearCondition): { readonly kind: CountRange['kind']; readonly key: string } {
  switch (condition.type) {
    case 'item':
    case 'item_count':
      return { kind: 'items', key: ITEM_PREFIX + condition.referenceId }
    case 'monster_kill':
      return { kind: 'kills', key: KILL_PREFIX + condition.referenceId }
    case 'custom_data':
      return { kind: 'data', key: `d${condition.referenceKey}` }
    default:
      return unreachable(condition.type)
  }
}

/** The counts that one condition takes, both ends with it. */
function allowed({ operator, value }: ClearCondition): readonly [lowest: number, highest: number] {
  switch (operator) {
    case '>=':
      return [value, DATA_MAX]
    case '>':
      return [value + 1, DATA_MAX]
    case '=':
      return [value, value]
    case '<=':
      return [-DATA_MAX, value]
    case '<':
      return [-DATA_MAX, value - 1]
    default:
      return unreachable(operator)
  }
}
